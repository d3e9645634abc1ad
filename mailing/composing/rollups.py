"""Items of many issues as one mail: by recurring section, in each by issue, as the days went."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Final, NamedTuple

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext

from mailing.composing import encoding, frames, headers
from mailing.composing.composing import BUDGET, day, fitted_in
from mailing.composing.fitting import Section
from mailing.composing.issues import Issue, issues_of
from mailing.composing.mails import Mail
from mailing.composing.pieces import Box, Piece
from mailing.composing.texts import within
from mailing.models import Mailing, MailSettings, Rhythm
from posts import identity
from posts.models import LinkedItem, Post
from posts.publishing.decisions import spoken
from posts.publishing.describing import absolute

_OTHERS: Final = ""


class Period(NamedTuple):
    """The days of a roll-up, first and last; for item mails of one day both are that."""

    first: date
    last: date
    rhythm: str = Rhythm.WEEKLY


@dataclass
class _Share:
    """The items of a section that one issue has."""

    issue: Issue
    section: str
    place: str
    pieces: list[Piece] = field(default_factory=list)


def compose_rollup(
    items: Iterable[uuid.UUID],
    *,
    period: Period,
    language: str = "",
    budget: int = BUDGET,
) -> Mail:
    """Return items, by their identities, as one mail in a language (by default that of the site).

    What is hidden, or in no public issue any more, is not in it: ``items`` of the mail says what
    is, and a mail without items is none to send. The order of ``items`` does not matter.
    """
    with identity.speaking() as site:
        language = language or site.language
        with translation.override(spoken(language)):
            shares = _shares(frozenset(items))
            return _mail(shares, period, language, budget)


def _mail(shares: Sequence[_Share], period: Period, language: str, budget: int) -> Mail:
    settings, site = MailSettings.current(), identity.current()
    is_advertising = _is_advertising(shares)
    said = period_in_words(period)
    count = len({share.issue.url for share in shares})
    lead = ngettext(
        "What you follow, of %(count)d issue.", "What you follow, of %(count)d issues.", count
    ) % {"count": count}
    context = {
        "title": said,
        "language": language,
        "preheader": "; ".join(_titles(shares)),
        "lead": lead,
        "has_reader": True,
    }
    if is_advertising:
        context["contact"] = headers.sender(settings)[1]
    around = frames.frame(settings, context)
    fitted = fitted_in(around, list(_sections(shares)), absolute("/"), budget)
    html = around.html(fitted.html)
    uids = {anchor: uid for share in shares for anchor, uid in share.issue.uids.items()}
    shown = tuple(uids[anchor] for anchor in fitted.shown)
    named = hashlib.sha256(b"".join(uid.bytes for uid in sorted(shown))).hexdigest()[:12]
    return Mail(
        subject=headers.subject(f"{site.name}: {said}", is_advertising=is_advertising),
        html=html,
        text=around.text(within(_texts(shares), absolute("/"))),
        headers=headers.of_list(settings)
        | {"Feedback-ID": headers.feedback_id(f"rollup-{named}", str(period.rhythm))},
        items=shown,
        left_out=fitted.left_out,
        shortened=fitted.shortened,
        language=language,
        sent_to=frames.sent_to(),
        size=encoding.sent(html),
    )


def _is_advertising(shares: Iterable[_Share]) -> bool:
    """Tell whether a mail brings items of an issue that is sent as advertising."""
    uids = [share.issue.uids[piece.anchor] for share in shares for piece in share.pieces]
    posts = LinkedItem.objects.filter(uid__in=uids).values("post")
    marked = Mailing.objects.filter(is_advertising=True, post__in=posts)
    return marked.exclude(status=Mailing.Status.CANCELLED).exists()


def period_in_words(period: Period) -> str:
    """Return a period as people write it in the language that is active."""
    first, last = period.first, period.last
    if period.rhythm == Rhythm.MONTHLY and first.month == last.month:
        return date_format(first, pgettext("month, Django format", "F Y"))
    pattern = pgettext("short date, Django format", "j M Y")
    if first == last:
        return date_format(first, pattern)
    return gettext("%(first)s to %(last)s") % {
        "first": date_format(first, pattern),
        "last": date_format(last, pattern),
    }


def _shares(items: frozenset[uuid.UUID]) -> list[_Share]:
    """Return what is left of items, in the order of the mail."""
    rows = (
        LinkedItem.objects.filter(uid__in=items, removed_at=None, hidden=False)
        .filter(post__in=Post.objects.published(), section__isnull=False)
        .select_related("post", "section__recurring")
        .defer("section__source")
        .order_by("post__published_at", "post_id", "section__position", "position")
    )
    issues = issues_of({row.post_id: row.post for row in rows}.values())
    found: dict[tuple[str, str], _Share] = {}
    order: dict[str, int] = {}
    for row in rows:
        issue, section = issues[row.post_id], row.section
        piece = _piece(issue, row.anchor)
        if section is None or piece is None:
            continue
        title = section.recurring.title if section.recurring else section.heading
        order.setdefault(title, len(order) if title else -1)
        place = f"{issue.url}#{section.anchor}" if section.anchor else issue.url
        found.setdefault((title, issue.url), _Share(issue, title, place)).pieces.append(piece)
    return sorted(found.values(), key=lambda share: order[share.section])


def _piece(issue: Issue, anchor: str) -> Piece | None:
    for section in issue.sections:
        for piece in section.box.pieces():
            if piece.anchor == anchor:
                line = f"<li>{_inner(piece.line)}</li>\n" if piece.line else ""
                return Piece(f"<li>{_inner(piece.html)}</li>\n", anchor, line)
    return None


def _inner(html: str) -> str:
    return html.strip().removeprefix("<li>").removesuffix("</li>")


def _sections(shares: Iterable[_Share]) -> Iterator[Section]:
    before = _OTHERS
    for share in shares:
        if share.section != before:
            yield Section(f"<h2>{escape(share.section, quote=False)}</h2>\n", Box("", ""))
        before = share.section
        title = escape(share.issue.title, quote=False)
        head = f'<h3><a href="{escape(share.place)}">{title}</a></h3>\n'
        head += f'<p class="site">{day(share.issue.date)}</p>\n'
        yield Section(
            head, Box("", "", [Box("<ul>\n", "</ul>\n", list(share.pieces))]), share.place
        )


def _texts(shares: Iterable[_Share]) -> Iterator[str]:
    before = _OTHERS
    for share in shares:
        head = f"{share.issue.title} · {day(share.issue.date)}\n<{share.place}>\n"
        if share.section != before:
            head = f"{share.section}\n{'-' * len(share.section)}\n\n{head}"
        before = share.section
        yield "\n".join((head, *(share.issue.as_entry(piece.anchor) for piece in share.pieces)))


def _titles(shares: Iterable[_Share]) -> list[str]:
    return list(dict.fromkeys(share.issue.title for share in shares))
