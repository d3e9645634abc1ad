"""From lines to a tree of blocks: CommonMark's two-phase algorithm as a Python-Markdown parser.

https://spec.commonmark.org/0.31.2/#appendix-a-parsing-strategy. Every line first continues the
open blocks it can continue, then opens new ones, and what is left is text of the innermost. Since
lines are taken one by one, every block knows its place in the source, and the work is linear.

The text inside leaves is left as it is, in ``leaves``, for the inline phase.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Callable, Iterable
from typing import Final

from markdown.blockparser import BlockParser

from posts.markdown import limits, lines, references, tables
from posts.markdown.attributes import LIST, is_contents, read_id, split_heading
from posts.markdown.html import read_tag
from posts.markdown.stack import Block, Outcome
from posts.markdown.tree import CONTENTS, NAME, RAW_HTML, TIGHT, Head, Leaf, Note, Span
from posts.markdown.verbatim import VerbatimBlocks
from posts.messages import Message as _


class DocumentParser(VerbatimBlocks, BlockParser):
    """Parses the blocks of one text, in the place of Python-Markdown's own block parser."""

    def parseDocument(self, texts: Iterable[str]) -> etree.ElementTree[etree.Element | None]:
        """The block tree of a text; Python-Markdown hands it over split at its line feeds."""
        self.root = etree.Element(self.md.doc_tag)
        source = lines.with_ends("\n".join(texts))
        self._begin(self.root, source)
        for number, line in enumerate(source):
            self._start_line(number, line.rstrip("\r\n"))
            self._take()
        self._close_to(0)
        return etree.ElementTree(self.root)

    # -- one line ---------------------------------------------------------------------------

    def _take(self) -> None:
        self._depth = self._match_open_blocks()
        if not self._continue_raw() and not self._open_blocks():
            self._add_text()
        if self._size:
            self._last = self._number + 1

    def _match_open_blocks(self) -> int:
        """How many of the open blocks this line continues."""
        for depth, block in enumerate(self._stack):
            if block.kind not in _STEADY and not _CONTINUATIONS[block.kind](self, block):
                return depth
        return len(self._stack)

    def _continue_item(self, block: Block) -> bool:
        if self._blank:
            # CommonMark 5.2: an item may begin with one blank line, not with two.
            if self._number == block.start + 1 and not len(block.element):
                return False
            self._advance(self._start)
        elif self._indent >= block.offset:
            self._advance(self._position + block.offset)
        else:
            return False
        return True

    def _continue_quote(self, block: Block) -> bool:
        if self._blank or self._indent > 3 or self._text[self._start] != ">":
            return False
        self._advance(self._start + (2 if self._text.startswith(" ", self._start + 1) else 1))
        return True

    def _continue_text(self, block: Block) -> bool:
        return not self._blank

    # -- opening blocks ---------------------------------------------------------------------

    def _open_blocks(self) -> bool:
        """Open what the line opens; ``True`` if nothing of it is left as text."""
        while not self._blank:
            if self._indent > 3:
                return self._open_code()
            outcome: Outcome = None
            for start in _STARTS.get(self._text[self._start], ()):
                outcome = start(self)
                if outcome:
                    break
            if outcome == "leaf":
                return True
            if outcome is None:
                return False
        return False

    def _start_quote(self) -> Outcome:
        self._open_container("quote", etree.Element("blockquote"))
        self._advance(self._start + (2 if self._text.startswith(" ", self._start + 1) else 1))
        return "container"

    def _start_html_heading(self) -> Outcome:
        """A heading that HTML writes on a line of its own; what follows it is a block of HTML."""
        match = lines.HTML_HEADING.match(self._text, self._start)
        if match is None or self._depth > 1 or not lines.shows_words(match[3]):
            return None
        block = self._open("heading", etree.Element(match[1].lower()))
        tag = read_tag(f"<{match[1]}{match[2]}>", 0)
        block.element.set(NAME, tag.place if tag else "")
        block.lines.append(match[3])
        block.detail = RAW_HTML
        self._close_to(len(self._stack) - 1, self._number + 1)
        self._depth = len(self._stack)
        below = self._open("html", etree.Element(RAW_HTML))
        below.offset = lines.HTML_UNTIL_BLANK
        below.start = self._number + 1
        return "leaf"

    def _start_atx_heading(self) -> Outcome:
        match = lines.ATX_HEADING.match(self._text, self._start)
        if match is None:
            return None
        level = match.end() - match.start()
        block = self._open("heading", etree.Element(f"h{level}"))
        block.lines.append(lines.heading_text(self._text[match.end() :]))
        self._close_to(len(self._stack) - 1, self._number + 1)
        return "leaf"

    def _start_setext_heading(self) -> Outcome:
        if not self._in_paragraph() or not lines.SETEXT_UNDERLINE.match(self._text, self._start):
            return None
        block = self._stack[-1]
        text = self._take_definitions(block)
        if not text or is_contents(text):
            block.lines, block.start = [text] if text else [], self._number
            return None
        block.lines = [text]
        block.kind = "heading"
        block.element.tag = "h1" if self._text[self._start] == "=" else "h2"
        self._close_to(len(self._stack) - 1, self._number + 1)
        return "leaf"

    def _start_rule(self) -> Outcome:
        if not lines.is_rule(self._text, self._start):
            return None
        self._open("rule", etree.Element("hr"))
        self._close_to(len(self._stack) - 1, self._number + 1)
        return "leaf"

    def _start_bullet_item(self) -> Outcome:
        match = lines.BULLET.match(self._text, self._start)
        if match is None:
            return None
        return self._start_item(match, match[0], "")

    def _start_ordered_item(self) -> Outcome:
        match = lines.ORDERED.match(self._text, self._start)
        if match is None:
            return None
        return self._start_item(match, match[2], str(int(match[1])))

    def _start_item(self, match: re.Match[str], marker: str, number: str) -> Outcome:
        content = lines.end_of_spaces(self._text, match.end())
        blank = content >= self._size
        if self._in_paragraph() and (blank or number not in ("", "1")):
            return None
        if blank or content - match.end() > 4:
            content = match.end() + 1
        offset = content - self._position
        block = self._open_list_item(marker, number)
        block.offset = offset
        self._advance(min(content, len(self._text)))
        return "container"

    def _open_list_item(self, marker: str, number: str) -> Block:
        top = self._stack[self._depth - 1]
        if top.kind != "list" or top.detail != marker:
            element = etree.Element("ol" if number else "ul")
            if number not in ("", "1"):
                element.set("start", number)
            if top.kind == "list":
                self._depth -= 1
            self._open("list", element).detail = marker
        return self._open_container("item", etree.Element("li"))

    def _start_note(self) -> Outcome:
        match = lines.FOOTNOTE_DEFINITION.match(self._text, self._start)
        if match is None:
            return None
        block = self._open_container("note", etree.Element("note"))
        block.detail = match[1]
        block.offset = 4
        block.mark = len(self.leaves)
        self._advance(match.end())
        return "container"

    def _start_table(self) -> Outcome:
        if not self._in_paragraph() or "|" not in "".join(self._stack[-1].lines[-1:]):
            return None
        alignments = tables.read_alignments(self._text[self._start :])
        header = tables.split_row(self._stack[-1].lines[-1]) if alignments else []
        if not alignments or len(header) != len(alignments):
            return None
        if len(header) > limits.MAX_COLUMNS:
            raise self.refuse(
                _("a table has more than %(count)d columns", count=limits.MAX_COLUMNS)
            )
        paragraph = self._stack[-1]
        paragraph.lines.pop()
        self._close_to(len(self._stack) - 1)
        self._depth = len(self._stack)
        block = self._open("table", etree.Element("table"))
        block.start = self._number - 1
        block.lines = alignments
        block.offset = len(header)
        head = etree.SubElement(block.element, "thead")
        self._add_row(head, "th", header, alignments, self._number - 1)
        return "leaf"

    # -- text -------------------------------------------------------------------------------

    def _add_text(self) -> None:
        """What is left of the line is text: of an open paragraph or table, or of a new one."""
        stack = self._stack
        lazy = self._depth < len(stack) and stack[-1].kind == "paragraph" and not self._blank
        if not lazy:
            self._close_to(self._depth)
        block = stack[-1]
        if self._blank:
            return
        text = self._text[self._start :]
        if block.kind == "table":
            self._add_table_row(block, text)
            return
        if block.kind != "paragraph":
            block = self._open("paragraph", None)
        block.lines.append(text)

    def _add_table_row(self, block: Block, text: str) -> None:
        body = block.element.find("tbody")
        if body is None:
            body = etree.SubElement(block.element, "tbody")
        cells = tables.split_row(text)[: block.offset]
        self._add_row(body, "td", cells, block.lines, self._number)

    def _add_row(
        self,
        parent: etree.Element,
        tag: str,
        cells: list[str],
        alignments: list[str],
        line: int,
    ) -> None:
        row = etree.SubElement(parent, "tr")
        self.spans[row] = line, line + 1
        for text, alignment in zip(cells, alignments, strict=False):
            cell = etree.SubElement(row, tag)
            if alignment:
                cell.set("align", alignment)
            self.leaves.append(Leaf(cell, text, line))

    # -- closing blocks ---------------------------------------------------------------------

    def _finish(self, block: Block) -> None:
        close = _CLOSINGS.get(block.kind)
        if close is not None:
            close(self, block)

    def _close_paragraph(self, block: Block) -> None:
        text = self._take_definitions(block)
        if not text:
            self._stack[-1].element.remove(block.element)
            return
        parent = self._stack[-1]
        if is_contents(text) or (LIST.fullmatch(text) and not read_id(text)):
            parent.element.remove(block.element)
            parent.element.set(CONTENTS, "yes")
            return
        if parent.kind == "item" and parent.element[0] is block.element:
            task = lines.TASK.match(text)
            if task:
                parent.element.set("task", "x" if task[1] in "xX" else " ")
                text = text[task.end() :].lstrip(" \t")
        self.leaves.append(Leaf(block.element, text, block.start))
        if "]:" in text:
            self.glued |= {
                references.normalize_label(label) for label in lines.GLUED_DEFINITION.findall(text)
            }

    def _take_definitions(self, block: Block) -> str:
        """The paragraph's text without the reference definitions it starts with."""
        text = "\n".join(block.lines).rstrip(" \t\n")
        position = 0
        while text.startswith("[", position) and "]:" in text:
            definition = references.read_definition(text, position)
            if definition is None:
                break
            self.definitions.setdefault(definition.label, definition.target)
            self.defined_at.setdefault(definition.label, block.start)
            position = definition.end
        if position:
            block.start += text.count("\n", 0, position)
            text = text[position:].lstrip(" \t")
        return text

    def _close_heading(self, block: Block) -> None:
        text = block.lines[0]
        is_raw = block.detail == RAW_HTML
        if not is_raw and text.endswith("}"):
            text, place = split_heading(text)
            text = lines.heading_text(text)
            block.element.set(NAME, place)
        leaf = Leaf(block.element, text, block.start, is_raw)
        self.leaves.append(leaf)
        if len(self._stack) == 1 and not self._is_glued(block):
            self.heads.append(Head(block.opened, int(block.element.tag[1]), leaf))

    def _is_glued(self, block: Block) -> bool:
        """Whether a top-level block starts on a line on which another one ends: a comment."""
        root = self._stack[0].element
        return len(root) > 1 and self.spans[root[-2]][1] > block.opened

    def _close_list(self, block: Block) -> None:
        """Decide whether the list is loose: a blank line between items or between their blocks."""
        items = block.element
        if len(items) == 1 and items[0].get(CONTENTS):
            self._stack[-1].element.remove(items)
            return
        spans = self.spans
        if _has_gap(items, spans) or any(_has_gap(item, spans) for item in items if len(item) > 1):
            return
        for item in items:
            for child in item:
                if child.tag == "p":
                    child.tag = TIGHT

    def _close_note(self, block: Block) -> None:
        leaves = self.leaves[block.mark :]
        del self.leaves[block.mark :]
        self.notes.setdefault(
            references.normalize_label(block.detail), Note(block.element, leaves, block.start)
        )


