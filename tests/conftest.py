"""The fixed cast, and what holds for every test: no network, an empty cache, no silent skips."""

import os
import socket
from collections.abc import Callable, Generator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

LOOPBACK = {"localhost", "127.0.0.1", "::1", "", None}
SignIn = Callable[[User], Client]


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring back what migrations created after the tests that empty the whole database."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        names = getattr(item, "fixturenames", ())
        if (mark and mark.kwargs.get("transaction")) or {"transactional_db", "live_server"} & {
            *names
        }:
            kept = {**mark.kwargs} if mark else {}
            restored = pytest.mark.django_db(
                **{**kept, "transaction": True, "serialized_rollback": True}
            )
            item.add_marker(restored, append=False)


# A skipped test hides a hole: in continuous integration, where all tools are there, it is a failure


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
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
