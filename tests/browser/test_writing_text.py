"""The text of an issue in a real browser: its tools, with a keyboard, in the box and the editor."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.builders import make_draft

Open = Callable[[str], Page]


@pytest.fixture
def write(enter: Callable[[User], Page], live_server: LiveServer, editor: User) -> Open:
    """Return a function that opens the form of a draft with this text."""

    def opened(body: str) -> Page:
        page = enter(editor)
        page.goto(f"{live_server.url}/admin/posts/post/{make_draft(body=body).pk}/change/")
        return page

    return opened


def value(page: Page) -> str:
    text: str = page.evaluate("writing.text.value()")
    return text


def select(page: Page, words: str) -> None:
    """Select words of the text."""
    page.evaluate(
        "words => { const at = writing.text.value().indexOf(words);"
        " writing.text.select(at, at + words.length); }",
        words,
    )


def test_tools_above_the_text_write_markdown_by_mouse_and_by_key(write: Open) -> None:
    page = write("하나 둘\n셋\n")
    select(page, "둘")
    page.get_by_role("button", name="Bold").click()
    assert value(page) == "하나 **둘**\n셋\n"
    page.keyboard.press("Control+b")
    assert value(page) == "하나 둘\n셋\n"
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("https://one.example.org/")
    assert value(page) == "하나 [둘](https://one.example.org/)\n셋\n"
    select(page, "셋")
    page.keyboard.press("Control+Shift+h")
    page.keyboard.press("Control+Shift+l")
    assert value(page).endswith("\n- ## 셋\n")

    page.evaluate(
        "writing.addAction({name: 'note', label: 'Note', key: 'Mod-Shift-e',"
        " run: text => text.replace(0, 0, '> ')})"
    )
    page.get_by_role("button", name="Bold").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Note")).to_be_focused()
    page.keyboard.press("Enter")
    assert value(page).startswith("> 하나")


def test_remarks_lead_to_their_lines(write: Open) -> None:
    page = write("One\nTwo\nThree\n")
    page.evaluate("writing.text.mark('check', [{line: 3, level: 'error', words: 'No picture'}])")
    page.get_by_role("link", name="Line 3").click()
    page.keyboard.insert_text("Here: ")
    assert value(page) == "One\nTwo\nHere: Three\n"
    page.evaluate("writing.text.mark('check', [])")
    expect(page.get_by_text("No picture")).to_have_count(0)
