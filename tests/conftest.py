"""The fixed cast, and what holds for every test: no network, an empty cache."""

import gc
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import User
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.core.management.commands import flush
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate
from django.test import Client
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from newsletter.doctor.pages import found_lately
from posts.models import Post
from tasks.working import run_waiting
from tests.builders import make_member, make_post
from tests.skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401

LOOPBACK = {"localhost", "127.0.0.1", "::1", "", None}
# Tables with what migrations made: who may do what.
KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
PERMISSIONS = "django.contrib.auth.management.create_permissions"
SignIn = Callable[[User], Client]

# No test is timed, and what fails in continuous integration fails on the next machine, too.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "suite")


USES_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database: the rest is the same on another one, and need not run twice."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or names & USES_DATABASE:
            item.add_marker("database")


def pytest_collection_finish() -> None:
    """Let the garbage collector never look again at what was imported: it stays."""
    gc.collect()
    gc.freeze()


# The cast


@pytest.fixture
def admin(db: None) -> User:
    """The person who may do everything."""
    return make_member("admin")


@pytest.fixture
def editor(db: None) -> User:
    """Staff who write issues."""
    return make_member("editor")


@pytest.fixture
def moderator(db: None) -> User:
    """Staff who look after the links."""
    return make_member("moderator")


@pytest.fixture
def owner(db: None) -> User:
    """Staff who set the site up."""
    return make_member("owner")


@pytest.fixture
def writer(db: None) -> User:
    """Staff who write issues and publish none."""
    return make_member("writer")


@pytest.fixture
def outsider(db: None) -> User:
    """Somebody with an account and no rights."""
    return make_member("outsider")


@pytest.fixture(scope="session")
def sign_in() -> SignIn:
    """Return a function that gives a client in which a user is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


# Rows of a whole module


@pytest.fixture(scope="module")
def shared_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let fixtures of a module create rows that are there until its last test has run.

    A fixture with `scope="module"` that asks for this one creates them once, not for every test:
    that is what makes hundreds of tests that read the same pages quick. A test may still write;
    what it wrote is rolled back after it, and the rows themselves after the module. All tests of
    such a module have the rows, whether they ask for them or not, so those that need an empty
    site stand in another one, and so do tests with `transaction=True` or a live server, which
    empty all tables. Objects that the fixture returns are shared, too: read them, and fetch a
    row anew to change it.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def issue(shared_rows: None) -> Post:
    """A public issue for all tests of a module, see `shared_rows`."""
    return make_post()


# Background work


@pytest.fixture
def run_waiting_tasks(settings: Settings) -> Callable[[], int]:
    """Keep tasks waiting as on a server; return a function that runs those that are due.

    It returns their number. Without this fixture a task runs where it is enqueued.
    """
    settings.TASKS = {"default": {"BACKEND": "tasks.backends.database.DatabaseBackend"}}
    return run_waiting


# What holds for every test


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Begin with an empty cache, and leave no uploaded file behind."""
    cache.clear()
    found_lately.cache_clear()
    yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture(autouse=True)
def _effects_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run what waits for a commit when the outermost transaction of the code under test ends.

    A test stands in a transaction that is never committed, which those it tests know nothing of.
    """
    leave, wait = transaction.Atomic.__exit__, BaseDatabaseWrapper.on_commit

    def is_test(connection: BaseDatabaseWrapper) -> bool:
        blocks: Any = connection.atomic_blocks
        return bool(blocks) and blocks[-1]._from_testcase

    def leave_and_run(block: transaction.Atomic, *error: Any) -> None:
        leave(block, *error)
        here = transaction.get_connection(block.using)
        if is_test(here) and not block._from_testcase:  # type: ignore[attr-defined]
            waiting, here.run_on_commit = here.run_on_commit, []
            for _savepoints, effect, _robust in waiting:
                effect()

    def wait_or_run(connection: BaseDatabaseWrapper, effect: Any, robust: bool = False) -> None:
        if is_test(connection):
            effect()
        else:
            wait(connection, effect, robust)

    monkeypatch.setattr(transaction.Atomic, "__exit__", leave_and_run)
    monkeypatch.setattr(BaseDatabaseWrapper, "on_commit", wait_or_run)


@pytest.fixture(scope="session", autouse=True)
def _no_name_lookups() -> Iterator[None]:
    """Refuse to look names up; pytest-socket refuses to connect."""
    look_up = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in LOOPBACK:
            raise socket.gaierror(socket.EAI_NONAME, f"a test tried to look up {name}")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", guarded)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let roles and permissions outlive the tests that empty the whole database.

    No test changes them for good, and to make them anew after each of hundreds takes a fifth of a
    second, half of one with PostgreSQL. What apps of ours do after `migrate` they do: the search
    index has its row again.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "sql_flush", _delete_all)
        patch.setattr(flush, "emit_post_migrate_signal", _begin_anew)
        yield
    if connection.vendor == "postgresql":
        # A thread of a server may hold its connection a moment longer than its test.
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _begin_anew(*arguments: Any, **given: Any) -> None:
    """Let apps do what they do after `migrate`, but for what KEPT holds already."""
    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid=PERMISSIONS)
    try:
        emit_post_migrate_signal(*arguments, **given)
    finally:
        post_migrate.connect(create_contenttypes)
        post_migrate.connect(create_permissions, dispatch_uid=PERMISSIONS)


def _delete_all(operations: Any, _style: Any, tables: Iterable[str], **_given: Any) -> list[str]:
    """Return what empties tables in one transaction, at whose end foreign keys are looked at.

    A few rows are gone at once; PostgreSQL's TRUNCATE waits for the disk with each table.
    """
    emptied = [operations.quote_name(table) for table in tables if table not in KEPT]
    return [f"DELETE FROM {table}" for table in emptied]  # noqa: S608


def copy_to_file(memory: sqlite3.Connection, path: Path) -> None:
    """Copy a database to a file that several may open at once.

    It has its write-ahead log already. Of two who ask for one at the same moment SQLite refuses
    one at once, however long the time-out; a real site has it since its first migration.
    """
    with closing(sqlite3.connect(path)) as file:
        memory.backup(file)
        file.execute("PRAGMA journal_mode=WAL")
