"""What readers can choose to get: found by words, proposed, and called by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from links.models import Source
from mailing.models import Choice
from mailing.subscribing import EVERYTHING, Wish
from posts.models import Author, Section
from posts.naming import fold, heading_key
from posts.searching.queries import clean
from posts.site import indexes
from posts.site.listing import authored, with_public_count

Kind = Choice.Kind
PROPOSED: Final = {Kind.TAG: 8, Kind.SECTION: 6, Kind.SOURCE: 6, Kind.AUTHOR: 4}
FOUND: Final = 8  # of each kind
LONGEST: Final = 400
Named = tuple[str, str]
"""A value and its name."""


class Thing(NamedTuple):
    """Something to choose: as forms send it, its kind in words, and its name."""

    sent: str
    kind: str
    name: str


def sent(wish: Wish) -> str:
    """Return a choice as forms and addresses name it."""
    return ":".join(wish)


def wish_of(text: str) -> Wish | None:
    """Return the choice that a form or an address names; None for nothing that can be chosen."""
    kind, _colon, value = text.partition(":")
    if text == sent(EVERYTHING):
        return EVERYTHING
    if kind == Kind.SEARCH:
        value = clean(value)[:LONGEST]
    if kind not in Kind.values or kind == Kind.EVERYTHING or not value or len(value) > LONGEST:
        return None
    return kind, value


def known(wishes: Iterable[Wish], *, gone: bool = False) -> list[Thing]:
    """Return those choices that there are, with their names, in their order; with ``gone`` also
    those of which nothing is public any more."""
    wanted = list(wishes)
    names = {wish: wish[1] for wish in wanted if gone or wish[0] == Kind.SEARCH}
    names[EVERYTHING] = gettext("All issues")
    for kind, named in _NAMED.items():
        values = [value for wish_kind, value in wanted if wish_kind == kind]
        if values:
            names |= {(kind, value): name for value, name in named(values)}
    return [_thing(wish, names[wish]) for wish in wanted if wish in names]


def found(words: str) -> list[Thing]:
    """Return what readers see that is called so, the most used first, and the search for it."""
    key, now = fold(words[:100]), timezone.now()
    if not key:
        return []
    tags = indexes.used_tags(now).filter(key__contains=key)
    sections = indexes.recurring(now).filter(key__contains=heading_key(key) or key)
    sources = indexes.sources_named(Source.objects.filter(name__contains=key), now)
    things = [
        *_most(Kind.TAG, tags, FOUND),
        *_most(Kind.SECTION, sections, FOUND),
        *_most(Kind.SOURCE, sources, FOUND),
        *_authors(now, FOUND, key),
    ]
    search = wish_of(f"{Kind.SEARCH}:{words}")
    return [*things, _thing(search, search[1])] if search else things


def proposed() -> list[Thing]:
    """Return what readers may want: the most used of each kind."""
    now = timezone.now()
    return [
        *_most(Kind.TAG, indexes.used_tags(now), PROPOSED[Kind.TAG]),
        *_most(Kind.SECTION, indexes.recurring(now), PROPOSED[Kind.SECTION]),
        *_most(Kind.SOURCE, indexes.hosts(now), PROPOSED[Kind.SOURCE]),
        *_authors(now, PROPOSED[Kind.AUTHOR]),
    ]


def _thing(wish: Wish, name: str) -> Thing:
    return Thing(sent(wish), str(Kind(wish[0]).label), name)


def _most(kind: str, rows: QuerySet[Any, Any], count: int) -> list[Thing]:
    """Return the most used of an index, whose rows begin with how many readers see, and a name;
    tags and sections go by the slug beside it."""
    is_source = kind == Kind.SOURCE
    most = rows.order_by("-post_count", "pk")[:count]
    return [_thing((kind, row[1 if is_source else 2]), row[1]) for row in most if row[0] > 0]


def _authors(now: datetime, count: int, key: str = "") -> list[Thing]:
    rows = Author.objects.order_by("name", "pk").values_list("pk", "name", "slug")
    if key:
        rows = rows.filter(key__contains=key)
    seen = [row for row in rows[: 4 * count] if authored(row[0], now).exists()]
    return [_thing((Kind.AUTHOR, slug), name) for _pk, name, slug in seen[:count]]


# Names by value


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
