"""A tsvector of our own tokens beside each row, in a GIN index; no configuration reads the text.

Facets are in the same index, as what their column says, so that no second copy of them is stored.

PostgreSQL misjudges how rare words are, and may walk all keys to find a few. So the index is asked
first for as many rows as a sort takes no time for; only where there are more, they are walked from
the newest on, and found soon. Source: https://www.postgresql.org/docs/15/textsearch-controls.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from django.db import connection, transaction

from posts.models import SearchEntry
from posts.searching.engines.base import Condition, Engine, Entry, Indexed, Statement
from posts.searching.keys import PLACE_BITS
from posts.searching.queries import Phrase

TABLE: Final = "posts_searchentry"
FEW: Final = 10_000
_FACETS: Final = "string_to_array(facets, ' ')"  # as the index has them
LONGEST: Final = 3_000  # milliseconds for what a reader asks
_GAP: Final = 10  # places between a title and a text, so that no phrase spans them


class PostgreSQL(Engine):
    """A column of the rows that the model does not know."""

    joining = "string_agg"
    _few = f"few JOIN {TABLE} USING (key)"

    def insert(self, entries: Sequence[Entry]) -> None:
        places = ", ".join(["%s"] * len(Entry._fields))
        sql = (
            f"INSERT INTO {TABLE} ({', '.join(Entry._fields)}, words)"  # noqa: S608
            f" VALUES ({places}, %s::tsvector)"
        )
        rows = [(*entry, vector(Indexed.of(entry))) for entry in entries]
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    def delete(self, entries: Sequence[Entry]) -> None:
        SearchEntry.objects.filter(pk__in=[entry.key for entry in entries]).delete()

    def clear(self) -> None:
        SearchEntry.objects.all().delete()

    def newest(self, condition: Condition, most: int, below: int, above: int = 0) -> Statement:
        if condition.in_title:
            return _newest_titles(condition, most, below, above)
        where, given = _between(condition, below, above)
        rows = f"SELECT key FROM {TABLE} WHERE {where}"  # noqa: S608
        sql = (
            f"WITH found AS MATERIALIZED ({rows} LIMIT {FEW + 1}), {_many()}"  # noqa: S608
            " SELECT key FROM found WHERE NOT (SELECT so FROM many) UNION ALL"
            f" SELECT key FROM ({rows} AND (SELECT so FROM many) ORDER BY key DESC LIMIT %s) walked"
            " ORDER BY key DESC LIMIT %s"
        )
        return sql, [*given, *given, most, most]

    def _meets(self, condition: Condition, most: int, below: int) -> Statement:
        return _meets(condition)

    @contextmanager
    def limited(self) -> Iterator[None]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {LONGEST}")
            yield


def vector(row: Indexed) -> str:
    """Return the tokens of a row as PostgreSQL reads a tsvector; a title's weigh A."""
    places: dict[str, list[str]] = {}
    for place, token in enumerate(row.title, 1):
        places.setdefault(token, []).append(f"{place}A")
    for place, token in enumerate(row.body, len(row.title) + _GAP):
        places.setdefault(token, []).append(str(place))
    return " ".join(f"'{token}':{','.join(at)}" for token, at in places.items())


def _many() -> str:
    """Return, as SQL, a table that says in its one row whether too many were found to be sorted."""
    return f"many AS MATERIALIZED (SELECT count(*) > {FEW} AS so FROM found)"  # noqa: S608


def _newest_titles(condition: Condition, most: int, below: int, above: int) -> Statement:
    """Return the newest of the rows that have words in a title.

    The index knows nothing of titles, so that all rows with the words have to be read: a second for
    half a million. Of words that many have, enough titles stand among the newest of these.
    """
    where, given = _between(replace(condition, in_title=False), below, above)
    titled, sought = _meets(condition)
    rows = f"SELECT key, {titled} AS titled FROM {TABLE} WHERE {where}"  # noqa: S608
    many = f"{rows} AND (SELECT so FROM many)"  # noqa: S608
    sql = (
        f"WITH found AS MATERIALIZED ({rows} LIMIT {FEW + 1}), {_many()},"  # noqa: S608
        f" recent AS MATERIALIZED (SELECT key FROM ({many} ORDER BY key DESC LIMIT {FEW})"
        " AS newest WHERE titled ORDER BY key DESC LIMIT %s), older AS MATERIALIZED"
        f" (SELECT key FROM ({many}) AS every WHERE titled AND (SELECT count(*) FROM recent) < %s)"
        " SELECT key FROM found WHERE titled AND NOT (SELECT so FROM many) UNION ALL"
        " SELECT key FROM recent WHERE (SELECT count(*) FROM recent) = %s UNION ALL"
        " SELECT key FROM older ORDER BY key DESC LIMIT %s"
    )
    each = [*sought, *given]
    return sql, [*each, *each, most, *each, most, most, most]


def _meets(condition: Condition) -> Statement:
    """Return, as SQL, whether a row that meets the rest of a condition has its words, too."""
    words = Condition(words=condition.words, in_title=condition.in_title)
    return "words @@ %s::tsquery", [expression(words)]


def _between(condition: Condition, below: int, above: int) -> Statement:
    """Return a condition as SQL, of rows between two keys."""
    where, given = _where(condition)
    where += " AND key < %s AND key > %s"
    given += [below, above]
    if condition.excluded:
        issues = Condition(words=(condition.excluded,), facets=((Phrase(("=kissue",)),),))
        of_issues, words = _where(issues)
        where += (
            f" AND key >> {PLACE_BITS} NOT IN"  # noqa: S608
            f" (SELECT key >> {PLACE_BITS} FROM {TABLE} WHERE {of_issues})"
        )
        given += words
    return where, given


def _where(condition: Condition) -> Statement:
    """Return a condition as SQL, without what it says of other rows of the issue."""
    unwanted = [phrase for phrase in condition.none if phrase.is_facet]
    wanted = [f"{_FACETS} && %s"] * len(condition.facets)
    given: list[Any] = [_tokens(phrases) for phrases in condition.facets]
    if unwanted:
        wanted.append(f"NOT {_FACETS} && %s")
        given.append(_tokens(unwanted))
    if words := expression(condition):
        wanted.append("words @@ %s::tsquery")
        given.append(words)
    return " AND ".join(wanted), given


def _tokens(facets: Iterable[Phrase]) -> list[str]:
    return [facet.tokens[0] for facet in facets]


# Tokens stand in quotes, and hold none


def expression(condition: Condition) -> str:
    """Return what a condition says of words as PostgreSQL reads a tsquery."""
    weight = "A" if condition.in_title else ""
    wanted = [_any(phrases, weight) for phrases in condition.words]
    unwanted = [phrase for phrase in condition.none if not phrase.is_facet]
    wanted += [f"!{_any(unwanted)}"] if unwanted else []
    wanted += [f"!({expression(other)})" for other in condition.but]
    return " & ".join(wanted)


def _any(phrases: Iterable[Phrase], weight: str = "") -> str:
    return f"({' | '.join(_phrase(phrase, weight) for phrase in phrases)})"


def _phrase(phrase: Phrase, weight: str) -> str:
    marks = [weight] * len(phrase.tokens)
    if phrase.is_prefix:
        marks[-1] = f"*{weight}"
    lexemes = [
        f"'{token}':{mark}" if mark else f"'{token}'"
        for token, mark in zip(phrase.tokens, marks, strict=True)
    ]
    return f"({' <-> '.join(lexemes)})"
