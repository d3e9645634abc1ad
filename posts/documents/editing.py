r"""What a browser does to a text in a form, undone; and two texts compared for people.

A browser submits every line ending as ``\r\n`` (HTML 4.10.11, "normalize newlines"), whatever the
document had. An editor who changes one line must change that line only, so the endings of all
others come back from the stored text. Pure functions of text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# Lines end at \n, \r\n and \r only; U+2028, form feeds and the like are text.
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_NEWLINE = re.compile(r"\r\n|\r")
# Comparing documents of thousands of equal lines is quadratic: beyond this, lines pair up in order.
MAX_PAIRS = 2_000_000
CONTEXT_LINES = 3

Line = tuple[str, str]
"""The text of a line and its ending; the last line of a text has the ending ''."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a comparison: ``kind`` is same, added, removed or gap (lines left out)."""

    kind: str
    text: str


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
        for here, there in _pairs([text for text, _ in old], [text for text, _ in new]):
            endings[there] = old[here][1] or newline
    endings[-1] = ""
    return _join([text for text, _ in new], endings, before)


def compare(old: str, new: str) -> list[DiffLine]:
    """Return the second text as changes to the first, with a few lines around each change."""
    a, b = plain(old).split("\n"), plain(new).split("\n")
    rows: list[DiffLine] = []
    end = 0
    for group in SequenceMatcher(None, a, b).get_grouped_opcodes(CONTEXT_LINES):
        if group[0][1] > end:
            rows.append(DiffLine("gap", ""))
        for kind, a1, a2, b1, b2 in group:
            if kind == "equal":
                rows += [DiffLine("same", line) for line in a[a1:a2]]
                continue
            rows += [DiffLine("removed", line) for line in a[a1:a2]]
            rows += [DiffLine("added", line) for line in b[b1:b2]]
        end = group[-1][2]
    if rows and end < len(a):
        rows.append(DiffLine("gap", ""))
    return rows


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


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield which old line is which new one."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
        yield len(old) - end, len(new) - end
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    for here, there in _middle_pairs(middle_old, middle_new):
        yield start + here, start + there


def _middle_pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    counts = Counter(new)
    if sum(counts[text] for text in old) <= MAX_PAIRS:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for block in matcher.get_matching_blocks():
            yield from ((block.a + i, block.b + i) for i in range(block.size))
        return
    places: dict[str, deque[int]] = defaultdict(deque)
    for index, text in enumerate(old):
        places[text].append(index)
    for index, text in enumerate(new):
        if places[text]:
            yield places[text].popleft(), index
