"""Find what a query asks for: the best first, which is a matter of steps, or the newest first.

Relevance is steps, each "the newest first": all words as they were typed in a title; one after the
other; all of them anywhere; then without particles. Each step is one question to the engine that
stops at the last row wanted, so a word that half of the rows have costs no more than a rare one;
and every engine gives the same order, which no statistics of its own enter.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from posts.models import SearchEntry
from posts.prepared import rows_of
from posts.searching import keys
from posts.searching.engines import Condition, Levels, Statement, engine
from posts.searching.excerpts import Marker
from posts.searching.filters import Chosen, Value, choose, facets_of
from posts.searching.hits import Hit, read_hits
from posts.searching.indexing import is_complete
from posts.searching.queries import MOST_LETTERS, Phrase, Query, parse, phrase_of
from posts.searching.tokens import parts

MOST_COUNTED: Final = 10_000
SAMPLE: Final = 2_000  # of more hits the facets of the newest are counted
MOST_HITS: Final = 1_000
SPREAD: Final = 50  # issues that have the words in different places
MOST_SPREAD: Final = 6  # words: each of them is looked for alone
FEW: Final = 20  # hits below which these are looked for
RELEVANCE: Final = "relevance"
DATE: Final = "date"
_CURSOR: Final = re.compile(r"([0-9])-([0-9]{1,19})", re.ASCII)
_SPREAD_STEP: Final = 9


class NoSuchPage(ValueError):
    """A place in the results that is none."""


@dataclass(frozen=True, slots=True)
class Results:
    """What was found.

    ``total`` is exact up to ``MOST_COUNTED``; where ``is_over`` it is that number, and facets are
    of the newest ``sampled``. ``next`` names the place where the next page begins, or is "".
    """

    query: Query
    chosen: Chosen = field(default_factory=Chosen)
    hits: Sequence[Hit] = ()
    total: int = 0
    is_over: bool = False
    sampled: int = 0
    facets: dict[str, list[Value]] = field(default_factory=dict)
    next: str = ""
    is_complete: bool = True


def search(
    query: str,
    *,
    order: str = RELEVANCE,
    limit: int = MOST_HITS,
    page: str = "",
    at: datetime | None = None,
    with_facets: bool = True,
) -> Results:
    """Return what readers may see at a moment (default: now) and a query finds, in order.

    ``order`` is RELEVANCE or DATE, ``page`` the ``next`` of the page before. Nothing that is typed
    is an error. Raises NoSuchPage, and OperationalError when the database takes too long.
    """
    asked, now = parse(query), at or timezone.now()
    start = _start(page)
    if not asked.finds_something:
        return Results(asked)
    chosen = choose(asked.filters)
    complete = is_complete()
    if chosen.is_impossible:
        return Results(asked, chosen, is_complete=complete)
    found = Questions(asked, chosen, now)
    with engine().limited():
        total, is_over, facets = found.counted() if with_facets else (None, False, "")
        places = found.places(order, start, limit + 1, total)
        spread = found.spread(order, total) if total is not None else []
    places += [place for place in spread if start[0] < _SPREAD_STEP or place[1] < start[1]]
    if page and not places:
        raise NoSuchPage(page)
    shown = places[:limit]
    return Results(
        query=asked,
        chosen=chosen,
        hits=read_hits([key for _step, key in shown], now, Marker.of(asked)),
        total=(total or 0) + len(spread),
        is_over=is_over,
        sampled=SAMPLE if is_over else 0,
        facets=facets_of(facets),
        next="{}-{}".format(*shown[-1]) if len(places) > limit else "",
        is_complete=complete,
    )


def titles(typed: str, at: datetime, most: int) -> list[str]:
    """Return the latest titles of issues that have what was typed, the last word begun."""
    found = list(parts(typed[:MOST_LETTERS]))
    if not found:
        return []
    phrase = phrase_of(found)._replace(is_prefix=True)
    issues = ((Phrase(("=kissue",)),),)
    wanted = Condition(words=((phrase,),), facets=issues, in_title=True)
    rows, values = engine().newest(wanted, most, keys.below(at))
    entries = SearchEntry.objects.filter(key__in=[key for (key,) in rows_of(rows, values)])
    shown = entries.filter(date__lte=at).order_by("-key").values_list("title", flat=True)
    return list(dict.fromkeys(shown))


Place = tuple[int, int]
"""A step of relevance, and a key."""


def _start(page: str) -> Place:
    """Return the place behind which a page begins; raise NoSuchPage on nonsense."""
    if not page:
        return 0, keys.END
    match = _CURSOR.fullmatch(page)
    if match is None or int(match[2]) > keys.END:
        raise NoSuchPage(page)
    return int(match[1]), int(match[2])


class Questions:
    """The questions that a query is to an engine."""

    def __init__(self, query: Query, chosen: Chosen, now: datetime) -> None:
        self.query = query
        self.chosen = chosen
        self.now = now
        # So what has old rows alone is not looked for among all that are newer.
        self.above, below = keys.around(chosen.years) if chosen.years else (0, keys.END)
        self.below = min(keys.below(now), below)
        self.full = tuple(term.full for term in query.terms)
        self.broad = tuple(term.phrases for term in query.terms)
        self.excluded = tuple(phrase for term in query.excluded for phrase in term.phrases)

    def condition(self, words: Iterable[Any], **more: Any) -> Condition:
        """Return what rows must have beside some words."""
        return Condition(
            words=tuple(words),
            facets=self.chosen.wanted,
            none=(*self.chosen.unwanted, *self.excluded),
            excluded=self.excluded,
            **more,
        )

    def levels(self, order: str) -> list[list[Condition]]:
        """Return the steps of an order, those of words as they were typed and those of all forms;
        the last of each finds what the others of it do."""
        if order == DATE or not self.query.terms:
            return [[self.condition(self.broad)]]
        whole = [self.condition([(self.query.whole,)])] if self.query.whole else []
        typed = [self.condition(self.full, in_title=True), *whole, self.condition(self.full)]
        if self.broad == self.full:
            return [typed]
        return [typed, [self.condition(self.broad, in_title=True), self.condition(self.broad)]]

    def steps(self, order: str) -> list[Condition]:
        """Return the steps of an order; no row is in two of them."""
        steps: list[Condition] = []
        before: list[Condition] = []
        for step in chain(*self.levels(order)):
            steps.append(replace(step, but=tuple(before)))
            before.append(Condition(words=step.words, in_title=step.in_title))
        return steps

    def places(self, order: str, start: Place, most: int, total: int | None = None) -> list[Place]:
        """Return the first places behind another; no step is asked that none of them is of.

        ``total`` is how many rows all steps find, where that is known.
        """
        if start == (0, keys.END):
            return self._first(self.levels(order), most, total)
        found: list[Place] = []
        for step, condition in enumerate(self.steps(order)):
            if step >= start[0] and len(found) < most:
                end = start[1] if step == start[0] else keys.END
                found += [(step, key) for key in self._keys(condition, most, end)]
        return found[:most]

    def _first(self, levels: Levels, most: int, total: int | None) -> list[Place]:
        """Return the first places of all: of few rows, one question tells them.

        Else it is known which rows earlier steps found, so that no engine is asked to leave them
        out: a rare word is found in half the time.
        """
        newest: list[int] | None = None
        if self._may_be_few(levels, most, total):
            rows = rows_of(*engine().few(levels, most, self.below, self.above))
            if len(rows) <= most:
                return sorted(((step, key) for key, step in rows), key=lambda at: (at[0], -at[1]))
            newest = [key for key, _no_step in rows]
        found: dict[int, int] = {}
        for step, of_step in enumerate(self._found(levels, most, found, newest)):
            for key in of_step:
                found.setdefault(key, step)
            if len(found) >= most:
                break
        return [(step, key) for key, step in found.items()][:most]

    def _may_be_few(self, levels: Levels, most: int, total: int | None) -> bool:
        """Tell whether to ask for all rows at once: where they are known to be few or, of unknown
        number, where a word has other forms, which most that are rare have."""
        if self.query.is_whole_cut:
            return False
        return len(levels) > 1 if total is None else total <= most and len(levels[0]) > 1

    def _found(
        self, levels: Levels, most: int, known: Container[int], newest: list[int] | None
    ) -> Iterator[list[int]]:
        """Yield the keys that each step finds, as they are asked for.

        As they were typed, most words that have other forms are nowhere. So of such, the last step
        of a level is asked first: where that finds nothing new, the others of it do not either.
        ``newest`` is what the last step of all finds, where that is known.
        """
        is_last_first = len(levels) > 1 and not self.query.is_whole_cut
        for level in levels:
            *others, last = level
            rows = newest if level is levels[-1] else None
            if rows is None and is_last_first:
                rows = self._keys(last, most)
            if rows is not None and all(key in known for key in rows):
                yield from ([] for _step in level)
            else:
                yield from (self._keys(step, most) for step in others)
                yield self._keys(last, most) if rows is None else rows

    def _keys(self, condition: Condition, most: int, end: int = keys.END) -> list[int]:
        return [key for (key,) in rows_of(*self._newest(condition, most, end))]

    def _newest(self, condition: Condition, most: int, end: int = keys.END) -> Statement:
        return engine().newest(condition, most, min(end, self.below), self.above)

    def counted(self) -> tuple[int, bool, str]:
        """Return how many rows there are of those that are counted, whether there are more, and
        their facets as one text: to read them row by row took as long as to find them."""
        rows, given = self._newest(self.condition(self.broad), MOST_COUNTED + 1)
        sql = (
            f"WITH every AS MATERIALIZED ({rows}),"  # noqa: S608
            " many AS (SELECT count(*) > %s AS so FROM every)"
            f" SELECT count(*), (SELECT so FROM many), {engine().joining}(facets, ' ')"
            " FROM (SELECT key FROM every ORDER BY key DESC"
            " LIMIT (SELECT CASE WHEN so THEN %s ELSE %s END FROM many)) AS counted"
            " JOIN posts_searchentry AS entry ON entry.key = counted.key WHERE entry.date <= %s"
        )
        moment = connection.ops.adapt_datetimefield_value(self.now)
        given = [*given, MOST_COUNTED, SAMPLE, MOST_COUNTED, moment]
        ((number, is_over, facets),) = rows_of(sql, given)
        return MOST_COUNTED if is_over else number, bool(is_over), facets or ""

    def spread(self, order: str, total: int) -> list[Place]:
        """Return issues that have all the words, but in different rows, where hits are few."""
        if not 2 <= len(self.broad) <= MOST_SPREAD or total >= FEW:
            return []
        sql: list[str] = []
        given: list[Any] = []
        for phrases in self.broad:
            rows, values = self._newest(self.condition([phrases]), MOST_COUNTED)
            sql.append(f"SELECT key >> {keys.PLACE_BITS} FROM ({rows}) AS word{len(sql)}")  # noqa: S608
            given += values
        issues = " INTERSECT ".join(sql)
        rows_ = rows_of(f"{issues} ORDER BY 1 DESC LIMIT %s", [*given, SPREAD])
        hits = self.places(order, (0, keys.END), FEW) if rows_ else []
        known = {key >> keys.PLACE_BITS for _step, key in hits}
        return [(_SPREAD_STEP, keys.key_of(n, 0)) for (n,) in rows_ if n not in known]
