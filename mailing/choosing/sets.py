"""Sets of items that readers got together, and what each reader had by them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from links.rows import chunks, insert
from mailing.choosing.items import Item
from mailing.models import Brought, Delivery, ItemSet, Mailing
from posts.models import LinkedItem

CHUNK: Final = 10_000  # values in one statement
_BYTES: Final = 16  # of a UUID
# What did not reach a reader, and never will.
_NOT_HAD: Final = (Delivery.Status.DROPPED, Delivery.Status.FAILED)
Had = dict[int, set[int]]
"""What readers (by key) had, as keys of items."""


def uids_of(row: ItemSet) -> list[UUID]:
    """Return the UUIDs of the items of a set."""
    data = bytes(row.uids)
    return [UUID(bytes=data[start : start + _BYTES]) for start in range(0, len(data), _BYTES)]


def _packed(items: Iterable[Item]) -> bytes:
    return b"".join(sorted(item.uid.bytes for item in items))


@transaction.atomic
def keep(wanted: Mapping[Any, Sequence[Item]]) -> dict[Any, ItemSet]:
    """Return the sets of some lists of items by the same keys; those that are new are stored."""
    packed = {key: _packed(items) for key, items in wanted.items()}
    digests = {key: hashlib.sha256(data).hexdigest() for key, data in packed.items()}
    known = _stored(set(digests.values()))
    new = {digest: key for key, digest in digests.items() if digest not in known}
    rows = [(digest, packed[key], len(wanted[key])) for digest, key in new.items()]
    insert(ItemSet, ("digest", "uids", "size"), rows, ignore_conflicts=True)
    stored = known | (_stored(new) if new else {})
    brought = [
        (stored[digest].pk, item.pk, item.link)
        for digest, key in new.items()
        for item in wanted[key]
    ]
    insert(Brought, ("set_id", "item_id", "link_id"), brought, ignore_conflicts=True)
    return {key: stored[digest] for key, digest in digests.items()}


def _stored(digests: Collection[str]) -> dict[str, ItemSet]:
    found = (ItemSet.objects.filter(digest__in=some) for some in chunks(digests, CHUNK))
    return {row.digest: row for rows in found for row in rows}


# What readers had


class Past:
    """What was brought before of some items, or of other items with their links."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = list(items)
        self.by_set = self._sets()
        self.by_post = self._posts()
        self.known = frozenset().union(*self.by_set.values(), *self.by_post.values())
        """The items (by key) that somebody may have had."""

    def _sets(self) -> dict[int, set[int]]:
        """Return the items that sets (by key) brought, or whose links they brought."""
        items, links = {item.pk for item in self.items}, _by_link(self.items)
        rows = Brought.objects.filter(Q(item__in=items) | Q(link__in=links)).order_by()
        return _gathered(rows.values_list("set", "item", "link"), items, links)

    def _posts(self) -> dict[int, set[int]]:
        """Return the items that issues (by key) bring as a whole, or whose links they bring: of
        mails on their way it is not known yet which set they will have brought."""
        items, links = {item.pk for item in self.items}, _by_link(self.items)
        rows = LinkedItem.objects.filter(Q(pk__in=items) | Q(link__in=links))
        mailed = Mailing.objects.filter(post=OuterRef("post"))
        some = rows.filter(Exists(mailed)).order_by().values_list("post", "pk", "link")
        return _gathered(some, items, links)

    def had(self, **readers: Any) -> Had:
        """Return what readers had of it: those whose deliveries meet a condition. That takes one
        or two statements, however many they are."""
        rows = _had().filter(**readers)
        found: Had = defaultdict(set)
        for some in chunks(self.by_set, CHUNK):
            got = rows.filter(items__in=some).order_by()
            for reader, key in got.values_list("subscriber", "items"):
                found[reader] |= self.by_set[key]
        if self.by_post:
            coming = rows.filter(is_whole=True, items=None, mailing__post__in=self.by_post)
            for reader, post in coming.order_by().values_list("subscriber", "mailing__post"):
                found[reader] |= self.by_post[post]
        return found


def _had() -> QuerySet[Delivery]:
    return Delivery.objects.filter(subscriber__isnull=False).exclude(status__in=_NOT_HAD)


def _by_link(items: Iterable[Item]) -> dict[int, set[int]]:
    """Return the items that have each link and are no news: others may bring that again."""
    found: dict[int, set[int]] = defaultdict(set)
    for item in items:
        if item.link is not None and not item.is_news:
            found[item.link].add(item.pk)
    return found


def _gathered(
    rows: Iterable[tuple[int, int, int | None]],
    items: Collection[int],
    links: Mapping[int, set[int]],
) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for key, item, link in rows:
        found[key] |= links.get(link, set()) if link is not None else set()
        if item in items:
            found[key].add(item)
    return {key: values for key, values in found.items() if values}
