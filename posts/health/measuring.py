"""How the links fare, in numbers: what staff see at a glance.

A database with many links takes seconds to count all of this, so it is done beforehand
(``keeping``). Databases join and group; what is counted by day and month is added up here, because
these begin where the site's time zone says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any, Final, TypeAlias

from django.db.models import Case, Count, F, IntegerField, Min, Q, QuerySet, Value, When
from django.utils import timezone

from links.models import Check, Link, Outage, Source, Suggestion
from posts.models import Appearance, public
from posts.publishing.counting import month_of

DAYS: Final = 30
MONTHS: Final = 24
TOP: Final = 15
OLDEST: Final = 15
OUTAGES: Final = 5
SUGGESTIONS: Final = 2000
# Days from which on a suggestion counts as one that waited this long.
WAITS: Final = (0, 1, 3, 7, 14, 30, 90)
RESULTS: Final = (
    Link.Health.OK,
    Link.Health.REDIRECTED,
    Link.Health.RESTRICTED,
    Link.Health.BROKEN,
    Link.Health.GONE,
)
ROTTEN: Final = (Link.Health.BROKEN, Link.Health.GONE)
FirstSeen: TypeAlias = Sequence[tuple[datetime | None, str, int]]


@dataclass(frozen=True, slots=True)
class Rot:
    """How many links there are of an age (whole years) or a host, and how many readers lost."""

    of: int | str
    links: int
    checked: int
    rotten: int

    @property
    def share(self) -> float | None:
        """Broken and gone ones in percent of those checked; None when none was."""
        return percent(self.rotten, self.checked)


@dataclass(frozen=True, slots=True)
class Repeats:
    """The links of a month's issues, each once per issue, and those an earlier issue had."""

    month: date
    links: int
    repeated: int

    @property
    def share(self) -> float | None:
        """Repeated ones in percent."""
        return percent(self.repeated, self.links)


@dataclass(frozen=True, slots=True)
class Health:
    """All numbers, as they were at a moment.

    ``checks`` has the last days, each with the number of checks by result; ``waits`` the number
    of suggestions by the beginnings in WAITS; ``median_wait`` is in days.
    """

    at: datetime
    links: int
    checked: int
    rotten: int
    by_age: Sequence[Rot]
    by_source: Sequence[Rot]
    checks: Sequence[tuple[date, Mapping[str, int]]]
    repeats: Sequence[Repeats]
    waits: Sequence[int]
    median_wait: float | None
    sources: Sequence[tuple[str, int, int]]


