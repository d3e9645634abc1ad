r"""What a browser does to a text in a form, undone.

A browser submits every line ending as ``\r\n`` (HTML 4.10.11, "normalize newlines"), whatever the
document had. An editor who changes one line must change that line only, so the endings of all
others come back from the stored text. Pure functions of text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from posts.documents.aligning import align

# Lines end at \n, \r\n and \r only; U+2028, form feeds and the like are text.
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_NEWLINE = re.compile(r"\r\n|\r")

Line = tuple[str, str]
"""The text of a line and its ending; the last line of a text has the ending ''."""


def plain(text: str) -> str:
    r"""Return the text with every line ending as ``\n``: what an editor sees."""
    return _NEWLINE.sub("\n", text)


def dominant_newline(text: str) -> str:
    r"""Return the line ending a text uses most; ``\n`` for a text of one line."""
    counts = Counter(ending for _line, ending in split_lines(text) if ending)
    return counts.most_common(1)[0][0] if counts else "\n"


def restore_endings(original: str, submitted: str, *, before: str = "") -> str:
    r"""Return the submitted text with the line endings of the original.

    Lines that stayed keep their own ending; new lines, and a last line that now has a line after
    it, take the one the document uses most. ``before`` is what stands in front of the text in the
    document (its header). The result differs from what was submitted in line endings alone.
    """
    if plain(original) == plain(submitted):
        return original
    newline = dominant_newline(original if _NEWLINE.search(original) else before + original)
    old, new = split_lines(original), split_lines(plain(submitted))
    endings = [newline] * len(new)
    if len({ending for _text, ending in old if ending}) > 1:
        for here, there, size in align([text for text, _ in old], [text for text, _ in new]):
            for step in range(size):
                endings[there + step] = old[here + step][1] or newline
    endings[-1] = ""
    return _join([text for text, _ in new], endings, before)


def split_lines(text: str) -> list[Line]:
    """Return the lines of a text, each with its ending; the last has none, and may be empty."""
    lines: list[Line] = []
    for found in _LINE.finditer(text):
        lines.append((found[1], found[2]))
        if not found[2]:
            break
    return lines


def _join(texts: Sequence[str], endings: Sequence[str], before: str) -> str:
    r"""Join lines so that no ``\r`` meets the ``\n`` of an empty line and becomes one ending."""
    pieces: list[str] = []
    last = before[-1:]
    for text, ending in zip(texts, endings, strict=True):
        kept = "\r\n" if last == "\r" and not text and ending == "\n" else ending
        pieces.append(text + kept)
        last = (text + kept)[-1:] or last
    return "".join(pieces)
