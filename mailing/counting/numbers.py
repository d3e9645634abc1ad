"""What the list, mailings and feeds came to: sums, without anybody's address."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from mailing import sending
from mailing.models import Consent, Event, FeedCount, Mailing, Subscriber, Suppression

CAME: Final = (Consent.Kind.GIVEN, Consent.Kind.IMPORTED)
LEFT: Final = (Consent.Kind.WITHDRAWN, Consent.Kind.ERASED)
LOST: Final = (Suppression.Reason.BOUNCED, Suppression.Reason.COMPLAINED)
MAILINGS: Final = 12
DAYS: Final = 7
ALL: Final = Q()
_SAYING: Final = (Consent, Suppression)
_COLUMNS: Final = ("at", "digest", "kind", "form")
_AT: Final = attrgetter("at")


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


class History:
    """What got addresses on the list or off it since a day, read once for all that is counted."""

    def __init__(self, since: date) -> None:
        start = _begin(since)
        earlier = sorted(_moves(_met_since(start), at__lt=start), key=_AT)
        self._before = {move.digest: move.comes for move in earlier}
        self._moves = sorted(_moves(at__gte=start), key=_AT)

    def growth(self, since: date, until: date, step: int = 1) -> list[Growth]:
        """Return who came and left in each ``step`` days from a day to another, both included.

        In each time a person comes once at most, and leaves once: who left and came back in it did
        neither. So what came without what left is by how much the list grew. Who never came cannot
        leave: imported leavers do not count. Mail that came back for good, and complaints, count
        as leaving; another address changes nothing.
        """
        is_in = dict(self._before)
        days = [since + timedelta(days=n) for n in range(0, (until - since).days + 1, step)]
        cuts = [*days, days[-1] + timedelta(days=step)]
        places = [bisect_left(self._moves, _begin(day), key=_AT) for day in cuts]
        is_in |= {move.digest: move.comes for move in self._moves[: places[0]]}
        return [
            Growth(day, *_counted(self._moves[first:last], is_in))
            for day, (first, last) in zip(days, pairwise(places), strict=True)
        ]


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


class Move(NamedTuple):
    """That an address got on the list, or off it; ``is_quiet`` where it took the place of another
    one of the same reader, or the other way round."""

    at: datetime
    digest: str
    comes: bool
    is_quiet: bool = False


def _met_since(start: datetime) -> Q:
    """Say that an address is one of which something is known since a moment."""
    said, lost = (model.objects.filter(at__gte=start).values("digest") for model in _SAYING)
    return Q(digest__in=said) | Q(digest__in=lost)


def _moves(whose: Q = ALL, **when: datetime) -> Iterator[Move]:
    """Yield what got addresses on the list or off it."""
    said = Consent.objects.filter(whose, kind__in=(*CAME, *LEFT, Consent.Kind.MOVED), **when)
    for at, digest, kind, form in said.order_by("pk").values_list(*_COLUMNS).iterator():
        is_quiet = kind == Consent.Kind.MOVED
        yield Move(at, digest, form == "to" if is_quiet else kind in CAME, is_quiet)
    lost = Suppression.objects.filter(whose, reason__in=LOST, **when)
    for at, digest in lost.values_list("at", "digest"):
        yield Move(at, digest, comes=False)


def _counted(moves: Iterable[Move], is_in: dict[str, bool]) -> tuple[int, int]:
    """Return how many came and left by moves in their order; ``is_in`` is who was on the list
    before them, and afterwards who is."""
    was: dict[str, bool] = {}
    came: set[str] = set()
    quiet: set[str] = set()
    for move in moves:
        before = is_in.get(move.digest, False)
        was.setdefault(move.digest, move.comes if move.is_quiet else before)
        if move.is_quiet:
            quiet.add(move.digest)
        else:
            quiet.discard(move.digest)
            if move.comes and not before:
                came.add(move.digest)
        is_in[move.digest] = move.comes
    new = sum(not was[digest] for digest in came)
    gone = (digest for digest in was if not is_in[digest] and digest not in quiet)
    return new, sum(was[digest] or digest in came for digest in gone)


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


def feed_readers() -> list[tuple[str, int, int]]:
    """Return programs that read feeds in the last week: name, people they ask for, requests a day.

    Of each feed the day counts on which most people were named; most people and requests first.
    """
    since = timezone.localdate() - timedelta(days=DAYS)
    rows = FeedCount.objects.filter(day__gt=since).order_by().values_list("reader", "feed")
    return _readers(rows.annotate(Max("subscribers"), Sum("requests")))


def _readers(rows: Iterable[tuple[str, str, int, int]]) -> list[tuple[str, int, int]]:
    people: dict[str, int] = defaultdict(int)
    requests: dict[str, int] = defaultdict(int)
    for reader, _feed, subscribers, asked in rows:
        people[reader] += subscribers
        requests[reader] += asked
    found = [(name, people[name], -(-requests[name] // DAYS)) for name in people]
    return sorted(found, key=lambda row: (-row[1], -row[2], row[0]))
