"""The queue in a real browser: by keys, against a second moderator, on a phone."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from links.models import Decision, Kind, Link, QueueEntry
from links.queue import Worry, claim, raise_concerns
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_post

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]
ONE = "https://one.example.org/a"
TWO = "https://two.example.org/b"


STAY_SILENT = "navigator.sendBeacon = () => true"


@pytest.fixture
def desk(live_server: LiveServer, page: Page) -> str:
    """The address of the desk, where two urgent links wait before some new ones.

    What a page sends while it closes would meet a database that is just being emptied.
    """
    page.add_init_script(STAY_SILENT)
    make_post()
    for url in (ONE, TWO):
        link = Link.objects.get(url=url)
        raise_concerns({link.pk: [Worry(Kind.SUSPICIOUS, "shortener", "a.example.org")]})
    return f"{live_server.url}/admin/links/queueentry/"


def entry(url: str) -> QueueEntry:
    return QueueEntry.objects.get(link__url=url, closed_at=None)


def status(url: str) -> str:
    return Link.objects.get(url=url).status


def opened(page: Page, title: str) -> None:
    expect(page.locator("#desk-title")).to_have_text(title)


def claimed(page: Page, desk: str) -> None:
    """Open the desk and wait until its first entry is claimed."""
    with page.expect_response("**/claim/"):
        page.goto(desk)


def test_somebody_decides_by_keys_without_loading_the_page_again(
    enter: Enter, desk: str, moderator: User
) -> None:
    page = enter(moderator)
    claimed(page, desk)
    opened(page, "First find")
    assert entry(ONE).claimed_by == moderator
    page.evaluate("window.stillHere = true")

    page.keyboard.press("a")
    opened(page, "Second find")
    expect(page.locator("#desk-said")).to_contain_text("Approved: https://one.example.org/a")
    assert status(ONE) == "approved"
    expect(page.locator("#desk-title")).to_be_focused()

    page.keyboard.press("b")
    expect(page.get_by_label("Why it is blocked")).to_be_focused()
    page.keyboard.type("a bad one, jk")
    page.keyboard.press("Enter")
    opened(page, "Third find")
    assert Link.objects.get(url=TWO).reason == "a bad one, jk"

    page.keyboard.press("u")
    opened(page, "Second find")
    assert status(TWO) == "pending"
    assert page.evaluate("window.stillHere")


def test_keys_lead_through_the_list_and_out_of_what_is_open(
    enter: Enter, desk: str, moderator: User
) -> None:
    page = enter(moderator)
    claimed(page, desk)

    page.keyboard.press("j")
    opened(page, "Second find")
    page.keyboard.press("k")
    opened(page, "First find")
    page.keyboard.press("r")
    expect(page.get_by_label("Readers are led to")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Readers are led to")).to_be_hidden()
    page.keyboard.press("s")
    opened(page, "Second find")
    expect(page.locator(".desk-aside")).to_contain_text("1 entry is put aside.")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

    assert not Decision.objects.exists()


def test_a_hangul_layout_has_the_same_keys(enter: Enter, desk: str, moderator: User) -> None:
    page = enter(moderator)
    claimed(page, desk)

    page.evaluate(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ㅓ', code: 'KeyJ', bubbles: true}))"
    )

    opened(page, "Second find")


def test_single_keys_can_be_switched_off(enter: Enter, desk: str, moderator: User) -> None:
    page = enter(moderator)
    claimed(page, desk)
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys decide").uncheck()
    page.get_by_role("button", name="Close").click()
    claimed(page, desk)

    page.keyboard.press("a")
    page.get_by_role("button", name="Put aside").click()
    opened(page, "Second find")

    assert status(ONE) == "pending"


def test_a_second_moderator_gets_another_entry_and_a_clear_word(
    enter: Enter, desk: str, moderator: User
) -> None:
    other = User.objects.create_user("other", is_staff=True)
    other.groups.add(Group.objects.get(name="Moderator"))
    claim(entry(ONE).pk, other)
    page = enter(moderator)
    claimed(page, desk)
    opened(page, "Second find")

    page.keyboard.press("k")
    expect(page.locator("#desk-said")).to_have_text("other is deciding about this one.")
    opened(page, "First find")
    with page.expect_response("**/decide/"):
        page.keyboard.press("a")
    expect(page.locator("#desk-holder")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#desk-said")).to_have_text("other is deciding about this one.")

    assert status(ONE) == "pending"


def test_who_leaves_gives_back_what_was_claimed(
    enter: Enter, desk: str, moderator: User, live_server: LiveServer
) -> None:
    page = enter(moderator)
    leaving = page.context.new_page()
    with leaving.expect_response("**/claim/"):
        leaving.goto(desk)
    assert entry(ONE).claimed_by == moderator

    leaving.goto(f"{live_server.url}/admin/")

    # The browser sends it behind the page's back, and tells nobody when it has arrived.
    for _ in range(100):
        if entry(ONE).claimed_by is None:
            break
        leaving.wait_for_timeout(50)
    assert entry(ONE).claimed_by is None


def test_many_are_decided_at_once(enter: Enter, desk: str, moderator: User) -> None:
    page = enter(moderator)
    claimed(page, desk)
    page.keyboard.press("x")
    page.keyboard.press("j")
    opened(page, "Second find")
    page.keyboard.press("x")
    page.get_by_role("button", name="Decide about the selection…").click()
    expect(page.locator(".desk-confirm")).to_contain_text("2 links")
    page.get_by_label("Block: readers get the words").check()
    page.get_by_label("Reason").fill("spam")
    page.get_by_role("button", name="Decide", exact=True).click()

    expect(page.locator("#desk-said")).to_contain_text("Blocked: 2 links.")
    assert (status(ONE), status(TWO)) == ("blocked", "blocked")


def test_it_works_without_scripts(
    page: Page, enter: Enter, desk: str, moderator: User, live_server: LiveServer
) -> None:
    enter(moderator)
    state = page.context.storage_state()
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, storage_state=state, locale="en-US")
    plain = context.new_page()
    plain.goto(desk)
    expect(plain.get_by_role("button", name="Keys")).to_be_hidden()
    plain.get_by_role("button", name="Approve").click()
    expect(plain.locator(".messagelist")).to_contain_text("Approved")
    plain.get_by_text("Block…").click()
    plain.get_by_label("Why it is blocked").fill("spam")
    plain.get_by_role("button", name="Block", exact=True).click()
    expect(plain.locator(".messagelist")).to_contain_text("Blocked")
    context.close()

    assert (status(ONE), status(TWO)) == ("approved", "blocked")


def test_a_thumb_decides_on_a_phone(enter: Enter, desk: str, moderator: User) -> None:
    page = enter(moderator)
    for width, url, following in ((320, ONE, "Second find"), (390, TWO, "Third find")):
        page.set_viewport_size({"width": width, "height": 800})
        claimed(page, desk)

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        buttons = page.locator(".desk-actions .button:visible").all()
        assert buttons
        for button in buttons:
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            expect(button).to_be_in_viewport()
        page.get_by_role("button", name="Approve").click()
        opened(page, following)

        assert status(url) == "approved"


def test_everybody_can_read_and_use_the_desk(
    enter: Enter, desk: str, moderator: User, complaints: list[str]
) -> None:
    page = enter(moderator)
    claimed(page, desk)
    page.locator("[data-key=b] summary").click()
    page.locator(".desk-rule summary").click()
    found = {}
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert complaints == []
        found[width] = barriers_in_any_scheme(page)
        complaints.clear()  # the checker tries an inline style, which the policy refuses

    assert found == {390: [], 1440: []}
