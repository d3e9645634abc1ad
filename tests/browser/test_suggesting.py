"""Readers take part, in a real browser: they suggest, watch and report, scripts or no scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from links.inbox import gather
from links.models import InboxEntry, Report, Suggestion
from links.readers import suggesting
from mailing.models import MailSettings
from mailing.settling import settle
from posts.models import Post
from posts.readers import tickets
from tests.browser.barriers import barriers, barriers_in_any_scheme
from tests.builders import item, make_post
from tests.mailing.builders import make_delivery, make_mailing

pytestmark = pytest.mark.one_database

NEW = "https://new.example.org/story"
PRINTED = "https://one.example.org/a"
CUT_OFF = """() => [...document.querySelectorAll(".form-row :is(input, select, textarea)")]
  .filter((field) => field.getBoundingClientRect().right
    > field.closest(".form-row").getBoundingClientRect().right + 0.5)
  .map((field) => field.name)"""
STAFF_PAGES = (
    "/admin/links/suggestion/",
    "/admin/links/inboxentry/",
    "/admin/links/inboxentry/add/",
    "/admin/links/inboxentry/copy/",
    "/admin/links/inboxentry/anywhere/",
    "/admin/links/apitoken/add/",
    "/admin/factors/",
    "/admin/factors/add/",
    "/admin/notices/",
    "/admin/mailing/subscriber/numbers/",
    "/admin/mailing/subscriber/import/",
    "/admin/mailing/subscriber/export/",
    "/admin/mailing/mailsettings/",
)


@pytest.fixture
def post(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Post:
    """A public issue; and forms may be filled in as quickly as a test does it."""
    monkeypatch.setattr(tickets, "QUICKEST", timedelta(0))
    return make_post("An old issue")


@pytest.fixture
def plain(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page of a browser without JavaScript."""
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    yield context.new_page()
    context.close()


def test_a_suggestion_from_the_form_to_print(
    page: Page,
    live_server: LiveServer,
    post: Post,
    enter: Callable[[User], Page],
    moderator: User,
) -> None:
    page.goto(live_server.url)
    page.get_by_role("contentinfo").get_by_role("link", name="Suggest a link").click()
    page.get_by_label("Address").focus()
    page.keyboard.type("new.example.org/story")
    page.keyboard.press("Tab")
    page.keyboard.type("A story")
    page.keyboard.press("Tab")
    page.keyboard.type("It is good.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you.")
    status = page.url
    assert page.context.cookies() == []

    enter(moderator)
    page.goto(f"{live_server.url}/admin/links/suggestion/")
    page.get_by_role("link", name="A story").click()
    page.get_by_label("Answer").fill("Gladly.")
    page.get_by_role("button", name="Accept into the inbox").click()
    expect(page.locator(".messagelist li")).to_be_visible()
    page.goto(status)
    expect(page.get_by_role("heading", level=1)).to_contain_text("accepted")
    expect(page.locator(".answer")).to_have_text("Gladly.")

    make_post("The issue of today", f"- [A story]({NEW})")
    page.goto(status)
    expect(page.get_by_role("heading", level=1)).to_have_text("It was printed.")
    page.get_by_role("link", name="The issue of today").click()
    expect(page.locator("li:target")).to_contain_text("A story")
    assert not InboxEntry.objects.filter(done_at=None).exists()


def test_an_address_covered_before_is_answered_while_it_is_typed(
    page: Page, live_server: LiveServer, post: Post
) -> None:
    page.goto(f"{live_server.url}/suggest/")
    page.get_by_label("Address").fill(PRINTED)
    page.keyboard.press("Tab")

    expect(page.locator(".covered")).to_contain_text("An old issue")
    page.get_by_label("Address").fill(NEW)
    page.keyboard.press("Tab")
    expect(page.locator(".covered")).to_be_empty()


def test_without_scripts_the_answer_comes_when_the_form_is_sent(
    plain: Page, live_server: LiveServer, post: Post
) -> None:
    plain.goto(f"{live_server.url}/suggest/")
    plain.get_by_label("Address").fill(PRINTED)
    plain.get_by_label("Title").fill("Kept")
    plain.get_by_role("button", name="Send the suggestion").click()

    expect(plain.locator(".covered")).to_contain_text("An old issue")
    expect(plain.get_by_label("Title")).to_have_value("Kept")
    plain.get_by_label("Suggest it all the same").check()
    plain.get_by_role("button", name="Send the suggestion").click()
    expect(plain.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert Suggestion.objects.get().title == "Kept"


def test_enter_in_a_field_does_not_suggest_again_what_was_covered(
    page: Page, live_server: LiveServer, post: Post
) -> None:
    page.goto(f"{live_server.url}/suggest/")
    page.get_by_label("Address").fill(PRINTED)
    page.keyboard.press("Enter")
    expect(page.locator(".covered")).to_contain_text("An old issue")

    page.get_by_label("Title").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".covered")).to_contain_text("An old issue")
    assert not Suggestion.objects.exists()


