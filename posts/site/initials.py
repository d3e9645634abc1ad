"""The initial under which an index lists a name: ㄱ to ㅎ, A to Z, 0-9, or none of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeVar

Entry = TypeVar("Entry", bound=Sequence[object])

# Leading consonants of Hangul syllables in code point order (Unicode Standard, section 3.12);
# doubled ones stand under the plain one, as in a Korean dictionary's thumb index.
LEADS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"
SYLLABLES_PER_LEAD = 588
DIGITS = "0-9"
OTHER = ""


def initial(name: str) -> str:
    """Return the initial of a name; accents and case do not count, '' stands for all others."""
    first = unicodedata.normalize("NFKC", name).strip()[:1]
    if "가" <= first <= "힣":
        return LEADS[(ord(first) - ord("가")) // SYLLABLES_PER_LEAD]
    if first in LEADS and first:
        return first
    plain = unicodedata.normalize("NFD", first)[:1].upper()
    if "A" <= plain <= "Z":
        return plain
    return DIGITS if first.isdigit() else OTHER


def group_by_initial(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Group entries, whose first field is a name, by initial: Hangul, Latin, digits, others."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: str(entry[0]).casefold()):
        groups.setdefault(initial(str(entry[0])), []).append(entry)
    return sorted(groups.items(), key=lambda group: _rank(group[0]))


def _rank(letter: str) -> tuple[int, str]:
    if letter in LEADS and letter:
        return 0, letter
    return {DIGITS: 2, OTHER: 3}.get(letter, 1), letter
