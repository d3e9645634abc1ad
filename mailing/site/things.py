"""What readers can choose to get: found by words, proposed, and called by their names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from links.models import Source
from mailing.models import Choice
from mailing.subscribing import Wish, names_of, wish_of
from posts.models import Author
from posts.naming import fold, heading_key
from posts.searching.queries import clean
from posts.site import indexes
from posts.site.listing import authored

Kind = Choice.Kind
PROPOSED: Final = {Kind.TAG: 8, Kind.SECTION: 6, Kind.SOURCE: 6, Kind.AUTHOR: 4}
FOUND: Final = 8  # of each kind


class Thing(NamedTuple):
    """Something to choose: as forms send it, its kind in words, and its name."""

    sent: str
    kind: str
    name: str


def sent(wish: Wish) -> str:
    """Return a choice as forms and addresses name it."""
    return ":".join(wish)


def known(wishes: Iterable[Wish], *, gone: bool = False) -> list[Thing]:
    """Return those choices that there are, with their names, in their order; with ``gone`` also
    those of which nothing is public any more."""
    wanted = list(wishes)
    names = {wish: wish[1] for wish in wanted} if gone else {}
    names |= names_of(wanted)
    return [_thing(wish, names[wish]) for wish in wanted if wish in names]


def found(words: str) -> list[Thing]:
    """Return what readers see that is called so, the most used first, and the search for it."""
    key, now = fold(clean(words)[:100]), timezone.now()
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
    rows = Author.objects.filter(Exists(authored(OuterRef("pk"), now))).order_by("name", "pk")
    if key:
        rows = rows.filter(key__contains=key)
    return [
        _thing((Kind.AUTHOR, slug), name) for name, slug in rows.values_list("name", "slug")[:count]
    ]
