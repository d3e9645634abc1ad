"""Bring the rows of a post's linked items, and of the places of its links, in line with its text.

Items keep their identity: which row is which item, `posts.publishing.matching` decides.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from links.models import Link
from links.rows import change, create, insert, rewrite
from posts.models import Appearance, LinkedItem, Post, Section
from posts.naming import heading_key
from posts.publishing.matching import Trait, match_items, trait_of
from posts.rendering import FoundItem, FoundSection

TOMBSTONES_KEPT = timedelta(days=90)

# Where the counter of `identities` is: in the last of their first 48 bits.
COUNTER_BITS, _COUNTER_AT = 8, 80
_COUNTER = ((1 << COUNTER_BITS) - 1) << _COUNTER_AT

ItemGrid = list[list[LinkedItem]]
"""The rows of the items by section, in the order of the text."""

ITEM_FIELDS = (
    "section_id",
    "position",
    "kind",
    "group",
    "title",
    "summary",
    "url",
    "anchor_text",
    "link_id",
    "link_count",
    "start_line",
    "end_line",
    "digest",
    "removed_at",
)


@dataclass(frozen=True, slots=True)
class Known:
    """The items stored of a post: those in its text, and tombstones."""

    living: Sequence[LinkedItem] = ()
    removed: Sequence[LinkedItem] = ()


def known_items(post: Post) -> Known:
    """Return the items stored of a post, in document order."""
    rows = list(
        post.items.select_related("section").order_by("section__position", "position", "pk")
    )
    for row in rows:
        row.before = _item_values(row)  # type: ignore[attr-defined]
    return Known(
        living=[row for row in rows if row.removed_at is None],
        removed=[row for row in rows if row.removed_at is not None],
    )


def find_rows(
    post: Post, sections: Sequence[Section], found: Sequence[FoundSection], known: Known
) -> ItemGrid:
    """Return the rows of the items found, each with its identity; bury those not found.

    Nothing else is written yet (see `write_items`).
    """
    places = [
        (index, position, item)
        for index, read in enumerate(found)
        for position, item in enumerate(read.items)
    ]
    digests = [_digest(item) for _index, _position, item in places]
    matches = _match(known, found, digests)
    values = [
        _values_of(item, sections[index], position, digest)
        for (index, position, item), digest in zip(places, digests, strict=True)
    ]
    wanted = zip(values, matches, strict=True)
    fresh = (value for value, match in wanted if match is None)
    uids = identities()
    new = (LinkedItem(post=post, uid=next(uids), **value) for value in fresh)
    rows = [*known.living, *known.removed]
    grid: ItemGrid = [[] for _ in found]
    for (index, _position, _item), match, value in zip(places, matches, values, strict=True):
        if match is not None:
            change(rows[match], value)
        grid[index].append(next(new) if match is None else rows[match])
    kept = {match for match in matches if match is not None}
    _bury(post, [row for index, row in enumerate(known.living) if index not in kept], known)
    return grid


def identities() -> Iterator[uuid.UUID]:
    """Yield identities for new items of one save.

    UUIDs of version 8 (RFC 9562, section 5.8). Their first 48 bits, of which permalinks are made,
    are a random number with a counter, and what is left is random: so they differ, but lie side by
    side in an index, where those of version 4 would dirty a page each.
    """
    for number in count():
        if not (place := number % (1 << COUNTER_BITS)):
            start = uuid.uuid4().int & ~_COUNTER & ~(0xF << 76) | (8 << 76)
        yield uuid.UUID(int=start | place << _COUNTER_AT)


def _match(known: Known, found: Sequence[FoundSection], digests: Sequence[str]) -> list[int | None]:
    if not known.living and not known.removed:
        return [None] * len(digests)
    items = [(section, item) for section in found for item in section.items]
    return match_items(
        [_known_trait(item) for item in known.living],
        [_known_trait(item) for item in known.removed],
        [trait_of(*item, digest) for item, digest in zip(items, digests, strict=True)],
    )


def _known_trait(item: LinkedItem) -> Trait:
    return Trait(
        section=heading_key(item.section.heading) if item.section else "",
        digest=item.digest,
        url=item.url,
        title=item.title,
        anchor=item.anchor_text,
    )


def _digest(item: FoundItem) -> str:
    url = item.links[item.main].url if item.main is not None else ""
    return hashlib.sha256(f"{item.text}\0{url}".encode()).hexdigest()


def _values_of(item: FoundItem, section: Section, position: int, digest: str) -> dict[str, Any]:
    main = item.links[item.main] if item.main is not None else None
    return {
        "section_id": section.pk,
        "position": position,
        "kind": item.kind,
        "group": item.group,
        "title": item.title,
        "summary": item.summary,
        "url": main.url if main else "",
        "anchor_text": main.anchor if main else "",
        "link_count": len(item.links),
        "start_line": item.start,
        "end_line": item.end,
        "digest": digest,
        "removed_at": None,
    }


def _bury(post: Post, rows: Sequence[LinkedItem], known: Known) -> None:
    """Turn rows whose text is gone into tombstones, and forget the old ones."""
    now = timezone.now()
    if rows:
        LinkedItem.objects.filter(pk__in=[row.pk for row in rows]).update(
            removed_at=now, section=None
        )
        Appearance.objects.filter(item__in=rows).delete()
    if known.removed:
        post.items.filter(removed_at__lt=now - TOMBSTONES_KEPT).delete()


def write_items(post: Post, items: ItemGrid, links: Mapping[str, Link]) -> None:
    """Write the rows that are new or changed, each with its main link."""
    rows = [row for section_rows in items for row in section_rows]
    for row in rows:
        row.link = links.get(row.url)
    known = [row for row in rows if row.pk is not None]
    rewrite([row for row in known if _item_values(row) != row.before], ITEM_FIELDS)  # type: ignore[attr-defined]
    create([row for row in rows if row.pk is None], "uid")


def _item_values(item: LinkedItem) -> list[Any]:
    return [getattr(item, name) for name in ITEM_FIELDS]


# Appearances

APPEARANCE_FIELDS = ("position", "item_id", "link_id", "url", "anchor_text")
Places = Mapping[int, list[tuple[Any, ...]]]
"""The appearances of a post by section key, each as its values of `APPEARANCE_FIELDS`."""


def stored_appearances(post: Post) -> Places:
    """Return the places of a post's links as they are stored."""
    stored: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    rows = post.appearances.order_by("section", "position")
    for section_id, *values in rows.values_list("section_id", *APPEARANCE_FIELDS):
        stored[section_id].append(tuple(values))
    return stored


