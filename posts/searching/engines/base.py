"""What an engine is asked, and what it is given: tokens, and nothing of a database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from posts.models import SearchEntry
from posts.searching.queries import Phrase
from posts.searching.tokens import tokens

# What a token that occurs more often in a row becomes: PostgreSQL keeps 255 places of each.
NOTHING: Final = "="
MOST_PLACES: Final = 250

Alternatives = Sequence[Phrase]
Statement = tuple[str, list[Any]]
"""SQL and its parameters."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows must have, all of it; each is one of some phrases.

    ``words`` are looked for in titles alone where ``in_title`` says so. ``facets`` are tokens that
    no text has. Rows that have one of ``none``, or that meet one of ``but``, are left out, and so
    are those of issues whose own row has one of ``excluded``.
    """

    words: tuple[Alternatives, ...] = ()
    facets: tuple[Alternatives, ...] = ()
    none: tuple[Phrase, ...] = ()
    in_title: bool = False
    but: tuple[Condition, ...] = ()
    excluded: tuple[Phrase, ...] = ()


Levels = Sequence[Sequence[Condition]]
"""Steps of relevance in levels: what meets a step meets the last of its level, and of all."""


class Entry(NamedTuple):
    """A row as it is stored (``SearchEntry``), without what an object costs: a long issue has a
    thousand, all of which are compared when it is saved."""

    key: int
    date: datetime
    kind: str
    post_id: int | None
    item_id: int | None
    place: str
    facets: str
    title: str
    text: str
    extra: str


class Indexed(NamedTuple):
    """The tokens of a row by column, in order."""

    key: int
    title: list[str]
    body: list[str]
    facets: list[str]

    @classmethod
    def of(cls, entry: Entry | SearchEntry) -> Indexed:
        """Return what the index holds of a row.

        A heading with nothing below it is a label, and no title of anything.
        """
        title = tokens(entry.title)
        body = [*tokens(entry.text), *tokens(entry.extra)]
        if entry.kind == SearchEntry.Kind.SECTION and not entry.text:
            title, body = [], title + body
        both = _rarely([*title, *body])
        return cls(entry.key, both[: len(title)], both[len(title) :], entry.facets.split())


def _rarely(found: list[str]) -> list[str]:
    """Return tokens, with a stand-in for those that came too often before."""
    if len(found) <= MOST_PLACES:
        return found
    seen: Counter[str] = Counter()
    kept = []
    for token in found:
        seen[token] += 1
        kept.append(token if seen[token] <= MOST_PLACES else NOTHING)
    return kept


class Engine(ABC):
    """Where tokens are kept, and how rows are found by them."""

    joining: str  # the function of SQL that joins texts, with what is to stand between them
    _few = "few"  # and what ``_meets`` looks at

    @abstractmethod
    def insert(self, entries: Sequence[Entry]) -> None:
        """Store new rows with what they are found by."""

    @abstractmethod
    def delete(self, entries: Sequence[Entry]) -> None:
        """Remove stored rows, given as they are stored."""

    @abstractmethod
    def clear(self) -> None:
        """Remove all rows."""

    @abstractmethod
    def newest(self, condition: Condition, most: int, below: int, above: int = 0) -> Statement:
        """Return a statement that selects the keys of rows: ``key``, the highest first.

        They lie between two keys, both excluded, and are no more than ``most``.
        """

    def few(self, levels: Levels, most: int, below: int, above: int = 0) -> Statement:
        """Return a statement that selects (key, number of the first step it meets) of all rows that
        meet the last step, the highest key first; where they are more than ``most``, of so many and
        one more, without steps.

        So what is rare is looked for once, and only what was found is looked at by the other steps.
        """
        rows, given = self.newest(levels[-1][-1], most + 1, below, above)
        cases, number = "", 0
        given.append(most)
        for level in levels:
            is_last = level is levels[-1]
            meets, sought = ("true", []) if is_last else self._meets(level[-1], most, below)
            step, values = self._step(level, number, most, below)
            cases += f" WHEN {meets} THEN {step}"
            given += [*sought, *values]
            number += len(level)
        sql = (
            f"WITH few AS MATERIALIZED ({rows}) SELECT key,"  # noqa: S608
            f" CASE WHEN (SELECT count(*) FROM few) > %s THEN NULL{cases} END"
            f" FROM {self._few} ORDER BY key DESC"
        )
        return sql, given

    def _step(self, level: Sequence[Condition], number: int, most: int, below: int) -> Statement:
        """Return which step of a level a row meets first, counted from a number, as SQL."""
        cases, given = "", []
        *others, _met = level
        for step, condition in enumerate(others, number):
            meets, sought = self._meets(condition, most, below)
            cases += f" WHEN {meets} THEN {step}"
            given += sought
        last = number + len(others)
        return f"CASE{cases} ELSE {last} END" if cases else f"{last}", given

    @abstractmethod
    def _meets(self, condition: Condition, most: int, below: int) -> Statement:
        """Return, as SQL, whether a row meets a condition: one of the few, no more than ``most``,
        that meet a wider one."""

    @abstractmethod
    def limited(self) -> AbstractContextManager[None]:
        """Return a block in which a statement that takes too long raises OperationalError."""
