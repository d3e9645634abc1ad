import json
from pathlib import Path

import pytest

from tests.newsletter.production import CHECKOUT, run_python
from tests.settings import setting_names

# Read the settings once for each bad value, as a start does, and say why it ended.
START_WITH_EACH = """
import json, os, runpy, sys
from django.core.exceptions import ImproperlyConfigured
for name, value in json.loads(sys.argv[1]):
    before = dict(os.environ)
    os.environ[name] = value
    try:
        runpy.run_path("newsletter/settings.py")
        print(json.dumps([name, None]))
    except ImproperlyConfigured as error:
        print(json.dumps([name, str(error)]))
    os.environ.clear()
    os.environ.update(before)
"""
# What a person may get wrong, for each setting; None: any text is a good value.
BAD_VALUES: dict[str, str | None] = {
    "DEBUG": "maybe",
    "SECRET_KEY": None,
    "SECRET_KEY_FALLBACKS": ",",
    "ADDRESS_KEY": None,
    "SITE_URL": "news.example.org",
    "ALLOWED_HOSTS": "https://news.example.org",
    "SITE_NAME": "Two\nlines",
    "SITE_DESCRIPTION": "Two\nlines",
    "TAG_KEYS": ",",
    "HTML_SANITIZER": "none",
    "PREVIEW_MAX_AGE": "a week",
    "MIRROR_IMAGES": "many",
    "READERS_FORMS": "some",
    "STAFF_SECOND_FACTOR": "some",
    "READERS_FORMS_HOURLY": "0",
    "SEARCHES_HOURLY": "1",
    "API_HOURLY": "59",
    "CDN_PURGE_URL": "cdn.example.org",
    "CDN_PURGE_TOKEN": "a token",
    "METRICS_TOKEN": "short",
    "LOG_FORMAT": "xml",
    "READ_ONLY": "perhaps",
    "SECURITY_CONTACT": "the owner",
    "WEBSUB_HUB": "hub.example.org",
    "LINKS_PREMODERATION": "perhaps",
    "LINKS_TITLES": "perhaps",
    "LINKS_ARCHIVE": "attic",
    "DATABASE_URL": "mysql://localhost/news",
    "DATABASE_STATEMENT_TIMEOUT": "ever",
    "DATABASE_LOCK_TIMEOUT": "-1",
    "DATABASE_IDLE_TIMEOUT": "90000",
    "CACHE_URL": "memcached://localhost",
    "PAGE_CACHE": "64M",
    "TASKS": "celery",
    "TASK_ATTEMPTS": "0",
    "TASK_BACKOFF": "a minute",
    "TASK_LIMIT": "an hour",
    "TASK_LEASE": "0",
    "BACKUP_DIR": "backups",
    "BACKUP_DAYS": "0",
    "BACKUP_WEEKS": "-1",
    "EMAIL_URL": "mail.example.org",
    "EMAIL_FROM": "The editors",
    "MAIL_EVENTS_SECRET": "short",
    "MAIL_BOUNCES": "mail.example.org",
    "ADMINS": "Owner <me@example.org>",
    "STATIC_ROOT": "staticfiles",
    "MEDIA_ROOT": "media",
    "STORAGE_URL": "https://bucket.s3.amazonaws.com",
    "UPLOAD_ROOT": "uploads",
    "CARD_ROOT": "cards",
    "SERVE_MEDIA": "sometimes",
    "THEME_DIR": "themes/ours",
    "LANGUAGE_CODE": "tlh",
    "TIME_ZONE": "Seoul",
    "TRUSTED_PROXIES": "-1",
    "HSTS_SECONDS": "a year",
    "HSTS_SUBDOMAINS": "all",
    "HSTS_PRELOAD": "later",
}


