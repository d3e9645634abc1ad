"""The words of a query where they stand in a text: marked, in as much of it as a row shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString

from posts.searching.queries import Query
from posts.searching.tokens import fold_letters, has_run, joined_in, words_in

LENGTH: Final = 220
LENGTH_OF_RUNS: Final = 130  # of scripts whose letters are twice as wide
TITLE_LENGTH: Final = 160
BEFORE: Final = 60  # letters before the first word found
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marker:
    """What is to be marked: words as they are indexed, and a pattern of runs."""

    words: frozenset[str]
    runs: re.Pattern[str] | None

    @classmethod
    def of(cls, query: Query) -> Marker:
        """Return what marks the words of a query."""
        shown = [part for term in query.terms for part in term.shown]
        runs = sorted({part.text for part in shown if part.is_run}, key=len, reverse=True)
        # A compound may be written with a space.
        pattern = "|".join(r"\s?".join(map(re.escape, run)) for run in runs)
        words = frozenset(part.text for part in shown if not part.is_run)
        return cls(words, re.compile(pattern) if pattern else None)

    def title(self, text: str) -> SafeString:
        """Return a title with its words marked, cut if it is too long."""
        return self._marked(_cut(text, TITLE_LENGTH))

    def excerpt(self, text: str, extra: str) -> SafeString:
        """Return what surrounds the first word found in a text.

        Where there is none, it is the beginning of the text, behind the line of ``extra`` that has
        one.
        """
        if (place := self._first(text)) is not None:
            return self._marked(_around(text, place))
        beside = self._first(extra)
        line = "" if beside is None else _line_at(extra, beside)
        return self._marked(" · ".join(part for part in (line, _shortened(text)) if part))

    def _marked(self, text: str) -> SafeString:
        pieces, end = [], 0
        for start, stop in self._spans(text):
            pieces += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
            end = stop
        return SafeString("".join((*pieces, escape(text[end:]))))

    def _first(self, text: str) -> int | None:
        """Return where the first word stands in a text, of which no more is looked through."""
        folded, places = _folded(text)
        starts = [start for spans in self._found(folded) for start, _stop in islice(spans, 1)]
        if not starts:
            return None
        return min(starts) if places is None else places[min(starts)]

    def _spans(self, text: str) -> list[Span]:
        """Return where words stand, in order; none overlaps another, the longest first."""
        folded, places = _folded(text)
        found = sorted(chain.from_iterable(self._found(folded)), key=_longest_first)
        if places is not None:
            found = [(places[start], places[stop - 1] + 1) for start, stop in found]
        return list(_apart(found))

    def _found(self, folded: str) -> Iterator[Iterator[Span]]:
        if self.words:
            yield (span for word, span in words_in(folded) if self._is_sought(word))
            yield (span for word, span in joined_in(folded) if word in self.words)
        if self.runs:
            yield (match.span() for match in self.runs.finditer(folded))

    def _is_sought(self, word: str) -> bool:
        """Tell whether a word is to be marked: as it is, or for what a version begins with."""
        if word in self.words or "." not in word:
            return word in self.words
        version = word.removeprefix("v").split(".")
        begun = (".".join(version[:count]) for count in range(1, len(version)))
        return version[0].isdigit() and not self.words.isdisjoint(begun)


def _folded(text: str) -> tuple[str, Sequence[int] | None]:
    """Return a text folded, and the place in it of each letter, unless they are the same."""
    folded = fold_letters(text)
    if len(folded) == len(text):
        return folded, None
    letters = [*map(_letter, text)]
    places = [place for place, letter in enumerate(letters) for _each in letter]
    return "".join(letters), places


_letter = lru_cache(maxsize=4096)(fold_letters)


def _line_at(text: str, place: int) -> str:
    """Return the line of a text that has a place."""
    return text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0]


def _longest_first(span: Span) -> Span:
    start, stop = span
    return start, -stop


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    last = 0
    for start, stop in spans:
        if start >= last:
            yield start, stop
            last = stop


def _around(text: str, place: int) -> str:
    """Return a line of text around a place, from a word's beginning to a word's end."""
    start = 0
    if place > BEFORE:
        start = text.find(" ", place - BEFORE, place) + 1 or place
    return f"{'…' if start else ''}{_shortened(text[start:])}"


def _shortened(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text[: 2 * LENGTH].split())
    return _cut(line, LENGTH_OF_RUNS if has_run(line) else LENGTH)


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[:length].rpartition(' ')[0] or text[:length]}…"
