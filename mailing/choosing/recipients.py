"""Who gets an issue as it appears: whole, or the items of it that match and did not come before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from links.rows import chunks
from mailing.choosing.appearing import came, expected
from mailing.choosing.items import Item, once
from mailing.choosing.matching import Kind, Met, met_by
from mailing.choosing.sets import CHUNK, Past, keep
from mailing.models import Chosen, ItemSet, Rhythm, Subscriber
from posts.models import Post

_PARTS = (Kind.SECTION, Kind.SOURCE, Kind.SEARCH)


class Recipient(NamedTuple):
    """A subscriber (by key), and what of an issue they get: a set of items, None for all of it."""

    subscriber_id: int
    items: ItemSet | None


def recipients_of(post: Post, after: int | None = None) -> Iterator[Recipient]:
    """Yield who gets an issue as it appears, in the order of subscribers' keys, behind ``after``.

    Everything is read before the first is yielded, in a number of statements that does not grow
    with readers. Nobody gets an issue that readers do not see, or that roll-ups of theirs deal
    with. Whoever writes the ledger asks ``still`` of each slice, in the transaction of it.
    """
    now = timezone.now()
    moment = came(post, now)
    if moment is None:
        return
    wanted = _wanted(met_by(post, now), eligible(moment), after or 0)
    sets = keep({key: items for _reader, key, items in wanted if items})
    for reader, key, items in wanted:
        if items is None:
            yield Recipient(reader, None)
        elif items:
            yield Recipient(reader, sets[key])


class Reach(NamedTuple):
    """Whom an issue is for (subscribers by key): who gets it whole as it appears, who gets items
    of it, and who gets it in a roll-up, whole or in part."""

    whole: frozenset[int]
    parts: frozenset[int]
    rolled: frozenset[int]


def reach_of(post: Post, now: datetime) -> Reach:
    """Return whom an issue is for by what readers chose until now; nothing is written down.

    Of one that readers do not see yet, as if they saw it at its time. The items of a draft are not
    known before that: who chose parts of it is not among them.
    """
    moment = expected(post, now)
    met = met_by(post, max(moment, now))
    wanted = _wanted(met, eligible(moment), 0)
    later = Subscriber.objects.receiving().exclude(rhythm=Rhythm.EACH)
    return Reach(
        frozenset(reader for reader, _key, items in wanted if items is None),
        frozenset(reader for reader, _key, items in wanted if items),
        frozenset(reader for reader, _choices in _readers(met, later, 0)),
    )


def eligible(moment: datetime) -> QuerySet[Subscriber]:
    """Return the readers who get issues as they appear, one that did so at a moment among them."""
    rows = Subscriber.objects.receiving().filter(rhythm=Rhythm.EACH)
    return rows.filter(Q(rolled_until=None) | Q(rolled_until__lt=moment))


def still(post: Post, readers: Sequence[Recipient]) -> list[Recipient]:
    """Return those recipients who are to get an issue now as well as when they were found; their
    rows are locked. Call it in the transaction in which the ledger is written."""
    moment = came(post, timezone.now())
    if moment is None:
        return []
    rows = eligible(moment).filter(pk__in=[reader.subscriber_id for reader in readers])
    known = set(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    return [reader for reader in readers if reader.subscriber_id in known]


Choices = frozenset[int]
Reader = tuple[int, Choices]


def _readers(met: Met, readers: QuerySet[Subscriber], after: int) -> list[Reader]:
    """Return readers, in order, with those of their choices (by key) that an issue meets.

    Of two large tables each is read in its own order, and they meet here: joined, SQLite asked one
    of them for every row of the other, which took minutes for 100,000 readers.
    """
    rows: list[tuple[int, int]] = []
    for some in chunks([*met.whole, *met.parts], CHUNK):
        chosen = Chosen.objects.filter(choice__in=some, subscriber__gt=after)
        rows += chosen.order_by().values_list("subscriber", "choice")
    rows.sort()
    known = set(readers.filter(pk__gt=after).order_by().values_list("pk", flat=True))
    shared: dict[Choices, Choices] = {}
    found = []
    for reader, pairs in groupby(rows, key=itemgetter(0)):
        if reader in known:
            choices = frozenset(choice for _reader, choice in pairs)
            found.append((reader, shared.setdefault(choices, choices)))
    return found


def _chosen(choices: Iterable[int], met: Met) -> list[Item]:
    """Return the items that choices bring, in order."""
    wanted: set[int] = set().union(*(met.items_of(choice) for choice in choices))
    return sorted((met.items[pk] for pk in wanted), key=lambda item: item.place)


Wanted = tuple[int, Any, list[Item] | None]


def _wanted(met: Met, readers: QuerySet[Subscriber], after: int) -> list[Wanted]:
    """Return readers with what they get of an issue, see ``_without_past``."""
    found = _readers(met, readers, after)
    parts = {choices for _reader, choices in found if met.whole.isdisjoint(choices)}
    lists = {choices: once(_chosen(choices, met)) for choices in parts}
    return _without_past(found, lists, met)


def _without_past(
    readers: Sequence[Reader], lists: Mapping[Choices, list[Item]], met: Met
) -> list[Wanted]:
    """Return readers with what they get, without what came before, and a key of each such list;
    None for a whole issue."""
    of_readers: Any = Chosen.objects.filter(choice__kind__in=_PARTS, subscriber__rhythm=Rhythm.EACH)
    some = {pk for items in lists.values() for pk in (item.pk for item in items)}
    past = Past(met.items[pk] for pk in some)
    had = past.had(subscriber__in=of_readers.values("subscriber")) if past.known else {}
    found: list[Wanted] = []
    for reader, choices in readers:
        if choices not in lists:
            found.append((reader, None, None))
            continue
        gone = had.get(reader)
        if not gone:
            found.append((reader, choices, lists[choices]))
            continue
        items = [item for item in lists[choices] if item.pk not in gone]
        found.append((reader, (choices, frozenset(gone)), items))
    return found
