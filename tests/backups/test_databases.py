"""A copy of the database is of one moment, and goes back whole or not at all."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.db.backends.postgresql.client import DatabaseClient

from backups import postgresql, restoring, sqlite
from backups.archive import Archive, BackupError, Untried
from backups.engines import own
from backups.facts import Facts
from posts.models import Post
from tests.backups.forging import rewrite, small_archive
from tests.backups.test_backups import back_up, restore, verify
from tests.builders import make_post
from tests.newsletter.production import CHECKOUT


@contextmanager
def another(work: Callable[[], object]) -> Iterator[None]:
    """Do something as another visitor would, in a connection of its own; wait at the end."""
    own_connection = connections["default"]

    def run() -> None:
        connections["default"] = own_connection.copy()
        work()
        connection.close()

    with ThreadPoolExecutor() as pool:
        done = pool.submit(run)
        yield
        done.result()


@contextmanager
def busy(pk: int) -> Iterator[None]:
    """Have a row changed by another's transaction, which ends with the block."""
    began, end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Post.objects.filter(pk=pk).update(title="Kept")
            began.set()
            end.wait()

    with another(hold):
        began.wait()
        try:
            yield
        finally:
            end.set()


def titles() -> list[str]:
    return sorted(Post.objects.values_list("title", flat=True))


@pytest.mark.django_db
def test_a_site_that_was_only_migrated_is_empty():
    restoring._check_empty(own())


def test_a_restored_database_is_the_one_that_was_backed_up(shared_site: Post, file: Path):
    before = own().look()
    manifest = back_up(file)
    make_post("Written since")
    shared_site.delete()
    User.objects.all().delete()
    with connection.cursor() as cursor:  # of a later version, in the way of its migrations
        cursor.execute("CREATE TABLE posts_later (id integer PRIMARY KEY)")

    restore(file)

    assert own().look() == before == manifest.facts
    assert titles() == ["Kept"]
    make_post("Written afterwards")
    assert titles() == ["Kept", "Written afterwards"]


def test_rows_are_counted_in_the_moment_of_the_copy_and_verified(
    shared_site: Post, file: Path, monkeypatch: pytest.MonkeyPatch
):
    engine: Any = own()
    count = engine.count

    def late(*args: Any) -> Facts:
        with another(lambda: make_post("Meanwhile")):
            monkeypatch.setattr(engine, "count", count)
        return count(*args)

    monkeypatch.setattr(engine, "count", late)
    manifest = back_up(file)

    assert titles() == ["Kept", "Meanwhile"]
    assert verify(file) == manifest
    assert manifest.facts.tables["posts_post"] == 1
    if connection.vendor == "postgresql":  # the scratch database is gone again
        with connection.cursor() as cursor:
            name = f"{connection.settings_dict['NAME']}_verify_backup"
            cursor.execute("SELECT datname FROM pg_database WHERE datname = %s", [name])
            assert cursor.fetchall() == []