def percent(part: int, whole: int) -> float | None:
    """Return a share in percent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def measure(at: datetime) -> Health:
    """Count everything as readers see it at a moment: six queries, however much there is."""
    first_seen = _first_seen(at)
    healths = _tally((health, count) for _moment, health, count in first_seen)
    waits = _waits(at)
    return Health(
        at=at,
        links=sum(healths.values()),
        checked=sum(healths[result] for result in RESULTS),
        rotten=sum(healths[result] for result in ROTTEN),
        by_age=_by_age(first_seen, at),
        by_source=[Rot(*row) for row in rot_by_source()[:TOP]],
        checks=_checks(at),
        repeats=_repeats(first_seen, at),
        waits=_histogram(waits),
        median_wait=round(median(waits), 1) if waits else None,
        sources=list(top_sources()[:TOP]),
    )


def _tally(counts: Iterable[tuple[Any, int]]) -> Counter[Any]:
    """Add up counts by their keys."""
    sums: Counter[Any] = Counter()
    for key, count in counts:
        sums[key] += count
    return sums


# By the issue in which links stood first


def _first_seen(at: datetime) -> FirstSeen:
    """Return (moment of the first public issue or None, health, links).

    Joined once for all: looked up for each link, it took PostgreSQL minutes where it knew nothing
    of its tables yet, just after an import.
    """
    seen = public(at, "appearances__post")
    first = Min("appearances__post__published_at", filter=seen)
    rows = Link.objects.order_by().values_list("pk", "health").annotate(first=first)
    counts = Counter((first, health) for _pk, health, first in rows.iterator())
    return [(first, health, count) for (first, health), count in counts.items()]


def _by_age(first_seen: FirstSeen, at: datetime) -> list[Rot]:
    counts: Counter[tuple[int, str]] = _tally(
        ((_age(first, at), health), count) for first, health, count in first_seen if first
    )
    links = _tally((age, count) for (age, _health), count in counts.items())
    return [
        Rot(
            age,
            links[age],
            sum(counts[age, result] for result in RESULTS),
            sum(counts[age, result] for result in ROTTEN),
        )
        for age in range(max(links, default=-1) + 1)
    ]


def _age(first: datetime, at: datetime) -> int:
    """Return the whole years from one moment to another; OLDEST at most."""
    then, now = timezone.localdate(first), timezone.localdate(at)
    years = now.year - then.year - ((now.month, now.day) < (then.month, then.day))
    return min(years, OLDEST)


def _repeats(first_seen: FirstSeen, at: datetime) -> list[Repeats]:
    """Return the last months that had issues; what is not new in an issue is a repetition."""
    places = Appearance.objects.filter(public(at, "post")).order_by()
    rows = places.values_list("post__published_at", "post").annotate(Count("link", distinct=True))
    links = _tally((month_of(moment), count) for moment, _post, count in rows)
    new = _tally((month_of(first), count) for first, _health, count in first_seen if first)
    return [
        Repeats(month, links[month], links[month] - new[month]) for month in sorted(links)[-MONTHS:]
    ]


# By source


def rot_by_source() -> QuerySet[Link, Any]:
    """Return the values of Rot for each host that has broken links, most broken ones first."""
    rows = Link.objects.filter(source__isnull=False).order_by().values_list("source__host")
    return (
        rows.annotate(
            links=Count("pk"),
            checked=Count("pk", filter=Q(health__in=RESULTS)),
            rotten=Count("pk", filter=Q(health__in=ROTTEN)),
        )
        .filter(rotten__gt=0)
        .order_by("-rotten", "source__host")
    )


def top_sources() -> QuerySet[Source, Any]:
    """Return (host, posts, links) of the hosts that posts cite, the most cited first."""
    hosts = Source.objects.filter(parent=None, post_count__gt=0).order_by("-post_count", "name")
    return hosts.values_list("name", "post_count", "link_count")


# By day


def _checks(at: datetime) -> list[tuple[date, Mapping[str, int]]]:
    """Return the last days, each with its checks by result; none at all without any check."""
    zone, today = timezone.get_current_timezone(), timezone.localdate(at)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    starts = [datetime.combine(day, time.min, zone) for day in days]
    # Comparing takes SQLite a third of the time that cutting every moment to its day does.
    day = Case(
        *(When(at__gte=start, then=Value(back)) for back, start in enumerate(starts)),
        output_field=IntegerField(),
    )
    rows = Check.objects.filter(at__gte=starts[-1], at__lte=at).annotate(day=day).order_by()
    counts = {
        (back, result): count
        for back, result, count in rows.values_list("day", "health").annotate(Count("pk"))
    }
    if not counts:
        return []
    return [
        (days[back], {result: counts.get((back, result), 0) for result in RESULTS})
        for back in reversed(range(DAYS))
    ]


def recent_outages(at: datetime) -> list[Outage]:
    """Return the times without a network in those days, the latest first."""
    recent = Q(ended_at=None) | Q(ended_at__gte=at - timedelta(days=DAYS))
    return list(Outage.objects.filter(recent).order_by("-began_at")[:OUTAGES])


# From suggestion to print


def _waits(at: datetime) -> list[float]:
    """Return the days from each of the latest printed suggestions to the issue that printed it."""
    post = "link__appearances__post"
    later = Suggestion.objects.filter(
        public(at, post), **{f"{post}__published_at__gte": F("created_at")}
    )
    rows = later.values_list("pk", "created_at").annotate(printed=Min(f"{post}__published_at"))
    latest = rows.order_by("-created_at", "-pk")[:SUGGESTIONS]
    return [(printed - suggested) / timedelta(days=1) for _pk, suggested, printed in latest]


def _histogram(waits: Sequence[float]) -> list[int]:
    """Return how many waited from each of WAITS to the next; none at all without any."""
    if not waits:
        return []
    ends = (*WAITS[1:], float("inf"))
    return [
        sum(start <= wait < end for wait in waits) for start, end in zip(WAITS, ends, strict=True)
    ]
