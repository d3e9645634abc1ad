"""Whether a query finds an item, told without an engine: the same as the engines tell.

What somebody follows by a search is asked of the rows of each issue that appears, thousands of
queries of one issue; so these are read once, and a query of each is a few look-ups. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from posts.searching.engines.base import Indexed
from posts.searching.filters import Chosen
from posts.searching.queries import Phrase, Query, Term
from posts.searching.tokens import is_run

_GAP: Final = 10  # places between a title and a text, so that no phrase spans them


class Words:
    """What a row of the index is found by: the places of its tokens, and its facets."""

    __slots__ = ("_known", "facets", "places")

    def __init__(self, row: Indexed) -> None:
        self.facets = frozenset(row.facets)
        self.places: dict[str, list[int]] = {}
        for place, token in enumerate(row.title):
            self.places.setdefault(token, []).append(place)
        for place, token in enumerate(row.body, len(row.title) + _GAP):
            self.places.setdefault(token, []).append(place)
        self._known: dict[Phrase, bool] = {}

    def has(self, phrase: Phrase) -> bool:
        """Tell whether a phrase stands here."""
        if len(phrase.tokens) == 1 and not phrase.is_prefix:
            return phrase.tokens[0] in self.places
        known = self._known.get(phrase)
        if known is None:
            known = self._known[phrase] = self._finds(phrase)
        return known

    def has_any(self, phrases: Iterable[Phrase]) -> bool:
        """Tell whether one of some phrases stands here."""
        return any(map(self.has, phrases))

    def is_of(self, facets: Iterable[Phrase]) -> bool:
        """Tell whether it has one of some facets."""
        return any(phrase.tokens[0] in self.facets for phrase in facets)

    def _finds(self, phrase: Phrase) -> bool:
        *before, last = phrase.tokens
        ends = self._beginning(last) if phrase.is_prefix else self.places.get(last, ())
        starts = {place - len(before) for place in ends}
        for number, token in enumerate(before):
            if not starts:
                break
            starts.intersection_update(place - number for place in self.places.get(token, ()))
        return bool(starts)

    def _beginning(self, start: str) -> Iterator[int]:
        for token, places in self.places.items():
            if token.startswith(start):
                yield from places


def matches(query: Query, chosen: Chosen, item: Sequence[Words], issue: Sequence[Words]) -> bool:
    """Tell whether a query finds an item.

    ``chosen`` is what its filters stand for, ``item`` the rows of the item, and ``issue`` those of
    the issue itself: what these say of a word that is excluded holds for all of the issue.
    """
    if not query.finds_something or chosen.is_impossible:
        return False
    excluded = [phrase for term in query.excluded for phrase in term.phrases]
    if any(row.has_any(excluded) for row in issue):
        return False
    return any(_meets(query.terms, chosen, excluded, row) for row in item)


def _meets(terms: Sequence[Term], chosen: Chosen, excluded: Sequence[Phrase], row: Words) -> bool:
    return (
        all(row.has_any(term.full) or row.has_any(term.loose) for term in terms)
        and all(row.is_of(facets) for facets in chosen.wanted)
        and not row.is_of(chosen.unwanted)
        and not row.has_any(excluded)
    )


def beginnings(token: str) -> Iterator[str]:
    """Yield what phrases of queries may ask for as the beginning of a token."""
    if is_run(token):
        yield token[0]
    for place, letter in enumerate(token):
        if letter == ".":
            yield token[: place + 1]
