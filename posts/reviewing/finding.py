"""Finding the line of a text where words stand that somebody read on its page; pure.

A page shows a text without its marks, so only letters and digits are compared. Words that were
edited since are found by those parts of them that are left.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator

LINES = re.compile(r"\r\n|\n|\r")
# What a page does not show of a link: its address and its title.
TARGET = re.compile(r"\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\s*\)")
PIECE = 12  # letters
MOST_PLACES = 200


class Text:
    """The letters of a text, which know their lines."""

    def __init__(self, text: str) -> None:
        self.letters, self.starts = "", []
        parts: list[str] = []
        length = 0
        for line in LINES.split(text):
            self.starts.append(length)
            parts.append(letters(TARGET.sub("]", line)))
            length += len(parts[-1])
        self.letters = "".join(parts)

    def line_of(self, quote: str, near: int | None = None) -> int | None:
        """Return the line, counted from 1, where quoted words begin; None where they are gone.

        ``near`` is the line where they stood before: of several places the nearest is taken.
        """
        key = letters(quote)
        if not key:
            return None
        found = list(self._lines_with(key))
        return _nearest(found, near) if found else self._likely(key, near)

    def _lines_with(self, key: str) -> Iterator[int]:
        at = self.letters.find(key)
        for _place in range(MOST_PLACES):
            if at < 0:
                return
            yield bisect_right(self.starts, at)
            at = self.letters.find(key, at + 1)

    def _likely(self, key: str, near: int | None) -> int | None:
        """Return the line that has the most parts of the words, if it is a third of them."""
        pieces = [key[at : at + PIECE] for at in range(0, max(len(key) - PIECE, 0) + 1, PIECE)]
        votes = Counter(line for piece in pieces for line in set(self._lines_with(piece)))
        most = max(votes.values(), default=0)
        if len(pieces) < 2 or most * 3 < len(pieces):
            return None
        return _nearest([line for line, count in votes.items() if count == most], near)


def letters(text: str) -> str:
    """Return the letters and digits of a text, in one case."""
    return "".join(filter(str.isalnum, text.casefold()))


def _nearest(lines: Iterable[int], near: int | None) -> int:
    return min(lines, key=lambda line: (abs(line - (near or 1)), line))
