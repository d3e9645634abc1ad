"""Mails of issues that are being written: seen beside the text, and checked before publishing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString

from mailing.composing import frames, headers, issues
from mailing.composing.composing import BUDGET, compose_issue, context_of, with_content
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

_NOBODY: Final = "0" * len(READER)
_AROUND: Final = ("above", "below")
_SURELY_FITS: Final = 15_000  # bytes of Markdown: HTML is never six times as long


def preview(draft: Draft) -> str:
    """Return the page of a draft as a mail, with what stands around it in a list of mails, and
    its text.

    It is shown under the policy of the site, where styles come from files: the rules of the mail's
    own style are in one (``preview_style``), and what is repeated inline is left out. The marks of
    what is a reader's own are not in it: nobody sees those.
    """
    post, settings = draft.post, MailSettings.current()
    with translation.override(spoken(post.language)):
        issue = _issue(post, draft.parsed, draft.decided, draft.images)
        mail, content = with_content(issue)
        context = context_of(issue)
    seen = {"seen": _seen(mail, context["preheader"], settings)}
    above, below = (get_template(f"mailing/mail/preview_{n}.html").render(seen) for n in _AROUND)
    own = {f"{name}_url": frames.address(name, _NOBODY) for name in ("reader", "leave")}
    context |= {**own, "sent_to": "", "content": SafeString(content)}
    context["seen"] = {"above": SafeString(above), "below": SafeString(below)}
    with translation.override(spoken(post.language)):
        return get_template(frames.HTML).render(frames.around(settings, context))


def _seen(mail: Mail, preheader: object, settings: MailSettings) -> dict[str, object]:
    """Return what is said of a mail: what lists of mails show of it, and how long it is."""
    name, address = headers.sender(settings)
    return {
        "subject": mail.subject,
        "sender": f"{name} <{address}>",
        "preheader": preheader,
        "text": mail.text.replace(READER, _NOBODY).replace(SENT_TO, ""),
        "kilobytes": -(-mail.size // 1000),
        "most": BUDGET // 1000,
        "shortened": mail.shortened,
        "left_out": mail.left_out,
        "is_cut": bool(mail.left_out or mail.shortened),
    }


def preview_style() -> str:
    """Return the rules of a mail's style for a page that says itself whether it is dark."""
    shown = {"accents": identity.current().accents}
    style, dark, around = (
        get_template(f"mailing/mail/{name}.css").render(shown)
        for name in ("style", "dark", "preview")
    )
    in_the_dark = "\n".join(map(_in_the_dark, dark.strip().split("\n")))
    return "\n".join((style, in_the_dark, around))


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
        issue = _issue(post, written.parsed, decided, {})
        mail, whole = compose_issue(issue), compose_issue(issue, budget=1 << 40)
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


def _issue(post: Post, parsed: ParsedIssue, decided: Decisions, images: object) -> issues.Issue:
    url = post.get_absolute_url() if post.slug else reverse("posts:home")
    reading = Reading(parsed, absolute(url), decided, images, _anchors(parsed), {})  # type: ignore[arg-type]
    return issues.made(post, reading)


def _anchors(parsed: ParsedIssue) -> Sequence[Sequence[str]]:
    return [
        [f"item-{place}-{number}" for number, _item in enumerate(section.items)]
        for place, section in enumerate(parsed.sections)
    ]
