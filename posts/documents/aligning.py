"""Which lines of a text are which lines of another: what comparing and merging are made of.

Whole sections first, then lines that stand once in each, then what lies between those, by the
longest runs. Pure, and linear but for that last step, which has a budget: so texts of thousands of
equal lines take no longer than others. What is beyond the budget pairs up in order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple, TypeVar

MOST_PAIRS: Final = 400_000
"""So many pairs of equal elements are compared for the longest runs, in one comparison."""
MOST_PAIRS_AT_ONCE: Final = 20_000

Key = TypeVar("Key", bound=Hashable)
Pair = tuple[int, int]


@dataclass(slots=True)
class Budget:
    """What a comparison may still cost, all its calls together."""

    left: int = MOST_PAIRS

    def spend(self, cost: int) -> bool:
        """Take a cost from what is left; tell whether there was so much."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


class Run(NamedTuple):
    """So many elements in a row that are equal, from these places on."""

    here: int
    there: int
    size: int


class _Part(NamedTuple):
    """Parts of two sequences that lie between the same neighbours."""

    here: int
    here_end: int
    there: int
    there_end: int


def align(
    here: Sequence[Key],
    there: Sequence[Key],
    heads: Sequence[bool] = (),
    budget: Budget | None = None,
) -> list[Run]:
    """Return the runs of equal elements of two sequences, in the order of both.

    ``heads`` says of each element of the first, and then of the second, whether a section begins
    with it. Calls that belong together share a ``budget``.
    """
    pairs: list[Pair] = []
    budget = budget or Budget()
    whole = _Part(0, len(here), 0, len(there))
    for section in _between(_equal_sections(here, there, heads), whole, pairs):
        for part in _between(_unique(here, there, section), section, pairs):
            cost = _cost(here, there, part)
            if cost <= MOST_PAIRS_AT_ONCE and budget.spend(cost):
                pairs += _longest(here, there, part)
            else:
                pairs += _in_order(here, there, part)
    return _runs(sorted(pairs))


def _between(found: Sequence[Pair], whole: _Part, pairs: list[Pair]) -> Iterator[_Part]:
    """Add pairs that were found to all; yield what lies between them, without equal ends."""
    pairs += found
    here, there = whole.here, whole.there
    for place, other in (*found, (whole.here_end, whole.there_end)):
        if place > here and other > there:
            yield _Part(here, place, there, other)
        here, there = place + 1, other + 1


# Sections


def _equal_sections(here: Sequence[Key], there: Sequence[Key], heads: Sequence[bool]) -> list[Pair]:
    """Return the elements of sections that are the same and stand once in each."""
    if not heads:
        return []
    ours = _sections(here, heads[: len(here)])
    theirs = _sections(there, heads[len(here) :])
    once = _once([key for key, _ in ours], [key for key, _ in theirs])
    return [
        (ours[one][1] + step, theirs[other][1] + step)
        for one, other in once
        for step in range(len(ours[one][0]))
    ]


def _sections(lines: Sequence[Key], heads: Sequence[bool]) -> list[tuple[tuple[Key, ...], int]]:
    starts = [place for place, is_head in enumerate(heads) if is_head or not place]
    ends = [*starts[1:], len(lines)]
    return (
        [(tuple(lines[start:end]), start) for start, end in zip(starts, ends, strict=True)]
        if lines
        else []
    )


# Lines


def _unique(here: Sequence[Key], there: Sequence[Key], part: _Part) -> list[Pair]:
    """Return the elements of a part that stand once on each side, and those at its equal ends."""
    first, end, other, other_end = part
    head: list[Pair] = []
    while first < end and other < other_end and here[first] == there[other]:
        head.append((first, other))
        first, other = first + 1, other + 1
    tail: list[Pair] = []
    while first < end and other < other_end and here[end - 1] == there[other_end - 1]:
        end, other_end = end - 1, other_end - 1
        tail.append((end, other_end))
    once = _once(here[first:end], there[other:other_end])
    return [*head, *((first + one, other + two) for one, two in once), *reversed(tail)]


def _once(here: Sequence[Hashable], there: Sequence[Hashable]) -> list[Pair]:
    """Return what stands once on each side and in the same order, as much of it as possible."""
    counts, others = Counter(here), Counter(there)
    places = {key: place for place, key in enumerate(there) if others[key] == 1}
    pairs = [
        (place, places[key]) for place, key in enumerate(here) if counts[key] == 1 and key in places
    ]
    return _ascending(pairs, _weights(here, there, pairs))


def _ascending(pairs: Sequence[Pair], weights: Sequence[int] = ()) -> list[Pair]:
    """Return the part of pairs, ordered by the first, that is ordered by the second, too, and of
    those the heaviest; the longest where nothing is said of their weights."""
    ends: list[int] = []  # each with the heaviest part that ends there, heavier than any before it
    at: list[int] = []
    totals: list[int] = []
    before = [-1] * len(pairs)
    for index, (_here, there) in enumerate(pairs):
        place = end = bisect_left(ends, there)
        before[index] = at[place - 1] if place else -1
        total = (totals[place - 1] if place else 0) + (weights[index] if weights else 1)
        while end < len(ends) and totals[end] <= total:
            end += 1
        ends[place:end], at[place:end], totals[place:end] = [there], [index], [total]
    found: list[Pair] = []
    index = at[-1] if at else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _weights(
    here: Sequence[Hashable], there: Sequence[Hashable], pairs: Sequence[Pair]
) -> list[int]:
    """Return of how many equal elements each pair tells: itself, and those beside it that no other
    tells of. So of two parts that changed places the longer one is what stayed."""
    weights = []
    told = 0
    for index, (place, other) in enumerate(pairs):
        limit = pairs[index + 1][0] if index + 1 < len(pairs) else len(here)
        first, end = place, place + 1
        step = other - place
        while first > told and first + step > 0 and here[first - 1] == there[first + step - 1]:
            first -= 1
        while end < limit and end + step < len(there) and here[end] == there[end + step]:
            end += 1
        weights.append(end - first)
        told = end
    return weights


# What lies between


def _cost(here: Sequence[Key], there: Sequence[Key], part: _Part) -> int:
    counts = Counter(there[part.there : part.there_end])
    return sum(counts[key] for key in here[part.here : part.here_end])


def _longest(here: Sequence[Key], there: Sequence[Key], part: _Part) -> Iterator[Pair]:
    first, other = here[part.here : part.here_end], there[part.there : part.there_end]
    for block in SequenceMatcher(None, first, other, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            yield part.here + block.a + step, part.there + block.b + step


def _in_order(here: Sequence[Key], there: Sequence[Key], part: _Part) -> list[Pair]:
    """Pair the first of equal elements with the first, and so on, as far as the order allows."""
    places: dict[Key, list[int]] = defaultdict(list)
    for place in range(part.there_end - 1, part.there - 1, -1):
        places[there[place]].append(place)
    pairs = [
        (place, places[here[place]].pop())
        for place in range(part.here, part.here_end)
        if places.get(here[place])
    ]
    return _ascending(pairs)


def _runs(pairs: Sequence[Pair]) -> list[Run]:
    runs: list[Run] = []
    for here, there in pairs:
        if runs and here == runs[-1].here + runs[-1].size and there == sum(runs[-1][1:]):
            runs[-1] = runs[-1]._replace(size=runs[-1].size + 1)
        else:
            runs.append(Run(here, there, 1))
    return runs
