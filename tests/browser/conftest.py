"""A real browser for the journeys: Debian's Chromium, driven by Playwright."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from threading import Condition

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.conftest import SignIn, copy_to_file
from tests.skips import lacks

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Each window would load the popups of its address bar, which takes ten times as long as a page of
# ours. The others are Playwright's, whose list this one replaces.
LACKING = [
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying",
    "OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
]  # fmt: skip
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Containers have a small /dev/shm.
    "--disable-dev-shm-usage",
    f"--disable-features={','.join(LACKING)}",
    # Nothing but this machine is there. (A route that says so would keep the browser from caching.)
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# Milliseconds: a machine may be busy.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
ELSEWHERE = "net::ERR_NAME_NOT_RESOLVED"


def _executable() -> str:
    """Return the browser's path; a missing one is a failure in CI and a skip elsewhere."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        lacks("Chromium: set CHROMIUM to its path, or install it")
    return found


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A running browser, one for all journeys.

    Playwright keeps an event loop in this thread, for which Django would refuse the ORM.
    """
    executable = _executable()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def database(
    chromium: Browser,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """A database whose readers never wait for a writer, as in production: SQLite in a file.

    In memory, where other tests have it, whoever reads while another writes is refused at once,
    and a page asks for several things at a time. The browser comes first: with its event loop a
    thread has other connections than without one (asgiref's Local), and the journeys have those.
    """
    if connection.vendor != "sqlite":
        yield
        return
    described, memory = connection.settings_dict, _connected(django_db_blocker)
    name, options = described["NAME"], described["OPTIONS"]
    path = tmp_path_factory.mktemp("database") / "browser.sqlite3"
    copy_to_file(memory, path)
    # Nobody waits for a disk that keeps nothing.
    begin = f"{options['init_command']} PRAGMA synchronous=OFF;"
    connection.connection = None
    described |= {"NAME": str(path), "OPTIONS": options | {"init_command": begin}}
    yield
    connection.close()
    described |= {"NAME": name, "OPTIONS": options}
    connection.connection = memory


def _connected(blocker: DjangoDbBlocker) -> sqlite3.Connection:
    with blocker.unblock():
        connection.ensure_connection()
    return connection.connection


@pytest.fixture(scope="package")
def live_server(database: None, request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """The site, answering requests on a port of this machine."""
    server = LiveServer(request.config.getvalue("liveserver"))
    yield server
    server.stop()


class Answering:
    """How many requests are answered now by the server, which runs in this process.

    A page that is closed may have asked for something still: what keeps its text, say. That must
    not write into a database that is emptied for the next test.
    """

    def __init__(self) -> None:
        self.changed = Condition()
        self.requests = 0

    def begin(self, **_signal: object) -> None:
        with self.changed:
            self.requests += 1

    def end(self, **_signal: object) -> None:
        with self.changed:
            self.requests -= 1
            self.changed.notify_all()

    def wait(self) -> None:
        """Wait until nothing is answered any more."""
        with self.changed:
            self.changed.wait_for(lambda: self.requests <= 0, timeout=PATIENCE / 1000)


@pytest.fixture
def answering() -> Iterator[Answering]:
    """The requests that the server answers during a test."""
    answering = Answering()
    request_started.connect(answering.begin)
    request_finished.connect(answering.end)
    yield answering
    request_started.disconnect(answering.begin)
    request_finished.disconnect(answering.end)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about; a test that expects a complaint empties the list."""
    return []


@pytest.fixture
def page(chromium: Browser, complaints: list[str], answering: Answering) -> Iterator[Page]:
    """A page of a fresh profile; errors, and policy violations among them, fail the test.

    Pictures from anywhere but this machine are missing.
    """
    context = chromium.new_context(locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.extend([said.text] * _is_complaint(said)))
    yield page
    context.close()
    answering.wait()
    assert not complaints, "the browser complained"


@pytest.fixture
def enter(page: Page, live_server: LiveServer, sign_in: SignIn) -> Callable[[User], Page]:
    """Return a function that signs somebody in, without the form, and gives the page."""

    def entered(user: User) -> Page:
        session = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        return page

    return entered


def _is_complaint(said: ConsoleMessage) -> bool:
    return said.type == "error" and ELSEWHERE not in said.text
