"""From draft to print in a real browser: asked, seen without an account, spoken about, approved."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from posts import reviewing
from posts.models import Post, ReviewComment
from posts.readers import tickets
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_draft, make_post

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]


def open_panel(page: Page, live_server: LiveServer, post: Post) -> None:
    page.goto(f"{live_server.url}/admin/posts/post/{post.pk}/change/")
    page.get_by_role("tab", name="Review", exact=True).click()


def test_an_address_that_names_a_panel_opens_it(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    form = f"{live_server.url}/admin/posts/post/{make_draft('Half done').pk}/change/"
    page = enter(editor)
    for fragment, opened in (("#panel-review", "Review"), ("#%", "Details")):
        page.goto("about:blank")
        page.goto(f"{form}{fragment}")
        expect(page.get_by_role("tab", selected=True)).to_have_text(opened)


def test_what_is_saved_is_told_at_the_top_though_the_address_named_a_panel(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    page = enter(editor)
    page.set_viewport_size({"width": 1280, "height": 500})
    draft = make_draft("Half done")
    page.goto(f"{live_server.url}/admin/posts/post/{draft.pk}/change/#panel-review")
    page.get_by_role("button", name="Save draft").click()

    expect(page.locator(".messagelist")).to_be_in_viewport()
    assert page.evaluate("[location.hash, window.scrollY]") == ["", 0]


def test_an_issue_is_asked_about_seen_commented_on_and_approved(
    enter: Enter,
    live_server: LiveServer,
    writer: User,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
    complaints: list[str],
) -> None:
    monkeypatch.setattr(tickets, "QUICKEST", timedelta(0))  # a browser is quicker than people
    draft = make_draft("Half done")
    page = enter(writer)
    open_panel(page, live_server, draft)
    page.fill("#id_title", "Not saved yet")
    page.get_by_label("From whom").fill("editor")
    page.get_by_role("button", name="Ask for a review").click()
    expect(page.locator("#panel-review")).to_contain_text("In review")
    expect(page.locator("[data-review-said]")).to_contain_text("You are told here")
    expect(page.locator("#id_title")).to_have_value("Not saved yet")
    assert complaints == []
    assert barriers_in_any_scheme(page) == []
    complaints.clear()  # the checker tries an inline style, which the policy refuses

    share = reviewing.open_share(draft)
    assert share
    page.set_viewport_size({"width": 390, "height": 844})
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}{share.get_absolute_url()}")
    page.get_by_text("why it matters").click()
    page.get_by_role("button", name="Comment here").click()
    expect(page.locator(".review-quote")).to_contain_text("Second find: why it matters.")
    page.keyboard.type("왜 중요한가요?")
    page.get_by_label("Your name").fill("민지")
    assert complaints == []
    assert barriers_in_any_scheme(page) == []
    complaints.clear()  # the checker tries an inline style, which the policy refuses
    page.get_by_role("button", name="Send the comment").click()
    expect(page.locator(".review-list")).to_contain_text("왜 중요한가요?")
    row = ReviewComment.objects.get()
    assert (row.name, row.line) == ("민지", 6)
    expect(page.get_by_label("Your name")).to_have_value("민지")

    page = enter(editor)
    page.set_viewport_size({"width": 1280, "height": 800})
    open_panel(page, live_server, draft)
    page.evaluate("window.writing.text.replace(0, 0, 'New first line\\n\\n')")
    page.get_by_role("button", name="line 6").click()
    selected = """(({ value, selection }) =>
        value().slice(selection().from, selection().to))(window.writing.text)"""
    assert "Second find" in page.evaluate(selected)
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#panel-review")).to_contain_text("Approved")
    assert Post.objects.get(pk=draft.pk).state() == "draft"


def test_leaving_is_asked_about_while_something_is_not_sent(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    asks = "!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    page = enter(editor)
    open_panel(page, live_server, make_draft("Half done"))
    assert not page.evaluate(asks)
    page.locator("#review-remark").press_sequentially("Shorter?")
    assert page.evaluate(asks)
    page.locator("#panel-review button[value=remark]").click()
    expect(page.locator("#panel-review .review")).to_contain_text("Shorter?")
    expect(page.locator("#review-remark")).to_have_value("")
    assert not page.evaluate(asks)
    page.locator("#id_title").press_sequentially("!")
    assert page.evaluate(asks)


def test_an_issue_is_dragged_to_another_day(
    enter: Enter, live_server: LiveServer, editor: User, complaints: list[str]
) -> None:
    day = timezone.localtime().replace(day=15, hour=9, minute=30, second=0, microsecond=0)
    at = (day + timedelta(days=40)).replace(day=15)
    post = make_post("To come", at=at)
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/calendar/?month={at:%Y-%m}")
    page.drag_and_drop(".entry[data-move]", f"[data-day='{at:%Y-%m}-20']")
    expect(page.locator(f"[data-day='{at:%Y-%m}-20']")).to_contain_text("To come")
    assert Post.objects.get(pk=post.pk).published_at == at.replace(day=20)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert complaints == []
        assert barriers_in_any_scheme(page) == []
        complaints.clear()  # the checker tries an inline style, which the policy refuses
