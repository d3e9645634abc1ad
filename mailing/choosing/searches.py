"""Saved searches, asked of an issue the other way round: its tokens find the searches.

Each search keeps as keys what something has to have for it to be found: the rarest term of its
words, or a filter. An issue's tokens and names find the few searches that are worth asking, and
those are told by the tokens of the search engines (``posts.searching.matching``).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django_tasks import task

from links.models import Source
from links.rows import chunks, insert
from mailing.choosing.items import Item
from mailing.choosing.sets import CHUNK
from mailing.models import Choice, Chosen, SearchKey
from posts.models import Post, RecurringSection, SearchEntry, Tag, TagAlias
from posts.naming import fold, heading_key, nfc
from posts.prepared import rows_of
from posts.publishing import reindex
from posts.searching.engines import Condition, Indexed, engine
from posts.searching.filters import KINDS, choose, keys_of
from posts.searching.filters import Chosen as Filters
from posts.searching.keys import END
from posts.searching.matching import Rows, beginnings
from posts.searching.queries import VERSION, Filter, Phrase, Query, parse

logger = logging.getLogger(__name__)

MOST_COUNTED: Final = 300  # rows; what as many have is not rare
_LONGEST: Final = 200  # of a key
_NARROWEST: Final = ("tag", "source", "section", "year", "kind")
_LETTERS: Final = {"tag": "t", "source": "h", "section": "s"}
Kind = SearchEntry.Kind
_NO_FILTERS: Final = Filters()
Names = dict[tuple[str, str], set[int]]
"""The keys of what an issue has, by the names that filters may call it."""


# What a search needs


def key_searches() -> None:
    """Give keys to the searches that somebody has and that have none by the rules of now."""
    searches = Choice.objects.filter(_is_chosen("pk"), kind=Choice.Kind.SEARCH)
    rows = searches.exclude(keyed=VERSION).order_by("pk")
    counted: dict[str, int] = {}
    for some in chunks(rows.values_list("pk", "value"), 1_000):
        keys = [(pk, token) for pk, value in some for token in _keys_of(parse(value), counted)]
        with transaction.atomic():
            SearchKey.objects.filter(choice__in=[pk for pk, _value in some]).delete()
            insert(SearchKey, ("choice_id", "token"), keys, ignore_conflicts=True)
            Choice.objects.filter(pk__in=[pk for pk, _value in some]).update(keyed=VERSION)


@task()
def key_new_searches() -> None:
    """Give keys to searches as they are chosen, so that the next issue need not."""
    key_searches()


def _is_chosen(column: str) -> Exists:
    """Return the condition that somebody has the choice that a column names."""
    return Exists(Chosen.objects.filter(choice=OuterRef(column)))


def finds_items(query: str) -> bool:
    """Tell whether a search can find items: not if it only excludes, or asks for other kinds."""
    asked = parse(query)
    return asked.finds_something and not _is_of_others(asked)


def _is_of_others(query: Query) -> bool:
    wanted = [row for row in query.filters if row.name == "kind" and not row.is_negative]
    kinds = {KINDS.get(row.value.lower(), "") for row in wanted}
    return bool(kinds) and ("" in kinds or Kind.ITEM not in kinds)


def _keys_of(query: Query, counted: dict[str, int]) -> set[str]:
    """Return the keys of a query, one of which an item has to have; none if it finds no item."""
    wanted = [row for row in query.filters if not row.is_negative]
    if _is_of_others(query):
        return set()
    options = [[_rarest(phrase, counted) for phrase in term.phrases] for term in query.terms]
    if options:
        best = min(options, key=lambda found: sum(count for _key, count in found))
        if sum(count for _key, count in best) < MOST_COUNTED or not wanted:
            return {key for key, _count in best}
    return _filter_keys(wanted) if wanted else set()


def _filter_keys(wanted: Sequence[Filter]) -> set[str]:
    """Return the keys of the narrowest of some filters; of one of several sources, those of all."""
    first = min(wanted, key=lambda row: _NARROWEST.index(row.name))
    same = [first] if first.name == "tag" else [row for row in wanted if row.name == first.name]
    return {key for row in same for key in _names_of(row)}


def _rarest(phrase: Phrase, counted: dict[str, int]) -> tuple[str, int]:
    """Return the token of a phrase that the fewest rows of the index have, and how many do."""
    *before, last = phrase.tokens
    found = [(token, _count(Phrase((token,)), counted)) for token in before]
    end = Phrase((last,), phrase.is_prefix)
    found.append((_as_key(end), _count(end, counted)))
    return min(found, key=lambda pair: pair[1])


def _as_key(phrase: Phrase) -> str:
    return f"{phrase.tokens[0]}*" if phrase.is_prefix else phrase.tokens[0]


def _count(phrase: Phrase, counted: dict[str, int]) -> int:
    key = _as_key(phrase)
    if key not in counted:
        sql, given = engine().newest(Condition(words=((phrase,),)), MOST_COUNTED, END)
        counted[key] = len(rows_of(sql, given))
    return counted[key]


def _names_of(row: Filter) -> Iterator[str]:
    """Yield the keys that a filter stands for: all that it may call something by."""
    if row.name in ("kind", "year"):
        yield f"={row.name[0]}{Kind.ITEM if row.name == 'kind' else row.value}"[:_LONGEST]
        return
    yield from (_name_key(*name) for name in names_meant(row.name, row.value))


def _name_key(name: str, value: str) -> str:
    return f"={name} {value}"[:_LONGEST]


def names_meant(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield what a filter by tag, source or section may mean, as the names of `names_in`."""
    if name == "tag":
        yield "tag", fold(value)
        yield "tag slug", nfc(value).lower()
    elif name == "source":
        plain = nfc(value).lower().removeprefix("https://").removeprefix("http://").rstrip("/")
        yield "source", plain
        yield "source", plain.removeprefix("www.")
    elif name == "section":
        yield "section", heading_key(value)
        yield "section slug", nfc(value).lower()
        yield "section title", value


