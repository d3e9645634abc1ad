"""How fast mail leaves: limits in an hour, warming up, and services that asked for patience.

All of it is stored, since all workers share it. Whoever claims a slice of the ledger takes what it
may send of the limits with it, in the same transaction.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from mailing.models import MailSettings, Pace

ALL: Final = ""  # the group of everybody
# On the first day of warming up: so many in an hour; twice that on each day after it.
FIRST_DAY: Final = 20
WARM: Final = 100_000
# After the first refusal for now, doubled by each further one.
PATIENCE: Final = timedelta(minutes=1)
MOST_PATIENCE: Final = timedelta(hours=1)
MOST_SLOWINGS: Final = 10

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be claimed now: ``most`` mails in all, to no ``blocked`` group, and of ``left`` no
    more than that."""

    most: int
    blocked: frozenset[str] = frozenset()
    left: Mapping[str, int] = field(default_factory=dict)

    def within(self, rows: Iterable[tuple[Row, str]]) -> list[tuple[Row, str]]:
        """Return those rows, each with its group, that keep within the limits of groups."""
        counts: Counter[str] = Counter()
        kept = []
        for row, group in rows:
            if counts[group] < self.left.get(group, self.most):
                counts[group] += 1
                kept.append((row, group))
        return kept


def allowance(settings: MailSettings, most: int, now: datetime) -> Allowance:
    """Return what may be claimed now, ``most`` at most, and hold the rows that say so.

    To be asked in the transaction that claims, which ends with ``take``.
    """
    Pace.objects.get_or_create(group=ALL)
    told = Q(group=ALL) | Q(limit__isnull=False) | Q(slowed_until__gt=now)
    rows = {row.group: row for row in Pace.objects.select_for_update().filter(told).order_by("pk")}
    blocked = {name for name, row in rows.items() if row.slowed_until and row.slowed_until > now}
    left = {
        name: max(0, row.limit - _sent(row, now))
        for name, row in rows.items()
        if row.limit is not None and name != ALL
    }
    if ALL in blocked:
        return Allowance(0)
    if (limit := _limit(settings, rows[ALL], now)) is not None:
        most = min(most, max(0, limit - _sent(rows[ALL], now)))
    used_up = {name for name, count in left.items() if not count}
    return Allowance(most, frozenset(blocked | used_up), left)


def take(allowed: Allowance, groups: Iterable[str], now: datetime) -> None:
    """Count what was claimed in this hour."""
    counts = Counter(groups)
    _count(ALL, counts.total(), now)
    for group in allowed.left.keys() & counts.keys():
        _count(group, counts[group], now)


def give_back(groups: Iterable[str], taken_at: datetime | None) -> None:
    """Take off what was claimed in the hour of a moment and did not leave."""
    counts = Counter(groups)
    if not counts or taken_at is None:
        return
    counts[ALL] = counts.total()
    for group, count in counts.items():
        rows = Pace.objects.filter(group=group, hour=_hour(taken_at))
        rows.update(sent=Greatest(F("sent") - count, 0))


def slow(group: str, now: datetime | None = None) -> datetime:
    """Hand a group nothing for some minutes, longer each time; return until when.

    Half to whole of the time, by chance: what was refused together does not come again together.
    """
    now = now or timezone.now()
    row, _created = Pace.objects.get_or_create(group=group)
    whole = min(PATIENCE * 2**row.slowings, MOST_PATIENCE)
    until: datetime = now + whole * random.uniform(0.5, 1)  # noqa: S311
    is_over = Q(slowed_until=None) | Q(slowed_until__lte=now)
    same = Pace.objects.filter(is_over, pk=row.pk, slowings=row.slowings)
    more = min(row.slowings + 1, MOST_SLOWINGS)
    if same.update(slowed_until=until, slowings=more):
        return until
    row.refresh_from_db()  # another worker was refused, too
    return row.slowed_until or until


def slowed() -> set[str]:
    """Return the groups that took no mail when they were asked last."""
    return set(Pace.objects.filter(slowings__gt=0).values_list("group", flat=True))


def recover(group: str) -> None:
    """A group takes mail again: the next refusal is a first one."""
    Pace.objects.filter(group=group, slowings__gt=0).update(slowings=0, slowed_until=None)


def keep_cold(settings: MailSettings) -> None:
    """While nobody asks for it, let warming up begin today, whenever it is switched on."""
    if not settings.warm_up:
        today = timezone.now().date()
        Pace.objects.filter(group=ALL).exclude(since=today).update(since=today)


def hourly_limit() -> int | None:
    """Return how many mails may leave in this hour in all; None: as many as the server takes."""
    now = timezone.now()
    row = Pace.objects.filter(group=ALL).first() or Pace(group=ALL, since=now.date())
    return _limit(MailSettings.current(), row, now)


def _limit(settings: MailSettings, row: Pace, now: datetime) -> int | None:
    limits = [settings.hourly_limit] if settings.hourly_limit else []
    if settings.warm_up:
        days = max(0, (now.date() - row.since).days)
        warm = FIRST_DAY * 2 ** min(days, 20)
        limits += [warm] if warm < WARM else []
    return min(limits, default=None)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _sent(row: Pace, now: datetime) -> int:
    return row.sent if row.hour == _hour(now) else 0


def _count(group: str, count: int, now: datetime) -> None:
    rows, hour = Pace.objects.filter(group=group), _hour(now)
    if not rows.filter(hour=hour).update(sent=F("sent") + count):
        rows.update(hour=hour, sent=count)