def _has_gap(elements: Iterable[etree.Element], spans: dict[etree.Element, Span]) -> bool:
    """Whether a blank line stands between two neighbours."""
    previous_end: int | None = None
    for element in elements:
        start, end = spans[element]
        if previous_end is not None and start > previous_end:
            return True
        previous_end = end
    return False


_STEADY: Final = frozenset(("document", "list", "fence"))
"""Blocks that every line continues, as far as it continues what they are in."""
_CONTINUATIONS: Final[dict[str, Callable[[DocumentParser, Block], bool]]] = {
    "quote": DocumentParser._continue_quote,
    "item": DocumentParser._continue_item,
    "note": DocumentParser._continue_item,
    "paragraph": DocumentParser._continue_text,
    "table": DocumentParser._continue_text,
    "code": DocumentParser._continue_code,
    "html": DocumentParser._continue_html,
}
_STARTS: Final[dict[str, tuple[Callable[[DocumentParser], Outcome], ...]]] = {
    ">": (DocumentParser._start_quote,),
    "#": (DocumentParser._start_atx_heading,),
    "=": (DocumentParser._start_setext_heading,),
    "`": (DocumentParser._start_fence,),
    "~": (DocumentParser._start_fence,),
    "<": (DocumentParser._start_html_heading, DocumentParser._start_html),
    "-": (
        DocumentParser._start_setext_heading,
        DocumentParser._start_table,
        DocumentParser._start_rule,
        DocumentParser._start_bullet_item,
    ),
    "*": (DocumentParser._start_rule, DocumentParser._start_bullet_item),
    "+": (DocumentParser._start_bullet_item,),
    "_": (DocumentParser._start_rule,),
    "|": (DocumentParser._start_table,),
    ":": (DocumentParser._start_table,),
    "[": (DocumentParser._start_note,),
    **dict.fromkeys("0123456789", (DocumentParser._start_ordered_item,)),
}
_CLOSINGS: Final[dict[str, Callable[[DocumentParser, Block], None]]] = {
    "paragraph": DocumentParser._close_paragraph,
    "heading": DocumentParser._close_heading,
    "fence": DocumentParser._close_code,
    "code": DocumentParser._close_code,
    "html": DocumentParser._close_html,
    "list": DocumentParser._close_list,
    "note": DocumentParser._close_note,
}
