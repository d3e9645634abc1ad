"""A second factor in a real browser: passkeys, by an authenticator of its own making, and codes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import CDPSession, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from newsletter.factors import keeping
from newsletter.guessing import TRIES
from newsletter.passwords import one_time_address
from tests.browser.barriers import barriers_in_any_scheme
from tests.newsletter.test_factors import code_of

pytestmark = pytest.mark.one_database

PASSWORD = "correct horse battery"
NARROW = 320


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    """The site by a name: passkeys belong to none of the addresses that are numbers."""
    settings.SITE_HOST = "localhost"
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def chief(transactional_db: None) -> User:
    return User.objects.create_superuser("chief", password=PASSWORD)


@pytest.fixture
def device(page: Page) -> CDPSession:
    """A device with passkeys, whose owner always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def give_password(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/login/?next=/admin/notices/")
    page.fill("#id_username", "chief")
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")


def leave(page: Page) -> None:
    page.click("#logout-form button")


def guess(client: Any) -> None:
    """Try more passwords of the chief than are looked at, each from elsewhere."""
    for number in range(TRIES[0].times + 1):
        data = {"username": "chief", "password": "guess"}
        client.post("/admin/login/", data, REMOTE_ADDR=f"2001:db8:{number}::1")


def give_code(page: Page, code: str) -> None:
    page.fill("#id_code", code)
    page.locator("form", has=page.locator("#id_code")).locator("button").click()


def add_passkey(page: Page, name: str = "My laptop") -> None:
    page.fill("#id_name", name)
    page.click("form[data-passkey=create] button")
    expect(page.locator(".codes li")).to_have_count(10)
    page.click(".factors .button.default")


def test_a_passkey_is_set_up_and_then_signs_in_with_the_password_and_alone(
    page: Page, site: str, chief: User, device: CDPSession, settings: Settings
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    give_password(page, site)
    expect(page.locator("h2").first).to_have_text("Passkey")
    add_passkey(page)
    expect(page).to_have_url(f"{site}/admin/notices/")
    leave(page)

    give_password(page, site)
    page.click("form[data-passkey=get] button")
    expect(page).to_have_url(f"{site}/admin/notices/")
    leave(page)

    page.goto(f"{site}/admin/login/?next=/admin/notices/")
    page.click("form[data-passkey=get] button")
    expect(page).to_have_url(f"{site}/admin/notices/")
    assert keeping.factors_of(chief).get().wrap().name == "My laptop"


def test_the_owner_of_an_account_that_is_guessed_at_gets_in_by_a_passkey(
    page: Page, site: str, chief: User, device: CDPSession, settings: Settings, client: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    give_password(page, site)
    add_passkey(page)
    page.context.clear_cookies()
    guess(client)
    give_password(page, site)
    expect(page.locator(".error-summary")).to_contain_text("Too many passwords")

    page.click("form[data-passkey=get] button")

    expect(page).to_have_url(f"{site}/admin/notices/")


def test_an_app_and_recovery_codes_let_in_where_the_owner_did_before_while_others_guess(
    page: Page, site: str, chief: User, settings: Settings, client: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    give_password(page, site)
    secret = page.locator(".secret").inner_text().replace(" ", "")
    give_code(page, code_of(secret))
    codes = page.locator(".codes li")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    page.click(".factors .button.default")
    guess(client)

    for code in (code_of(secret), recovery):
        leave(page)
        give_password(page, site)
        give_code(page, code)
        expect(page).to_have_url(f"{site}/admin/notices/")


def test_a_device_without_a_passkey_says_so_and_signs_nobody_in(
    page: Page, site: str, chief: User, device: CDPSession
) -> None:
    page.goto(f"{site}/admin/login/")

    page.click("form[data-passkey=get] button")

    expect(page.locator("form[data-passkey] .trouble")).to_be_visible()
    expect(page.locator("#id_username")).to_be_visible()


def test_pages_of_signing_in_have_no_barrier_and_fit_a_narrow_phone(
    page: Page,
    site: str,
    chief: User,
    device: CDPSession,
    settings: Settings,
    complaints: list[str],
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    page.set_viewport_size({"width": NARROW, "height": 640})
    give_password(page, site)
    suits(page, complaints)
    page.fill("#id_name", "Phone")
    page.click("form[data-passkey=create] button")
    expect(page.locator(".codes li")).to_have_count(10)
    suits(page, complaints)
    page.click(".factors .button.default")
    for path in ("factors/", "factors/confirm/"):
        page.goto(f"{site}/admin/{path}")
        suits(page, complaints)
    page.context.clear_cookies()
    give_password(page, site)
    suits(page, complaints)


def test_the_page_that_sets_a_password_has_no_barrier_and_fits_a_narrow_phone(
    page: Page, site: str, chief: User, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": NARROW, "height": 640})
    page.goto(one_time_path(site, chief))

    suits(page, complaints)


def one_time_path(site: str, user: User) -> str:
    return site + one_time_address(user).removeprefix("https://news.example.org")


def suits(page: Page, complaints: list[str]) -> None:
    """Find nothing that keeps anybody out, or is cut at the right edge."""
    assert complaints == []
    assert barriers_in_any_scheme(page) == []
    complaints.clear()  # the checker tries an inline style, which the policy refuses
    cut = page.evaluate(
        """() => [...document.querySelectorAll("#content *, #user-tools *")]
            .filter((one) => one.getClientRects().length)
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5
                || (one.matches("div, form, fieldset") && one.scrollWidth > one.clientWidth))
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert cut == []
