"""Documents cut into pieces, so that a revision stores what changed and names the rest.

A piece is the header, a section, or part of a long section: between two lines that the text itself
chooses, so that an edit moves the cuts beside it and no others. Pure functions of text.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from posts.models.revisions import DIGEST_LENGTH

SHORT: Final = 2_000
LONG: Final = 16_000
"""Characters: no piece ends before the first of these, and none grows beyond the second but by a
line."""
_ONE_IN: Final = 4
MANY: Final = 1_000
"""Where there are more sections, short ones share pieces."""


class Piece(NamedTuple):
    """A part of a document, and the heading it stands under."""

    text: str
    heading: str

    @property
    def digest(self) -> bytes:
        """What the piece is known by."""
        return hashlib.blake2b(self.text.encode(), digest_size=DIGEST_LENGTH).digest()


def cut(header: str, sections: Iterable[tuple[str, str]]) -> list[Piece]:
    """Cut a document, given its header and the heading and source of each section."""
    rows = list(sections)
    pieces = [Piece(header, "")]
    for heading, source in _joined(rows) if len(rows) > MANY else rows:
        pieces += (Piece(text, heading) for text in _parts(source))
    return pieces


def pack(text: str) -> bytes:
    """Return a piece as it is stored."""
    return zlib.compress(text.encode())


def _joined(sections: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield sections, short ones together with those that follow, under the first heading."""
    heading, size = "", 0
    sources: list[str] = []
    for own, source in sections:
        heading = heading if sources else own
        sources.append(source)
        size += len(source)
        if size >= SHORT:
            yield heading, "".join(sources)
            sources, size = [], 0
    if sources:
        yield heading, "".join(sources)


def _parts(source: str) -> Iterator[str]:
    if len(source) <= LONG:
        yield source
        return
    lines: list[str] = []
    size = 0
    for line in _lines(source):
        lines.append(line)
        size += len(line)
        if size >= SHORT and (size >= LONG or zlib.crc32(line.encode()) % _ONE_IN == 0):
            yield "".join(lines)
            lines, size = [], 0
    if lines:
        yield "".join(lines)


def _lines(text: str) -> Iterator[str]:
    r"""Yield the lines of a text with their ``\n``."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