def test_a_database_that_breaks_off_or_is_in_use_is_not_replaced(
    shared_site: Post, file: Path, monkeypatch: pytest.MonkeyPatch
):
    back_up(file)
    make_post("Now")
    monkeypatch.setattr(postgresql, "BEGIN", postgresql.BEGIN.replace(b"'60s'", b"'50ms'"))
    with busy(shared_site.pk):
        if connection.vendor == "sqlite":
            sqlite._raw().execute("PRAGMA busy_timeout = 50")
        with pytest.raises(BackupError, match="in use"):
            restore(file)
    with Archive(file) as archive:
        data = b"".join(archive.read(own().FILE))
    rewrite(file, {own().FILE: data[: len(data) * 2 // 3]})

    for act in (restore, verify):
        with pytest.raises(BackupError):
            act(file)

    assert titles() == ["Kept", "Now"]


def test_a_disk_that_is_full_leaves_no_file_and_says_so(
    shared_site: Post, shared_database: str, file: Path
):
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "import django; django.setup()\n"
        "from django.core.management import call_command, CommandError\n"
        f"try: call_command('backup', {str(file)!r})\n"
        "except CommandError as error: print(error)"
    )
    environment = {"DATABASE_URL": shared_database, "DEBUG": "true", "PYTHONPATH": str(CHECKOUT)}
    environment |= {"DJANGO_SETTINGS_MODULE": "newsletter.settings", "PATH": "/usr/bin:/bin"}
    # -B: the disk is too full for bytecode, too, and Python would keep what was cut off.
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert "The backup could not be written" in done.stdout or "pg_dump failed" in done.stdout
    assert list(file.parent.iterdir()) == []


@pytest.mark.django_db
def test_a_copy_that_the_machine_does_not_open_is_untried_and_a_broken_one_is_not(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    file.write_bytes(small_archive({sqlite.FILE: b"no database" * 100}))
    with pytest.raises(BackupError, match="is broken") as broken:
        verify(file)
    assert broken.type is BackupError

    open_copy = sqlite._open
    monkeypatch.setattr(sqlite, "_open", lambda path: open_copy(path / "nowhere"))
    with pytest.raises(Untried, match="unable to open"):
        verify(file)


# PostgreSQL's programs


class Server:
    """What is asked of a connection to PostgreSQL."""

    pg_version = 150020
    client = DatabaseClient
    settings_dict = {
        "NAME": "news", "USER": "editor", "PASSWORD": "secret", "HOST": "db", "PORT": 5432,
        "OPTIONS": {"sslmode": "require", "options": "-c search_path=news"},
    }  # fmt: skip

    def ensure_connection(self) -> None:
        """Have one."""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in which programs are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(postgresql, "connection", Server())
    return folder


def install(folder: Path, version: str) -> None:
    for name in ("pg_dump", "psql"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)


def test_a_missing_program_is_named_with_what_to_install(programs: Path):
    with pytest.raises(BackupError, match=r"pg_dump is missing: install.*postgresql-client"):
        postgresql._check("pg_dump")


def test_a_program_older_than_the_server_is_refused(programs: Path):
    install(programs, "14.2 (Debian 14.2-1)")

    with pytest.raises(BackupError, match=r"14\.2.* is older than the server \(15\)"):
        postgresql._check("pg_dump")


@pytest.mark.parametrize("version", ["15.1", "18beta1"])
def test_a_program_as_old_as_the_server_or_younger_is_taken(version: str, programs: Path):
    install(programs, version)

    postgresql._check("pg_dump")


def test_the_password_stands_in_no_list_of_processes(programs: Path):
    arguments, environment = postgresql._command("news", "--quiet")

    assert arguments == ["psql", "-U", "editor", "-h", "db", "-p", "5432", "--quiet", "news"]
    chosen = {name: environment[name] for name in ("PGPASSWORD", "PGSSLMODE", "PGOPTIONS")}
    assert chosen == {
        "PGPASSWORD": "secret", "PGSSLMODE": "require", "PGOPTIONS": "-c search_path=news",
    }  # fmt: skip


def scratch_server(execute: Callable[[str], None]) -> Any:
    """Return a server whose cursors do this."""

    @contextmanager
    def cursor() -> Iterator[Any]:
        yield SimpleNamespace(execute=execute)

    server: Any = Server()
    server.cursor = cursor
    server.ops = SimpleNamespace(quote_name=str)
    return server


def test_who_may_create_no_database_is_told_what_verifying_needs(
    programs: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_query: str) -> None:
        raise postgresql.DatabaseError("permission denied to create database")

    monkeypatch.setattr(postgresql, "connection", scratch_server(refuse))

    with pytest.raises(Untried, match="CREATEDB"):
        postgresql.try_out(Path("database.dump"))


def test_a_copy_that_cannot_be_loaded_for_a_trial_is_untried(
    programs: Path, monkeypatch: pytest.MonkeyPatch
):
    queries: list[str] = []
    monkeypatch.setattr(postgresql, "connection", scratch_server(queries.append))

    with pytest.raises(Untried, match="pg_restore is missing"):
        postgresql.try_out(Path("database.dump"))

    assert queries[-1] == "DROP DATABASE news_verify_backup"