def names_in(facets: Iterable[str]) -> Names:
    """Return what rows of the index with these facets have, by all of its names."""
    keys: dict[str, set[int]] = {"t": set(), "h": set(), "s": set()}
    for facet in facets:
        if facet[1] in keys:
            keys[facet[1]].add(int(facet[2:]))
    names: Names = defaultdict(set)
    for pk, key, slug in Tag.objects.filter(pk__in=keys["t"]).values_list("pk", "key", "slug"):
        names["tag", key].add(pk)
        names["tag slug", slug].add(pk)
    for pk, key in TagAlias.objects.filter(tag__in=keys["t"]).values_list("tag", "key"):
        names["tag", key].add(pk)
    for pk, name in Source.objects.filter(pk__in=keys["h"]).values_list("pk", "name"):
        names["source", name].add(pk)
    _name_sections(keys["s"], names)
    return names


def _name_sections(keys: set[int], names: Names) -> None:
    shown = set(
        RecurringSection.objects.filter(pk__in=keys, hidden=False).values_list("pk", flat=True)
    )
    columns = ("key", "slug", "title")
    for into in ("pk", "merged_into"):
        rows = RecurringSection.objects.filter(**{f"{into}__in": shown})
        for pk, key, slug, title in rows.values_list(into, *columns):
            names["section", key].add(pk)
            names["section slug", slug].add(pk)
            names["section title", title].add(pk)


# What an issue has


class Percolator:
    """The items of an issue as searches find them."""

    def __init__(self, post: Post, items: Mapping[int, Item]) -> None:
        entries = _entries(post)
        self.issue = Rows([Indexed.of(row) for row in entries if row.kind == Kind.ISSUE])
        own = [row for row in entries if row.kind == Kind.ITEM and row.item_id in items]
        self.item_of = [row.item_id or 0 for row in own]
        self.rows = Rows([Indexed.of(row) for row in own])
        self.names = names_in(self.rows.facets)
        self._real: dict[tuple[str, str], list[object]] = {}

    def found(self) -> dict[int, frozenset[int]]:
        """Return the items (by key) that saved searches (by key) find, of those that find any."""
        searches: dict[int, str] = {}
        for some in chunks(self._keys_here(), CHUNK):
            rows = SearchKey.objects.filter(_is_chosen("choice"), token__in=some).order_by()
            searches |= dict(rows.values_list("choice", "choice__value"))
        found = ((pk, self.items_of(value)) for pk, value in searches.items())
        return {pk: items for pk, items in found if items}

    def items_of(self, value: str) -> frozenset[int]:
        """Return the items (by key) that a query finds."""
        query = parse(value)
        if query.excluded and self.issue.has_any(query.excluded):
            return frozenset()
        chosen = choose(query.filters, self._keys) if query.filters else _NO_FILTERS
        if any(_is_one_of_several(row, query) for row in chosen.unknown):
            chosen = choose(query.filters, self._keys_or_real)
        return frozenset(self.item_of[number] for number in self.rows.find(query, chosen))

    def _keys_here(self) -> set[str]:
        """Return all that may be the key of a search that finds something here."""
        named: dict[str, set[str]] = defaultdict(set)
        for (name, value), keys in self.names.items():
            for pk in keys:
                named[f"={_LETTERS[name.partition(' ')[0]]}{pk}"].add(_name_key(name, value))
        found = {f"{start}*" for token in self.rows.places for start in beginnings(token)}
        found.update(self.rows.places)
        for facet in self.rows.facets:
            found |= named.get(facet, {facet})
        return found

    def _keys(self, name: str, value: str) -> Iterable[object]:
        if name in ("year", "kind"):
            return keys_of(name, value)
        found: dict[object, None] = {}
        for meant in names_meant(name, value):
            found.update(dict.fromkeys(self.names.get(meant, ())))
        return found

    def _keys_or_real(self, name: str, value: str) -> Iterable[object]:
        """Return the keys of what a filter names, also where this issue has none of it: for a
        filter by what is not there at all, nothing is found."""
        if (name, value) not in self._real:
            self._real[name, value] = list(self._keys(name, value)) or keys_of(name, value)
        return self._real[name, value]


def _is_one_of_several(row: Filter, query: Query) -> bool:
    """Tell whether a row of the index may have something else instead of what a filter names."""
    same = [other for other in query.filters if other.name == row.name and not other.is_negative]
    return row.name in ("source", "section") and row in same and len(same) > 1


def _entries(post: Post) -> list[SearchEntry]:
    """Return the rows of the index that an issue has; where it is being built, they are made."""
    rows = SearchEntry.objects.filter(post=post.pk).order_by("-key")
    found = list(rows)
    if not found and reindex(Post(pk=post.pk)):
        found = list(rows)
    if not found:
        logger.error("Issue %d is not in the search index: no saved search finds it", post.pk)
    return found
