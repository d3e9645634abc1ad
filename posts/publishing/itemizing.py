"""Derive the rows of a post's linked items, their entries in the lists of sections, and the places
of its links, from its text.

Items keep their identity: which row is which item, `posts.publishing.matching` decides.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count, islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from links.models import Link
from links.rows import create, insert, rewrite
from posts.models import Appearance, LinkedItem, Post, Section, SectionEntry
from posts.naming import heading_key
from posts.publishing.matching import Trait, match_items, trait_of
from posts.rendering import FoundItem, FoundLink, FoundSection

TOMBSTONES_KEPT = timedelta(days=90)

# Where the counter of `identities` is: in the last of their first 48 bits.
COUNTER_BITS, _COUNTER_AT = 8, 80
_COUNTER = ((1 << COUNTER_BITS) - 1) << _COUNTER_AT

ItemGrid = list[list[LinkedItem]]
"""The rows of the items by section, in the order of the text."""


def known_items(post: Post) -> list[tuple[LinkedItem, str]]:
    """Return the items stored of a post in document order, then its tombstones, each with the key
    of the heading it stood under.

    To be called before sections change: items are told apart by the headings they stood under.
    """
    headings = post.sections.order_by("position").values_list("pk", "heading")
    keys: dict[int | None, str] = {pk: heading_key(heading) for pk, heading in headings}
    places = {pk: place for place, pk in enumerate(keys)}

    def in_order(row: LinkedItem) -> tuple[bool, int, int, int]:
        return _is_removed(row), places.get(row.section_id, -1), row.position, row.pk

    # Not `post.items`, which ties each row to the post, and in the order of no join: that takes
    # half as long, and a long issue has a thousand of them.
    rows = sorted(LinkedItem.objects.filter(post=post.pk).order_by(), key=in_order)
    return [(row, keys.get(row.section_id, "")) for row in rows]


def _is_removed(item: LinkedItem) -> bool:
    return item.removed_at is not None


def derive_items(
    post: Post,
    sections: Sequence[Section],
    found: Sequence[FoundSection],
    links: Mapping[str, Link],
    stored: Sequence[tuple[LinkedItem, str]],
) -> ItemGrid:
    """Write the rows of the items found, each with its identity, and return them.

    Items that are ``stored``, each with the key of its heading, and not found become tombstones.
    """
    known = [item for item, _heading in stored]
    traits, values = [], []
    for section, read in zip(sections, found, strict=False):
        for position, item in enumerate(read.items):
            trait = trait_of(read, item, digest_of(item))
            traits.append(trait)
            values.append(_values_of(item, section, position, trait, links))
    uids, matches = identities(), _match(stored, traits)
    for value, match in zip(values, matches, strict=True):
        is_hidden = match is not None and known[match].hidden
        value["date"] = None if is_hidden else post.listed_at
    rows = [
        LinkedItem(post=post, uid=next(uids), **value) if match is None else known[match]
        for value, match in zip(values, matches, strict=True)
    ]
    rewrite((row, value) for row, value in zip(rows, values, strict=True) if row.pk)
    create([row for row in rows if not row.pk], "uid")
    for row in rows:
        row.link = links.get(row.url)
    _bury(post, known, {row.pk for row in rows})
    remaining = iter(rows)
    return [list(islice(remaining, len(read.items))) for read in found]


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


def _match(stored: Sequence[tuple[LinkedItem, str]], traits: Sequence[Trait]) -> list[int | None]:
    living = [_known_trait(*known) for known in stored if not _is_removed(known[0])]
    removed = [_known_trait(*known) for known in stored if _is_removed(known[0])]
    return match_items(living, removed, traits)


def _known_trait(item: LinkedItem, heading: str) -> Trait:
    return Trait(
        section=heading,
        digest=item.digest,
        url=item.url,
        title=item.title,
        anchor=item.anchor_text,
    )


def digest_of(item: FoundItem) -> str:
    """Return a hash of what an item says: its text, and where it leads."""
    url = item.links[item.main].url if item.main is not None else ""
    return hashlib.sha256(f"{item.text}\0{url}".encode()).hexdigest()


def _values_of(
    item: FoundItem, section: Section, position: int, trait: Trait, links: Mapping[str, Link]
) -> dict[str, Any]:
    link = links.get(trait.url)
    return {
        "section_id": section.pk,
        "position": position,
        "kind": item.kind,
        "group": item.group,
        "title": item.title,
        "summary": item.summary,
        "url": trait.url,
        "anchor_text": trait.anchor,
        "link_id": link and link.pk,
        "link_count": len(item.links),
        "start_line": item.start,
        "end_line": item.end,
        "digest": trait.digest,
        "removed_at": None,
    }


def _bury(post: Post, known: Sequence[LinkedItem], kept: set[int]) -> None:
    """Turn items whose text is gone into tombstones, and forget the old ones."""
    now = timezone.now()
    if gone := [row.pk for row in known if not _is_removed(row) and row.pk not in kept]:
        post.items.filter(pk__in=gone).update(removed_at=now, section=None, date=None)
    if any(map(_is_removed, known)):
        post.items.filter(removed_at__lt=now - TOMBSTONES_KEPT).delete()


# Entries in the lists of sections


_ENTRY = ("recurring", "item", "pk")


def derive_entries(post: Post, sections: Sequence[Section], items: ItemGrid) -> None:
    """Enter the items that readers see under the recurring heading of their section, and under
    those of the higher levels around it."""
    wanted = {
        (recurring, item.pk)
        for headings, rows in zip(headings_around(sections), items, strict=False)
        for item in rows
        if item.date is not None
        for recurring in headings
    }
    rows = SectionEntry.objects.filter(item__post=post)
    if post.listed_at:
        rows.exclude(date=post.listed_at).delete()
    stored = {(recurring, item): pk for recurring, item, pk in rows.values_list(*_ENTRY)}
    if outdated := [pk for values, pk in stored.items() if values not in wanted]:
        SectionEntry.objects.filter(pk__in=outdated).delete()
    new = [(*values, post.listed_at) for values in sorted(wanted - stored.keys())]
    insert(SectionEntry, ("recurring_id", "item_id", "date"), new)


def headings_around(sections: Sequence[Section]) -> Iterator[set[int]]:
    """Yield the recurring sections that each section is part of: its own, and those whose heading
    is of a higher level and still open."""
    around: list[Section] = []
    for section in sections:
        around = [one for one in around if one.level < section.level] + [section]
        yield {one.recurring_id for one in around if one.recurring_id}


# Appearances

APPEARANCE_FIELDS = (
    "section_id", "position", "item_id", "link_id", "url", "anchor_text", "host_id", "owner_id"
)  # fmt: skip
_HOST = APPEARANCE_FIELDS.index("host_id")


def derive_appearances(
    post: Post,
    sections: Sequence[Section],
    items: ItemGrid,
    found: Sequence[FoundSection],
    links: Mapping[str, Link],
) -> set[int]:
    """Write the places of all links from the first section on in which one differs from what is
    stored: so they have keys in the order of the text, in which the page of a source lists them.

    Returns the keys of the links that stood in the post before.
    """
    stored: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in _stored_appearances(post):
        stored[row[0]].append(row)
    listed = _listed_places(items, found, links)
    outdated: list[int] = []
    new: list[tuple[Any, ...]] = []
    for index, section in enumerate(sections):
        wanted = _appearances(section, items[index], found[index], links, listed) if found else []
        if outdated or wanted != stored.get(section.pk, []):
            outdated.append(section.pk)
            new += [(post.pk, *values, values[_HOST] and post.listed_at) for values in wanted]
    if stored and outdated:
        Appearance.objects.filter(section__in=outdated).delete()
    insert(Appearance, ("post_id", *APPEARANCE_FIELDS, "date"), new)
    _date_appearances(post)
    return {link for rows in stored.values() for _, _, _, link, *_ in rows}


def _stored_appearances(post: Post) -> QuerySet[Appearance, Any]:
    return post.appearances.order_by("section", "position").values_list(*APPEARANCE_FIELDS)


def _date_appearances(post: Post) -> None:
    """Give the places that lists have the date of their post, where they have another."""
    listed = post.appearances.filter(host__isnull=False)
    listed.exclude(date=post.listed_at).update(date=post.listed_at)


def _listed_places(
    items: ItemGrid, found: Sequence[FoundSection], links: Mapping[str, Link]
) -> set[int]:
    """Return (by ``id``) one place of each web link that readers see: as an item's main link, or
    else the first."""
    places: dict[int, tuple[bool, FoundLink]] = {}
    for rows, section in zip(items, found, strict=False):
        for place in shown_places(rows, section, links):
            link = links[place.url]
            is_main = place.item is not None and rows[place.item].link_id == link.pk
            if link.pk not in places or (is_main and not places[link.pk][0]):
                places[link.pk] = is_main, place
    return {id(place) for _is_main, place in places.values()}


def shown_places(
    rows: Sequence[LinkedItem], found: FoundSection, links: Mapping[str, Link]
) -> Iterator[FoundLink]:
    """Yield the places of the web links of a section that readers see."""
    for place in found.links:
        link = links.get(place.url)
        if link is None or not link.source_id or link.standing != Link.Standing.SHOWN:
            continue
        if place.item is None or not rows[place.item].hidden:
            yield place


def _appearances(
    section: Section,
    items: Sequence[LinkedItem],
    found: FoundSection,
    links: Mapping[str, Link],
    listed: set[int],
) -> list[tuple[Any, ...]]:
    return [
        (
            section.pk,
            position,
            items[link.item].pk if link.item is not None else None,
            links[link.url].pk,
            link.url,
            link.anchor,
            *(_host_and_owner(links[link.url]) if id(link) in listed else (None, None)),
        )
        for position, link in enumerate(found.links)
        if link.url in links
    ]


def _host_and_owner(link: Link) -> tuple[int | None, int | None]:
    source = link.source
    if source is None or source.parent_id is None:
        return link.source_id, None
    return source.parent_id, source.pk
