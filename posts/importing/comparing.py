"""What a new text changes about an issue, told in items: added, changed, removed, moved."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from posts.publishing.matching import Trait, match_items, trait_of
from posts.rendering import FoundItem, FoundSection

SHOWN = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """One item that differs: what it is called, and in which section it stands (stood)."""

    kind: Literal["added", "changed", "removed", "moved"]
    item: str
    section: str


@dataclass(frozen=True, slots=True)
class _Place:
    section: FoundSection
    item: FoundItem
    trait: Trait

    def differs(self, kind: Literal["added", "changed", "removed", "moved"]) -> Difference:
        name = " ".join((self.item.title or self.item.text).split())
        return Difference(kind, name[:SHOWN], self.section.heading)


def differences(old: Sequence[FoundSection], new: Sequence[FoundSection]) -> tuple[Difference, ...]:
    """Return how the items of a new text differ from those of the old one, in reading order.

    An item is the same as before by the rules of `posts.publishing.matching`. It moved if it
    stands in another section, or in another order among the items that stayed.
    """
    before, after = list(_places(old)), list(_places(new))
    matches = match_items([p.trait for p in before], [], [p.trait for p in after])
    in_order = _longest_rising([match for match in matches if match is not None])
    found = []
    for place, match in zip(after, matches, strict=True):
        if match is None:
            found.append(place.differs("added"))
            continue
        was = before[match]
        if was.trait.digest != place.trait.digest:
            found.append(place.differs("changed"))
        if was.trait.section != place.trait.section or match not in in_order:
            found.append(place.differs("moved"))
    gone = set(range(len(before))) - set(matches)
    return (*found, *(before[index].differs("removed") for index in sorted(gone)))


def _places(sections: Sequence[FoundSection]) -> Iterator[_Place]:
    for section in sections:
        for item in section.items:
            said = "\0".join([item.text, *(link.url for link in item.links)])
            digest = hashlib.sha256(said.encode()).hexdigest()
            yield _Place(section, item, trait_of(section, item, digest))


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return the longest subsequence that rises: what stayed in order (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        at = bisect_left(tails, number)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [number]
        ends[at : at + 1] = [place]
    rising: set[int] = set()
    place = ends[-1] if ends else -1
    while place >= 0:
        rising.add(numbers[place])
        place = before[place]
    return rising
