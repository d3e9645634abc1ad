"""What the desk of moderators shows: a part of the queue, one open entry, what is known of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.access import MAKE_RULES, may
from links.admin import HEALTH, sign_seen
from links.checking import current_outage
from links.decisions import Reach
from links.models import Concern, Decision, Kind, Link, QueueEntry, Source
from links.models.queue import WEIGHTS
from links.queue import (
    MOST_COUNTED,
    Part,
    count_by_kind,
    group_by_source,
    is_short,
    is_taken,
    with_links,
)
from posts.admin.queue.context import Context, context_of, say
from posts.numbers import number_in
from posts.places import unseen_among

# How many entries stand beside the open one, and how many when more are asked for.
LISTED = 30
LISTED_MOST = 300
# How far back a moderator may undo from here; what is older is undone from its record.
UNDOABLE = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)
# What is offered where a reason is asked for; anything else can be typed.
REASONS = (
    _("Spam or advertising"),
    _("Harmful software"),
    _("Leads somewhere else than it says"),
    _("Not what it was when it was linked"),
    _("The page is gone"),
)
# Said by readers themselves, where their notes are shown.
BY_READERS = {Kind.REPORT, Kind.SUGGESTION}


@dataclass(frozen=True, slots=True)
class Looking:
    """What somebody looks at: a part of the queue, an entry (0: the first), how long a list;
    or the sources of what waits."""

    part: Part
    entry: int = 0
    more: bool = False
    by_source: bool = False

    @classmethod
    def at(cls, values: QueryDict) -> Looking:
        """Read it from a query or a form; what makes no sense counts as not there."""
        kind = values.get("kind", "")
        return cls(
            Part(
                kind=kind if kind in Kind.values else "",
                source=number_in(values.get("source")),
                oldest_first=values.get("order") == "oldest",
            ),
            entry=number_in(values.get("entry")),
            more=values.get("more") == "1",
            by_source=values.get("by") == "source",
        )

    @property
    def values(self) -> dict[str, str]:
        """The part and the length of the list as fields of a form."""
        every = {
            "kind": self.part.kind,
            "source": str(self.part.source or ""),
            "order": "oldest" if self.part.oldest_first else "",
            "more": "1" if self.more else "",
            "by": "source" if self.by_source else "",
        }
        return {name: value for name, value in every.items() if value}

    @property
    def url(self) -> str:
        """The address that shows it."""
        entry = {"entry": str(self.entry)} if self.entry else {}
        query = urlencode({**self.values, **entry})
        address = reverse("admin:links_queueentry_changelist")
        return f"{address}?{query}" if query else address

    def at_entry(self, entry: int) -> Looking:
        """Return the look at an entry, 0 for the first."""
        return replace(self, entry=entry)

    def longer(self) -> Looking:
        """Return the look at a longer list."""
        return replace(self, more=True)

    def of_kind(self, kind: str) -> Looking:
        """Return the look at another kind."""
        return replace(self, part=replace(self.part, kind=kind), entry=0, more=False)

    def ordered(self, *, oldest_first: bool) -> Looking:
        """Return the look in another order."""
        part = replace(self.part, oldest_first=oldest_first)
        return replace(self, part=part, entry=0, by_source=False)

    def grouped(self) -> Looking:
        """Return the look at the sources of what waits."""
        return replace(self, entry=0, more=False, by_source=True)

    def of_source(self, source: int) -> Looking:
        """Return the look at another source, all its kinds; 0 for all sources."""
        part = Part("", source, self.part.oldest_first)
        return replace(self, part=part, entry=0, more=False, by_source=False)


# What the desk shows


def desk_of(request: HttpRequest, looking: Looking) -> dict[str, Any]:
    """Return what the desk shows: the list, the open entry with its context, counts, ways on."""
    user = cast("User", request.user)
    shown = sign_seen(())  # its moment, before anything is looked up
    counts = count_by_kind(user)
    aside = put_aside(request)
    size = LISTED_MOST if looking.more else LISTED
    rows = looking.part.first(size + 1, without=aside)
    listed = rows[:size]
    entry = _open_entry(listed, looking.entry, user)
    place = listed.index(entry) if entry in listed else -1
    unseen = unseen_among([row.link_id for row in (*listed, entry) if row])
    return {
        "looking": looking,
        "shown": shown,
        "listed": [_row(row, looking, user, unseen) for row in listed],
        "longer": looking.longer() if len(rows) > size and not looking.more else None,
        "aside": len(aside),
        "entry": entry,
        "unseen": entry is not None and entry.link_id in unseen,
        "next": listed[place + 1].pk if place + 1 < len(listed) else 0,
        "tabs": tabs(looking, counts),
        "waiting": capped(counts.get(looking.part.kind) or sum(counts.values())),
        "grouped": looking.grouped(),
        "groups": _groups(looking) if looking.by_source else None,
        "heaviest_first": looking.ordered(oldest_first=False),
        "oldest_first": looking.ordered(oldest_first=True),
        "source": _source_looked_at(listed, looking),
        "all_sources": looking.of_source(0),
        "last": last_decision(request),
        "reasons": REASONS,
        "failed": {},
        **(_about(entry, looking, user) if entry else {}),
    }


def _row(
    entry: QueueEntry, looking: Looking, user: User, unseen: Collection[int]
) -> dict[str, Any]:
    """Return an entry as the list shows it."""
    return {
        "entry": entry,
        "url": looking.at_entry(entry.pk).url,
        "title": entry.link.title or without_scheme(entry.link.url),
        "taken": is_taken(entry, user),
        "leads": without_scheme(_target(entry.link)),
        "unseen": entry.link_id in unseen,
    }


def _groups(looking: Looking) -> list[dict[str, Any]]:
    """Return the sources of what waits, each with its kinds in words and the look at it."""
    return [
        {
            "source": group.source,
            "count": group.count,
            "kinds": [(kind, Kind(kind).label, number) for kind, number in group.kinds.items()],
            "looking": looking.of_source(group.source.pk),
        }
        for group in group_by_source(looking.part)
    ]


def _about(entry: QueueEntry, looking: Looking, user: User) -> dict[str, Any]:
    """Return what is shown about the open entry."""
    link, context = entry.link, context_of(entry)
    shown = (c for c in entry.concerns.all() if not (context.notes and c.kind in BY_READERS))
    return {
        "name": _title(link, context),
        "taken": is_taken(entry, user),
        "context": context,
        "reach": reach_in_words(context.reach),
        "concerns": [_concern(concern) for concern in shown],
        "health": HEALTH.get(link.health, "draft"),
        "waited": timesince(entry.opened_at) if entry.opened_at < timezone.now() - A_MINUTE else "",
        "offer": _offer(link),
        "leads": _leads(link),
        "sources": sources_of(link),
        "of_source": looking.of_source(link.source_id or 0),
        "may_rule": may(user, MAKE_RULES),
    }


def _title(link: Link, context: Context) -> str:
    """Return what the page calls itself, else what an issue calls it, else the address.

    The title of an item names its main link; any other in it is called by its own words.
    """
    called = ""
    if context.places and (item := context.places[0].appearance.item):
        is_main = item.link_id == link.pk
        called = item.title if is_main else context.places[0].appearance.anchor_text
    return link.title or called or without_scheme(link.url)


def _concern(concern: Concern) -> dict[str, str]:
    name = str(concern.get_kind_display())
    return {"kind": concern.kind, "name": name, "words": say(concern)}


def _offer(link: Link) -> str:
    """Return the address that may replace a link: its archived copy, or where it leads now."""
    return link.offered_copy or _target(link)


def _target(link: Link) -> str:
    """Return the other address that a link was found to lead to; "" if none is known."""
    return link.final_url if link.final_url != link.url else ""


def _leads(link: Link) -> tuple[str, str]:
    """Return where a link leads, and of a short one why that is not known, in words."""
    if (target := _target(link)) or not is_short(link.url):
        return target, ""
    if link.checked_at:
        return "", gettext("Where it leads is not known: it was asked and gave no answer.")
    if current_outage():
        return "", gettext("Where it leads is not known: this machine has no network now.")
    return "", gettext("Where it leads is not known yet: it is asked in the background.")


def without_scheme(url: str) -> str:
    """Return an address as people read it in a list."""
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def reach_in_words(reach: Reach) -> list[tuple[int, str]]:
    """Return the counts of links, posts and items, each with how it is shown."""
    return [(count, capped(count)) for count in reach]


def _open_entry(listed: Sequence[QueueEntry], wanted: int, user: User) -> QueueEntry | None:
    """Return the entry that was asked for if it is open, else the first that nobody else has."""
    if wanted:
        rows = with_links(QueueEntry.objects.filter(pk=wanted, closed_at=None))
        found = next((row for row in listed if row.pk == wanted), None) or rows.first()
        if found is not None:
            return found
    free = (row for row in listed if not is_taken(row, user))
    return next(free, listed[0] if listed else None)


def _source_looked_at(listed: Sequence[QueueEntry], looking: Looking) -> Source | None:
    if not looking.part.source:
        return None
    if listed:
        return listed[0].link.source
    return Source.objects.filter(pk=looking.part.source).first()


def sources_of(link: Link) -> list[Source]:
    """Return the sources a rule can be about: the link's own, and the host of an owner."""
    if link.source is None:
        return []
    return [link.source, *([link.source.parent] if link.source.parent else [])]