def linked_from(places: Places) -> set[int]:
    """Return the keys of the links that stand in places."""
    column = APPEARANCE_FIELDS.index("link_id")
    return {values[column] for rows in places.values() for values in rows}


def sync_appearances(
    sections: Sequence[Section],
    items: ItemGrid,
    found: Sequence[FoundSection],
    links: Mapping[str, Link],
    stored: Places,
) -> None:
    """Write the places of all links of those sections in which one differs from what is stored."""
    outdated, new = [], []
    for index, section in enumerate(sections):
        wanted = _wanted_appearances(items[index], found[index], links) if found else []
        before = stored.get(section.pk, [])
        if wanted == before:
            continue
        if before:
            outdated.append(section.pk)
        new += [(section.post_id, section.pk, *values) for values in wanted]
    if outdated:
        Appearance.objects.filter(section__in=outdated).delete()
    insert(Appearance, ("post_id", "section_id", *APPEARANCE_FIELDS), new)


def _wanted_appearances(
    items: Sequence[LinkedItem], found: FoundSection, links: Mapping[str, Link]
) -> list[tuple[Any, ...]]:
    return [
        (
            position,
            items[link.item].pk if link.item is not None else None,
            links[link.url].pk,
            link.url,
            link.anchor,
        )
        for position, link in enumerate(found.links)
        if link.url in links
    ]
