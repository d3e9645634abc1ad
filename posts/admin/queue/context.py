"""What a moderator needs to know about a link: the words around it, and what happened before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Greatest, NullIf, StrIndex, Substr
from django.utils.translation import gettext_lazy as _
from selectolax.lexbor import LexborHTMLParser

from links.decisions import Reach
from links.models import Concern, Kind, Link, QueueEntry, Report, Source, Suggestion
from links.queue import MOST_COUNTED, CappedCount, explain
from posts.models import Appearance
from posts.rendering import MarkdownLimitError, render_markdown

# How many places of a link are looked at: the rest is on the link's own page.
PLACES = 8
# How many decisions about a source are counted.
DECISIONS = 100
# How many of them are shown.
LATEST = 3
# How many notes of readers are shown.
NOTES = 10
# How much Markdown before and after an address is looked at, in characters.
REACH = 600
# A sentence shorter than this says too little, and takes the one before with it.
SHORT = 60
# No more than this on either side of a link.
LONG = 220


class Passage(NamedTuple):
    """Plain text around a link, and the link's own words in the middle."""

    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a link stands, the words around it, and in how many posts and items it is."""

    appearance: Appearance
    passage: Passage
    posts: int
    items: int


@dataclass(frozen=True, slots=True)
class History:
    """What was decided about links of a source: how often, and the latest.

    ``capped``: there is more than was counted.
    """

    approved: int
    blocked: int
    capped: bool
    latest: list[Link]


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader wrote about a link; ``place`` is a path on this site, or "".

    ``tone`` is the kind of entry whose colour it has: not all that readers report is harmful.
    """

    kind: str
    tone: str
    text: str
    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Context:
    """All that is shown about an entry: places of the newest issue, and those of earlier ones."""

    places: list[Place]
    earlier: list[Place]
    has_more: bool
    reach: Reach
    history: History
    notes: list[Note]


def context_of(entry: QueueEntry) -> Context:
    """Return what is known about an entry's link, in three queries at most.

    Each reads a limited number of rows, however often the link or its source appears.
    """
    found = _places_of(entry.link)
    reach = Reach(1, found[0].posts, found[0].items) if found else Reach(1, 0, 0)
    by_post = [list(places) for _, places in groupby(found[:PLACES], lambda p: p.appearance.post)]
    return Context(
        places=by_post[0] if by_post else [],
        earlier=[places[0] for places in by_post[1:]],
        has_more=len(found) > PLACES,
        reach=reach,
        history=_history_of(entry.link.source, entry.link),
        notes=_notes_about(entry),
    )


# Places


def _places_of(link: Link) -> list[Place]:
    """Return where a link stands, newest issue (or a draft) first, one more than are shown."""
    # Where a link ends with its address, if it does so anywhere: others may begin alike.
    ends = NullIf(StrIndex("section__source", Concat("url", Value(")"))), 0)
    at = Coalesce(ends, StrIndex("section__source", F("url")))
    places = Appearance.objects.filter(link=link).order_by()
    rows = (
        places.select_related("post", "section", "item")
        .defer("post__header", "post__description", "section__source")
        .annotate(around=Substr("section__source", Greatest(at - REACH, Value(1)), 2 * REACH))
        .annotate(posts=_capped(places, "post"), items=_capped(places, "item"))
        .order_by(F("post__published_at").desc(nulls_first=True), "-post_id", "section", "position")
    )
    return [Place(row, _passage_of(row), row.posts, row.items) for row in rows[: PLACES + 1]]


def reach_of(links: QuerySet[Link]) -> Reach:
    """Return how much decisions about links would touch, in three short queries."""
    places = Appearance.objects.filter(link__in=links.order_by().values("pk")).order_by()
    return Reach(
        links.order_by()[: MOST_COUNTED + 1].count(),
        _different(places, "post")[: MOST_COUNTED + 1].count(),
        _different(places, "item")[: MOST_COUNTED + 1].count(),
    )


def _capped(places: QuerySet[Appearance], name: str) -> CappedCount:
    return CappedCount(_different(places, name)[: MOST_COUNTED + 1])


def _different(places: QuerySet[Appearance], name: str) -> QuerySet[Any]:
    there: QuerySet[Any] = places.filter(**{f"{name}__isnull": False}).values(name)
    return there.distinct()


_BLOCKS = frozenset("p li td th h1 h2 h3 h4 h5 h6 blockquote dd dt".split())
_END = re.compile(r"""[.!?…。！？][)"'”’」』]*(?:\s+|$)""")
_OPEN, _CLOSE = "\ue000", "\ue001"


def _passage_of(place: Any) -> Passage:
    found = passage_around(place.around, place.url)
    if found is None and place.item is not None:
        found = _split_at(f"{place.item.title} {place.item.summary}".strip(), place.anchor_text)
    return found or Passage("", place.anchor_text or place.url, "")


