"""Mails of issues that are being written: seen beside the text, and checked before publishing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString

from mailing.composing import headers, issues
from mailing.composing.composing import BUDGET, compose_issue
from mailing.composing.issues import Reading
from mailing.composing.mails import READER, SENT_TO, Mail
from mailing.models import MailSettings
from posts import identity
from posts.messages import Message as _
from posts.models import Post
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Written
from posts.publishing.decisions import link_words, spoken
from posts.publishing.describing import absolute
from posts.rendering import Decisions, ParsedIssue
from posts.slots import Draft

_STYLE: Final = re.compile(r"<style>.*?</style>", re.DOTALL)
_BODY: Final = re.compile(r"<body[^>]*>")
_PREHEADER: Final = re.compile(r'<div class="preheader"[^>]*>(.*?)</div>', re.DOTALL)
_TAG: Final = re.compile(r"<[a-z][^>]*>")
_INLINE: Final = re.compile(r'\sstyle="[^"]*"')
_DARK: Final = re.compile(r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}", re.DOTALL)
_NOBODY: Final = "0" * len(READER)
_SURELY_FITS: Final = 15_000  # bytes of Markdown: HTML is never six times as long


def preview(draft: Draft) -> str:
    """Return the page of a draft as a mail, with what stands around it in a list of mails, and
    its text.

    It is shown under the policy of the site, where styles come from files: the rules of the mail's
    own style are in one (``preview_style``), and what is repeated inline is left out. The marks of
    what is a reader's own are not in it: nobody sees those.
    """
    post = draft.post
    with translation.override(spoken(post.language)):
        mail = _mail(post, draft.parsed, draft.decided, draft.images)
    link = f'<link rel="stylesheet" href="{escape(reverse("mailing:style"))}">'
    html = _STYLE.sub(link, _nobodys(mail.html), count=1)
    html = _TAG.sub(lambda tag: _INLINE.sub("", tag[0]), html)
    above, below = get_template("mailing/mail/preview.html").render(_around(mail)).split("<hr>")
    html = _BODY.sub(lambda start: start[0] + above, html, count=1)
    return html.replace("</body>", f"{below}</body>")


def _nobodys(text: str) -> str:
    """Return what a mail says without the marks of what is a reader's own."""
    return text.replace(READER, _NOBODY).replace(SENT_TO, "")


def _around(mail: Mail) -> dict[str, object]:
    """Return what is said of a mail: what lists of mails show of it, and how long it is."""
    name, address = headers.sender(MailSettings.current())
    found = _PREHEADER.search(mail.html)
    return {
        "mail": mail,
        "sender": f"{name} <{address}>",
        "preheader": SafeString(found[1].strip()) if found else "",
        "text": _nobodys(mail.text),
        "kilobytes": -(-mail.size // 1000),
        "most": BUDGET // 1000,
        "is_cut": bool(mail.left_out or mail.shortened),
    }


def preview_style() -> str:
    """Return the rules of a mail's style for a page that says itself whether it is dark."""
    names = ("mailing/mail/style.css", "mailing/mail/preview.css")
    style = "\n".join(get_template(name).render() for name in names)
    return _DARK.sub(lambda found: "\n".join(map(_in_the_dark, found[1].split("\n"))), style)


def _in_the_dark(rule: str) -> str:
    selectors, brace, declarations = rule.partition("{")
    chosen = (f'html[data-theme="dark"] {one.strip()} ' for one in selectors.split(","))
    return f"{','.join(chosen)}{brace}{declarations}"


def too_long(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find an issue that does not fit into a mail as a whole, where mail is sent."""
    if len(written.text.encode()) < _SURELY_FITS or not MailSettings.current().is_open:
        return
    details = written.details
    post = Post(
        title=details.title,
        description=details.description,
        language=facts.language,
        published_at=details.at,
    )
    decided = Decisions(words=link_words(facts.language))
    with identity.speaking(), translation.override(spoken(facts.language)):
        mail = _mail(post, written.parsed, decided, {})
        whole = _mail(post, written.parsed, decided, {}, budget=1 << 40)
    if mail.left_out or mail.shortened:
        words = _(
            "As a mail this would be %(size)d KB, and mail programs cut off what is longer than"
            " %(most)d: %(shortened)d items are a line in it, %(left_out)d on the site only.",
            size=whole.size // 1000,
            most=BUDGET // 1000,
            shortened=mail.shortened,
            left_out=mail.left_out,
        )
        yield Finding("mail-size", words, field="text")


def _mail(
    post: Post, parsed: ParsedIssue, decided: Decisions, images: object, *, budget: int = BUDGET
) -> Mail:
    url = post.get_absolute_url() if post.slug else reverse("posts:home")
    reading = Reading(parsed, absolute(url), decided, images, _anchors(parsed), {})  # type: ignore[arg-type]
    return compose_issue(issues.made(post, reading), budget=budget)


def _anchors(parsed: ParsedIssue) -> Sequence[Sequence[str]]:
    return [
        [f"item-{place}-{number}" for number, _item in enumerate(section.items)]
        for place, section in enumerate(parsed.sections)
    ]
