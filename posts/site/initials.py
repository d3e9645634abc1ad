"""Names in groups by their initial: Hangul, Latin, digits, others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from posts.naming import DIGITS, LEADS, OTHER, initial

Entry = TypeVar("Entry", bound=Sequence[object])


def group_by_initial(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Group entries, whose first field is a name, by initial: Hangul, Latin, digits, others."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: str(entry[0]).casefold()):
        groups.setdefault(initial(str(entry[0])), []).append(entry)
    return sorted(groups.items(), key=lambda group: rank(group[0]))


def rank(letter: str) -> tuple[int, str]:
    """Return what orders initials."""
    if letter in LEADS:
        return 0, letter
    return {DIGITS: 2, OTHER: 3}.get(letter, 1), letter