@pytest.mark.parametrize("browser", ["page", "plain"])
def test_the_link_of_an_item_is_reported_from_the_item(
    browser: str, request: pytest.FixtureRequest, live_server: LiveServer, post: Post
) -> None:
    reader: Page = request.getfixturevalue(browser)
    find = item(post, "First find")
    reader.goto(f"{live_server.url}{post.get_absolute_url()}")
    if browser == "page":
        reader.get_by_role("link", name="Link to: First find").focus()
        reader.keyboard.press("Enter")
        way = reader.get_by_role("link", name="Report this link")
        for _stop in range(4):  # its address, copying, its link's page
            reader.keyboard.press("Tab")
            if way.evaluate("link => link === document.activeElement"):
                break
        expect(way).to_be_focused()
    else:
        reader.get_by_role("link", name="Report a link").click()
        reader.get_by_role("link", name="First find").focus()
    reader.keyboard.press("Enter")

    expect(reader.get_by_role("heading", level=1)).to_have_text("Report a link")
    reader.get_by_label("It is spam or harmful").check()
    reader.get_by_label("More about it").fill("A shop.")
    reader.get_by_role("button", name="Send the report").click()
    reader.get_by_role("link", name="Back to the issue").click()

    expect(reader.locator(f"#{find.anchor}")).to_be_in_viewport()
    sent = Report.objects.get()
    assert (sent.link, sent.kind, sent.note) == (find.link, "harmful", "A shop.")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_these_pages_have_no_barrier_and_fit_every_screen(
    page: Page, live_server: LiveServer, post: Post, settings: Settings, language: str
) -> None:
    settings.LANGUAGE_CODE = language
    long = suggesting.suggest(f"{NEW}/{'a' * 300}", title="긴 제목 " * 20, note="x" * 500)
    anchor = item(post, "First find").anchor.removeprefix("item-")
    wrong, widths = {}, {}
    page.set_viewport_size({"width": 320, "height": 640})

    for path in (
        "/suggest/",
        f"/suggest/?url={PRINTED}",
        f"/suggest/{long.token}/",
        f"/report/?item={anchor}",
        f"/report/?issue={post.slug}",
        f"/report/thanks/?item={anchor}",
        post.get_absolute_url(),
    ):
        page.goto(f"{live_server.url}{path}")
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
        wrong[path] = barriers_in_any_scheme(page)

    assert {path: found for path, found in wrong.items() if found} == {}
    assert {path: width for path, width in widths.items() if width > 320} == {}


def test_what_is_wrong_is_said_where_it_is(page: Page, live_server: LiveServer, post: Post) -> None:
    page.goto(f"{live_server.url}/suggest/")
    page.get_by_label("Address").fill("no address")
    page.get_by_label("Why is it worth reading?").fill("Kept")
    page.get_by_role("button", name="Send the suggestion").click()

    field = page.get_by_label("Address")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("This is no web address. "
        "One looks like https://example.org/article.")  # fmt: skip
    expect(page.get_by_label("Why is it worth reading?")).to_have_value("Kept")
    assert barriers(page) == []


# Staff


def test_a_bookmark_opens_the_inbox_filled_in(
    enter: Callable[[User], Page], live_server: LiveServer, post: Post, editor: User
) -> None:
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/links/inboxentry/add/?url={NEW}&title=A%20story&note=Why")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist li")).to_be_visible()

    entry = InboxEntry.objects.get()
    assert (entry.url, entry.title, entry.note) == (NEW, "A story", "Why")


def test_pages_of_staff_have_no_barrier_and_fit_a_telephone(
    enter: Callable[[User], Page],
    live_server: LiveServer,
    post: Post,
    admin: User,
    settings: Settings,
    complaints: list[str],
) -> None:
    settings.EMAIL = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    row = MailSettings.current()
    row.is_on = True
    settle(row)
    mailing = make_delivery(make_mailing(post)).mailing
    suggestion = suggesting.suggest(PRINTED, title="A story", note="Why")
    entry = gather(NEW, by=admin, title="Another story", note="x" * 300).entry
    page = enter(admin)
    page.set_viewport_size({"width": 390, "height": 844})
    wrong, widths, cut_off = {}, {}, {}

    for path in (
        *STAFF_PAGES,
        f"/admin/links/suggestion/{suggestion.pk}/change/",
        f"/admin/links/inboxentry/{entry.pk}/change/",
        f"/admin/mailing/mailing/plan/{post.pk}/",
        f"/admin/mailing/mailing/{mailing.pk}/change/",
    ):
        page.goto(f"{live_server.url}{path}")
        assert complaints == []
        wrong[path] = barriers(page)
        complaints.clear()  # the checker tries an inline style, which the policy refuses
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
        cut_off[path] = page.evaluate(CUT_OFF)

    assert {path: found for path, found in wrong.items() if found} == {}
    assert {path: width for path, width in widths.items() if width > 390} == {}
    assert {path: names for path, names in cut_off.items() if names} == {}


def test_the_token_is_there_to_copy(
    enter: Callable[[User], Page], live_server: LiveServer, post: Post, editor: User
) -> None:
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/links/apitoken/add/")
    page.get_by_label("Name").fill("My script")
    page.get_by_role("button", name="Save", exact=True).click()

    assert page.locator(".copying textarea").input_value().startswith("nl_")
    expect(page.locator(".copying button")).to_be_visible()
