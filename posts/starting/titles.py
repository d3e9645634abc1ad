"""Titles of issues that count: the next of a row of titles, and patterns with gaps; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PLACEHOLDERS = ("{number}", "{date}")
_GAP = re.compile(r"\{(\w*)\}")
_NUMBER = re.compile(r"\d+")
# What is counted in a date, and no issue.
_IN_DATE = re.compile(r"\s*[년월일]|[-./:]\d|\s*(?:st|nd|rd|th)\b")
_AFTER_DATE = re.compile(
    r"(?:\d[-./:]|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s)$"
)
FIRST_YEAR, LAST_YEAR = 1990, 2099


def unknown_placeholders(text: str) -> list[str]:
    """Return what stands in braces in a text and means nothing."""
    return [gap[0] for gap in _GAP.finditer(text) if gap[0] not in PLACEHOLDERS]


def filled(pattern: str, number: int, day: str) -> str:
    """Return a pattern with its number and its date; whatever else is in braces stays."""
    values = {"number": str(number), "date": day}
    return _GAP.sub(lambda gap: values.get(gap[1], gap[0]), pattern)


def next_number(pattern: str, titles: Iterable[str]) -> int:
    """Return the number after the highest that titles have where a pattern has its own; else 1."""
    before, gap, after = pattern.partition("{number}")
    if not gap:
        return 1
    found = re.compile(f"{_loosely(before)}(\\d{{1,9}}){_loosely(after)}", re.IGNORECASE)
    numbers = [int(match[1]) for title in titles if (match := found.fullmatch(title.strip()))]
    return max(numbers, default=0) + 1


def _loosely(part: str) -> str:
    """Return an expression for the words of a pattern: a date may be any, and so may the end."""
    pieces = [re.escape(piece.strip()) for piece in part.split("{date}")]
    return r"\s*" + ".*".join(pieces) + r"\s*"


def next_title(titles: Sequence[str]) -> str:
    """Return the title after a row of them, the latest first; "" where none of them counts.

    A number counts if one of the other titles has a lower one in its place, after the same words.
    What follows it comes back if both titles have it.
    """
    for match in _NUMBER.finditer(titles[0] if titles else ""):
        before, after = titles[0][: match.start()], titles[0][match.end() :]
        if _is_of_a_date(match[0], before, after):
            continue
        places = [_at_the_end_of(before, other) for other in titles[1:]]
        for place in filter(None, places):
            if int(place[1]) < int(match[0]) and after[:1] == place[2][:1]:
                highest = max(int(match[0]), *(int(one[1]) for one in places if one))
                return f"{before}{highest + 1}{_shared(after, place[2])}"
    return ""


def _at_the_end_of(before: str, title: str) -> re.Match[str] | None:
    return re.match(re.escape(before) + r"(\d{1,9})(.*)", title, re.DOTALL)


def _is_of_a_date(number: str, before: str, after: str) -> bool:
    is_year = len(number) == 4 and FIRST_YEAR <= int(number) <= LAST_YEAR
    return is_year or bool(_IN_DATE.match(after)) or bool(_AFTER_DATE.search(before.casefold()))


def _shared(one: str, other: str) -> str:
    """Return what may follow the next number: what follows both, or the sign that ends it."""
    if one == other:
        return one
    return match[0] if (match := re.match(r"[호회차편]?\s*[:·|–—-]\s*", one)) else ""
