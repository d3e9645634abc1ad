"""Seeing an issue beside its text, and moving its parts, in a real browser."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import FrameLocator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import BODY, make_draft, make_post

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]


@pytest.fixture
def address(live_server: LiveServer) -> str:
    return f"{live_server.url}/admin/posts/post"


def until_at_line(page: Page, line: int) -> None:
    """Wait until the cursor is at a line of the text."""
    page.evaluate(
        """line => new Promise((done, fail) => {
          setTimeout(fail, 30000);
          const look = () => writing.line(writing.text.selection().from) === line
            ? done() : requestAnimationFrame(look);
          look();
        })""",
        line,
    )


def text_of(page: Page) -> str:
    text: str = page.evaluate("writing.text.value()")
    return text


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
    page.click("[data-choice=form] [data-value=mail]")
    expect(sheet.locator(".seen-subject")).to_be_visible()
    expect(sheet.locator("html")).to_have_attribute("data-theme", "dark")
    sheet.get_by_text("As plain text").click()
    expect(sheet.locator("details.seen pre")).to_be_visible()


def test_the_parts_of_an_issue_are_moved_and_changed_in_the_outline(
    enter: Enter, address: str, editor: User, complaints: list[str]
) -> None:
    make_post("Earlier")
    draft = make_draft()
    page = enter(editor)
    page.goto(f"{address}/{draft.pk}/change/")
    page.get_by_role("tab", name="Outline").click()
    parts = page.locator(".outline-part > .outline-row .outline-go")
    expect(parts).to_have_text(["Above the first heading", "Preview", "Viewpoint 🤖", "Overview"])
    expect(page.locator(".outline-badge.is-covered").first).to_contain_text("Earlier")
    before = text_of(page)
    lines = before.split("\n")
    assert not complaints
    assert barriers_in_any_scheme(page) == []
    complaints.clear()  # see above

    # By the keyboard: to an item, and it goes below the next one.
    parts.first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".outline-go:focus")).to_have_text("First find")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".outline-go").nth(5)).to_have_text("First find")
    expect(page.locator(".outline-go:focus")).to_have_text("First find")
    at = next(number for number, line in enumerate(lines) if "First find" in line)
    lines[at : at + 2] = reversed(lines[at : at + 2])
    assert text_of(page) == "\n".join(lines)
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".outline-go").nth(4)).to_have_text("First find")
    assert text_of(page) == before
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".outline-go").nth(5)).to_have_text("First find")
    page.keyboard.press("ControlOrMeta+z")
    expect(page.locator(".outline-go").nth(4)).to_have_text("First find")
    expect(page.locator(".outline-go:focus")).to_have_count(1)
    assert text_of(page) == before

    # By the mouse: the last section before the second.
    page.locator(".outline-go", has_text="Overview").drag_to(
        page.locator(".outline-go", has_text="Preview"), target_position={"x": 20, "y": 2}
    )
    expect(parts.nth(1)).to_have_text("Overview")
    overview = (
        "## Overview\n- **Third find**: at the end. ([Paper](https://arxiv.org/abs/2405.04517))\n"
    )
    assert overview in text_of(page)
    page.evaluate("writing.text.select(0)")
    page.keyboard.press("ControlOrMeta+z")
    expect(parts.nth(1)).to_have_text("Preview")
    assert text_of(page) == before

    # One item is changed: only its line.
    row = page.locator(".outline-row", has_text="Second find")
    row.hover()
    row.locator("[data-do=edit]").click()
    form = page.locator(".outline-edit")
    expect(form.get_by_label("Note")).to_have_value("why it matters.")
    form.get_by_label("Address").fill("https://moved.example.org/b")
    form.get_by_label("Note").fill("why it matters now.")
    form.get_by_label("Title").press("Enter")
    expect(form).to_have_count(0)
    expect(page.locator(".outline-go:focus")).to_have_text("Second find")
    changed = before.replace("it matters.", "it matters now.").replace(
        "two.example", "moved.example"
    )
    assert text_of(page) == changed

    # A title that ends with emphasis is still the title.
    read = """() => writingMoves.readItem(
        "- **A _find_**: see [here](https://a.example/)",
        { start: 0, entries: [[0, 1, 0, 0, "", "https://a.example/"]] }, 0).title.value"""
    assert page.evaluate(read) == "A _find_"

    # Definitions stay where they are, whose section they are of: the way back is exact.
    text = "## A\n\na\n\n[b]: https://b.example/\n\n## B\n\n[x][b]\n"
    there_and_back = """text => {
        const { moveSection, apply } = writingMoves;
        const rows = [{ start: 0, lines: 6, end: 3, level: 2, entries: [] },
                      { start: 6, lines: 4, end: 3, level: 2, entries: [] }];
        const after = apply(text, moveSection(text, rows, 1, 0));
        return [after, apply(after, moveSection(after, rows, 1, 0))];
    }"""
    after, again = page.evaluate(there_and_back, text)
    assert after == "## B\n\n[x][b]\n\n[b]: https://b.example/\n\n## A\n\na\n"
    assert again == text

    page.locator(".outline-go", has_text="Third find").click()
    until_at_line(page, changed.split("\n").index("## Overview") + 2)
