"""What a query finds among a few rows, told without an engine: the same as the engines tell.

What somebody follows by a search is asked of the rows of each issue that appears: thousands of
queries of one issue. So its rows are read once, and a query is some look-ups and intersections of
small sets; what one query learned of a phrase, the next knows. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from posts.searching.engines.base import Indexed
from posts.searching.filters import Chosen
from posts.searching.queries import Phrase, Query, Term
from posts.searching.tokens import is_run

_GAP: Final = 10  # places between a title and a text, so that no phrase spans them
Numbers = frozenset[int]
"""Rows, by their number."""
_NONE: Final[Numbers] = frozenset()


class Rows:
    """Some rows of the index, by what they are found by; each is known by its number, from 0."""

    def __init__(self, rows: Sequence[Indexed]) -> None:
        self.all: Numbers = frozenset(range(len(rows)))
        places: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        facets: dict[str, set[int]] = defaultdict(set)
        for number, row in enumerate(rows):
            for place, token in enumerate(row.title):
                places[token][number].append(place)
            for place, token in enumerate(row.body, len(row.title) + _GAP):
                places[token][number].append(place)
            for facet in row.facets:
                facets[facet].add(number)
        self.places = {token: dict(of) for token, of in places.items()}
        self.facets: dict[str, Numbers] = {facet: frozenset(of) for facet, of in facets.items()}
        self._known: dict[Phrase | Term, Numbers] = {}

    def find(self, query: Query, chosen: Chosen) -> Numbers:
        """Return the rows that a query finds among these; ``chosen`` is what its filters stand
        for. What its excluded words say of other rows is not looked at."""
        if not query.finds_something or chosen.is_impossible:
            return _NONE
        found = self.all
        for term in query.terms:
            found &= self._of_term(term)
        for facets in chosen.wanted:
            found &= self.of_any(facets)
        if found and chosen.unwanted:
            found -= self.of_any(chosen.unwanted)
        for term in query.excluded if found else ():
            found -= self._of_term(term)
        return found

    def having(self, phrase: Phrase) -> Numbers:
        """Return the rows in which a phrase stands."""
        if (known := self._known.get(phrase)) is None:
            known = self._known[phrase] = frozenset(self._looked_for(phrase))
        return known

    def of_any(self, facets: Iterable[Phrase]) -> Numbers:
        """Return the rows that have one of some facets."""
        return _NONE.union(*(self.facets.get(facet.tokens[0], _NONE) for facet in facets))

    def has_any(self, terms: Iterable[Term]) -> bool:
        """Tell whether one of some terms stands in any of the rows."""
        return any(map(self._of_term, terms))

    def _of_term(self, term: Term) -> Numbers:
        if len(term.phrases) == 1:
            return self.having(term.phrases[0])
        if (known := self._known.get(term)) is None:
            known = self._known[term] = _NONE.union(*map(self.having, term.phrases))
        return known

    def _looked_for(self, phrase: Phrase) -> Iterator[int]:
        *before, last = phrase.tokens
        ends = self._beginning(last) if phrase.is_prefix else self.places.get(last, {})
        others = [self.places.get(token, {}) for token in before]
        for number, places in ends.items():
            starts = {place - len(before) for place in places}
            for offset, other in enumerate(others):
                starts.intersection_update(place - offset for place in other.get(number, ()))
            if starts:
                yield number

    def _beginning(self, start: str) -> dict[int, list[int]]:
        """Return the places of all tokens that begin so, by row."""
        found: dict[int, list[int]] = defaultdict(list)
        for token, of in self.places.items():
            if token.startswith(start):
                for number, places in of.items():
                    found[number] += places
        return found


def beginnings(token: str) -> Iterator[str]:
    """Yield what phrases of queries may ask for as the beginning of a token."""
    if is_run(token):
        yield token[0]
    for place, letter in enumerate(token):
        if letter == ".":
            yield token[: place + 1]
