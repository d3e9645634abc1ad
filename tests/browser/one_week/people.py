"""The people of a week before their browsers: an editor, a moderator, a reader."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import unquote

from playwright.sync_api import APIResponse, Locator, Page, expect

from posts.models import Post
from tests.browser.test_writing_pictures import HAND_OVER
from tests.builders import picture_file


class Person:
    """Somebody before a browser."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(self.site + path)

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def title(self) -> Locator:
        """Return the heading of the page."""
        return self.page.get_by_role("heading", level=1)

    def saved(self) -> None:
        """See that what was sent is saved."""
        expect(self.page.locator(".messagelist li").first).to_be_visible()


class Editor(Person):
    """Staff who collect links and write issues."""

    # Collecting

    def make_token(self) -> str:
        """Make a token for a script, and return it."""
        self.go("/admin/links/apitoken/add/")
        self.page.get_by_label("Name").fill("My script")
        self.press("Save")
        return self.page.locator(".copying textarea").input_value()

    def take_bookmarklet(self) -> str:
        """Return what the bookmark does, as the page of it offers it."""
        self.go("/admin/links/inboxentry/anywhere/")
        href = self.page.get_by_role("link", name="Into the inbox").get_attribute("href") or ""
        return unquote(href.removeprefix("javascript:"))

    def bookmark(self, bookmarklet: str, url: str, title: str, words: str) -> None:
        """Press the bookmark on a page of somebody else's, where some words are selected."""
        html = f"<!doctype html><title>{title}</title><p>{words}</p>"
        there = self.page.context.new_page()
        kind = "text/html; charset=utf-8"
        there.route(url, lambda route: route.fulfill(body=html, content_type=kind))
        there.goto(url)
        there.evaluate("getSelection().selectAllChildren(document.querySelector('p'))")
        with there.expect_popup() as opened:
            there.evaluate(bookmarklet)
        form = opened.value
        expect(form.get_by_label("Title")).to_have_value(title)
        form.get_by_role("button", name="Save", exact=True).click()
        expect(form.locator(".messagelist li").first).to_be_visible()
        form.close()
        there.close()

    def collect_by_script(self, token: str, url: str, title: str, note: str) -> APIResponse:
        """Send a link as a script does."""
        headers = {"Authorization": f"Bearer {token}"}
        data = {"url": url, "title": title, "note": note}
        return self.page.request.post(f"{self.site}/collect/", data=data, headers=headers)

    # Writing

    def start_like_the_last(self) -> None:
        """Begin an issue with what the last ones had."""
        self.go("/admin/")
        self.page.get_by_role("link", name="Like the last one").click()
        expect(self.page.locator(".cm-content")).to_be_visible()

    def text(self) -> str:
        """Return what is written."""
        return str(self.page.evaluate("writing.text.value()"))

    def put_cursor(self, words: str) -> None:
        """Put the cursor behind some words of the text."""
        self.page.evaluate(
            "(words) => { const text = writing.text;"
            " text.select(text.value().indexOf(words) + words.length); }",
            words,
        )

    def write(self, behind: str, words: str) -> None:
        """Type some words behind others."""
        self.put_cursor(behind)
        self.page.keyboard.type(words)

    def open_inbox(self) -> None:
        """Open the inbox beside the text by its key, once that is heard."""
        self.page.locator(".inbox-keys:not([hidden])").wait_for(state="attached")
        self.page.keyboard.press("Alt+i")

    def insert_from_inbox(self, behind: str, titles: Iterable[str]) -> None:
        """Put collected links behind some words, one after the other."""
        self.put_cursor(behind)
        for title in titles:
            entry = self.page.locator(".inbox-entries > li", has_text=title)
            entry.locator("button").click()
            expect(entry.locator(".inbox-used")).to_be_visible()

    def drop_picture(self, name: str, alt: str) -> None:
        """Drop a picture on the text, and say what is to be seen."""
        data = base64.b64encode(picture_file(size=(600, 400))).decode()
        self.page.evaluate(HAND_OVER, ["paste", name, "image/png", data, 0, 0])
        self.page.get_by_label("What is to be seen").fill(alt)
        with self.page.expect_response("**/words/"):
            self.page.keyboard.press("Enter")

    def save(self) -> None:
        """Save by the keyboard."""
        with self.page.expect_navigation():
            self.page.keyboard.press("ControlOrMeta+s")
        self.saved()

    def open(self, post: Post, panel: str = "") -> None:
        """Open an issue, and one of the panels beside its text."""
        self.go(f"/admin/posts/post/{post.pk}/change/")
        if panel:
            self.page.get_by_role("tab", name=panel, exact=True).click()

    # Publishing

    def findings(self) -> Locator:
        """Return the button that counts what readers would stumble over."""
        return self.page.locator("[data-preflight-sum]")

    def look_at_findings(self, count: str, name: str) -> None:
        """Look at what holds publishing, and go to its line."""
        expect(self.findings()).to_contain_text(count)
        self.findings().click()
        found = self.page.locator("#panel-preflight section", has_text=name)
        found.locator(".remark-place").first.click()

    def describe(self, description: str, tags: str) -> None:
        """Say what the issue is about."""
        self.page.get_by_role("tab", name="Details", exact=True).click()
        for field, words in (("#id_description", description), ("#id_tags", tags)):
            self.page.locator(field).press_sequentially(words)
            self.page.keyboard.press("Escape")  # what is offered
            self.page.keyboard.press("Tab")

    def plan_mail(self, when: str) -> None:
        """Have the open issue sent when the form proposes it."""
        self.page.get_by_role("tab", name="Mail", exact=True).click()
        self.page.get_by_role("link", name="Send by mail…").click()
        expect(self.page.get_by_label(when)).to_be_checked()
        self.press("Send by mail")
        self.saved()


