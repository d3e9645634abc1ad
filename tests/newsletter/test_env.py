from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

from newsletter import env
from newsletter.buckets import origin
from newsletter.databases import POSTGRESQL_OPTIONS

NAME = "NEWSLETTER_TEST_SETTING"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the variable under test."""
    return lambda value: monkeypatch.setenv(NAME, value)


def test_an_unset_or_empty_variable_gives_the_default(given):
    assert env.text(NAME, "default") == "default"
    given("  ")
    assert env.text(NAME, "default") == "default"
    assert env.flag(NAME, default=True) is True
    assert env.integer(NAME, 7) == 7
    assert env.words(NAME, ["a"]) == ["a"]
    assert env.choice(NAME, ["a", "b"], "b") == "b"


def test_a_secret_is_read_from_the_file_that_name_file_names(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret value\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(secret))

    assert env.text(NAME) == "s3cret value"


def test_a_variable_and_its_file_together_are_refused(monkeypatch, given):
    given("value")
    monkeypatch.setenv(f"{NAME}_FILE", "/run/secrets/value")

    with pytest.raises(ImproperlyConfigured, match=f"either {NAME} or {NAME}_FILE"):
        env.text(NAME)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_secret_file_that_is_missing_empty_or_binary_is_refused(monkeypatch, tmp_path, content):
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(secret))

    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE"):
        env.text(NAME)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((word, True) for word in ("1", "TRUE", "yes", "On")),
        *((word, False) for word in ("0", "False", "no", "OFF")),
    ],
)
def test_a_switch_takes_the_usual_words(given, value, expected):
    given(value)

    assert env.flag(NAME, default=not expected) is expected


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (env.words, "tags, keywords ,", ["tags", "keywords"]),
        (env.hosts, "news.example.org,.example.com,*,[::1],127.0.0.1", None),
        (env.url, "https://news.example.org/", "https://news.example.org"),
        (env.url, "http://localhost:8000", "http://localhost:8000"),
        (env.time_zone, "Asia/Seoul", "Asia/Seoul"),
    ],
)
def test_a_good_value_is_taken(given, read: Callable[[str], Any], value, expected):
    given(value)

    assert read(NAME) == (value.split(",") if expected is None else expected)


BAD_VALUES: list[tuple[Callable[[str], Any], str]] = [
    *((env.flag, value) for value in ("2", "maybe", "app:*")),
    *((lambda name: env.integer(name, 5, minimum=1, maximum=9), value) for value in ("0", "10")),
    *(
        (lambda name: env.integer(name, 5), value)
        for value in ("-1", "1.5", "1_000", "٣", "9" * 99)
    ),
    (env.words, " , ,"),
    *((env.hosts, value) for value in ("https://a.org", "a.org:80", "a.org/x", "*.a.org", "a b")),
    *((env.url, value) for value in ("news.example.org", "ftp://a.org", "https://", "//a.org")),
    *((env.url, value) for value in ("https://a.org/x", "https://a.org?x", "https://a.org#x")),
    *((env.url, value) for value in ("https://u:p@a.org", "https://a.org:0", "https://a.org:x")),
    *((env.url, value) for value in ("https://a.org:99999", "https://[a.org", "https://a b.org")),
    *((env.time_zone, value) for value in ("Seoul", "asia/seoul", "../etc/passwd", "UTC+9")),
    (lambda name: env.choice(name, ["nh3", "bleach"], "nh3"), "none"),
    (lambda name: env.folder(name, Path("/default")), "relative/media"),
    (lambda name: env.folder(name, Path("/default")), __file__),
    *((lambda name: env.database(name, ""), value) for value in ("mysql://a/b", "db.sqlite3")),
    *((lambda name: env.database(name, ""), value) for value in ("postgres://a:x/b", "postgres:")),
    *(
        (lambda name: env.database(name, ""), value)
        for value in ("postgres://[a/b", "postgres://a")
    ),
    *(
        (env.cache, value)
        for value in ("memcached://a", "redis://", "redis://a/x", "redis://a:0/1")
    ),
    *((env.cache, value) for value in ("redis://a:x/1", "redis://[a/1", "locmem", "redis")),
    *((env.mail, value) for value in ("mail.example.org", "http://a", "smtp://", "smtp://a/x")),
    *((env.mail, value) for value in ("smtp://a:x", "smtp://[a", "smtp://a?tls=1", "console:")),
    (env.mail, "smtps://a?tls=none"),
]


@pytest.mark.parametrize(("read", "value"), BAD_VALUES)
def test_a_bad_value_is_refused_with_the_name_of_its_variable(given, read, value):
    given(value)

    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} must be|^{NAME} must list"):
        read(NAME)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda name: env.database(name, ""), "postgres://me:hunter2@[host/name"),
        (lambda name: env.database(name, ""), "mysql://me:hunter2@host/name"),
        (env.cache, "redis://:hunter2@host/nonsense"),
        (env.url, "https://me:hunter2@host"),
        (env.mail, "smtp://me:hunter2@host/inbox"),
    ],
)
def test_a_refusal_never_repeats_a_password(given, read, value):
    given(value)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read(NAME)
    assert "hunter2" not in str(refusal.value)


def test_sqlite_is_durable_and_takes_its_write_lock_at_once(given):
    given("sqlite:////srv/news/db.sqlite3")

    config = env.database(NAME, "")

    assert config["NAME"] == "/srv/news/db.sqlite3"
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert config["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]
    assert "synchronous=FULL" in config["OPTIONS"]["init_command"]


def test_postgresql_connections_are_kept_and_looked_at(given):
    given("postgres://me:p%40ss@db.example.org:6432/news?sslmode=require")

    config = env.database(NAME, "")

    assert config["ENGINE"] == "newsletter.postgresql"
    assert (config["USER"], config["PASSWORD"], config["PORT"]) == ("me", "p@ss", 6432)
    assert config["OPTIONS"] == {**POSTGRESQL_OPTIONS, "sslmode": "require"}
    assert config["OPTIONS"]["connect_timeout"] <= 5
    assert config["OPTIONS"]["tcp_user_timeout"] <= 30_000
    assert config["CONN_MAX_AGE"] > 0
    assert config["CONN_HEALTH_CHECKS"] is True


def test_a_redis_cache_never_waits_long(given):
    given("rediss://:secret@cache.example.org:6380/2")

    config = env.cache(NAME)

    assert config["LOCATION"] == "rediss://:secret@cache.example.org:6380/2"
    assert config["OPTIONS"]["socket_timeout"] <= 2
    assert config["OPTIONS"]["socket_connect_timeout"] <= 2


def test_a_file_of_variables_fills_in_what_is_not_set(monkeypatch, tmp_path, given):
    file = tmp_path / ".env"
    file.write_text(f"# {NAME}=comment\n\n{NAME}=file\n {NAME}_2 = two = 2 \nnonsense\n")
    monkeypatch.delenv(f"{NAME}_2", raising=False)
    given("environment")

    env.load_file(file)

    try:
        assert env.text(NAME) == "environment"
        assert env.text(f"{NAME}_2") == "two = 2"
    finally:
        monkeypatch.delenv(f"{NAME}_2")


def test_a_missing_file_of_variables_is_no_error(tmp_path):
    env.load_file(tmp_path / ".env")


@pytest.mark.parametrize(
    ("value", "backend"),
    [
        ("", "database.DatabaseBackend"),
        ("database", "database.DatabaseBackend"),
        ("immediate", "inline.InlineBackend"),
        ("redis://127.0.0.1:6379/3", "redis.RedisBackend"),
        ("rediss://user:secret@cache.example.org/0", "redis.RedisBackend"),
    ],
)
def test_a_queue_is_the_database_redis_or_none(given, value, backend):
    given(value)

    assert env.tasks(NAME)["BACKEND"] == f"tasks.backends.{backend}"


@pytest.mark.parametrize(
    "value", ["celery", "Database", "redis://", "redis://host/name", "sqs://x"]
)
def test_another_queue_is_refused(given, value):
    given(value)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be database, redis"):
        env.tasks(NAME)


def test_the_password_of_a_queue_is_never_repeated(given):
    given("amqp://user:s3cret@queue.example.org/0")

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.tasks(NAME)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "port", "starttls", "tls"),
    [
        ("smtp://mail.example.org", 587, True, False),
        ("smtp://mail.example.org:2525", 2525, True, False),
        ("smtp://mail.example.org:25", 25, False, False),
        ("smtps://mail.example.org", 465, False, True),
    ],
)
def test_mail_goes_to_the_named_server(given, value, port, starttls, tls):
    given(value)

    found = env.mail(NAME)

    assert found["EMAIL_HOST"] == "mail.example.org"
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == (port, starttls)
    assert found["EMAIL_USE_SSL"] is tls


@pytest.mark.parametrize(
    "value",
    ["smtp://127.0.0.1:2525", "smtp://localhost:2525", "smtp://[::1]", "smtp://relay:587?tls=none"],
)
def test_mail_within_this_machine_or_where_it_is_said_goes_without_tls(given, value):
    given(value)

    assert not env.mail(NAME)["EMAIL_USE_TLS"]


def test_the_password_of_a_mail_server_may_hold_anything(given):
    given("smtp://me%40example.org:p%2Fw%3A@mail.example.org")

    found = env.mail(NAME)

    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@example.org", "p/w:")


@pytest.mark.parametrize("prefix", ["", "anymail+"])
@pytest.mark.parametrize(
    ("value", "backend", "settings"),
    [
        (
            "ses://AKIA%2F1:s3%2Bcret@ap-northeast-2",
            "amazon_ses",
            {
                "AMAZON_SES_SESSION_PARAMS": {
                    "region_name": "ap-northeast-2",
                    "aws_access_key_id": "AKIA/1",
                    "aws_secret_access_key": "s3+cret",
                }
            },
        ),
        (
            "ses://eu-west-1?configuration_set=digest",
            "amazon_ses",
            {
                "AMAZON_SES_SESSION_PARAMS": {"region_name": "eu-west-1"},
                "AMAZON_SES_CONFIGURATION_SET_NAME": "digest",
            },
        ),
        ("postmark://Tok-en1", "postmark", {"POSTMARK_SERVER_TOKEN": "Tok-en1"}),
        (
            "postmark://Tok-en1?stream=broadcast",
            "postmark",
            {"POSTMARK_SERVER_TOKEN": "Tok-en1", "POSTMARK_MESSAGE_STREAM": "broadcast"},
        ),
        (
            "mailgun://Key-1@mg.example.org?region=eu",
            "mailgun",
            {
                "MAILGUN_API_KEY": "Key-1",
                "MAILGUN_SENDER_DOMAIN": "mg.example.org",
                "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3",
            },
        ),
        ("resend://re_Key1", "resend", {"RESEND_API_KEY": "re_Key1"}),
        ("brevo://xkeysib-1", "brevo", {"BREVO_API_KEY": "xkeysib-1"}),
        ("sendgrid://SG.a%2Fb", "sendgrid", {"SENDGRID_API_KEY": "SG.a/b"}),
    ],
)
def test_mail_goes_by_the_named_provider(given, prefix, value, backend, settings):
    given(prefix + value)

    found = env.mail(NAME)

    assert found["EMAIL_BACKEND"] == f"anymail.backends.{backend}.EmailBackend"
    assert settings.items() <= found["ANYMAIL"].items()


@pytest.mark.parametrize(
    "value",
    [
        "ses://",
        "ses://s3cret",
        "ses://AKIA@eu-west-1",
        "ses://:s3cret@eu-west-1",
        "postmark://",
        "postmark://s3cret@example.org",
        "postmark://s3cret/path",
        "postmark://s3cret?strom=x",
        "postmark://s3cret?stream",
        "mailgun://s3cret",
        "mailgun://s3cret@localhost",
        "mailgun://s3cret@mg.example.org?region=mars",
        "resend://s3 cret",
        "resend://s3cret#part",
        "brevo://s3cret@[",
        "sendgrid://s3cret@x",
    ],
)
def test_a_provider_wrongly_named_stops_the_start_and_its_key_is_not_repeated(given, value):
    given(value)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be ") as refusal:
        env.mail(NAME)
    assert "s3cret" not in str(refusal.value)


def test_a_provider_says_which_package_it_needs(given, monkeypatch):
    given("postmark://token")
    monkeypatch.setattr(env, "find_spec", lambda name: None)

    with pytest.raises(ImproperlyConfigured, match=r"requirements-providers\.txt"):
        env.mail(NAME)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "imaps://me%40x.org:pw@mail.example.org/INBOX",
        "imap://a:b@localhost",
        "maildir:///var/m",
    ],
)
def test_bounces_are_read_from_a_mailbox_or_a_folder(given, value):
    given(value)

    assert env.mailbox(NAME) == value


@pytest.mark.parametrize(
    "value",
    ["pop3://a:s3cret@host", "imaps://mail.example.org/INBOX", "imaps://a:s3cret@host?x", "maildir://a",
     "/var/mail", "imaps://a:s3cret@host:99999/"],
)  # fmt: skip
def test_a_mailbox_wrongly_named_stops_the_start(given, value):
    given(value)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be imaps://") as refusal:
        env.mailbox(NAME)
    assert "s3cret" not in str(refusal.value)


def test_mail_is_printed_where_make_run_shows_it(given, capsys):
    given("console://")
    backend = import_string(env.mail(NAME)["EMAIL_BACKEND"])

    backend().send_messages([EmailMessage("Hello", "…", "a@example.org", ["b@example.org"])])

    shown = capsys.readouterr()
    assert "Subject: Hello" in shown.err
    assert not shown.out


def test_without_a_server_no_mail_is_sent(given):
    given("")

    assert env.mail(NAME) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("https://MÜNCHEN.example/", "https://xn--mnchen-3ya.example"),
        ("https://뉴스.example:8443", "https://xn--vg1b002a.example:8443"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_an_address_in_any_script_is_the_one_that_browsers_ask_for(given, value, expected):
    given(value)

    assert env.url(NAME) == expected


def test_hosts_in_any_script_are_those_that_browsers_ask_for(given):
    given("뉴스.example, .münchen.example, [::1], *")

    assert env.hosts(NAME) == ["xn--vg1b002a.example", ".xn--mnchen-3ya.example", "[::1]", "*"]


@pytest.mark.parametrize("value", ["sqlite://", "sqlite:///", "sqlite:///?timeout=5"])
def test_a_database_without_a_path_is_not_one_in_memory(given, value):
    given(value)

    with pytest.raises(ImproperlyConfigured, match="the name is missing"):
        env.database(NAME, "")


def test_a_path_begins_in_the_project_wherever_a_command_was_started(
    given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    given("sqlite:///news.sqlite3")

    assert env.database(NAME, "")["NAME"] == str(env.PROJECT / "news.sqlite3")


def test_a_bucket_has_an_address_for_browsers(given):
    given("s3://my%40key:p%2Fw@pictures/site?region=ap-northeast-2")
    options = env.storage(NAME)["OPTIONS"]

    assert (options["access_key"], options["secret_key"]) == ("my@key", "p/w")
    assert (options["bucket_name"], options["location"]) == ("pictures", "site")
    assert options["custom_domain"] == "pictures.s3.ap-northeast-2.amazonaws.com"
    given("s3://pictures?endpoint=https://minio.example.org:9000")
    assert env.storage(NAME)["OPTIONS"]["custom_domain"] == "minio.example.org:9000/pictures"
    given("s3://pictures?region=eu-west-1&public=https://cdn.example.org/p/")
    assert env.storage(NAME)["OPTIONS"]["custom_domain"] == "cdn.example.org/p"
    assert origin(env.storage(NAME)) == "https://cdn.example.org"
    given("")
    assert env.storage(NAME) == {}
    assert origin({}) == ""


@pytest.mark.parametrize(
    "value",
    [
        "s3://",
        "https://bucket.s3.amazonaws.com",
        "s3://bucket",
        "s3://secretkey@bucket?region=x",
        "s3://bucket?region=x&color=red",
        "s3://bucket?region",
        "s3://bucket?endpoint=ftp://example.org",
        "s3://bucket?public=cdn.example.org",
    ],
)
def test_a_bucket_that_cannot_be_used_is_refused_without_telling_secrets(given, value):
    given(value)

    with pytest.raises(ImproperlyConfigured, match=NAME) as refused:
        env.storage(NAME)
    assert "secretkey" not in str(refused.value)
