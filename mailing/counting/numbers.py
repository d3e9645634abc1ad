"""What the list, mailings and feeds came to: sums, without anybody's address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from mailing import sending
from mailing.models import Consent, Event, FeedCount, Mailing, Subscriber, Suppression

CAME: Final = (Consent.Kind.GIVEN, Consent.Kind.IMPORTED)
LEFT: Final = (Consent.Kind.WITHDRAWN, Consent.Kind.ERASED)
LOST: Final = (Suppression.Reason.BOUNCED, Suppression.Reason.COMPLAINED)
MAILINGS: Final = 12


@dataclass(frozen=True, slots=True)
class Growth:
    """Who came and who went in a time that begins on ``day``."""

    day: date
    came: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a mailing; ``left`` are those who left in the week after it began."""

    mailing: Mailing
    counts: Mapping[str, int]
    bounced: int
    complained: int
    left: int

    def number(self, *statuses: str) -> int:
        """Return how many deliveries are in one of the states."""
        return sum(self.counts.get(status, 0) for status in statuses)


def by_state() -> dict[str, int]:
    """Return how many subscribers are in each state."""
    return dict(Subscriber.objects.order_by().values_list("status").annotate(Count("pk")))


def growth(since: date, until: date, step: int = 1) -> list[Growth]:
    """Return who came and left in each ``step`` days from a day to another, both included.

    Who is erased after leaving left once. Who never came cannot leave: imported leavers do not
    count. Mail that came back for good, and complaints, count as leaving.
    """
    start = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    said = Consent.objects.filter(at__gte=start)
    earlier = Consent.objects.filter(digest=OuterRef("digest"), pk__lt=OuterRef("pk"))
    went_before = Exists(earlier.filter(kind=Consent.Kind.WITHDRAWN))
    left = said.filter(Exists(earlier.filter(kind__in=CAME)), kind__in=LEFT).exclude(
        Q(went_before, kind=Consent.Kind.ERASED)
    )
    came_once = Consent.objects.filter(digest=OuterRef("digest"), kind__in=CAME)
    lost = Suppression.objects.filter(Exists(came_once), at__gte=start, reason__in=LOST)
    came = _by_day(said.filter(kind__in=CAME))
    gone = _by_day(left), _by_day(lost)
    found = []
    for first in range(0, (until - since).days + 1, step):
        days = [since + timedelta(days=first + place) for place in range(step)]
        found.append(
            Growth(
                days[0],
                sum(came.get(day, 0) for day in days),
                sum(part.get(day, 0) for part in gone for day in days),
            )
        )
    return found


def _by_day(rows: QuerySet[Consent] | QuerySet[Suppression]) -> dict[date, int]:
    days = rows.order_by().annotate(day=TruncDate("at")).values_list("day")
    return dict(days.annotate(Count("digest", distinct=True)))


def mailings() -> list[Sent]:
    """Return the last mailings of issues and what became of them, in as many queries for all."""
    rows = list(Mailing.objects.exclude(status=Mailing.Status.PLANNED).order_by("-pk")[:MAILINGS])
    keys = [row.pk for row in rows]
    counts = sending.counts_of(rows)
    events = Event.objects.filter(delivery__mailing__in=keys).order_by()
    told = {
        (key, kind): number
        for key, kind, number in events.values_list("delivery__mailing", "kind").annotate(
            Count("delivery", distinct=True)
        )
    }
    left = _left_after(rows)
    return [
        Sent(
            row,
            counts[row.pk],
            sum(told.get((row.pk, kind), 0) for kind in (Event.Kind.HARD, Event.Kind.SOFT)),
            told.get((row.pk, Event.Kind.COMPLAINT), 0),
            left.get(row.pk, 0),
        )
        for row in rows
    ]


def _left_after(rows: Sequence[Mailing]) -> dict[int, int]:
    """Return how many left after each mailing, and before the next one or a week was over."""
    begun = sorted((row.starts_at or row.created_at, row.pk) for row in rows)
    found: dict[int, int] = {}
    ends = [start for start, _pk in begun[1:]] + [timezone.now()]
    if not begun:
        return found
    said = Consent.objects.filter(kind=Consent.Kind.WITHDRAWN, at__gte=begun[0][0])
    moments = list(said.exclude(form="import").values_list("at", flat=True))
    for (start, pk), end in zip(begun, ends, strict=True):
        last = min(end, start + timedelta(days=7))
        found[pk] = sum(start <= moment < last for moment in moments)
    return found


def feed_readers(days: int = 7) -> list[tuple[str, int, int]]:
    """Return programs that read feeds in the last days: name, people they ask for, requests a day.

    Of each feed the day counts on which most people were named; most people and requests first.
    """
    since = timezone.localdate() - timedelta(days=days)
    rows = FeedCount.objects.filter(day__gt=since).order_by().values_list("reader", "feed")
    return _readers(rows.annotate(Max("subscribers"), Sum("requests")), days)


def _readers(rows: Iterable[tuple[str, str, int, int]], days: int) -> list[tuple[str, int, int]]:
    people: dict[str, int] = defaultdict(int)
    requests: dict[str, int] = defaultdict(int)
    for reader, _feed, subscribers, asked in rows:
        people[reader] += subscribers
        requests[reader] += asked
    found = [(name, people[name], -(-requests[name] // days)) for name in people]
    return sorted(found, key=lambda row: (-row[1], -row[2], row[0]))
