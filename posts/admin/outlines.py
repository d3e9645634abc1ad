"""An issue's sections with their items and links, as the form shows them below the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from posts.models import Appearance, LinkedItem, Post, Section


@dataclass(slots=True)
class OutlinedItem:
    """An item and the places of its links, in order."""

    item: LinkedItem
    appearances: list[Appearance] = field(default_factory=list)


@dataclass(slots=True)
class OutlinedSection:
    """A section, its items, and the links that stand outside of items."""

    section: Section
    items: list[OutlinedItem] = field(default_factory=list)
    appearances: list[Appearance] = field(default_factory=list)


def outline(post: Post) -> list[OutlinedSection]:
    """Return the outline of a post, in three queries however long it is."""
    sections = list(post.sections.defer("source").order_by("position"))
    return _outlined(sections, post.items.all(), post.appearances.all())


def outline_section(section: Section) -> OutlinedSection:
    """Return the outline of one section, in two queries."""
    return _outlined([section], section.items.all(), section.appearances.all())[0]


def _outlined(
    sections: Sequence[Section],
    items: QuerySet[LinkedItem],
    appearances: QuerySet[Appearance],
) -> list[OutlinedSection]:
    outlined = {section.pk: OutlinedSection(section) for section in sections}
    entries: dict[int, OutlinedItem] = {}
    for item in items.filter(removed_at=None).order_by("position"):
        entries[item.pk] = OutlinedItem(item)
        if item.section_id is not None:
            outlined[item.section_id].items.append(entries[item.pk])
    for place in appearances.select_related("link").order_by("position"):
        item_entry = entries.get(place.item_id) if place.item_id else None
        (item_entry or outlined[place.section_id]).appearances.append(place)
    return list(outlined.values())
