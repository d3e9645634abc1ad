"""The text of an issue in a real browser: its tools, with a keyboard, in the box and the editor."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from posts.models import Post
from tests.builders import make_draft

pytestmark = pytest.mark.one_database

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


def test_what_is_counted_is_what_readers_get(write: Open) -> None:
    page = write(
        '[One](https://one.example.org/) and\n\n![Two boxes](pictures/a.webp "Boxes")\n\n'
        "[![Three](pictures/b.webp)](https://three.example.org/)\n"
    )
    expect(page.locator("[data-count=links] b")).to_have_text("2")
    expect(page.locator("[data-count=words] b")).to_have_text("5")


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

    page.get_by_role("button", name="Full screen").click()
    expect(page.locator(".post-name")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".post-name")).to_be_visible()

    page.evaluate(
        "writing.addAction({name: 'note', label: 'Note', key: 'Mod-Shift-e',"
        " run: text => text.replace(0, 0, '> ')})"
    )
    page.get_by_role("button", name="Bold").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Keys of the text")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Emphasis")).to_be_focused()
    page.get_by_role("button", name="Note").focus()
    page.keyboard.press("Enter")
    assert value(page).startswith("> 하나")


def test_remarks_stand_at_their_lines_and_below_the_plain_box_that_is_remembered(
    write: Open,
) -> None:
    page = write("One\nTwo\nThree\n")
    mark = "writing.text.mark('check', [{line: 3, level: 'error', words: 'No picture'}])"
    page.evaluate(mark)
    expect(page.locator(".cm-gutters [title='No picture']")).to_have_count(1)
    select(page, "Three")
    expect(page.locator("[data-text=remark]")).to_have_text("No picture")

    # What one says anew leaves the marks of others at their lines, which have moved.
    page.evaluate("writing.text.replace(3, 3, '\\nMore')")
    page.evaluate("writing.text.mark('other', [{line: 1, level: 'hint', words: 'Fine'}])")
    select(page, "Three")
    expect(page.locator("[data-text=remark]")).to_have_text("No picture")
    page.evaluate("writing.text.undo()")
    page.evaluate("writing.text.mark('other', [])")
    select(page, "Three")
    expect(page.locator("[data-text=remark]")).to_have_text("No picture")

    page.keyboard.insert_text("Drei")
    page.get_by_role("button", name="Plain box").click()
    expect(page.locator("#id_text")).to_be_focused()
    expect(page.locator("#id_text")).to_have_value("One\nTwo\nDrei\n")
    page.get_by_role("link", name="Line 3").click()
    page.keyboard.insert_text("Here: ")
    assert value(page) == "One\nTwo\nHere: Drei\n"
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.evaluate(mark)
    expect(page.get_by_role("link", name="Line 3")).to_be_visible()
    page.evaluate("writing.text.mark('check', [])")
    expect(page.get_by_text("No picture")).to_have_count(0)
    page.get_by_role("button", name="Plain box").click()
    expect(page.get_by_role("textbox", name="Markdown")).to_be_focused()


def test_lists_go_on_and_tab_never_holds_anybody(write: Open) -> None:
    page = write("")
    editor = page.get_by_role("textbox", name="Markdown")
    editor.click()
    for words in ("- 하나", "둘"):
        page.keyboard.insert_text(words)
        page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("셋")
    page.keyboard.press("Enter")
    assert value(page) == "- 하나\n- 둘\n  - 셋\n  - "
    page.keyboard.press("Enter")
    page.keyboard.insert_text("넷")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert value(page) == "- 하나\n- 둘\n  - 셋\n- 넷\n"
    select(page, "둘")
    page.keyboard.press("Tab")
    assert value(page) == "- 하나\n  - 둘\n    - 셋\n- 넷\n"
    page.keyboard.press("Shift+Tab")
    assert value(page) == "- 하나\n- 둘\n  - 셋\n- 넷\n"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
    editor.press("Control+End")
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()


PASTE = """([plain, html]) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", plain);
    if (html) clipboardData.setData("text/html", html);
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
}"""
RICH = """<meta charset="utf-8"><b style="font-weight:normal" id="docs-internal-guid"><h2>제목</h2>
<p>An <a href="https://one.example.org/">address</a>, <span style="font-weight:700">bold</span>
and <i>so</i> on</p><ul><li>One<ul><li>Two</li></ul></li><li>Three</li></ul>
<table><thead><tr><th>A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table></b>"""


def test_what_is_pasted_becomes_markdown(write: Open) -> None:
    page = write("읽기 자료\n")
    select(page, "자료")
    page.evaluate(PASTE, ["https://one.example.org/a(b)", ""])
    assert value(page) == "읽기 [자료](https://one.example.org/a(b))\n"
    page.keyboard.press("Control+a")
    page.evaluate(PASTE, ["plain", RICH])
    expect(page.locator(".cm-content")).to_contain_text("제목")
    assert value(page).rstrip() == (
        "## 제목\n\nAn [address](https://one.example.org/), **bold** and *so* on\n\n"
        "- One\n  - Two\n- Three\n\n| A |\n| --- |\n| 1 |"
    )
    page.evaluate("writing.text.replace(0, writing.text.value().length, '앞뒤')")
    page.evaluate("writing.text.select(1)")
    page.evaluate(PASTE, ["plain", "<h2>제목</h2><ul><li>One</li></ul>"])
    expect(page.locator(".cm-content")).to_contain_text("제목")
    assert value(page) == "앞\n\n## 제목\n\n- One\n\n뒤"
    page.keyboard.press("Control+a")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('')")  # which browsers of other tests share
    page.keyboard.press("Control+Shift+v")
    page.evaluate(PASTE, ["one\r\ntwo\rthree\u2028four", "<b>one</b>"])
    assert value(page) == "one\ntwo\nthree\u2028four"


def test_hangul_is_neither_lost_nor_doubled_whatever_key_comes_while_it_is_composed(
    write: Open,
) -> None:
    page = write("- 가나\n")
    session = page.context.new_cdp_session(page)

    def compose(*states: str) -> None:
        for state in states:
            shown = {"text": state, "selectionStart": 1, "selectionEnd": 1}
            session.send("Input.imeSetComposition", shown)

    select(page, "나")
    page.keyboard.press("ArrowRight")
    compose("ㄷ", "다")
    page.keyboard.press("Enter")  # an input method that leaves the key to the browser
    expect(page.locator(".cm-line")).to_have_count(3)
    compose("ㄹ", "라")
    session.send("Input.insertText", {"text": "라"})  # one that ends the syllable first
    page.keyboard.press("Enter")
    compose("ㅁ", "마")
    page.keyboard.press("ArrowLeft")
    session.send("Input.insertText", {"text": "마"})
    page.keyboard.press("End")
    compose("ㅂ", "바")
    page.keyboard.press("Control+b")
    assert value(page) == "- 가나다\n- 라\n- 마바\n"
    session.send("Input.insertText", {"text": "바"})
    compose("ㅅ", "사")
    page.keyboard.press("Backspace")
    session.send("Input.insertText", {"text": ""})
    compose("ㅇ", "아")
    assert value(page) == "- 가나다\n- 라\n- 마바아\n"

    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist li")).to_be_visible()
    assert Post.objects.get().body == "- 가나다\n- 라\n- 마바아\n"


def test_only_the_line_that_was_written_changes(write: Open) -> None:
    page = write("하나\r\n둘\u2028셋\rfour\n\n끝")
    select(page, "끝")
    page.keyboard.insert_text("end")
    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist li")).to_be_visible()
    assert Post.objects.get().body == "하나\r\n둘\u2028셋\rfour\n\nend"
