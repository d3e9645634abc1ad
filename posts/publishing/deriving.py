"""Derive rows from a post's text: sections, items, links, the places of links, citations.

One direction only: text in, rows out. Rows that already say the right thing are not written.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from links.inbox import mark_printed
from links.models import Link
from links.queue import compare_texts
from links.registering import register
from links.rows import create, insert, rewrite
from posts.documents import SectionSource
from posts.languages import reading_minutes
from posts.models import (
    SLUG_LENGTH,
    Authorship,
    Citation,
    LinkedItem,
    Post,
    RecurringSection,
    Section,
    SectionEntry,
)
from posts.naming import heading_key, unicode_slug, with_suffix
from posts.prepared import in_lists, prepared
from posts.publishing.derived import Cited, Derived, Stored
from posts.publishing.itemizing import (
    ItemGrid,
    derive_appearances,
    derive_entries,
    derive_items,
    headings_around,
    keyed_items,
    shown_places,
)
from posts.rendering import FoundSection
from posts.searching import Content

KEY_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Rows(Derived):
    """What was derived from a text: also the items of each section, and links by address as
    written."""

    items: ItemGrid = field(default_factory=list)
    links: Mapping[str, Link] = field(default_factory=dict)

    @property
    def anchors(self) -> list[list[str]]:
        """The fragment of each item's permalink."""
        return [[row.anchor for row in rows] for rows in self.items]

    @property
    def visible_items(self) -> ItemGrid:
        """The items that readers see."""
        return [[row for row in rows if not row.hidden] for rows in self.items]


def derive(
    post: Post, sources: Sequence[SectionSource], found: Sequence[FoundSection], stored: Stored
) -> Rows:
    """Write every row derived from the text of a saved post, where it differs from what is
    ``stored``; call it in the save's transaction.

    What is counted is set on the post, whose own row is not saved. A text that cannot be rendered
    has nothing ``found``: then its sections are kept and its items become tombstones.
    """
    known = keyed_items(stored)
    links = register((p.url for s in found for p in s.links), printed_at=post.published_at)
    compare_texts((links[p.url], p.anchor) for s in found for p in s.links if p.url in links)
    sections = _derive_sections(post, sources, found, stored.sections)
    items = derive_items(post, sections, found, links, known)
    derive_entries(post, sections, items, stored.items)
    places = derive_appearances(post, sections, items, found, links, stored)
    mark_printed({link.pk for link in links.values()} - {place.link_id for place in stored.places})
    if len(stored.sections) > len(sources):
        post.sections.filter(position__gte=len(sources)).delete()
    shown = _shown_links(items, found, links)
    citations = _derive_citations(post, shown, stored)
    post.item_count = sum(not row.hidden for rows in items for row in rows)
    post.link_count = len(shown)
    post.reading_minutes = reading_minutes(" ".join(s.text for s in found)) if found else 0
    return Rows(sections, places, citations, items, links)


def unlist(post: Post) -> None:
    """Take a post out of every list: what was derived turned out to be nothing to publish."""
    for rows in (post.sections, post.citations, post.taggings, post.items, post.appearances):
        rows.update(date=None)
    Authorship.objects.filter(post=post).update(date=None)
    SectionEntry.objects.filter(item__post=post).delete()


def content_of(rows: Rows, found: Sequence[FoundSection]) -> Content:
    """Return what search needs of what was derived."""
    return Content(found, rows.sections, rows.items, rows.links, [*headings_around(rows.sections)])


def stored_rows(post: Post) -> Rows:
    """Return what was derived of a stored post."""
    sections = list(post.sections.defer("source").order_by("position"))
    items: dict[int | None, list[LinkedItem]] = {section.pk: [] for section in sections}
    for row in post.items.filter(section__isnull=False).order_by("section", "position"):
        items[row.section_id].append(row)
    places = post.appearances.select_related("link__source").order_by()
    links = {place.url: place.link for place in places}
    return Rows(sections, items=list(items.values()), links=links)


# Sections