class Moderator(Person):
    """Staff who look after links."""

    def accept_suggestion(self, title: str, answer: str) -> None:
        """Take a reader's suggestion into the inbox."""
        self.go("/admin/")
        self.page.get_by_role("link", name=title).click()
        self.page.get_by_label("Answer").fill(answer)
        self.press("Accept into the inbox")
        self.saved()

    def open_desk(self, title: str) -> None:
        """Open the queue, and claim what comes first: a link with this title."""
        with self.page.expect_response("**/claim/"):
            self.go("/admin/links/queueentry/")
        expect(self.page.locator("#desk-title")).to_have_text(title)

    def block_source(self, why: str) -> None:
        """Block the whole source of the link that is open."""
        self.page.locator(".desk-rule summary").click()
        rule = self.page.locator(".desk-rule")
        rule.get_by_label("Block: its links are not shown anywhere").check()
        rule.get_by_label("Reason").fill(why)
        with self.page.expect_response("**/rule/"):
            rule.get_by_role("button", name="See what it would change").click()
        with self.page.expect_response("**/rule/"):
            self.press("Make this rule")


class Reader(Person):
    """Somebody without an account."""

    def suggest(self, url: str, title: str, why: str) -> str:
        """Suggest a link; return where one sees what becomes of it."""
        self.go("/suggest/")
        self.page.get_by_label("Address").fill(url)
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("Why is it worth reading?").fill(why)
        self.press("Send the suggestion")
        expect(self.title()).to_have_text("Thank you.")
        return self.page.url

    def subscribe(self, address: str, rhythm: str) -> None:
        """Ask for mail."""
        self.go("/subscribe/")
        self.page.locator("input[name=email]").fill(address)
        self.page.get_by_label(rhythm).check()
        self.press("Agree and subscribe")
        expect(self.title()).to_have_text("Look into your mailbox")

    def confirm(self, link: str) -> None:
        """Say yes to what the mail asks."""
        self.page.goto(link)
        self.press("Yes, subscribe me")
        expect(self.title()).to_have_text("You are subscribed.")

    def leave(self, link: str) -> None:
        """Follow the link of a mail, and press its one button."""
        self.page.goto(link)
        self.press("Yes, no more mail")
        expect(self.title()).to_have_text("You get no mail.")

    def get(self, path: str) -> tuple[int, str]:
        """Ask for an address; return the status and what is said."""
        answer = self.page.request.get(self.site + path)
        return answer.status, answer.text()

    def find(self, words: str) -> Locator:
        """Search the site; return what it finds."""
        self.go("/")
        self.page.locator("header input[name=q]").fill(words)
        self.page.keyboard.press("Enter")
        return self.page.locator("main")

    def report(self, title: str, note: str) -> None:
        """Report the link of an item of the issue that is open."""
        self.page.get_by_role("link", name=f"Link to: {title}").focus()
        self.page.keyboard.press("Enter")
        self.page.get_by_role("link", name="Report this link").click()
        self.page.get_by_label("It is spam or harmful").check()
        self.page.get_by_label("More about it").fill(note)
        self.press("Send the report")
        expect(self.page.get_by_role("link", name="Back to the issue")).to_be_visible()
