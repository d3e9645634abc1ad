"""The inbox beside the text, in a real browser: choosing, dragging, undoing, saving."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from links.checking import Unfurled
from links.inbox import gather
from links.models import InboxEntry
from posts.admin.writing import pasting
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_draft, make_post

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]

BODY = """Hello.

## Tools

- [One](https://one.example.org/x): first
- [Two](https://two.example.org/x)

## Talks
"""
LINES = """(cases) => cases.map(([text, item]) => {
  const at = text.indexOf("|");
  const whole = text.replace("|", "");
  const { from, to, words } = window.writing.placing(whole, at, item);
  return whole.slice(0, from) + words + whole.slice(to);
})"""
# Where the cursor is, and what the text is once an item was put there.
PLACES = [
    ("|", "- n"),
    ("## A\n|", "## A\n\n- n"),
    ("## A\n\n|\n\n## B", "## A\n\n- n\n\n## B"),
    ("## A|\n\n- a\n- b", "## A\n\n- n\n- a\n- b"),
    ("## A|\n\n## B", "## A\n\n- n\n\n## B"),
    ("- a|\n- b\n", "- a\n- n\n- b\n"),
    ("* a|\n* b", "* a\n* n\n* b"),
    ("1. a|\n", "1. a\n2. n\n"),
    ("- a\n- |\n", "- a\n- n\n"),
    ("- a\n|\n## B", "- a\n- n\n\n## B"),
    ("* **Topic**|\n  - a\n  - b", "* **Topic**\n  - n\n  - a\n  - b"),
    ("* **Topic**\n  - a|\n* **Other**", "* **Topic**\n  - a\n  - n\n* **Other**"),
    ("- a|\n  more of it\n\n  and more\n\nText", "- a\n  more of it\n\n  and more\n- n\n\nText"),
    ("A para|graph\nof two lines.\n\nText", "A paragraph\nof two lines.\n\n- n\n\nText"),
    ("Text.|\n- a", "Text.\n- n\n- a"),
    ("## 가\n\n글|", "## 가\n\n글\n\n- n"),
]


@pytest.fixture
def address(live_server: LiveServer) -> str:
    return f"{live_server.url}/admin"


def text_of(page: Page) -> str:
    return str(page.evaluate("window.writing.text.value()"))


def put_cursor(page: Page, words: str) -> None:
    """Put the cursor behind some words of the text."""
    page.evaluate(
        "(words) => { const text = window.writing.text;"
        " text.select(text.value().indexOf(words) + words.length); }",
        words,
    )


def test_links_of_the_inbox_are_put_into_the_text_taken_back_and_saved(
    enter: Enter, address: str, editor: User, complaints: list[str]
) -> None:
    make_post("An old issue", "- [Old](https://old.example.org/a)\n")
    gather("https://old.example.org/a", by=editor, title="An old one")
    gather("https://new.example.org/b?utm_source=x", by=editor, title="A [new] one", note="Why")
    post = make_draft("Next", BODY)
    page = enter(editor)
    page.goto(f"{address}/posts/post/{post.pk}/change/")
    put_cursor(page, ": first")

    page.locator(".inbox-keys:not([hidden])").wait_for(state="attached")
    page.keyboard.press("Alt+i")
    entries = page.locator(".inbox-entries > li")
    expect(entries).to_have_count(2)
    expect(entries.nth(1)).to_contain_text("Covered before: An old issue (10 May 2024)")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    line = r"- [A \[new\] one](https://new.example.org/b): Why"
    assert f"first\n{line}\n- [Two]" in text_of(page)
    expect(entries.nth(0)).to_contain_text("In the text")
    expect(entries.nth(1).locator("button")).to_be_focused()
    assert complaints == []
    assert barriers_in_any_scheme(page) == []
    complaints.clear()  # the checker tries an inline style, which the policy refuses

    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+z")
    expect(entries.nth(0).locator(".inbox-used")).to_be_hidden()
    assert text_of(page) == post.body
    page.keyboard.press("ControlOrMeta+Shift+z")
    expect(entries.nth(0).locator(".inbox-used")).to_be_visible()

    page.get_by_label("covered before").select_option("covered")
    expect(entries).to_have_count(1)
    put_cursor(page, "## Talks")
    place = {"x": 80, "y": 20}
    entries.locator("button").drag_to(page.locator(".cm-content"), target_position=place)
    expect(entries.locator(".inbox-used")).to_be_visible()
    assert "- [An old one](https://old.example.org/a)" in text_of(page).split("\n")

    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator(".messagelist li")).to_be_visible()
    assert not InboxEntry.objects.filter(done_at=None).exists()


def test_an_item_goes_where_it_belongs(enter: Enter, address: str, editor: User) -> None:
    page = enter(editor)
    page.goto(f"{address}/posts/post/add/")

    placed = page.evaluate(LINES, [(text, "- n") for text, _result in PLACES])

    assert placed == [result for _text, result in PLACES]


def test_a_pasted_address_gets_its_title_which_undo_takes_back(
    enter: Enter, address: str, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_post("An old issue", "- [Old](https://old.example.org/a)\n")
    monkeypatch.setattr(pasting, "look_up", lambda _url: Unfurled("A title", "Why it matters"))
    page = enter(editor)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/posts/post/add/")
    written = "https://old.example.org/a?utm_source=x"

    page.evaluate("window.writing.text.select(0)")
    page.keyboard.type("## 새 소식\n\n- ")
    page.evaluate("(words) => navigator.clipboard.writeText(words)", written)
    page.keyboard.press("ControlOrMeta+v")
    known = page.locator(".pasted")
    expect(known).to_contain_text("Covered before: An old issue (10 May 2024)")
    expect(page.locator(".cm-content")).to_contain_text("A title")
    assert text_of(page) == f"## 새 소식\n\n- [A title]({written}): Why it matters"

    page.keyboard.press("ControlOrMeta+z")
    assert text_of(page) == f"## 새 소식\n\n- {written}"
    page.keyboard.press("ControlOrMeta+Shift+z")
    page.get_by_role("button", name="Take out what counts readers: utm_source").click()
    assert text_of(page) == "## 새 소식\n\n- [A title](https://old.example.org/a): Why it matters"
    known.get_by_role("button", name="Close").click()
    expect(known).to_be_empty()


def test_a_pasted_address_that_nobody_named_becomes_an_item_to_be_named(
    enter: Enter, address: str, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pasting, "look_up", lambda _url: Unfurled("", ""))
    page = enter(editor)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/posts/post/add/")
    written = "https://new.example.org/story"

    page.evaluate("window.writing.text.select(0)")
    page.evaluate("(words) => navigator.clipboard.writeText(words)", written)
    page.keyboard.press("ControlOrMeta+v")
    page.get_by_role("button", name="Make it an item").click()
    page.keyboard.type("소식")

    assert text_of(page) == f"- [소식]({written})"
    expect(page.locator(".pasted")).to_be_empty()