def show(*names: str, **environment: str | None) -> dict[str, object]:
    """Return settings of a process with this environment."""
    code = (
        "import json; from django.conf import settings;"
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    )
    done = run_python("-c", code, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_setting_is_known_to_these_tests():
    assert set(setting_names()) == set(BAD_VALUES)


def test_the_readme_names_every_setting():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")

    assert [name for name in setting_names() if f"| `{name}` |" not in readme] == []


def test_a_bad_value_stops_the_start_with_the_name_of_the_setting():
    bad = {name: value for name, value in BAD_VALUES.items() if value is not None}
    done = run_python("-c", START_WITH_EACH, json.dumps(list(bad.items())))

    assert done.returncode == 0, done.stderr
    said = dict(json.loads(line) for line in done.stdout.splitlines())
    assert said.keys() == bad.keys()
    for name, message in said.items():
        assert str(message).startswith(f"{name} must "), name


def test_a_server_without_its_secret_key_does_not_start():
    done = run_python("-c", "import newsletter.wsgi", SECRET_KEY=None)

    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr.strip().splitlines()[-1]


def test_a_developer_needs_no_setting_but_debug():
    shown = show("DEBUG", "SITE_URL", "SECRET_KEY", DEBUG="true", SECRET_KEY=None, SITE_URL=None)

    assert shown["DEBUG"] is True
    assert shown["SITE_URL"] == "http://127.0.0.1:8000"


def test_a_site_without_a_description_is_described_in_its_language():
    shown = show("SITE_DESCRIPTION", LANGUAGE_CODE="ko", SITE_DESCRIPTION=None)

    assert shown["SITE_DESCRIPTION"] == "읽을 만한 링크를 골라 한마디씩 덧붙여요."


@pytest.mark.parametrize("tasks", [None, "immediate", "redis://127.0.0.1:6379/3"])
def test_production_settings_pass_every_deployment_check_whatever_the_queue(tasks):
    done = run_python(
        "-m", "django", "check", "--deploy", "--tag", "security", TASKS=tasks, TRUSTED_PROXIES="1"
    )

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_deployment_check_asks_for_proxies_static_files_and_tables(tmp_path: Path) -> None:
    done = run_python(
        "-m", "django", "check", "--deploy",
        STATIC_ROOT=str(tmp_path / "static"), DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "TRUSTED_PROXIES is 0" in done.stderr
    assert "The static files were never collected" in done.stderr
    assert "migrations of this code" in done.stderr


@pytest.mark.parametrize("name", ["MEDIA_ROOT", "UPLOAD_ROOT", "CARD_ROOT", "BACKUP_DIR"])
def test_a_folder_that_cannot_be_written_stops_the_start(name: str) -> None:
    done = run_python("-m", "django", "check", **{name: "/dev/null/there"})

    assert done.returncode != 0
    said = done.stderr.strip().splitlines()[-1]
    assert f"{name} must be a folder that this user can write: /dev/null/there" in said


def test_other_hosts_are_kept_to_https_only_where_that_is_asked() -> None:
    names = ("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")

    assert list(show(*names).values()) == [31536000, False, False]
    assert list(show(*names, HSTS_SUBDOMAINS="true").values()) == [31536000, True, False]


def test_the_host_of_the_site_is_allowed_by_itself():
    assert show("ALLOWED_HOSTS") == {"ALLOWED_HOSTS": ["news.example.org"]}


def test_the_site_is_named_after_its_first_host_where_only_hosts_are_given():
    shown = show("SITE_URL", "ALLOWED_HOSTS", SITE_URL=None, ALLOWED_HOSTS=".a.org,news.b.org")

    assert shown == {"SITE_URL": "https://news.b.org", "ALLOWED_HOSTS": [".a.org", "news.b.org"]}


def test_a_site_without_https_can_be_signed_in_to():
    shown = show(
        "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS",
        SITE_URL="http://news.local",
    )  # fmt: skip

    assert not any(shown.values())


def test_the_proxy_is_believed_only_where_there_is_one():
    assert show("SECURE_PROXY_SSL_HEADER")["SECURE_PROXY_SSL_HEADER"] is None
    assert show("SECURE_PROXY_SSL_HEADER", TRUSTED_PROXIES="1")["SECURE_PROXY_SSL_HEADER"]


@pytest.mark.parametrize("engine", ["nh3", "bleach"])
def test_the_chosen_sanitiser_cleans_the_html(engine):
    code = (
        "import django; django.setup();"
        "from unittest.mock import Mock; from posts import sanitizing;"
        "engines = {name: Mock(return_value=name) for name in sanitizing._ENGINES};"
        "sanitizing._ENGINES.update(engines); print(sanitizing.sanitize('<b>'))"
    )
    done = run_python("-c", code, HTML_SANITIZER=engine)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == engine


def test_a_site_whose_name_is_in_another_script_is_asked_for_in_ascii():
    site = "https://xn--vg1b002a.example"
    found = show(
        "SITE_URL",
        "SITE_HOST",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        SITE_URL="https://뉴스.example",
    )

    assert found == {
        "SITE_URL": site,
        "SITE_HOST": "xn--vg1b002a.example",
        "ALLOWED_HOSTS": ["xn--vg1b002a.example"],
        "CSRF_TRUSTED_ORIGINS": [site],
    }


def test_with_pictures_mirrored_browsers_load_them_from_this_site_alone() -> None:
    code = (
        "import os, runpy; os.environ['MIRROR_IMAGES'] = 'true';"
        "found = runpy.run_path('newsletter/settings.py')['CONTENT_SECURITY_POLICY'];"
        "print(found['DIRECTIVES']['img-src'])"
    )
    assert run_python("-c", code).stdout.strip() == "[\"'self'\"]"
