"""Derive the rows of a post's linked items, their entries in the lists of sections, and the places
of its links, from its text.

Items keep their identity: which row is which item, `posts.publishing.matching` decides.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice, takewhile
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, When
from django.utils import timezone

from links.models import Link
from links.rows import create, insert, rewrite
from posts.models import Appearance, LinkedItem, Post, Section, SectionEntry
from posts.naming import heading_key
from posts.prepared import prepared
from posts.publishing.derived import Place, Stored
from posts.publishing.matching import Trait, match_items, trait_of
from posts.rendering import FoundItem, FoundLink, FoundSection

TOMBSTONES_KEPT = timedelta(days=90)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)

# Where the counter of `identities` is: in the last of their first 48 bits.
COUNTER_BITS, _COUNTER_AT = 8, 80
_COUNTER = ((1 << COUNTER_BITS) - 1) << _COUNTER_AT

ItemGrid = list[list[LinkedItem]]
"""The rows of the items by section, in the order of the text."""


def keyed_items(stored: Stored) -> list[tuple[LinkedItem, str]]:
    """Return the items of a post in document order, then its tombstones, each with the key of the
    heading it stood under.

    To be called before sections change: items are told apart by the headings they stood under.
    """
    keys: dict[int | None, str] = {row.pk: heading_key(row.heading) for row in stored.sections}
    places = {pk: place for place, pk in enumerate(keys)}

    def in_order(row: LinkedItem) -> tuple[bool, int, int, int]:
        return _is_removed(row), places.get(row.section_id, -1), row.position, row.pk

    return [(row, keys.get(row.section_id, "")) for row in sorted(stored.items, key=in_order)]


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
    uids, matches, listed_at = identities(), _match(stored, traits), post.listed_at
    rows, new, old = [], [], []
    for value, match in zip(values, matches, strict=True):
        is_hidden = match is not None and known[match].hidden
        value["date"] = None if is_hidden else listed_at
        if match is None:
            new.append(LinkedItem(post=post, uid=next(uids), **value))
            rows.append(new[-1])
        else:
            old.append((known[match], value))
            rows.append(known[match])
    rewrite(old)
    create(new, "uid")
    for row in rows:
        if link := links.get(row.url):
            row.link = link
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


def derive_entries(
    post: Post, sections: Sequence[Section], items: ItemGrid, known: Sequence[LinkedItem]
) -> None:
    """Enter the items that readers see under the recurring heading of their section, and under
    those of the higher levels around it; items ``known`` before have entries already."""
    wanted = {
        (recurring, item.pk)
        for headings, rows in zip(headings_around(sections), items, strict=False)
        for item in rows
        if item.date is not None
        for recurring in headings
    }
    rows = _entries_of(post.pk, post.listed_at or _NEVER) if known else []
    stored = {pk: (recurring, item) if same else None for pk, recurring, item, same in rows}
    if outdated := [pk for pk, values in stored.items() if values not in wanted]:
        SectionEntry.objects.filter(pk__in=outdated).delete()
    new = [(*values, post.listed_at) for values in sorted(wanted.difference(stored.values()))]
    insert(SectionEntry, ("recurring_id", "item_id", "date"), new)


@prepared
def _entries_of(post: int, date: datetime) -> QuerySet[SectionEntry, Any]:
    """Return the keys of entries with what they say, and whether their date is this one."""
    # (Compared by the database: to read a thousand dates takes SQLite longer than all else.)
    is_same = Case(When(date=date, then=1), default=0, output_field=IntegerField())
    rows = SectionEntry.objects.filter(item__post=post).order_by().annotate(is_same=is_same)
    return rows.values_list("pk", "recurring", "item", "is_same")


def headings_around(sections: Sequence[Section]) -> Iterator[set[int]]:
    """Yield the recurring sections that each section is part of: its own, and those whose heading
    is of a higher level and still open."""
    around: list[Section] = []
    for section in sections:
        around = [one for one in around if one.level < section.level] + [section]
        yield {one.recurring_id for one in around if one.recurring_id}


# Appearances


def derive_appearances(
    post: Post,
    sections: Sequence[Section],
    items: ItemGrid,
    found: Sequence[FoundSection],
    links: Mapping[str, Link],
    stored: Stored,
) -> list[Place]:
    """Write the places of all links from the first section on in which one differs from what is
    stored: so they have keys in the order of the text, in which the page of a source lists them.

    Returns all places.
    """
    known: dict[int, list[Place]] = defaultdict(list)
    for place in stored.places:
        known[place.section_id].append(place)
    listed = _listed_places(items, found, links)
    wanted = [
        _appearances(section, items[index], found[index], links, listed) if found else []
        for index, section in enumerate(sections)
    ]
    both = zip(sections, wanted, strict=True)
    same = len(list(takewhile(lambda pair: pair[1] == known.get(pair[0].pk, []), both)))
    if known and (outdated := [section.pk for section in sections[same:]]):
        Appearance.objects.filter(section__in=outdated).delete()
    new = [place for places in wanted[same:] for place in places]
    rows = [(post.pk, *place, place.host_id and post.listed_at) for place in new]
    insert(Appearance, ("post_id", *Place._fields, "date"), rows)
    if known:
        listed_rows = post.appearances.filter(host__isnull=False)
        listed_rows.exclude(date=post.listed_at).update(date=post.listed_at)
    return [place for places in wanted for place in places]


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
) -> list[Place]:
    return [
        Place(
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
