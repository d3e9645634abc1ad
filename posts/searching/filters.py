"""Filters and facets: what `tag:`, `source:`, `section:`, `year:` and `kind:` mean, and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest, nsmallest
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Final, NamedTuple

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from links.models import Source
from posts.models import (
    Citation,
    RecurringSection,
    SearchEntry,
    Section,
    Tag,
    TagAlias,
    TaggedPost,
)
from posts.naming import fold, heading_key, nfc
from posts.prepared import Rows, prepared
from posts.searching.queries import Filter, Phrase

SHOWN: Final = 10  # values of a facet
_MOST: Final = SHOWN * 2  # are looked at, since some may be hidden
KINDS: Final = {
    **{kind: kind for kind in SearchEntry.Kind.values},
    **{f"{kind}s": kind for kind in SearchEntry.Kind.values},
    "글": "issue",
    "섹션": "section",
    "항목": "item",
    "페이지": "page",
}
_LETTERS: Final = {"tag": "t", "source": "h", "section": "s", "year": "y", "kind": "k"}
_NAMES: Final = {letter: name for name, letter in _LETTERS.items()}
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)


class Value(NamedTuple):
    """A value of a facet, as a filter names it and as people read it; how many rows have it."""

    name: str
    value: str
    label: str
    rows: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tokens that filters stand for: one of each of ``wanted``, and none of ``unwanted``.

    ``unknown`` are filters by what is not there.
    """

    wanted: tuple[tuple[Phrase, ...], ...] = ()
    unwanted: tuple[Phrase, ...] = ()
    unknown: tuple[Filter, ...] = ()

    @property
    def years(self) -> list[int]:
        """The years one of which rows have to be of; none where all will do."""
        tokens = [phrase.tokens[0] for phrases in self.wanted for phrase in phrases]
        return [int(token[2:]) for token in tokens if token[1] == _LETTERS["year"]]

    @property
    def is_impossible(self) -> bool:
        """Whether no row can have what is wanted."""
        return any(not row.is_negative for row in self.unknown)


def keys_of(name: str, value: str) -> list[object]:
    """Return the keys of what a filter names, of those that readers may know of."""
    return _FINDERS[name](value)


def choose(
    filters: Iterable[Filter], find: Callable[[str, str], Iterable[object]] = keys_of
) -> Chosen:
    """Return what filters stand for. A row has several tags, and one year, kind or section.

    ``find`` looks up the keys of what a filter names.
    """
    wanted: dict[object, list[Phrase]] = {}
    unwanted, unknown = [], []
    for row in filters:
        found = [Phrase((f"={_LETTERS[row.name]}{key}",)) for key in find(row.name, row.value)]
        if not found:
            unknown.append(row)
        elif row.is_negative:
            unwanted += found
        else:
            wanted.setdefault(row if row.name == "tag" else row.name, []).extend(found)
    return Chosen(tuple(map(tuple, wanted.values())), tuple(unwanted), tuple(unknown))


def _tags(value: str) -> list[object]:
    return _keys(_tags_called(fold(value), nfc(value).lower(), timezone.now()))


def _sources(value: str) -> list[object]:
    name = re.sub("^https?://", "", nfc(value).lower()).rstrip("/")
    return _keys(_sources_called(name, name.removeprefix("www."), timezone.now()))


def _sections(value: str) -> list[object]:
    slug = nfc(value).lower()
    return _keys(_sections_called(heading_key(value), slug, value, timezone.now()))


@prepared
def _tags_called(key: str, slug: str, at: datetime) -> QuerySet[Tag, Any]:
    merged = TagAlias.objects.filter(key=key).values("tag")
    named = Tag.objects.filter(Q(key=key) | Q(slug=slug) | Q(pk__in=merged))
    return _public(named, TaggedPost.objects.filter(tag=OuterRef("pk")), at)


@prepared
def _sources_called(name: str, other: str, at: datetime) -> QuerySet[Source, Any]:
    cited = Citation.objects.filter(source=OuterRef("pk"))
    return _public(Source.objects.filter(name__in=[name, other]), cited, at)


