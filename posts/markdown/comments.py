"""Comments of Obsidian, ``%%…%%``: meant for their author, to Markdown text that readers see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from posts.markdown.document import Document
from posts.markdown.html import mask, mask_comments
from posts.markdown.lines import with_line_feeds

# Within a line, or from the beginning of one to the end of a later one. No comments are
# `100%% sure`, addresses (`/a%%20b%%`), and those of LaTeX, whose lines all begin so.
_COMMENT: Final = re.compile(
    r"(?<![A-Za-z\d%/=&?#.:+-])%%(?!%)(?:[^%\n]|%(?!%))+%%(?![\w%])"
    r"|^[ \t>*+-]*(?P<block>%%(?!%)(?![^\n]*\n[ \t>]*%%)(?:[^%]|%(?!%))+%%)"
    r"(?=[ \t]*(?:\n(?![ \t>]*%%)|\Z))",
    re.MULTILINE,
)
_CODE: Final = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)(?:[^\n]|\n(?![ \t]*\n)){1,1000}?(?<!`)(?P=ticks)(?!`)"
)


def comments_in(document: Document) -> Iterator[tuple[int, int]]:
    """Yield where comments stand in the text of a document, whose lines end in a line feed.

    Raises ``MarkdownLimitError`` if a limit is crossed.
    """
    if "%%" not in document.text:
        return
    for found in _COMMENT.finditer(_prose(document)):
        place = "block" if found["block"] else 0
        if any(map(str.isalnum, found[place])):
            yield found.span(place)


def _prose(document: Document) -> str:
    """Return the text with its code and HTML's comments masked: as long, with the same lines."""
    lines = with_line_feeds(document.text).split("\n")
    for tree in document.trees:
        for block in tree.iter("pre"):
            for number in range(*document.spans.get(block, (0, 0))):
                lines[number] = "`" * len(lines[number])
    prose = _CODE.sub(lambda code: mask(code[0], "`"), "\n".join(lines))
    return mask_comments(prose, "`")
