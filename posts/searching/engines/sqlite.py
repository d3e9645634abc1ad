"""FTS5 without content: what a row is found by follows from the row, so it is stored nowhere else.

Row ids are the keys, so that "newest first" reads backwards and stops at the last row wanted.
Facets stand before the text, since each place in another column takes two bytes more.
Debian's SQLite 3.40 has no ``contentless_delete``: to delete, the old tokens are said again.
Source: https://www.sqlite.org/fts5.html
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

from links import rows
from posts.models import SearchEntry
from posts.searching.engines.base import Condition, Engine, Entry, Indexed, Statement
from posts.searching.keys import PLACE_BITS
from posts.searching.queries import Phrase

TABLE: Final = "posts_searchwords"
COLUMNS: Final = "title, body"
LONGEST: Final = 3.0  # seconds for what a reader asks
_STEPS: Final = 10_000  # of SQLite's machine, between two looks at the clock


class SQLite(Engine):
    """A virtual table of FTS5 beside the rows."""

    joining = "group_concat"

    def insert(self, entries: Sequence[Entry]) -> None:
        rows.insert(SearchEntry, Entry._fields, entries)
        _execute(
            f"INSERT INTO {TABLE} (rowid, {COLUMNS}) VALUES (%s, %s, %s)",  # noqa: S608
            entries,
        )

    def delete(self, entries: Sequence[Entry]) -> None:
        _execute(
            f"INSERT INTO {TABLE} ({TABLE}, rowid, {COLUMNS})"  # noqa: S608
            " VALUES ('delete', %s, %s, %s)",
            entries,
        )
        SearchEntry.objects.filter(pk__in=[entry.key for entry in entries]).delete()

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')")  # noqa: S608
        SearchEntry.objects.all().delete()

    def newest(self, condition: Condition, most: int, below: int, above: int = 0) -> Statement:
        beside, words = "", [expression(condition)]
        if condition.excluded:
            issues = Condition(words=(condition.excluded,), facets=((Phrase(("=kissue",)),),))
            words.append(expression(issues))
            beside = (
                f" AND rowid >> {PLACE_BITS} NOT IN"  # noqa: S608
                f" (SELECT rowid >> {PLACE_BITS} FROM {TABLE} WHERE {TABLE} MATCH %s)"
            )
        sql = (
            f"SELECT rowid AS key FROM {TABLE}"  # noqa: S608
            f" WHERE {TABLE} MATCH %s AND rowid < %s AND rowid > %s{beside}"
            " ORDER BY rowid DESC LIMIT %s"
        )
        return sql, [words[0], below, above, *words[1:], most]

    def _meets(self, condition: Condition, most: int, below: int) -> Statement:
        rows, given = self.newest(condition, most, below)
        return f"key IN ({rows})", given

    @contextmanager
    def limited(self) -> Iterator[None]:
        connection.ensure_connection()
        database: Any = connection.connection
        end = time.monotonic() + LONGEST
        database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            yield
        finally:
            database.set_progress_handler(None, 0)


def _execute(sql: str, entries: Iterable[Entry]) -> None:
    indexed = [
        (row.key, " ".join(row.title), " ".join([*row.facets, *row.body]))
        for row in map(Indexed.of, entries)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, indexed)


# Expressions of FTS5, section 3 of its documentation: tokens stand in quotes, and hold none


def expression(condition: Condition) -> str:
    """Return a condition as FTS5 reads it."""
    words = _all(condition.words)
    if words and condition.in_title:
        words = f"{{title}} : ({words})"
    wanted = " AND ".join(f"({part})" for part in (words, _all(condition.facets)) if part)
    unwanted = [f"({_any(condition.none)})"] if condition.none else []
    unwanted += [f"({expression(other)})" for other in condition.but]
    return f"({wanted}) NOT ({' OR '.join(unwanted)})" if unwanted else wanted


def _all(alternatives: Iterable[Sequence[Phrase]]) -> str:
    return " AND ".join(f"({_any(phrases)})" for phrases in alternatives)


def _any(phrases: Iterable[Phrase]) -> str:
    return " OR ".join(map(_phrase, phrases))


def _phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.tokens)}"{" *" if phrase.is_prefix else ""}'
