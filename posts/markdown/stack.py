"""The open blocks of a document and the line that is being read: what all block rules share."""

from __future__ import annotations

import xml.etree.ElementTree as etree
from typing import Final, Literal

from posts.markdown import limits, lines, references
from posts.markdown.mentions import TagLines
from posts.markdown.tree import Head, Leaf, Note, Span, Spot, Undefined, UsedNote
from posts.messages import Message as _

Outcome = Literal["container", "leaf", None]
"""What a rule opened: a block whose content follows in the line, one that takes it up, nothing."""

_CONTAINERS: Final = frozenset(("document", "quote", "item", "note"))
_NESTING: Final = ("quote", "item", "note")


class Block:
    """A block that is still open."""

    __slots__ = ("detail", "element", "kind", "lines", "mark", "offset", "opened", "start")

    def __init__(self, kind: str, element: etree.Element, start: int) -> None:
        self.kind = kind
        self.element = element
        self.opened = self.start = start  # a paragraph's text starts below its definitions
        self.lines: list[str] = []
        self.offset = 0
        self.mark = 0
        self.detail = ""


class BlockStack:
    """The open blocks, innermost last, and the place in the current line.

    Definitions gather in ``definitions`` and ``notes``, of two with the same label the first;
    ``defined_at`` has a line of the paragraph of each. Places are in ``spans``, text in
    ``leaves``, headings that start a section in ``heads``. The inline phase adds ``used_notes``,
    what is ``undefined`` and the ``spots`` of links, pictures and code. The labels in ``glued``
    have a definition right below a line of text, which is none (CommonMark 4.7).
    """

    def _begin(self, root: etree.Element, source: list[str]) -> None:
        self.source = source
        self.tag_lines = TagLines(source)
        self.definitions: dict[str, references.Target] = {}
        self.defined_at: dict[str, int] = {}
        self.notes: dict[str, Note] = {}
        self.spans: dict[etree.Element, Span] = {}
        self.leaves: list[Leaf] = []
        self.heads: list[Head] = []
        self.used_notes: list[UsedNote] = []
        self.undefined: dict[Undefined, None] = {}
        self.spots: dict[etree.Element, Spot] = {}
        self.glued: set[str] = set()
        self._stack = [Block("document", root, 0)]
        self._last = 0
        self._number = -1

    def refuse(self, reason: str) -> limits.MarkdownLimitError:
        """The error for something at the current line."""
        return limits.MarkdownLimitError(reason, self._number + 1)

    # -- the line ---------------------------------------------------------------------------

    def _start_line(self, number: int, text: str) -> None:
        self._number = number
        self._text = text = lines.expand_tabs(text)
        self._size = len(text.rstrip(" \t"))
        self._position = 0
        self._depth = 0
        self._find_indent()

    def _find_indent(self) -> None:
        start = self._position
        if self._text.startswith(" ", start):
            start = lines.end_of_spaces(self._text, start)
        self._start = start
        self._indent = start - self._position
        self._blank = start >= self._size

    def _advance(self, position: int) -> None:
        self._position = position
        self._find_indent()

    # -- the stack --------------------------------------------------------------------------

    def _open(self, kind: str, element: etree.Element | None) -> Block:
        """Close what the line did not continue and open a block in what it did."""
        stack = self._stack
        if len(stack) > self._depth:
            self._close_to(self._depth)
        while stack[-1].kind not in _CONTAINERS and (kind != "item" or stack[-1].kind != "list"):
            self._close_to(len(stack) - 1)
        parent = stack[-1].element
        if element is None:
            element = etree.Element("p")
        if kind != "note":
            parent.append(element)
        block = Block(kind, element, self._number)
        stack.append(block)
        self._depth = len(stack)
        return block

    def _open_container(self, kind: str, element: etree.Element) -> Block:
        block = self._open(kind, element)
        if len(self._stack) > limits.MAX_DEPTH and self._nesting() > limits.MAX_DEPTH:
            raise self.refuse(
                _("lists or quotes are nested more than %(count)d deep", count=limits.MAX_DEPTH)
            )
        return block

    def _nesting(self) -> int:
        return sum(block.kind in _NESTING for block in self._stack)

    def _in_paragraph(self) -> bool:
        """Whether the line continues a paragraph, not counting lazy continuation."""
        return self._depth == len(self._stack) and self._stack[-1].kind == "paragraph"

    def _close_to(self, depth: int, end: int | None = None) -> None:
        stack = self._stack
        if end is None:
            end = self._last
        while len(stack) > depth:
            block = stack.pop()
            start = block.start
            self.spans[block.element] = (start, end if end > start else start)
            self._finish(block)

    def _finish(self, block: Block) -> None:
        """Do what is to be done when a block closes."""
        raise NotImplementedError
