"""Seeing an issue beside its text, and moving its parts, in a real browser."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import FrameLocator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import BODY, make_post

Enter = Callable[[User], Page]


@pytest.fixture
def address(live_server: LiveServer) -> str:
    return f"{live_server.url}/admin/posts/post"


def until_at_line(page: Page, line: int) -> None:
    """Wait until the cursor is at a line of the text."""
    page.evaluate(
        """line => new Promise((done) => {
          const look = () => writing.line(writing.text.selection().from) === line
            ? done() : requestAnimationFrame(look);
          look();
        })""",
        line,
    )


def preview_of(page: Page) -> FrameLocator:
    return page.frame_locator("#panel-preview iframe")


def test_an_issue_is_seen_beside_its_text_while_it_is_written(
    enter: Enter, address: str, editor: User, complaints: list[str]
) -> None:
    make_post("Earlier")
    page = enter(editor)
    asked: list[str] = []
    page.on(
        "request",
        lambda sent: asked.append(sent.post_data or "") if "/proof/" in sent.url else None,
    )
    page.goto(f"{address}/add/")
    page.get_by_role("tab", name="Preview").click()
    page.fill("#id_title", "Never saved")
    page.fill("#id_text", BODY)

    sheet = preview_of(page)
    expect(sheet.locator("h1")).to_have_text("Never saved")
    expect(sheet.locator("h2")).to_have_text(["Preview", "Viewpoint 🤖", "Overview"])
    expect(sheet.locator(".again").first).to_be_attached()  # what is known of links came
    assert not complaints
    assert barriers_in_any_scheme(page) == []
    complaints.clear()  # axe itself brings inline styles where a page has a frame

    asked.clear()
    page.locator("#id_text").press("ControlOrMeta+End")
    page.keyboard.type("- **Fourth**: [more][nowhere]")
    expect(sheet.locator("li strong").last).to_have_text("Fourth")
    assert asked
    assert all("opening.example.org" not in (sent.split('"known"')[0]) for sent in asked)

    sheet.get_by_text("Topic one").click()
    line = BODY.split("\n").index("* **Topic one**") + 1
    until_at_line(page, line)

    page.keyboard.type("> " * 30)
    expect(page.locator(".proof-problem")).to_contain_text(f"Line {line}")
    for _ in range(60):
        page.keyboard.press("Backspace")
    expect(page.locator(".proof-problem")).to_have_text("")

    page.click("[data-choice=width] [data-value=desktop]")
    page.click("[data-choice=theme] [data-value=dark]")
    assert page.evaluate("document.querySelector('iframe').contentWindow.innerWidth") == 1200
    expect(sheet.locator("html")).to_have_attribute("data-theme", "dark")
    page.click("[data-choice=form] [data-value=feed]")
    expect(sheet.locator("h2").first).to_have_text("Preview")
    expect(sheet.locator(".post")).to_have_count(0)
