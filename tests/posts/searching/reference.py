"""An engine that looks at every row: slow, and plainly what a condition means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posts.models import SearchEntry
from posts.searching.engines import Condition, Indexed
from posts.searching.keys import PLACE_BITS
from posts.searching.queries import Phrase


class Reference:
    """The rows that are stored now."""

    def __init__(self) -> None:
        self.rows = [Indexed.of(entry) for entry in SearchEntry.objects.order_by("-key")]
        kinds = dict(SearchEntry.objects.values_list("key", "kind"))
        self.issues = [row for row in self.rows if kinds[row.key] == "issue"]

    def newest(self, condition: Condition, below: int) -> list[int]:
        """Return the keys of the rows that meet a condition, the highest first."""
        out = {
            row.key >> PLACE_BITS
            for row in self.issues
            if condition.excluded and _has_any(_columns(row), condition.excluded)
        }
        return [
            row.key
            for row in self.rows
            if row.key < below and row.key >> PLACE_BITS not in out and _meets(row, condition)
        ]


def _meets(row: Indexed, condition: Condition) -> bool:
    columns = [row.title] if condition.in_title else _columns(row)
    return (
        all(_has_any(columns, phrases) for phrases in condition.words)
        and all(_has_any([row.facets], phrases) for phrases in condition.facets)
        and not _has_any([*_columns(row), row.facets], condition.none)
        and not any(_meets(row, other) for other in condition.but)
    )


def _columns(row: Indexed) -> list[list[str]]:
    return [row.title, row.body]


def _has_any(columns: Sequence[Sequence[str]], phrases: Iterable[Phrase]) -> bool:
    return any(_has(column, phrase) for column in columns for phrase in phrases)


def _has(column: Sequence[str], phrase: Phrase) -> bool:
    *first, last = phrase.tokens
    if first and first[0] not in column:
        return False
    for start in range(len(column) - len(first)):
        end = column[start + len(first)]
        fits = end.startswith(last) if phrase.is_prefix else end == last
        if fits and list(column[start : start + len(first)]) == first:
            return True
    return False
