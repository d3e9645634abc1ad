"""Readers subscribe, choose and leave in a real browser; one that only opens pages does nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from mailing import wording
from mailing.models import Choice, Consent, MailSettings, SignUp, Subscriber
from mailing.settling import settle
from mailing.subscribing import tokens
from posts.readers import tickets
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_post
from tests.mailing.builders import make_subscriber
from tests.mailing.readers import paths, the_mail

pytestmark = pytest.mark.one_database

LOCMEM = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}


@pytest.fixture
def site(
    live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> LiveServer:
    """The site with an issue and mail; forms may be filled in as quickly as a test does it."""
    monkeypatch.setattr(tickets, "QUICKEST", timedelta(0))
    settings.EMAIL = LOCMEM
    row = MailSettings.current()
    row.is_on = True
    settle(row)
    make_post()
    return live_server


@pytest.fixture
def plain(chromium: Browser, live_server: LiveServer) -> Any:
    """A page of a browser without JavaScript, as narrow as a small phone."""
    context = chromium.new_context(
        java_script_enabled=False, locale="en-US", viewport={"width": 320, "height": 640}
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [320, 360, 640, 768, 900, 1000, 1152])
def test_the_home_page_with_its_form_fits_and_keeps_the_name_on_one_line(
    plain: Page, site: LiveServer, width: int
) -> None:
    plain.set_viewport_size({"width": width, "height": 640})
    plain.goto(f"{site.url}/")

    expect(plain.get_by_label("New issues by mail")).to_be_visible()
    assert plain.evaluate("document.documentElement.scrollWidth") <= width
    name = plain.locator(".masthead .site-name").evaluate("it => it.getClientRects().length")
    assert name == 1


def heading(page: Page) -> Any:
    return expect(page.get_by_role("heading", level=1))


def test_a_reader_subscribes_chooses_and_leaves_by_keyboard_without_scripts(
    plain: Page, site: LiveServer
) -> None:
    plain.goto(f"{site.url}/posts/a-first-issue/")
    plain.get_by_label("New issues by mail").focus()
    plain.keyboard.type("reader@example.org")
    plain.keyboard.press("Enter")
    heading(plain).to_have_text("One more look")
    plain.get_by_role("button", name="Agree and subscribe").press("Enter")
    heading(plain).to_have_text("Look into your mailbox")

    plain.goto(site.url + paths(the_mail())[0])
    plain.get_by_role("button", name="Yes, subscribe me").press("Enter")
    heading(plain).to_have_text("You are subscribed.")
    assert plain.context.cookies() == []

    plain.get_by_role("link", name="Your own page").click()
    plain.get_by_label("Look for more").fill("llama")
    plain.keyboard.press("Enter")
    plain.get_by_label("Tag Llama 3 평가").check()
    plain.get_by_label("Only what I choose below").check()
    plain.get_by_label("Once a week").check()
    plain.get_by_role("button", name="Save").click()
    expect(plain.get_by_text("Saved.")).to_be_visible()
    subscriber = Subscriber.objects.get()
    assert (subscriber.rhythm, str(subscriber.choices.get())) == ("weekly", "Tag: llama-3-평가")

    mail.outbox.clear()
    plain.get_by_role("link", name="Get no more mail").click()
    plain.get_by_role("button", name="Yes, no more mail").press("Enter")
    heading(plain).to_have_text("You get no mail.")
    assert Subscriber.objects.get().status == "left"


def test_a_browser_that_opens_every_link_and_presses_nothing_changes_nothing(
    page: Page, site: LiveServer
) -> None:
    reader = make_subscriber(moving_to="new@example.org")
    row = SignUp.objects.create(
        subscriber=make_subscriber("asked@example.org", status="waiting"),
        form="/subscribe/",
        wording=wording.keep("I want mail.", "en"),
    )
    before = rows()
    links = [f"/subscribe/{tokens.make(tokens.CONFIRM, row.pk)}/"]
    links += [f"/mail/{reader.key}/{name}" for name in ("", "leave/", "erase/", "renew/")]
    for link in links:
        page.goto(site.url + link)
        page.mouse.wheel(0, 5000)
        page.reload()

    assert rows() == before
    assert not mail.outbox


def rows() -> list[Any]:
    tables = (Subscriber, SignUp, Consent, Choice)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_pages_of_mail_have_no_barriers_and_fit_every_screen(
    page: Page, site: LiveServer, settings: Settings, complaints: list[str], language: str
) -> None:
    settings.LANGUAGE_CODE = language
    reader = make_subscriber(language=language)
    waiting = make_subscriber(status=Subscriber.Status.WAITING, language=language)
    page.set_viewport_size({"width": 320, "height": 640})
    wrong, widths = {}, {}
    for path in (
        "/subscribe/",
        "/subscribe/mistyped/",
        "/follow/",
        f"/mail/{reader.key}/",
        f"/mail/{reader.key}/leave/",
        f"/mail/{waiting.key}/",
        "/mail/nobody-has-this-key-at-all/",
        "/mail/move/mistyped/",
    ):
        page.goto(site.url + path)
        complaints.clear()  # of what is not there
        wrong[path] = barriers_in_any_scheme(page)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")

    assert {path: found for path, found in wrong.items() if found} == {}
    assert {path: width for path, width in widths.items() if width > 320} == {}
