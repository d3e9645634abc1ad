"""What people get wrong in settings stops the start with a sentence, or is right."""

import json
import re

import pytest

from tests.newsletter.production import run_python
from tests.newsletter.test_settings import START_WITH_EACH
from tests.settings import setting_names

# As people write them: slips of the hand, of another project's habits, of a shell or of YAML.
WRONG = [
    ("DEBUG", "debug"),
    ("DEBUG", "'false'"),
    ("SITE_URL", "news.example.org"),
    ("SITE_URL", "https://news.example.org/blog"),
    ("SITE_URL", "https://news..example.org"),
    ("SITE_URL", "https://."),
    ("SITE_URL", "https://news.example.org:https"),
    ("SITE_URL", "https://me:hunter2@news.example.org"),
    ("ALLOWED_HOSTS", "https://news.example.org"),
    ("ALLOWED_HOSTS", "news.example.org:443"),
    ("ALLOWED_HOSTS", "news.example.org;www.example.org"),
    ("ALLOWED_HOSTS", "'news.example.org'"),
    ("ALLOWED_HOSTS", '["news.example.org"]'),
    ("ALLOWED_HOSTS", "*.example.org"),
    ("ALLOWED_HOSTS", "news.example.org www.example.org"),
    ("ALLOWED_HOSTS", ".."),
    ("ALLOWED_HOSTS", "[::g]"),
    ("SITE_NAME", "x" * 101),
    ("SITE_NAME", "News\r\nBcc: all@example.org"),
    ("SITE_DESCRIPTION", "x" * 501),
    ("TAG_KEYS", "tags;keywords"),
    ("PREVIEW_MAX_AGE", "7d"),
    ("PREVIEW_MAX_AGE", "59"),
    ("PREVIEW_MAX_AGE", "99999999999"),
    ("READERS_FORMS_HOURLY", "99999999999999"),
    ("API_HOURLY", "1_000"),
    ("WEBSUB_HUB", "https://me@hub.example.org/"),
    ("CDN_PURGE_URL", "https://cdn.example.org/ purge"),
    ("CDN_PURGE_TOKEN", "토큰"),
    ("METRICS_TOKEN", "tooshort"),
    ("METRICS_TOKEN", "a token with blanks in it"),
    ("LANGUAGE_CODE", "ko-KR"),
    ("LANGUAGE_CODE", "Korean"),
    ("TIME_ZONE", "KST"),
    ("TIME_ZONE", "asia/seoul"),
    ("TIME_ZONE", "UTC+9"),
    ("DATABASE_URL", "mysql://localhost/news"),
    ("DATABASE_URL", "postgres://me:hunter2@db.example.org"),
    ("DATABASE_URL", "postgres://me:hunter2@db.example.org:port/news"),
    ("DATABASE_URL", "postgres://me:hunter2@db.example.org/news?ssl=true"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:////nowhere/at/all/db.sqlite3"),
    ("DATABASE_URL", "sqlite:///db.sqlite3?mode=wal"),
    ("DATABASE_URL", "/srv/db.sqlite3"),
    ("DATABASE_STATEMENT_TIMEOUT", "30s"),
    ("CACHE_URL", "redis:///0"),
    ("CACHE_URL", "redis://127.0.0.1:6379/cache"),
    ("CACHE_URL", "127.0.0.1:6379"),
    ("PAGE_CACHE", "64M"),
    ("TASKS", "redis"),
    ("TASKS", "Database"),
    ("TASK_ATTEMPTS", "0"),
    ("TASK_LEASE", "2h"),
    ("BACKUP_DIR", "backups"),
    ("BACKUP_DIR", "/"),
    ("BACKUP_DIR", "~/backups"),
    ("BACKUP_DAYS", "99999"),
    ("EMAIL_URL", "smtp.example.org:587"),
    ("EMAIL_URL", "smtp://me@smtp.example.org"),
    ("EMAIL_URL", "smtp://me:hunter2#1@smtp.example.org"),
    ("EMAIL_URL", "smtp://smtp.example.org:0"),
    ("EMAIL_URL", "smtp://smtp.example.org?tls=true"),
    ("EMAIL_FROM", "The editors"),
    ("EMAIL_FROM", "News <news@example.org"),
    ("EMAIL_FROM", "a@example.org, b@example.org"),
    ("EMAIL_FROM", "News\n<news@example.org>"),
    ("ADMINS", "owner"),
    ("ADMINS", "a@example.org;b@example.org"),
    ("ADMINS", "[('Owner', 'a@example.org')]"),
    ("MEDIA_ROOT", "/"),
    ("MEDIA_ROOT", "media"),
    ("STATIC_ROOT", "/dev/null"),
    ("UPLOAD_ROOT", "/dev/null/uploads"),
    ("CARD_ROOT", "/dev/null/cards"),
    ("STORAGE_URL", "s3://bucket"),
    ("STORAGE_URL", "bucket"),
    ("TRUSTED_PROXIES", "true"),
    ("TRUSTED_PROXIES", "10.0.0.1"),
    ("HSTS_SECONDS", "1 year"),
    ("HSTS_SECONDS", "99999999999"),
    ("THEME_DIR", "/dev/null"),
    ("DEBUG", "False # for now"),
    ("SITE_URL", "https://news.example.org/?utm_source=x"),
    ("READ_ONLY", "readonly"),
    ("READ_ONLY", "until Monday"),
    ("STAFF_SECOND_FACTOR", "required"),
    ("STAFF_SECOND_FACTOR", "2"),
    ("MIRROR_IMAGES", "all"),
    ("LINKS_TITLES", "-"),
    ("LINKS_ARCHIVE", "archive.org"),
    ("HTML_SANITIZER", "NH3"),
    ("LOG_FORMAT", "JSON"),
    ("LOG_FORMAT", "text"),
    ("SEARCHES_HOURLY", "0"),
    ("WEBSUB_HUB", "hub.example.org"),
    ("WEBSUB_HUB", "https://hub.example.org:https/"),
    ("CDN_PURGE_URL", "https://cdn.example.org:99999/purge"),
    ("CDN_PURGE_TOKEN", "Bearer hunter2"),
    ("METRICS_TOKEN", "Bearer hunter2hunter2hunter2"),
    ("SECURITY_CONTACT", "the owner"),
    ("SECURITY_CONTACT", "http://example.org/contact"),
    ("DATABASE_LOCK_TIMEOUT", "-1"),
    ("DATABASE_IDLE_TIMEOUT", "1 min"),
    ("TASK_BACKOFF", "10s"),
    ("TASK_LIMIT", "1h"),
    ("TASK_LIMIT", "-1"),
    ("TASK_LIMIT", "99999999"),
    ("BACKUP_WEEKS", "4w"),
    ("EMAIL_URL", "true"),
    ("EMAIL_URL", "smtp://me:hunter2@smtp.example.org:tls"),
    ("EMAIL_URL", "smtps://me:hunter2@smtp.example.org?tls=none"),
    ("EMAIL_URL", "https://me:hunter2@smtp.example.org"),
    ("EMAIL_URL", "postmark://"),
    ("EMAIL_URL", "postmark://hunter2@example.org"),
    ("EMAIL_URL", "mailgun://hunter2@localhost"),
    ("EMAIL_URL", "mailgun://hunter2@example.org?region=asia"),
    ("EMAIL_URL", "ses://me:hunter2@Seoul"),
    ("EMAIL_URL", "resend://hunter2/news"),
    ("MAIL_EVENTS_SECRET", "hunter2"),
    ("MAIL_EVENTS_SECRET", "비밀" * 20),
    ("MAIL_BOUNCES", "/var/mail/bounces"),
    ("MAIL_BOUNCES", "maildir://var/mail/bounces"),
    ("MAIL_BOUNCES", "imap://me:hunter2@mail.example.org/INBOX"),
    ("MAIL_BOUNCES", "imaps://me@mail.example.org/INBOX"),
    ("MAIL_BOUNCES", "imaps://me:hunter2@mail.example.org:imaps/INBOX"),
    ("MAIL_BOUNCES", "pop3://me:hunter2@mail.example.org"),
    ("STORAGE_URL", "https://bucket.s3.amazonaws.com"),
    ("STORAGE_URL", "s3:///folder?region=eu-central-1"),
    ("STORAGE_URL", "s3://key@bucket?region=eu-central-1"),
    ("STORAGE_URL", "s3://key:hunter2@bucket"),
    ("STORAGE_URL", "s3://key:hunter2@bucket?region=eu west"),
    ("STORAGE_URL", "s3://key:hunter2@my bucket?region=eu-central-1"),
    ("STORAGE_URL", "s3://key:hunter2@bucket:9000?region=eu-central-1"),
    ("STORAGE_URL", "s3://bucket?endpoint=minio.example.org:9000"),
    ("STORAGE_URL", "s3://bucket?endpoint=https://minio.example.org:port"),
    ("STORAGE_URL", "s3://bucket?region=eu-central-1&public=cdn.example.org"),
    ("STORAGE_URL", "s3://bucket?region=eu-central-1&acl=public"),
    ("SERVE_MEDIA", "nginx"),
    ("UPLOAD_ROOT", "uploads"),
    ("HSTS_SECONDS", "-1"),
    ("HSTS_SECONDS", "31,536,000"),
    ("HSTS_SUBDOMAINS", "all"),
    ("HSTS_PRELOAD", "preload"),
    ("TRUSTED_PROXIES", "11"),
]
# They look odd, and mean what they say.
RIGHT = [
    ("DEBUG", " FALSE "),
    ("SITE_URL", "https://news.example.org/"),
    ("SITE_URL", "HTTPS://뉴스.example"),
    ("SITE_URL", "http://[::1]:8000"),
    ("ALLOWED_HOSTS", " news.example.org , .example.org, [::1], 뉴스.example, *"),
    ("SITE_NAME", "물고기, <b> & “Chips”"),
    ("EMAIL_FROM", "물고기 <news@example.org>"),
    ("EMAIL_FROM", '"Fish, Chips" <news@example.org>'),
    ("ADMINS", "a@example.org, b@example.org,"),
    ("DATABASE_URL", "postgresql://me:p%40ss@/news?host=/run/postgresql&sslmode=require"),
    ("DATABASE_URL", "sqlite:///news.sqlite3?timeout=5"),
    ("EMAIL_URL", "smtp://me%40example.org:p%2Fw@smtp.example.org/"),
    ("CACHE_URL", "rediss://:secret@cache.example.org:6380"),
    ("TIME_ZONE", "Asia/Seoul"),
    ("TRUSTED_PROXIES", ""),
    ("ADDRESS_KEY", ""),
    ("READ_ONLY", "Yes"),
    ("LOG_FORMAT", "json"),
    ("TASK_LIMIT", "0"),
    ("HSTS_SECONDS", "0"),
    ("SECURITY_CONTACT", "https://example.org/contact?from=news"),
    ("EMAIL_URL", "smtp://127.0.0.1:1025"),
    ("EMAIL_URL", "smtp://relay.example.org?tls=none"),
    ("MAIL_BOUNCES", "imaps://me%40example.org:p%2Fw@mail.example.org:993/INBOX"),
    ("MAIL_BOUNCES", "maildir:///var/mail/bounces"),
    ("STORAGE_URL", "s3://my-bucket/pictures/2026?region=ap-northeast-2"),
    ("STORAGE_URL", "s3://key:p%2Fw@bucket?endpoint=http://127.0.0.1:9000/"),
]


@pytest.fixture(scope="module")
def said() -> dict[tuple[str, str], str | None]:
    """Return what the settings say to each value: a process for them all."""
    given = [*WRONG, *RIGHT]
    done = run_python("-c", START_WITH_EACH, json.dumps(given))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {pair: message for pair, (_name, message) in zip(given, lines, strict=True)}


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_stops_the_start_with_a_sentence(said, name: str, value: str) -> None:
    message = said[name, value]

    assert message, f"{name}={value} was taken"
    assert re.match(rf"{name}\b.*\bmust ", message)
    assert message.endswith(".")
    assert "hunter2" not in message


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_an_odd_value_that_is_right_is_taken(said, name: str, value: str) -> None:
    assert said[name, value] is None


def test_all_of_them_are_settings() -> None:
    assert {name for name, _value in [*WRONG, *RIGHT]} <= set(setting_names())
