"""The history of an issue in a real browser: two editors, versions compared, the trash."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from posts import publishing
from posts.models import Post
from posts.revising import Cause
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import BODY, make_draft, make_post, parsed

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]

KOREAN = "- **새 소식**: 모델을 발표했습니다. [읽기](https://one.example.org/a)\n"


def look(page: Page, name: str) -> None:
    """Keep a picture of the page for who asks for it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def fits(page: Page) -> None:
    """Fail where a page is wider than a phone, or somebody cannot read or use it."""
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator("html").evaluate("html => html.scrollWidth") <= 390
    assert barriers_in_any_scheme(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})


def test_two_editors_both_keep_their_words(
    enter: Enter, live_server: LiveServer, editor: User, complaints: list[str]
) -> None:
    post = make_draft(body=BODY)
    form = f"{live_server.url}/admin/posts/post/{post.pk}/change/"
    mine = enter(editor)
    mine.goto(form, wait_until="networkidle")  # nothing asks while others save
    theirs = Post.objects.get()
    admin = User.objects.create_superuser("kim")
    reworded = BODY.replace("First find", "Their find").replace("Third", "Last")
    publishing.save_document(theirs, parsed("A draft", reworded), cause=Cause(by=admin))

    mine.evaluate(
        "words => { const now = writing.text.value(); const at = now.indexOf('First find');"
        " writing.text.replace(at, at + 10, words); }",
        "My find",
    )
    mine.click("button[name=_save]")

    expect(mine.locator("#conflict-title")).to_have_text("Two people edited this issue")
    expect(mine.locator("[data-theirs]")).to_contain_text("Their find")
    assert [said for said in complaints if "409" not in said] == []
    complaints.clear()
    look(mine, "conflict")
    fits(mine)
    complaints.clear()  # axe sets styles where text lies over text
    mine.click("[data-keep=both]")
    expect(mine.locator("[data-said]")).to_have_text("Chosen.")
    mine.click("button[name=_save]")
    expect(mine.locator(".messagelist")).to_contain_text("while you were writing")
    post.refresh_from_db()
    both = BODY.replace("Third", "Last").split("\n")
    at = next(number for number, line in enumerate(both) if "First find" in line)
    both[at : at + 1] = [both[at].replace("First", who) for who in ("My", "Their")]
    assert post.body.strip() == "\n".join(both).strip()

    mine.click(".messagelist a >> text=See what was changed meanwhile")
    expect(mine.locator("ins mark").first).to_contain_text("Their")


def test_an_earlier_text_is_found_compared_and_brought_back(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    post = make_post(body=KOREAN + BODY)
    reworded = KOREAN.replace("발표했습니다", "발표하였습니다").replace("새", "더 새로운")
    cause = Cause(by=editor, note="이름을 고침")
    publishing.save_document(post, parsed(body=reworded + BODY), cause=cause)
    publishing.save_document(post, parsed(body=reworded), cause=Cause(by=editor))
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/{post.pk}/change/")
    page.click("text=History")

    expect(page.locator(".history-entry")).to_have_count(3)
    expect(page.locator(".history-note")).to_contain_text("이름을 고침")
    look(page, "history")
    fits(page)
    page.check("input[name=from][value='1']")
    page.check("input[name=to][value='2']")
    page.click("text=Compare the versions chosen")
    expect(page.locator("del mark").last).to_have_text("했")
    expect(page.locator("ins mark").last).to_have_text("하였")
    look(page, "compare")
    fits(page)
    page.click("text=Show side by side")
    look(page, "beside")
    fits(page)

    page.click("text=Restore version 1")
    look(page, "restore")
    page.click("button:has-text('Restore')")
    expect(page.locator(".messagelist")).to_contain_text("version 4 says what version 1 said")
    post.refresh_from_db()
    assert post.body.strip() == (KOREAN + BODY).strip()
    assert post.is_public()

    page.locator("a:has-text('Name…')").first.click()
    page.fill("[name=name]", "판 하나")
    page.click("text=Save the name")
    expect(page.locator(".history-name")).to_have_text("판 하나")
    page.click("a:has-text('Version 4')")
    fits(page)


def test_a_deleted_issue_is_taken_out_of_the_trash(
    enter: Enter, live_server: LiveServer, admin: User
) -> None:
    post = make_post()
    page = enter(admin)
    page.goto(f"{live_server.url}/admin/posts/post/{post.pk}/change/")
    page.click("a:text-is('Delete')")
    look(page, "delete")
    page.click("button:has-text('Delete')")
    expect(page.locator(".messagelist")).to_contain_text("lies in the trash")
    page.click("a:text-is('Trash')")
    expect(page.locator(".trash-title")).to_have_text("A first issue")
    look(page, "trash")
    fits(page)
    page.click("text=Take it out…")
    page.click("button:has-text('Take it out')")
    expect(page.locator(".messagelist")).to_contain_text("draft again")
    assert Post.objects.get().status == "draft"
