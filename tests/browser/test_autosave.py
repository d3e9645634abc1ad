"""What is typed in the form of an issue in a real browser: kept, brought back, never lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from posts.admin.writing import copies
from posts.models import WorkingCopy
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_draft, make_member

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]
SAID = "[data-writing=said]"
# How many texts this browser has for whoever opened the page.
KEPT_HERE = (
    "browserCopies.all(document.querySelector('[data-keeping]').dataset.user)"
    ".then(kept => kept.length)"
)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is typed after a moment, not after seconds."""
    monkeypatch.setattr(copies, "QUIET", timedelta(milliseconds=100))
    monkeypatch.setattr(copies, "MOST", timedelta(milliseconds=200))


def write(page: Page, words: str) -> None:
    """Type at the beginning of the text."""
    page.evaluate("writing.text.select(0)")
    page.keyboard.type(words)


def shows(page: Page, words: str) -> None:
    """Wait for a page whose text is this."""
    page.wait_for_function("words => window.writing && writing.text.value() === words", arg=words)


def test_what_is_typed_survives_closed_tabs_lost_networks_and_ended_sessions(
    enter: Enter, live_server: LiveServer, editor: User, complaints: list[str]
) -> None:
    post = make_draft(body="Begun.\n")
    address = f"{live_server.url}/admin/posts/post/{post.pk}/change/"
    page = enter(editor)

    # A tab that is closed
    page.goto(address)
    write(page, "하나 ")
    expect(page.locator(SAID)).to_contain_text("Kept at")
    page.goto("about:blank")
    page.goto(f"{live_server.url}/admin/")
    page.click("#pile-unsaved + ul a")
    shows(page, "하나 Begun.\n")
    page.goto(address)
    shows(page, "Begun.\n")
    page.get_by_role("link", name="What differs").click()
    expect(page.locator(".diff .ours")).to_contain_text("하나 Begun.")
    assert not barriers_in_any_scheme(page)
    page.get_by_role("link", name="Go on with it").click()
    shows(page, "하나 Begun.\n")

    # A network that is away, and a tab that is closed meanwhile
    page.context.set_offline(True)
    write(page, "둘 ")
    expect(page.locator(SAID)).to_contain_text("Not connected")
    page.click("button[name=_save]")
    expect(page.locator(SAID)).to_contain_text("Save when you are back")
    expect(page.locator(SAID)).to_be_in_viewport()
    shows(page, "둘 하나 Begun.\n")
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(f"{live_server.url}/admin/posts/post/add/")
    page.wait_for_function(f"{KEPT_HERE}.then(many => !many)")
    assert WorkingCopy.objects.unsaved().get().text.startswith("둘 하나")
    page.goto(address)
    page.get_by_role("link", name="Go on with it").click()
    shows(page, "둘 하나 Begun.\n")

    # A session that ended, one of somebody else, and another one, whose forms have other tokens
    page.context.clear_cookies()
    write(page, "셋 ")
    expect(page.locator(SAID)).to_contain_text("sign in again")
    enter(make_member("admin"))
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(SAID)).to_contain_text("Somebody else is signed in")
    assert {copy.editor for copy in WorkingCopy.objects.unsaved()} == {editor}
    other = page.context.new_page()
    other.goto(address)
    assert other.evaluate(KEPT_HERE) == 0
    other.close()
    enter(editor)
    assert page.evaluate(KEPT_HERE) == 1
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(SAID)).to_contain_text("Kept at")
    page.click("button[name=_save]")
    expect(page.locator(".messagelist li")).to_be_visible()
    post.refresh_from_db()
    assert post.body == "셋 둘 하나 Begun.\n"
    expect(page.locator(".kept-copy")).to_have_count(0)
    assert not WorkingCopy.objects.unsaved().exists()
    complaints.clear()  # about what was offline and refused


