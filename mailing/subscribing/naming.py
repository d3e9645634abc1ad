"""What things are called that readers chose: tags and sections by their names, not their slugs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext

from links.models import Source
from mailing.models import Choice
from mailing.subscribing.wishes import EVERYTHING, Wish
from posts.models import Author, Section
from posts.site import indexes
from posts.site.listing import with_public_count

Kind = Choice.Kind
Named = tuple[str, str]
"""A value and its name."""


def names_of(wishes: Iterable[Wish]) -> dict[Wish, str]:
    """Return the names of those choices of which readers see something, by choice.

    It takes a query for each kind, however many there are.
    """
    wanted = list(wishes)
    names = {wish: wish[1] for wish in wanted if wish[0] == Kind.SEARCH}
    names[EVERYTHING] = gettext("All issues")
    for kind, named in _NAMED.items():
        if values := [value for wish_kind, value in wanted if wish_kind == kind]:
            names |= {(kind, value): name for value, name in named(values)}
    return names


def _tags(values: list[str]) -> Iterable[Named]:
    rows = indexes.used_tags(timezone.now()).filter(slug__in=values)
    return ((slug, name) for count, name, slug, _pk in rows if count > 0)


def _sections(values: list[str]) -> Iterable[Named]:
    sections = indexes.PUBLIC_SECTIONS.filter(slug__in=values)
    rows = with_public_count(sections, Section, timezone.now())
    return rows.filter(public_count__gt=0).values_list("slug", "title")


def _sources(values: list[str]) -> Iterable[Named]:
    rows = indexes.sources_named(Source.objects.filter(name__in=values), timezone.now())
    return ((row[1], row[1]) for row in rows if row[0] > 0)


def _named_authors(values: list[str]) -> Iterable[Named]:
    return Author.objects.filter(slug__in=values).values_list("slug", "name")


_NAMED: Final[dict[str, Callable[[list[str]], Iterable[Named]]]] = {
    Kind.TAG: _tags,
    Kind.SECTION: _sections,
    Kind.SOURCE: _sources,
    Kind.AUTHOR: _named_authors,
}
