"""The fixed cast, and what holds for every test: no network, an empty cache, no silent skips."""

import os
import socket
from collections.abc import Callable, Generator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db.models.signals import post_migrate
from django.test import Client
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings

from tasks.working import run_waiting
from tests import corpus

LOOPBACK = {"localhost", "127.0.0.1", "::1", "", None}
SignIn = Callable[[User], Client]

# No test is timed, and what fails in continuous integration fails on the next machine, too.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "suite")


# The cast


def _member(name: str, *, group: str = "") -> User:
    user = User.objects.create_user(name, f"{name}@example.org", is_staff=bool(group))
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def admin(db: None) -> User:
    """The person who may do everything."""
    return User.objects.create_superuser("admin", "admin@example.org")


@pytest.fixture
def editor(db: None) -> User:
    """Staff who write issues."""
    return _member("editor", group="Editor")


@pytest.fixture
def moderator(db: None) -> User:
    """Staff who look after the links."""
    return _member("moderator", group="Moderator")


@pytest.fixture
def outsider(db: None) -> User:
    """Somebody with an account and no rights."""
    return _member("outsider")


@pytest.fixture
def sign_in() -> SignIn:
    """Return a function that gives a client in which a user is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


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
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _no_name_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to look names up; pytest-socket refuses to connect."""
    look_up = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in LOOPBACK:
            raise socket.gaierror(socket.EAI_NONAME, f"a test tried to look up {name}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)


@pytest.fixture(autouse=True)
def _media_folder(settings: Settings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Let the roles outlive the tests that empty the whole database.

    Django makes permissions anew then, but not what migrations created. (Its serialized rollback
    does, but not in a thread with an event loop, which the browser tests have.)
    """
    post_migrate.connect(_create_groups, sender=apps.get_app_config("posts"))


def _create_groups(**_signal: Any) -> None:
    import_module("posts.migrations.0002_groups").create_groups(apps, None)


# A skipped test hides a hole: in continuous integration, which has all tools, it is a failure.
# The corpus is no tool, and no part of the project: a machine without it tests what it can.


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return
    if not corpus.is_missing(str(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure when `CI` is set."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure when `CI` is set."""
    report = yield
    _fail_if_skipped(report)
    return report
