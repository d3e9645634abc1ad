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
