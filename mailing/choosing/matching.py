"""What choices an issue meets, and with which of its items: looked up from what the issue has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from links.models import Link, Source
from mailing.choosing.items import Item, items_in
from mailing.choosing.searches import Percolator, key_searches
from mailing.models import Choice
from posts.models import (
    Appearance,
    Author,
    AuthorAlias,
    Post,
    RecurringSection,
    SectionEntry,
    Tag,
    TagAlias,
)

Kind = Choice.Kind
WHOLE = (Kind.EVERYTHING, Kind.TAG, Kind.AUTHOR)
"""Kinds of choices that bring whole issues; the others bring the items that match."""


class Met(NamedTuple):
    """The choices (by key) that an issue meets as a whole, and those that some items of it meet.

    ``items`` are its items that may be mailed, by key and in order.
    """

    whole: frozenset[int]
    parts: dict[int, frozenset[int]]
    items: dict[int, Item]

    def items_of(self, choice: int) -> Collection[int]:
        """Return the items (by key) that a choice brings where issues are taken apart."""
        return self.items if choice in self.whole else self.parts.get(choice, ())


def met_by(post: Post, now: datetime) -> Met:
    """Return which choices an issue meets now."""
    key_searches()
    items = items_in([post.pk], now)
    named: dict[tuple[str, str], Collection[int]] = {
        **{(Kind.SECTION, slug): found for slug, found in _sections(items)},
        **{(Kind.SOURCE, name): found for name, found in _sources(post, items)},
    }
    wanted = Q(kind=Kind.EVERYTHING, value="")
    wanted |= Q(
        kind=Kind.TAG, value__in=_slugs(Tag, TagAlias, "tag", taggings__content_object=post)
    )
    wanted |= Q(
        kind=Kind.AUTHOR,
        value__in=_slugs(Author, AuthorAlias, "author", authorships__post=post),
    )
    for part in (Kind.SECTION, Kind.SOURCE):
        wanted |= Q(kind=part, value__in=[value for of, value in named if of == part])
    whole, parts = set(), {}
    for pk, kind, value in Choice.objects.filter(wanted).values_list("pk", "kind", "value"):
        if kind in WHOLE:
            whole.add(pk)
        else:
            parts[pk] = frozenset(named[kind, value])
    if items and Choice.objects.filter(kind=Kind.SEARCH).exists():
        parts |= Percolator(post, items).found()
    return Met(frozenset(whole), parts, items)


def _slugs(model: Any, aliases: Any, name: str, **condition: Any) -> list[str]:
    """Return the slugs of the tags or authors of an issue, and those they had before."""
    rows = dict(model.objects.filter(**condition).values_list("pk", "slug"))
    former = aliases.objects.filter(**{f"{name}__in": rows}, slug__isnull=False)
    return [*rows.values(), *former.values_list("slug", flat=True)]


def _sections(items: Mapping[int, Item]) -> Iterator[tuple[str, set[int]]]:
    """Yield the recurring sections that items stand in, as on their pages, by all their slugs."""
    rows = SectionEntry.objects.filter(item__in=items, recurring__hidden=False)
    found = _grouped(rows.values_list("recurring", "item"))
    named = RecurringSection.objects.filter(Q(pk__in=found) | Q(merged_into__in=found))
    for pk, into, slug in named.values_list("pk", "merged_into", "slug"):
        yield slug, found[into or pk]


def _sources(post: Post, items: Mapping[int, Item]) -> Iterator[tuple[str, set[int]]]:
    """Yield the sources that items lead to, as the pages of sources do: by main and further links,
    each at one place of an issue; what leads to an owner leads to its host, too."""
    rows: QuerySet[Appearance, Any] = Appearance.objects.filter(
        post=post, item__in=items, host__isnull=False, link__standing=Link.Standing.SHOWN
    )
    places = list(rows.order_by().values_list("host", "owner", "item"))
    found = _grouped((source, item) for *of, item in places for source in of if source)
    for pk, name in Source.objects.filter(pk__in=found).values_list("pk", "name"):
        yield name, found[pk]


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return found
