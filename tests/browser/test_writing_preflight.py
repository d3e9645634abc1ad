"""Checks before publishing, in a real browser: seen, followed to the line, mended, overridden."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from posts.models import Post
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_draft

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]

BODY = """안녕하세요 😀, [소식](https://a.example.org/x?utm_source=news&id=1)

## Links
- [One](https://b.example.org/1?utm_source=news): first
- [Two](https://b.example.org/2?fbclid=abc): second
- [Three](https://b.example.org/three
"""


def test_what_is_wrong_is_seen_mended_and_holds_until_somebody_says_why(
    enter: Enter, live_server: LiveServer, editor: User, complaints: list[str]
) -> None:
    post = make_draft(body=BODY)
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/{post.pk}/change/")
    sum_ = page.locator("[data-preflight-sum]")
    expect(sum_).to_contain_text("1 finding holds it")

    sum_.click()
    panel = page.locator("#panel-preflight")
    expect(panel.get_by_text("A link that is not finished")).to_be_visible()

    # What holds stands out at its line, too.
    expect(page.locator(".cm-line.remark-error")).to_have_text(
        "- [Three](https://b.example.org/three"
    )
    expect(page.locator(".cm-line.remark-warning").first).to_be_visible()

    # A click leads to the line; offsets count as scripts count, behind an emoji, too.
    tracked = panel.locator("section", has_text="Addresses that count readers")
    tracked.locator(".remark-place").first.click()
    chosen = page.evaluate("(() => { const s = writing.text.selection();"
                           " return writing.text.value().slice(s.from, s.to) })()")  # fmt: skip
    assert chosen == "[소식](https://a.example.org/x?utm_source=news&id=1)"

    tracked.get_by_role("button", name="Mend all 3").click()
    expect(tracked).to_have_count(0)
    text = page.evaluate("writing.text.value()")
    assert "utm_source" not in text
    assert "fbclid" not in text
    assert "[소식](https://a.example.org/x?id=1)" in text
    page.keyboard.press("Control+z")
    assert page.evaluate("writing.text.value()") == BODY

    page.get_by_text("Publish now…").click()
    expect(page.locator(".publish-ask")).to_contain_text("1 finding holds it")
    expect(page.locator("[data-publish-plain]")).to_be_hidden()
    page.get_by_role("button", name="Show them").click()
    expect(page.get_by_label("Why it is published all the same")).to_be_in_viewport()
    page.get_by_text("Publish now…").click()
    page.get_by_role("button", name="Publish now", exact=True).click()
    expect(page.get_by_text("Not published yet").first).to_be_visible()
    assert complaints == []
    assert not barriers_in_any_scheme(page)
    complaints.clear()  # the checker tries an inline style, which the policy refuses
    assert not Post.objects.get(pk=post.pk).is_public()
    expect(page.get_by_label("Why it is published all the same")).to_be_visible()

    page.get_by_label("Why it is published all the same").fill("The third follows tomorrow")
    page.get_by_text("Publish now…").click()
    page.get_by_role("button", name="Publish now", exact=True).click()
    expect(page.locator(".messagelist li")).to_be_visible()
    expect(page.locator("[data-preflight-sum]")).to_be_visible()
    assert Post.objects.get(pk=post.pk).is_public()
    said = LogEntry.objects.filter(object_id=post.pk).latest("pk").change_message
    assert "The third follows tomorrow" in said


def test_a_form_of_which_nothing_is_written_is_not_complained_of(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/add/")
    page.wait_for_function("window.writing && document.querySelector('.cm-content')")
    page.wait_for_timeout(2500)  # longer than the checks wait
    expect(page.locator("[data-preflight-sum]")).to_be_hidden()

    page.locator(".cm-content").click()
    page.keyboard.type("TK: a word")
    expect(page.locator("[data-preflight-sum]")).to_be_visible()
