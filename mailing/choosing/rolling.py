"""Roll-ups: what appeared in a reader's period and matches, without what they had before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from django.db import transaction

from mailing import rhythms
from mailing.choosing.appearing import came_in, notice
from mailing.choosing.items import Item, once
from mailing.choosing.matching import Met, met_by
from mailing.choosing.sets import Past, keep
from mailing.models import Chosen, ItemSet, Rhythm, Subscriber
from mailing.rhythms import Span
from posts import identity
from posts.models import Post

BATCH: Final = 5_000  # readers


class RollUp(NamedTuple):
    """What a subscriber (by key) gets of a period, which began and ended at two moments.

    ``rhythm`` is that of the period: weekly or monthly, or "each" for the last roll-up of somebody
    who gets each issue from now on. ``read`` are the columns from which it was made.
    """

    subscriber_id: int
    items: ItemSet
    since: datetime
    until: datetime
    rhythm: str
    read: tuple[Any, ...]


class Nothing(NamedTuple):
    """A subscriber (by key) for whom nothing is new, as far as that was looked at."""

    subscriber_id: int
    until: datetime
    read: tuple[Any, ...]


Period = tuple[Span, ...]
Due = TypeVar("Due", RollUp, Nothing)


def due_rollups(now: datetime) -> Iterator[RollUp]:
    """Yield the roll-ups that are due, in the order of subscribers' keys.

    For whom there is nothing new, none is yielded and the next one is reckoned. Whoever writes the
    ledger says ``roll_on`` of each slice, in the transaction of it, and writes rows for those
    alone that this returns.
    """
    until = notice(now)
    _begin_new(now)
    met: dict[int, Met] = {}
    last = 0
    while rows := list(_due(now).filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = rows[-1].pk
        found, nothing = _made(rows, until, now, met)
        roll_on(nothing, now)
        yield from found


def _due(now: datetime) -> Any:
    return Subscriber.objects.receiving().filter(next_roll_at__lte=now)


def _begin_new(now: datetime) -> None:
    """Let roll-ups begin for those who came by another way than the forms."""
    while _begin_some(now):
        pass


def _without_roll() -> Any:
    rolled = (Rhythm.WEEKLY, Rhythm.MONTHLY)
    return Subscriber.objects.receiving().filter(rhythm__in=rolled, next_roll_at=None)


@transaction.atomic
def _begin_some(now: datetime) -> bool:
    rows = list(_without_roll().select_for_update().order_by("pk")[:BATCH])
    with identity.speaking():
        for row in rows:
            row.rolled_until = row.rolled_until or row.confirmed_at or now
            row.next_roll_at = rhythms.next_roll(row.rhythm, row.hour, row.zone, now)
    Subscriber.objects.bulk_update(rows, ["rolled_until", "next_roll_at"], batch_size=500)
    return bool(rows)


def _made(
    rows: Sequence[Subscriber], until: datetime, now: datetime, met: dict[int, Met]
) -> tuple[list[RollUp], list[Nothing]]:
    """Return the roll-ups of readers who get one, and of those for whom there is nothing new."""
    periods = {row.pk: tuple(rhythms.periods(row, until)) for row in rows}
    lists = _lists(rows, periods, now, met)
    sets = keep({gone: items for gone, items in lists.values() if items})
    found: list[RollUp] = []
    nothing: list[Nothing] = []
    for row in rows:
        spans, (key, items) = periods[row.pk] or [(until, until)], lists[row.pk]
        if items:
            span = spans[0][0], spans[-1][1]
            found.append(RollUp(row.pk, sets[key], *span, row.rhythm, _read(row)))
        else:
            nothing.append(Nothing(row.pk, spans[-1][1], _read(row)))
    return found, nothing


def _lists(
    rows: Sequence[Subscriber], periods: Mapping[int, Period], now: datetime, met: dict[int, Met]
) -> dict[int, tuple[Any, list[Item]]]:
    """Return the items that readers (by key) get, with a key of each such list."""
    issues = _issues({spans for spans in periods.values() if spans}, now, met)
    choices = _choices(rows)
    keys = {pk: (spans, choices.get(pk, frozenset())) for pk, spans in periods.items()}
    lists = {key: _items(issues.get(key[0], []), key[1], met) for key in set(keys.values())}
    past = Past({item.pk: item for items in lists.values() for item in items}.values())
    span = {"subscriber__gte": rows[0].pk, "subscriber__lte": rows[-1].pk}
    had = past.had(**span) if past.known else {}
    found: dict[int, tuple[Any, list[Item]]] = {}
    for pk, key in keys.items():
        gone = frozenset(had.get(pk, ()))
        found[pk] = (key, gone), [item for item in lists[key] if item.pk not in gone]
    return found


def _issues(
    periods: Collection[Period], now: datetime, met: dict[int, Met]
) -> dict[Period, list[int]]:
    """Return the issues (by key) of each period; those that are new go into ``met``."""
    every = {span for spans in periods for span in spans}
    moments = came_in(_united(every), now)
    for post in Post.objects.filter(pk__in=moments.keys() - met.keys()):
        met[post.pk] = met_by(post, now)
    return {
        spans: [pk for pk, at in moments.items() if any(a < at <= b for a, b in spans)]
        for spans in periods
    }


def _united(spans: Collection[Span]) -> list[Span]:
    """Return spans of which none meets another, that are as long together."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found


def _choices(rows: Sequence[Subscriber]) -> dict[int, frozenset[int]]:
    """Return the choices (by key) of readers, who follow each other."""
    due = Subscriber.objects.filter(next_roll_at__isnull=False)
    chosen = Chosen.objects.filter(
        subscriber__gte=rows[0].pk, subscriber__lte=rows[-1].pk, subscriber__in=due
    )
    found: dict[int, set[int]] = defaultdict(set)
    for reader, choice in chosen.order_by().values_list("subscriber", "choice"):
        found[reader].add(choice)
    shared: dict[frozenset[int], frozenset[int]] = {}
    frozen = ((reader, frozenset(some)) for reader, some in found.items())
    return {reader: shared.setdefault(some, some) for reader, some in frozen}


def _items(posts: Sequence[int], choices: Collection[int], met: Mapping[int, Met]) -> list[Item]:
    """Return the items of issues that choices bring, each link once, the oldest issue first."""
    found = {
        pk: met[post].items[pk] for post in posts for choice in choices
        for pk in met[post].items_of(choice)
    }  # fmt: skip
    return once(sorted(found.values(), key=lambda item: item.place))


def _read(row: Subscriber) -> tuple[Any, ...]:
    return row.rhythm, row.rolled_until, row.unrolled, row.next_roll_at


@transaction.atomic
def roll_on(rollups: Sequence[Due], now: datetime) -> list[Due]:
    """Note that roll-ups are on their way, and reckon the next ones; return those that hold.

    One holds unless its reader changed something meanwhile, left, or got it from somebody else:
    then it is made again if it is still due.
    """
    wanted = {row.subscriber_id: row for row in rollups}
    rows = Subscriber.objects.receiving().filter(pk__in=wanted)
    held = [
        row for row in rows.select_for_update().order_by("pk") if _read(row) == wanted[row.pk].read
    ]
    with identity.speaking():
        for row in held:
            rhythms.rolled(row, wanted[row.pk].until, now)
    fields = ["rolled_until", "unrolled", "next_roll_at"]
    Subscriber.objects.bulk_update(held, fields, batch_size=500)
    return [wanted[row.pk] for row in held]
