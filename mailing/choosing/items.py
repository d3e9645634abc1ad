"""Which items of issues may be mailed by themselves, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from links.models import Link
from posts.models import LinkedItem, public

_COLUMNS: Final = (
    "pk", "uid", "post_id", "link_id", "is_news", "post__published_at", "section__position",
    "position",
)  # fmt: skip


class Item(NamedTuple):
    """An item as it is chosen: what tells it and its link from others, and its place."""

    pk: int
    uid: UUID
    post: int
    link: int | None
    is_news: bool
    date: datetime
    section: int
    position: int

    @property
    def place(self) -> tuple[Any, ...]:
        """What orders items: the oldest issue first, and within one as it has them."""
        return self.date, self.post, self.section, self.position, self.pk


def alive() -> Q:
    """Say that readers get to the main link of an item: it is shown, and works or is replaced.

    What checks or people found broken or gone is dead (``Link.is_rotten``).
    """
    rotten = Q(link__health__in=(Link.Health.BROKEN, Link.Health.GONE))
    replaced = ~Q(link__replacement_url="")
    return Q(link__standing=Link.Standing.SHOWN) & (~rotten | replaced)


def mailable(now: datetime) -> QuerySet[LinkedItem]:
    """Return the items that may be mailed now: readers see them, and get to their main links."""
    seen = LinkedItem.objects.filter(public(now, "post"), removed_at=None, hidden=False)
    return seen.filter(Q(link=None) | alive())


def items_in(posts: Collection[int], now: datetime) -> dict[int, Item]:
    """Return the items of issues (by key) that may be mailed now, by key, in order."""
    rows = mailable(now).filter(post__in=posts, section__isnull=False)
    items = sorted((Item(*row) for row in rows.values_list(*_COLUMNS)), key=lambda item: item.place)
    return {item.pk: item for item in items}


def once(items: Iterable[Item]) -> list[Item]:
    """Return items, given in order, of each link the first one and those that are news."""
    found: list[Item] = []
    links: set[int] = set()
    for item in items:
        if item.link is None or item.is_news or item.link not in links:
            found.append(item)
        if item.link is not None:
            links.add(item.link)
    return found


def ordered(uids: Sequence[UUID], now: datetime) -> list[LinkedItem]:
    """Return the items with these UUIDs that may be mailed now, with post, section and link, in
    order: the oldest issue first, and within one as it has them."""
    rows = mailable(now).filter(uid__in=uids).select_related("post", "section", "link__source")
    return list(rows.order_by("post__published_at", "post", "section__position", "position", "pk"))
