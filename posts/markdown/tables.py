"""Rows of GFM tables. https://github.github.com/gfm/#tables-extension-"""

from __future__ import annotations

import re
from typing import Final

_DELIMITER_ROW: Final = re.compile(
    r"(?!-[ \t])\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*+\|?[ \t]*$"
)
_PIPE: Final = re.compile(r"\\\||\|")


def split_row(line: str) -> list[str]:
    """The cells of a row; a pipe behind a backslash is text, also inside a code span."""
    line = line.strip(" \t")
    cells: list[str] = []
    start = 0
    for match in _PIPE.finditer(line):
        if match[0] == "|":
            cells.append(line[start : match.start()])
            start = match.end()
    cells.append(line[start:])
    if cells[0] == "":
        cells.pop(0)
    if cells and cells[-1] == "":
        cells.pop()
    return [cell.replace("\\|", "|").strip(" \t") for cell in cells]


def read_alignments(line: str) -> list[str] | None:
    """The alignments of a delimiter row, '' for none given; ``None`` if it is no such row."""
    if not _DELIMITER_ROW.match(line):
        return None
    return [_alignment(cell) for cell in split_row(line)]


def _alignment(cell: str) -> str:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left" if cell.startswith(":") else ""