def test_what_is_typed_and_taken_back_leaves_nothing(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/{make_draft().pk}/change/")
    write(page, "ab")
    expect(page.locator(SAID)).to_contain_text("Kept at")
    assert WorkingCopy.objects.unsaved().exists()

    with page.expect_response(lambda answer: "/discard/" in answer.url):
        page.keyboard.press("Backspace")
        page.keyboard.press("Backspace")

    expect(page.locator(SAID)).not_to_contain_text("Kept at")
    assert not WorkingCopy.objects.unsaved().exists()


def test_what_is_typed_in_a_panel_beside_the_text_is_no_text_to_save(
    enter: Enter,
    live_server: LiveServer,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copies, "QUIET", timedelta(seconds=5))
    monkeypatch.setattr(copies, "MOST", timedelta(seconds=5))
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/{make_draft().pk}/change/")
    # The clock is a script in every frame, and that of the preview complains: it runs none.
    page.evaluate("document.querySelector('#panel-preview iframe').remove()")
    page.clock.install()
    page.get_by_role("tab", name="Review", exact=True).click()
    page.get_by_label("From whom").fill("somebody")

    page.clock.run_for(2000)  # until this browser has what is typed, and the site has not

    assert page.evaluate(KEPT_HERE) == 0
    write(page, "a")
    page.clock.run_for(2000)
    assert page.evaluate(KEPT_HERE) == 1
    page.keyboard.press("Backspace")
    page.clock.run_for(5000)
    page.wait_for_function(f"{KEPT_HERE}.then(many => !many)")


# What the database of texts in a browser looked like before its index of numbers.
AGE = """async () => {
    const done = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const kept = await browserCopies.all(document.querySelector("[data-keeping]").dataset.user);
    await done(indexedDB.deleteDatabase("newsletter.texts"));
    const request = indexedDB.open("newsletter.texts", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("texts", { keyPath: "key" });
    const database = await done(request);
    const texts = database.transaction("texts", "readwrite").objectStore("texts");
    await Promise.all(kept.map((entry) => done(texts.put(entry))));
    database.close();
}"""


def test_what_a_browser_kept_before_an_upgrade_of_the_site_comes_back(
    enter: Enter, live_server: LiveServer, editor: User, complaints: list[str]
) -> None:
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/{make_draft(body='Begun.').pk}/change/")
    page.context.set_offline(True)
    write(page, "넷 ")
    expect(page.locator(SAID)).to_contain_text("Not connected")
    page.evaluate(AGE)
    page.goto("about:blank")
    page.context.set_offline(False)

    page.goto(f"{live_server.url}/admin/posts/post/add/")

    page.wait_for_function(f"{KEPT_HERE}.then(many => !many)")
    assert WorkingCopy.objects.unsaved().get().text.startswith("넷 Begun.")
    complaints.clear()  # about what was offline


def test_a_text_that_the_site_took_makes_no_later_one_forgotten(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/add/")
    left = """async (taken) => {
        await browserCopies.put({ key: "k", user: "nobody", number: 5, fields: [] });
        await browserCopies.remove("k", taken);
        return (await browserCopies.all("nobody")).length;
    }"""

    assert page.evaluate(left, 4) == 1
    assert page.evaluate(left, 5) == 0


def test_a_browser_that_finds_no_time_between_keys_keeps_a_text_once_all_the_same(
    enter: Enter, live_server: LiveServer, editor: User
) -> None:
    page = enter(editor)
    page.goto(f"{live_server.url}/admin/posts/post/{make_draft().pk}/change/")
    page.evaluate("""() => {
        const idle = window.requestIdleCallback;
        const { put } = browserCopies;
        const waiting = [];
        window.requestIdleCallback = (work) => waiting.push(work);
        window.puts = 0;
        browserCopies.put = (entry) => (puts += 1) && put(entry);
        window.free = () => {
            window.requestIdleCallback = idle;
            waiting.forEach((work) => work());
        };
    }""")

    for key in "abc":
        write(page, key)
        page.wait_for_timeout(300)
    assert page.evaluate("puts") == 0
    page.evaluate("free()")

    expect(page.locator(SAID)).to_contain_text("Kept at")
    assert page.evaluate("puts") == 1
