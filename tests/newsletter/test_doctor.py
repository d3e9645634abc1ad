"""Whoever runs the site alone is told what is wrong, and what to do."""

import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from smtplib import SMTPAuthenticationError, SMTPNotSupportedError
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import get_connection
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from pytest_django.fixtures import Settings

from mailing.models import Mailing, MailSettings
from newsletter import env
from newsletter.doctor import CHECKS, Level, examine, files, is_ready, probing, troubles
from newsletter.version import version
from posts.models import Post, SearchIndex
from tasks.models import StoredTask, Worker
from tests.builders import make_post, make_task
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db

TOKEN = "a-token-for-those-who-watch"
STATE = "/admin/state/"
DATABASE_QUEUE = {"default": {"BACKEND": "tasks.backends.database.DatabaseBackend"}}
REDIS_QUEUE = {
    "default": {
        "BACKEND": "tasks.backends.redis.RedisBackend",
        "OPTIONS": {"url": "redis://127.0.0.1:1/0"},
    }
}
LATELY = timedelta(minutes=5)


@pytest.fixture
def well(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a site of which all is as it should be."""
    monkeypatch.setattr(probing, "KEPT", -1.0)
    settings.TASKS = DATABASE_QUEUE
    Worker.objects.register()
    settings.SECRET_KEY = "k" * 60
    settings.DEBUG, settings.HTTPS, settings.TRUSTED_PROXIES = False, True, 1
    settings.ALLOWED_HOSTS = ["news.example.org", "testserver"]
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.BACKUP_DIR.mkdir()
    back_up(settings.BACKUP_DIR, timezone.now())
    source = tmp_path / "source" / "css" / "base.css"
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = tmp_path / "static", [tmp_path / "source"]
    for file in (source, tmp_path / "static" / "css" / "base.css"):
        file.parent.mkdir(parents=True)
        file.touch()
    (tmp_path / "static" / "css" / "base.0.css").touch()
    manifest = {"paths": {"css/base.css": "css/base.0.css"}}
    (tmp_path / "static" / "staticfiles.json").write_text(json.dumps(manifest))
    return tmp_path


def back_up(folder: Path, at: datetime) -> None:
    for file in folder.iterdir():
        file.unlink()
    (folder / f"{at.astimezone(UTC):newsletter-%Y%m%dT%H%M%SZ.zip}").touch()


def found(*, slowly: bool = False) -> dict[str, Level]:
    """Return the names of the checks that find something, each with how bad it is."""
    results = examine(slowly=slowly)
    return {result.check.name: result.level for result in results if result.level}


# Each switches on one fault, given what stands around it.


class Site:
    """What faults are switched on with."""

    def __init__(self, settings: Settings, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.settings, self.patch, self.folder = settings, patch, folder

    def set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.settings, name, value)


def no_database(site: Site) -> None:
    def refuse(_database: BaseDatabaseWrapper) -> None:
        raise DatabaseError("password=hunter2")

    site.patch.setattr(BaseDatabaseWrapper, "cursor", refuse)


def no_migration(site: Site) -> None:
    applied = MigrationRecorder(connection).applied_migrations()
    del applied["tasks", "0001_initial"]
    site.patch.setattr(MigrationRecorder, "applied_migrations", lambda _recorder: applied)


def collected_while_developing(site: Site) -> None:
    (site.folder / "static" / "staticfiles.json").unlink()


def nothing_collected(site: Site) -> None:
    site.set(STATIC_ROOT=site.folder / "nothing")


def old_static_files(site: Site) -> None:
    later = datetime.now(UTC).timestamp() + 60
    os.utime(site.folder / "source" / "css" / "base.css", (later, later))


def half_a_manifest(site: Site) -> None:
    (site.folder / "static" / "staticfiles.json").write_text('{"paths": {"css')


def a_static_file_gone(site: Site) -> None:
    (site.folder / "static" / "css" / "base.0.css").unlink()


def no_texts(site: Site) -> None:
    texts = site.folder / "locale" / "ko" / "LC_MESSAGES" / "django.po"
    texts.parent.mkdir(parents=True)
    texts.touch()
    site.set(LOCALE_PATHS=[*site.settings.LOCALE_PATHS, site.folder / "locale"])


def files_of_root(site: Site) -> None:
    log = site.folder / "db.sqlite3-wal"
    log.mkdir()  # for root, too, no file to write to
    database = env.database_of("", f"sqlite:///{site.folder}/db.sqlite3")
    site.patch.setitem(site.settings.DATABASES, "default", database)


def no_folder(site: Site) -> None:
    (site.folder / "file").touch()
    site.set(UPLOAD_ROOT=site.folder / "file" / "uploads")


def full_disk(site: Site) -> None:
    usage = shutil.disk_usage(site.folder)._replace(free=1024)
    site.patch.setattr(files.shutil, "disk_usage", lambda _folder: usage)


def no_worker(_site: Site) -> None:
    Worker.objects.update(lease_until=timezone.now() - LATELY)


def nothing_is_done(_site: Site) -> None:
    make_task()
    StoredTask.objects.update(enqueued_at=timezone.now() - timedelta(hours=3))


def endless_task(_site: Site) -> None:
    make_task(status="RUNNING", started_at=timezone.now() - timedelta(hours=9))


def failed_task(_site: Site) -> None:
    make_task(status="FAILED", finished_at=timezone.now() - LATELY)


def old_pages(_site: Site) -> None:
    make_post()
    Post.objects.update(stale_since=timezone.now() - timedelta(hours=9))


def old_backup(site: Site) -> None:
    back_up(site.settings.BACKUP_DIR, timezone.now() - timedelta(days=9))


def no_backup(site: Site) -> None:
    site.set(BACKUP_DIR=None)


def clock_behind(_site: Site) -> None:
    make_task(status="SUCCESSFUL")
    StoredTask.objects.update(enqueued_at=timezone.now() + timedelta(hours=1))


def no_index(_site: Site) -> None:
    SearchIndex.objects.update(built_to=0)


def no_cache(site: Site) -> None:
    site.patch.setenv("NEWSLETTER_TEST_CACHE", "redis://127.0.0.1:1/0")
    site.set(CACHES={"default": env.cache("NEWSLETTER_TEST_CACHE")})


def misspelt(site: Site) -> None:
    site.patch.setenv("TRUSTED_PROXYS", "1")


MAIL = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}


def no_mail_server(site: Site) -> None:
    site.set(EMAIL=MAIL, ADMINS=[("a", "a@example.org")], **MAIL)
    site.set(EMAIL_HOST="127.0.0.1", EMAIL_PORT=1)


def wrong_mail_password(site: Site) -> None:
    no_mail_server(site)

    def refuse(_server: Any) -> None:
        raise SMTPAuthenticationError(535, b"hunter2 is wrong")

    site.patch.setattr(type(get_connection()), "open", refuse)


def no_starttls(site: Site) -> None:
    no_mail_server(site)

    def refuse(_server: Any) -> None:
        raise SMTPNotSupportedError("STARTTLS extension not supported by server.")

    site.patch.setattr(type(get_connection()), "open", refuse)


def another_key(_site: Site) -> None:
    row = MailSettings.current()
    row.key_fingerprint = "another key's"
    row.save()


def mailing_stopped(_site: Site) -> None:
    Mailing.objects.create(title="Friday", status="paused", trouble="552")


def mailing_late(_site: Site) -> None:
    Mailing.objects.create(title="Friday", starts_at=timezone.now() - timedelta(hours=1))


def no_second_factor(site: Site) -> None:
    User.objects.create_user("helper", is_staff=True)
    site.set(STAFF_SECOND_FACTOR=True)


def many_processes(site: Site) -> None:
    site.patch.setenv("WEB_CONCURRENCY", "4")
    site.set(CACHES={"default": env.cache("NOTHING")})


FAULTS: list[tuple[str, Callable[[Site], None]]] = [
    ("database", no_database),
    ("migrations", no_migration),
    ("static", nothing_collected),
    ("static", collected_while_developing),
    ("static", old_static_files),
    ("static", half_a_manifest),
    ("static", a_static_file_gone),
    ("texts", no_texts),
    ("folders", no_folder),
    ("folders", files_of_root),
    ("disk", full_disk),
    ("worker", no_worker),
    ("worker", lambda site: site.set(TASKS={"default": env.tasks("NOTHING", "immediate")})),
    ("waiting", nothing_is_done),
    ("running", endless_task),
    ("failed", failed_task),
    ("pages", old_pages),
    ("backup", old_backup),
    ("backup", no_backup),
    ("clock", clock_behind),
    ("search", no_index),
    ("cache", no_cache),
    ("bell", lambda site: site.set(TASKS=REDIS_QUEUE)),
    ("mail", no_mail_server),
    ("mail", wrong_mail_password),
    ("mail", no_starttls),
    ("addresses", another_key),
    ("mailings", mailing_stopped),
    ("mailings", mailing_late),
    ("factors", no_second_factor),
    ("names", misspelt),
    ("address", lambda site: site.set(SITE_HOST="other.example.org")),
    ("address", lambda site: site.set(ALLOWED_HOSTS=["*"])),
    ("address", lambda site: site.set(HTTPS=False)),
    ("proxy", lambda site: site.set(TRUSTED_PROXIES=0)),
    ("secrets", lambda site: site.set(SECRET_KEY="short")),
    ("secrets", lambda site: site.set(DEBUG=True)),
    ("recipients", lambda site: site.set(ADMINS=[("a", "a@example.org")])),
    ("recipients", lambda site: site.set(EMAIL=MAIL, EMAIL_FROM="News <noreply@localhost>")),
    ("processes", many_processes),
    ("places", lambda site: site.set(BACKUP_DIR=site.settings.MEDIA_ROOT / "backups")),
    ("elsewhere", lambda site: site.set(CDN_PURGE_TOKEN="t")),
]


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch, well: Path) -> Site:
    return Site(settings, monkeypatch, well)


@pytest.mark.parametrize(("name", "switch_on"), FAULTS)
def test_each_fault_is_named_with_what_to_do_in_both_languages(
    site: Site, name: str, switch_on: Callable[[Site], None]
) -> None:
    switch_on(site)

    for language, letters in (("en", "[A-Za-z]{3}"), ("ko", "[가-힣]")):
        with override(language):
            said = {result.check.name: result.findings for result in examine(slowly=True)}
        assert said[name]
        for finding in said[name]:
            assert re.search(letters, finding.wrong)
            assert re.search(letters, finding.remedy)
            assert "hunter2" not in finding.wrong + finding.remedy


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ('FATAL:  password authentication failed for user "me"', "password"),
        ("connection refused", "Start its server"),
    ],
)
def test_what_to_do_about_a_database_follows_from_what_it_said(
    site: Site, said: str, word: str
) -> None:
    def refuse(_database: BaseDatabaseWrapper) -> None:
        raise DatabaseError(said)

    site.patch.setattr(BaseDatabaseWrapper, "cursor", refuse)

    [finding] = next(result for result in examine() if result.check.name == "database").findings
    assert word in finding.remedy


def test_how_long_a_task_waits_is_said_in_the_largest_unit(site: Site) -> None:
    make_task()
    StoredTask.objects.update(enqueued_at=timezone.now() - timedelta(hours=53))

    said = {}
    for language in ("en", "ko"):
        with override(language):
            found = {result.check.name: result.findings for result in examine()}
        said[language] = found["waiting"][0].wrong

    assert said["en"] == "A task has been waiting for 2\xa0days."
    assert said["ko"] == "작업 하나가 2일째 기다리고 있어요."


def test_nothing_is_said_of_a_site_that_is_well(well: Path) -> None:
    assert found(slowly=True) == {}


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert {check.name for check in CHECKS} == {name for name, _fault in FAULTS}


def test_a_check_that_fails_itself_is_a_finding_and_stops_no_other(site: Site) -> None:
    def fail(*_given: Any) -> None:
        raise KeyError("hunter2")

    site.patch.setattr(files.shutil, "disk_usage", fail)
    no_worker(site)

    results = examine()

    assert [result.check.name for result in troubles(results)] == ["disk", "worker"]
    assert "hunter2" not in str(results)


def test_what_needs_the_database_is_not_asked_while_it_is_away(site: Site) -> None:
    no_database(site)

    results = {result.check.name: result for result in examine()}

    assert not results["worker"].is_asked
    assert results["disk"].is_asked


# From outside


def test_a_site_that_is_well_is_ready_for_everybody(client: Client, well: Path) -> None:
    response = client.get("/readyz", REMOTE_ADDR="203.0.113.9")

    assert (response.status_code, response.content) == (200, b"ok\n")
    assert not response.cookies
    assert "no-store" in response.headers["Cache-Control"]


def test_strangers_are_told_the_names_of_what_fails_and_no_more(client: Client, site: Site) -> None:
    no_migration(site)
    no_worker(site)
    old_static_files(site)

    response = client.get("/readyz", REMOTE_ADDR="203.0.113.9")

    assert (response.status_code, response.content) == (503, b"failing: migrations, worker\n")
    assert client.get("/healthz").status_code == 200


def test_a_warning_keeps_the_site_ready(client: Client, site: Site) -> None:
    failed_task(site)

    assert client.get("/readyz", REMOTE_ADDR="203.0.113.9").content == b"ok\n"


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, True),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer wrong"}, False),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer "}, False),
    ],
)
def test_details_are_for_this_machine_and_for_who_has_the_token(
    client: Client, site: Site, given: dict[str, str], is_told: bool
) -> None:
    failed_task(site)
    site.set(METRICS_TOKEN=TOKEN)

    response = client.get("/readyz", **given)

    assert ("failed: warning: 1 task failed" in response.content.decode()) is is_told


def test_without_a_token_an_empty_one_opens_nothing(client: Client, site: Site) -> None:
    failed_task(site)
    site.set(METRICS_TOKEN="")

    response = client.get("/readyz", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION="Bearer ")

    assert response.content == b"ok\n"


def test_a_database_that_is_away_is_named(client: Client, site: Site) -> None:
    no_database(site)

    response = client.get("/readyz", REMOTE_ADDR="203.0.113.9")

    assert (response.status_code, response.content) == (503, b"failing: database\n")


def test_who_asks_again_and_again_costs_nothing(client: Client, site: Site) -> None:
    site.patch.setattr(probing, "KEPT", 3600.0)
    site.patch.setattr(probing, "_last", [])
    client.get("/readyz")
    no_database(site)

    assert client.get("/readyz").status_code == 200


# By hand


def run(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_what_is_wrong_and_what_to_do(site: Site) -> None:
    no_worker(site)

    code, said = run()

    assert code == 1
    assert said.startswith(f"Newsletter {version()}\n")
    assert "✗ worker: No worker runs" in said
    assert "manage.py run_tasks" in said
    assert "✓ static" in said


def test_warnings_count_only_where_that_is_asked(site: Site) -> None:
    failed_task(site)

    assert run()[0] == 0
    assert run("--strict")[0] == 1
    told = json.loads(run("--json")[1])
    assert told["version"] == version()
    assert {check["name"] for check in told["checks"] if check["findings"]} == {"failed"}


# In the admin


@pytest.fixture
def failing(site: Site) -> Site:
    no_worker(site)
    site.set(HTTPS=True)
    return site


@pytest.mark.parametrize(("role", "sees"), [("admin", 1), ("owner", 1), ("editor", 0)])
def test_the_start_page_says_the_same_to_owners(
    failing: Site, sign_in: SignIn, role: str, sees: int, request: pytest.FixtureRequest
) -> None:
    page = Page(sign_in(request.getfixturevalue(role)).get("/admin/"))

    said = page.texts(".troubles li")
    assert len(said) == sees
    assert all(text.startswith("Problem No worker runs") for text in said)
    assert page.texts(".troubles code")[::2] == ["systemctl start newsletter-worker"] * sees


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("owner", 200), ("editor", 403), ("moderator", 403)]
)
def test_the_state_of_the_site_is_for_its_owners(
    failing: Site, sign_in: SignIn, role: str, status: int, request: pytest.FixtureRequest
) -> None:
    response = sign_in(request.getfixturevalue(role)).get(STATE)

    assert response.status_code == status
    assert ("No worker runs" in response.content.decode()) is (status == 200)


def test_nobody_else_sees_the_state_of_the_site(client: Client) -> None:
    assert client.get(STATE).headers["Location"] == f"/admin/login/?next={STATE}"


def test_the_state_has_the_version_and_says_what_is_kept(
    well: Path, sign_in: SignIn, owner: User, editor: User
) -> None:
    page = Page(sign_in(owner).get(STATE))

    assert version() in page.text()
    assert "Sign-ins, failed ones too, with their addresses30 days" in page.texts("tr")
    assert version() in Page(sign_in(editor).get("/admin/")).one("#footer").text()
    assert is_ready(examine())