def _derive_sections(
    post: Post,
    sources: Sequence[SectionSource],
    found: Sequence[FoundSection],
    stored: Sequence[Section],
) -> list[Section]:
    wanted = list(_section_values(post, sources, found))
    known = list(stored[: len(wanted)])
    rewrite(zip(known, wanted, strict=False))
    new = [Section(post=post, **values) for values in wanted[len(known) :]]
    create(new, "position", post_id=post.pk)
    return known + new


def _section_values(
    post: Post, sources: Sequence[SectionSource], found: Sequence[FoundSection]
) -> Iterator[dict[str, Any]]:
    recurring = _recurring_sections([section.heading for section in found])
    seen: Counter[int] = Counter()
    for position, source in enumerate(sources):
        read = found[position] if found else None
        heading = read.heading if read else source.heading
        key = recurring.get(heading_key(heading)[:KEY_LENGTH])
        yield {
            "position": position,
            "source": source.source,
            "level": source.level,
            "heading": heading,
            "anchor": read.anchor if read else "",
            "item_count": len(read.items) if read else 0,
            "date": post.listed_at,
            "recurring_id": key,
            "repeat": seen[key] if key else 0,
        }
        if key:
            seen[key] += 1


def _recurring_sections(headings: Sequence[str]) -> dict[str, int]:
    """Return the keys of the recurring sections of headings, creating those not seen before."""
    titles: dict[str, str] = {}
    for heading in headings:
        if key := heading_key(heading)[:KEY_LENGTH]:
            titles.setdefault(key, heading)
    known = _known_recurring(titles)
    # A second time where somebody else took an address at this moment.
    for _try in range(2):
        if new := {key: title for key, title in titles.items() if key not in known}:
            _create_recurring(new)
            known |= _known_recurring(new)
    return known


def _known_recurring(keys: Iterable[str]) -> dict[str, int]:
    """Return the keys of the recurring sections that are known, or of those that have them now."""
    found = (row for some in in_lists(keys) for row in _recurring(*some))
    return {key: merged_into or pk for key, pk, merged_into in found}


@prepared
def _recurring(*keys: str) -> QuerySet[RecurringSection, Any]:
    rows = RecurringSection.objects.filter(key__in=keys).order_by()
    return rows.values_list("key", "pk", "merged_into")


def _create_recurring(titles: dict[str, str]) -> None:
    wanted = {key: unicode_slug(key)[: SLUG_LENGTH - 8] or "section" for key in titles}
    taken = set(
        RecurringSection.objects.filter(slug__in=wanted.values()).values_list("slug", flat=True)
    )
    rows = []
    for key, title in sorted(titles.items()):
        slug = wanted[key]
        if slug in taken:
            slug = with_suffix(slug, hashlib.sha256(key.encode()).hexdigest()[:6], SLUG_LENGTH)
        taken.add(slug)
        rows.append(RecurringSection(key=key, slug=slug, title=title))
    RecurringSection.objects.bulk_create(rows, ignore_conflicts=True)


# Citations


def _shown_links(
    items: ItemGrid, found: Sequence[FoundSection], links: Mapping[str, Link]
) -> list[Link]:
    """Return the web links that readers see, once for each place."""
    return [
        links[place.url]
        for rows, section in zip(items, found, strict=False)
        for place in shown_places(rows, section, links)
    ]


def _derive_citations(post: Post, shown: Sequence[Link], stored: Stored) -> set[Cited]:
    # Each link once, as a source's page lists it. What is cited of an owner is cited of the host.
    sources = [link.source for link in {link.pk: link for link in shown}.values() if link.source]
    cited = Counter(pk for source in sources for pk in (source.pk, source.parent_id) if pk)
    wanted: set[Cited] = {(source, count, post.listed_at) for source, count in cited.items()}
    known = set(stored.citations)
    if outdated := [source for source, _count, _date in known - wanted]:
        post.citations.filter(source__in=outdated).delete()
    new = [(post.pk, *values) for values in sorted(wanted - known)]
    insert(Citation, ("post_id", "source_id", "link_count", "date"), new)
    return wanted
