"""What mails are made of, against what mail programs show: Gmail, Outlook, Apple Mail, Samsung."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailing.composing import compose, compose_note
from tests.builders import make_post
from tests.mailing.builders import make_subscriber
from tests.mailing.test_outputs import EVERYTHING

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

KNOWN = json.loads(Path(__file__).with_name("caniemail.json").read_text("utf-8"))["features"]

OUTLOOK = frozenset(("outlook.windows", "outlook.windows-mail"))
# Gmail for addresses of others knows no style: what stands on the frame is enough to read by.
STYLELESS = frozenset(("gmail.mobile-webmail",))
GMAIL = frozenset(f"gmail.{one}" for one in ("desktop-webmail", "ios", "android", "mobile-webmail"))
MOBILE = frozenset(("outlook.ios", "outlook.android", "outlook.outlook-com", "outlook.macos"))
SAMSUNG = frozenset(("samsung-email.android",))
EXCEPTIONS = {
    "html-style": STYLELESS,
    "css-at-media": OUTLOOK | STYLELESS,
    "css-selector-type": STYLELESS,
    "css-selector-class": STYLELESS,
    "css-selector-descendant": STYLELESS,
    "css-selector-grouping": STYLELESS,
    # Who does not ask for it darkens by itself, or stays light.
    "css-at-media-prefers-color-scheme": OUTLOOK | GMAIL,
    "html-meta-color-scheme": frozenset((*OUTLOOK, *GMAIL, *MOBILE, *SAMSUNG, "apple-mail.ios")),
    # They put one of their own in its place.
    "html-doctype": frozenset(("outlook.windows",)) | SAMSUNG,
    # What stands beside the subject is the start of the mail then, and hidden by `mso-hide`.
    "css-display-none": STYLELESS,
    # Long words that are no links may push the page there.
    "css-overflow-wrap": OUTLOOK | GMAIL | MOBILE,
    "css-word-break": OUTLOOK,
    # Code is not wrapped there.
    "css-white-space": OUTLOOK | SAMSUNG,
    "html-role": OUTLOOK,
    "html-body": frozenset(("outlook.macos",)),
}
NAMES = {"ul": "html-lists", "ol": "html-lists"} | {
    f"h{level}": "html-h1-h6" for level in range(1, 7)
}
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def features(html: str) -> set[str]:
    """Return the features that a mail uses, as caniemail names them."""
    tree = LexborHTMLParser(html)
    found = {"html-doctype"}
    css = "".join(node.text() for node in tree.css("style"))
    for node in tree.css("*"):
        found.add(NAMES.get(node.tag, f"html-{node.tag}"))
        found |= {f"html-{name}" for name in node.attributes}
        css += f"inline {{ {node.attributes.get('style') or ''} }}"
        if node.tag == "meta" and node.attributes.get("name") == "color-scheme":
            found.add("html-meta-color-scheme")
    found |= {f"css-at-media-{name}" for name in re.findall(r"@media \(([\w-]+):", css)}
    found |= {f"css-at-{name}" for name in re.findall(r"@([\w-]+)", css)}
    for selectors, declarations in RULE.findall(css):
        found |= of_selectors(selectors)
        for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+)", declarations):
            found |= {f"css-{name}", "css-display-none" if value.strip() == "none" else ""}
    return found


def of_selectors(selectors: str) -> set[str]:
    found = {"css-selector-grouping"} if "," in selectors else set()
    for one in selectors.split(","):
        found |= {f"css-pseudo-class-{name}" for name in re.findall(r":([\w-]+)", one)}
        found |= {"css-selector-class"} if "." in one else set()
        found |= {"css-selector-descendant"} if " " in one.strip() else set()
        found |= {"css-selector-chaining"} if re.search(r"\w\.\w", one) else set()
    return found


def unsupported(html: str) -> dict[str, set[str]]:
    """Return the clients that do not show what a mail uses, but for the exceptions."""
    found = {}
    for name in features(html) & KNOWN.keys():
        clients = set(KNOWN[name].get("n", ())) - EXCEPTIONS.get(name, frozenset())
        if clients:
            found[name] = clients
    return found


def test_an_issue_uses_nothing_that_mail_programs_do_not_show() -> None:
    html = compose(make_post(body=EVERYTHING, language="ko", description="About it")).html
    used = features(html) & KNOWN.keys()
    assert {"css-margin", "html-table", "css-at-media-prefers-color-scheme"} <= used
    assert unsupported(html) == {}


def test_a_note_uses_nothing_that_mail_programs_do_not_show() -> None:
    html = compose_note("confirm", make_subscriber(), url="https://news.example.org/mail/x/").html
    assert unsupported(html) == {}


def test_a_mail_asks_no_server_for_anything_but_the_pictures_of_its_issue() -> None:
    tree = LexborHTMLParser(compose(make_post(body=EVERYTHING)).html)
    assert not tree.css("script, link, iframe, object, embed, video, audio, form, input, svg")
    assert [node.attributes["src"] for node in tree.css("[src]")] == [
        "https://pictures.example.org/one.png",
        "https://pictures.example.org/two.png",
    ]
    for image in tree.css("img"):
        assert int(image.attributes["width"] or "") <= 560
        assert image.attributes["alt"]
    html = compose(make_post("Another")).html
    assert "url(" not in html
    assert "@import" not in html
    assert "@font-face" not in html


def test_links_lead_where_they_lead_on_the_page() -> None:
    html = compose(make_post()).html
    for address in ("https://one.example.org/a", "https://arxiv.org/abs/2405.04517"):
        assert f'href="{address}"' in html
