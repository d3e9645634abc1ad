"""An issue as a mail, within a budget."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import pgettext

from mailing.composing import encoding, frames, headers
from mailing.composing.fitting import Fitted, Section, fit
from mailing.composing.issues import Issue, issue_of
from mailing.composing.mails import RESERVED, Mail
from mailing.models import MailSettings
from posts import identity
from posts.models import Post
from posts.publishing.decisions import spoken
from posts.templatetags.newsletter import plain

BUDGET: Final = 100_000
"""Gmail cuts off what is longer than 102 KB; of the raw HTML part as it is sent, in bytes."""


def compose(
    post: Post,
    *,
    items: Iterable[uuid.UUID] | None = None,
    language: str = "",
    budget: int = BUDGET,
    is_advertising: bool = False,
) -> Mail:
    """Return an issue as a mail; with ``items`` (their identities) nothing but these of it.

    The HTML part, as it is sent, is never larger than ``budget`` bytes. ``language`` is that of
    what the mail says around the issue; by default the issue's own. Works for drafts, too, and
    whether or not mail is switched on. Raises ValueError where the text cannot be rendered.
    """
    with identity.speaking(), translation.override(spoken(language or post.language)):
        wanted = None if items is None else frozenset(items)
        mail = compose_issue(issue_of(post), wanted, budget=budget, is_advertising=is_advertising)
    mail.headers.update(headers.of_issue(post))
    return mail


def compose_issue(
    issue: Issue,
    wanted: frozenset[uuid.UUID] | None = None,
    *,
    budget: int = BUDGET,
    is_advertising: bool = False,
) -> Mail:
    """Return the mail of an issue, stored or not, in the language that is active."""
    return with_content(issue, wanted, budget=budget, is_advertising=is_advertising)[0]


def with_content(
    issue: Issue,
    wanted: frozenset[uuid.UUID] | None = None,
    *,
    budget: int = BUDGET,
    is_advertising: bool = False,
) -> tuple[Mail, str]:
    """Return the mail of an issue, and the HTML that stands in its frame."""
    settings = MailSettings.current()
    context = context_of(issue, is_whole=wanted is None)
    if is_advertising:
        context["contact"] = headers.sender(settings)[1]
    around = frames.frame(settings, context)
    fitted = fitted_in(
        around, issue.sections, issue.url, budget, None if wanted is None else _among(issue, wanted)
    )
    html = around.html(fitted.html)
    mail = Mail(
        subject=headers.subject(issue.title, is_advertising=is_advertising),
        html=html,
        text=around.text(_texts(issue, wanted)),
        headers=headers.of_list(settings),
        items=tuple(issue.uids[anchor] for anchor in fitted.shown if anchor in issue.uids),
        left_out=fitted.left_out,
        shortened=fitted.shortened,
        language=issue.language,
        sent_to=frames.sent_to(),
        size=encoding.sent(html),
    )
    return mail, fitted.html


def fitted_in(
    around: frames.Frame,
    sections: Sequence[Section],
    url: str,
    budget: int,
    wanted: Callable[[str], bool] | None = None,
) -> Fitted:
    """Return what of sections fits into a frame within a budget, in the better encoding."""
    whole = "".join(
        f"{section.heading}{''.join(piece.html for piece in section.box.pieces())}"
        for section in sections
    )
    name = encoding.best(around.html(whole).encode())
    if name == "base64":
        budget = encoding.bytes_in(budget)

        def cost(html: str) -> int:
            return len(html.encode())
    else:

        def cost(html: str) -> int:
            return encoding.size(html.encode(), "quoted-printable")

    room = budget - RESERVED - cost(around.before) - cost(around.after)
    return fit(sections, room, cost, lambda count, place: frames.more(count, place, url), wanted)


def _among(issue: Issue, wanted: frozenset[uuid.UUID]) -> Callable[[str], bool]:
    return lambda anchor: issue.uids.get(anchor) in wanted


def context_of(issue: Issue, *, is_whole: bool = True) -> dict[str, object]:
    """Return what the frame of an issue's mail shows of it."""
    description = plain(" ".join(issue.description.split()))
    if description == " ".join(issue.title.split()):
        description = ""  # it says nothing more
    headings = " · ".join(filter(None, issue.headings))[:200] if is_whole else ""
    return {
        "title": issue.title,
        "language": issue.language,
        "preheader": description or headings,
        "lead": description,
        "url": issue.url,
        "date": day(issue.date),
        "has_reader": True,
    }


def day(moment: datetime | None) -> str:
    """Return a day as people write it, with its weekday."""
    if moment is None:
        return ""
    return date_format(timezone.localtime(moment), pgettext("long date, Django format", "l, j F Y"))


def _texts(issue: Issue, wanted: frozenset[uuid.UUID] | None) -> list[str]:
    """Return the text of sections, or of the items of each that are wanted."""
    if wanted is None:
        return [*issue.text.sections, issue.text.notes]
    texts = []
    for section, heading in zip(issue.sections, issue.headings, strict=True):
        anchors = (piece.anchor for piece in section.box.pieces())
        chosen = [anchor for anchor in anchors if anchor and issue.uids.get(anchor) in wanted]
        if chosen:
            texts.append("\n".join(filter(None, (heading, *map(issue.as_entry, chosen)))))
    return texts