@prepared
def _sections_called(
    key: str, slug: str, title: str, at: datetime
) -> QuerySet[RecurringSection, Any]:
    named = RecurringSection.objects.filter(Q(key=key) | Q(slug=slug) | Q(title=title)).order_by()
    into = named.values(into=Coalesce("merged_into", "pk"))
    found = RecurringSection.objects.filter(pk__in=into, hidden=False)
    return _public(found, Section.objects.filter(recurring=OuterRef("pk")), at)


def _public(rows: QuerySet[Any], uses: QuerySet[Any], at: datetime) -> QuerySet[Any, Any]:
    """Return the keys of rows that a reader may know of: a public issue uses them."""
    return rows.filter(Exists(uses.filter(date__lte=at))).values_list("pk")


def _keys(rows: Rows) -> list[object]:
    return [pk for (pk,) in rows]


def _years(value: str) -> list[object]:
    return [value] if _YEAR.fullmatch(value) else []


def _kinds(value: str) -> list[object]:
    kind = KINDS.get(value.lower())
    return [kind] if kind else []


_FINDERS: Final = {
    "tag": _tags,
    "source": _sources,
    "section": _sections,
    "year": _years,
    "kind": _kinds,
}


# Facets

Labels = dict[str, tuple[str, str]]
_NAMED: Final = ("tag", "section", "source")  # by rows of their own
TITLES: Final = {
    "kind": _("Kind"),
    "tag": _("Tags"),
    "section": _("Sections"),
    "source": _("Sources"),
    "year": _("Year"),
}
KIND_LABELS: Final = {
    "issue": _("Issues"),
    "section": _("Sections"),
    "item": _("Items"),
    "page": _("Pages"),
}


def facets_of(facets: str) -> dict[str, list[Value]]:
    """Return the most frequent values of each facet, of the tokens of all rows."""
    tokens = Counter(facets.split())
    found: dict[str, list[tuple[int, str]]] = {letter: [] for letter in _NAMES}
    for token, number in tokens.items():
        found[token[1]].append((-number, token[2:]))
    first = {name: _first(name, found[_LETTERS[name]]) for name in TITLES}
    labels = _labels({name: [key for _number, key in rows] for name, rows in first.items()})
    return {name: _values(name, rows, labels[name]) for name, rows in first.items()}


def _first(name: str, found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the first values of a facet, from (minus the number of rows, key)."""
    if name == "year":
        return nlargest(_MOST, found, key=itemgetter(1))
    return nsmallest(_MOST, found)


def _values(name: str, first: list[tuple[int, str]], labels: Labels) -> list[Value]:
    values = [Value(name, *labels[key], -number) for number, key in first if key in labels]
    return values[:SHOWN]


def _labels(keys: dict[str, list[str]]) -> dict[str, Labels]:
    """Return how a filter names the values of each facet, and how people read them, by key."""
    labels: dict[str, Labels] = {name: {} for name in keys}
    labels["year"] = {key: (key, key) for key in keys["year"]}
    labels["kind"] = {key: (key, str(KIND_LABELS[key])) for key in keys["kind"]}
    if any(keys[name] for name in _NAMED):
        # As many of each, so that there is one statement; nothing has the key 0.
        sought = [[*map(int, keys[name]), *repeat(0, _MOST - len(keys[name]))] for name in _NAMED]
        for name, pk, label in _names(*chain(*sought)):
            labels[name][str(pk)] = (label, label)
    return labels


@prepared
def _names(*keys: int) -> QuerySet[Any, Any]:
    """Return (facet, key, name) of tags, sections and sources, by the keys of these in turn."""
    tags, sections, sources = (keys[start : start + _MOST] for start in range(0, len(keys), _MOST))
    named: list[tuple[str, QuerySet[Any], str]] = [
        ("tag", Tag.objects.filter(pk__in=tags), "name"),
        ("section", RecurringSection.objects.filter(pk__in=sections, hidden=False), "title"),
        ("source", Source.objects.filter(pk__in=sources), "name"),
    ]
    first, *others = (
        rows.order_by().values_list(models.Value(facet, models.TextField()), "pk", name)
        for facet, rows, name in named
    )
    return first.union(*others, all=True)