def passage_around(markdown: str, url: str) -> Passage | None:
    """Return the sentence around a link as plain text, or None if the link is not found.

    ``markdown`` may begin and end anywhere; ``url`` is the address as written there.
    """
    try:
        page = LexborHTMLParser(render_markdown(markdown))
    except MarkdownLimitError:
        return None
    link = next((found for found in page.css("a") if found.attributes.get("href") == url), None)
    block = link and link.parent
    while block is not None and block.tag not in _BLOCKS:
        block = block.parent
    if link is None or block is None:
        return None
    for nested in block.css("ul, ol"):
        nested.decompose()
    link.replace_with(f"{_OPEN}{link.text().strip() or url}{_CLOSE}")
    # Marks are left where the text was cut off between two.
    text = " ".join(block.text().replace("**", "").split()).lstrip("-*+ ")
    before, _, rest = text.partition(_OPEN)
    inside, _, after = rest.partition(_CLOSE)
    return _sentence(before, inside, after)


def _split_at(text: str, words: str) -> Passage | None:
    before, found, after = text.partition(words) if words else (text, "", "")
    return _sentence(before, found, after) if text else None


def _sentence(before: str, words: str, after: str) -> Passage:
    """Cut what is around a link down to its sentence, or a little more if that is short."""
    end = _END.search(after)
    after = after[: end.end()] if end else after
    for start in [found.end() for found in _END.finditer(before)][::-1]:
        if len(before) - start + len(after) >= SHORT:
            before = before[start:]
            break
    if len(before) > LONG:
        before = "…" + before[-LONG:]
    if len(after) > LONG:
        after = after[:LONG] + "…"
    return Passage(before, words, after)


# What happened before


def _history_of(source: Source | None, link: Link) -> History:
    if source is None:
        return History(0, 0, False, [])
    decided = Link.objects.filter(source=source, decided_at__isnull=False).exclude(pk=link.pk)
    rows = list(
        decided.order_by("-decided_at").only("url", "status", "reason", "decided_at")[
            : DECISIONS + 1
        ]
    )
    counts = Counter(row.status for row in rows[:DECISIONS])
    return History(
        approved=counts[Link.Status.APPROVED],
        blocked=counts[Link.Status.BLOCKED],
        capped=len(rows) > DECISIONS,
        latest=rows[:LATEST],
    )


# What readers say


def _notes_about(entry: QueueEntry) -> list[Note]:
    """Return what readers wrote about the link of an entry, the latest first."""
    kinds = {concern.kind for concern in entry.concerns.all()}
    if not kinds & {Kind.REPORT, Kind.SUGGESTION}:
        return []
    names = ("kind", "note", "place", "created_at")
    reports = Report.objects.filter(link=entry.link_id).order_by().values_list(*names)
    suggestions = Suggestion.objects.filter(
        link=entry.link_id, status=Suggestion.Status.WAITING
    ).order_by()
    suggested = suggestions.annotate(
        kind=Value(Kind.SUGGESTION.value), place=Value("")
    ).values_list(*names)
    rows: Iterable[Any] = reports.union(suggested, all=True).order_by("-created_at")[:NOTES]
    return [Note(_name_of(kind), _TONES.get(kind, kind), *told) for kind, *told in rows]


_TONES = {
    Report.Kind.BROKEN: Kind.BROKEN,
    Report.Kind.MISLEADING: Kind.SUSPICIOUS,
    Report.Kind.HARMFUL: Kind.SUSPICIOUS,
    Report.Kind.OTHER: Kind.NEW_SOURCE,
}


def _name_of(kind: str) -> str:
    known = {str(value): str(label) for value, label in Report.Kind.choices}
    return known.get(kind) or str(Kind(kind).label)


# Concerns, in words

_SAYINGS: dict[tuple[str, str], Any] = {
    (Kind.NEW_SOURCE, ""): _("Nothing of this source was linked before."),
    (Kind.SHORT, "shortener"): _("A short address of %(detail)s: it always leads to another one."),
    (Kind.HELD, ""): _("It is not shown before somebody approves it."),
    (Kind.SUSPICIOUS, "soft-404"): _(
        "The page answers, but says that there is nothing: %(detail)s."
    ),
    (Kind.SUSPICIOUS, "parked"): _("The domain seems to be for sale: %(detail)s."),
    (Kind.BROKEN, "broken"): _("It failed on several days: %(detail)s."),
    (Kind.BROKEN, "gone"): _("The site says that it is gone for good: %(detail)s."),
}


def say(concern: Concern) -> str:
    """Return for people, in the active language, why a link waits."""
    saying = _SAYINGS.get((concern.kind, concern.rule))
    if saying is not None:
        return str(saying) % {"detail": concern.detail or "—"}
    if concern.kind == Kind.SUSPICIOUS:
        return explain(concern.rule, concern.detail)
    return concern.detail
