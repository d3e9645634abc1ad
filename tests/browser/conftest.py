"""A real browser for the journeys: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from threading import Condition

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.conftest import SignIn
from tests.skips import lacks

NAMES = ("chromium", "chromium-browser", "google-chrome")
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
    # Nothing but this machine is there. (A route that says so would keep the browser from caching.)
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# Milliseconds: a machine may be busy.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
ELSEWHERE = "net::ERR_NAME_NOT_RESOLVED"
# SQLite in memory, on which tests run, refuses at once who reads while another writes; what the
# page of an issue asks by itself is asked again.
BUSY = "status of 503"
ASKED_BY_ITSELF = ("/preflight/", "/proof/", "/keep/")


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
    is_busy = BUSY in said.text and said.location["url"].endswith(ASKED_BY_ITSELF)
    return said.type == "error" and ELSEWHERE not in said.text and not is_busy