def tabs(looking: Looking, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the kinds with their counts and addresses, those that harm readers first."""
    total = sum(counts.values())
    rows = [("", gettext("All"), total)]
    rows += [(kind.value, str(kind.label), counts[kind.value]) for kind in sorted_kinds()]
    return [
        {
            "name": name,
            "count": capped(count),
            "is_empty": not count,
            "url": looking.of_kind(kind).url,
            "is_current": looking.part.kind == kind,
        }
        for kind, name, count in rows
        if count or not kind or looking.part.kind == kind
    ]


def sorted_kinds() -> list[Kind]:
    """Return the kinds in the order of their weights, the heaviest first."""
    return sorted(Kind, key=lambda kind: -WEIGHTS[kind])


def capped(count: int) -> str:
    """Return a count as it is shown: "12", "1,000+"."""
    return f"{count:,}" if count <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


def put_aside(request: HttpRequest) -> list[int]:
    """Return the entries that the user put aside in this session."""
    return list(request.session.get("queue_aside", []))


def last_decision(request: HttpRequest) -> Decision | None:
    """Return the user's last decision that can be undone from here."""
    mine = Decision.objects.filter(by=request.user.pk, at__gte=timezone.now() - UNDOABLE)
    rows = mine.filter(undone_by=None).exclude(action=Decision.Action.UNDO)
    return cast("Decision | None", rows.select_related("undertaking").order_by("-pk").first())
