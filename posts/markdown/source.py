"""From the tree back to Markdown: what readers get of a text, with what moderators decided.

Blocks are the lines as their author wrote them wherever those say nothing more than the page does.
Where something was decided, or where lines hold what no reader sees (comments, definitions,
attributes, tags that HTML does not let through), a block is written anew from the tree, which holds
no such thing. So nothing is searched for and cut out of a text, and nothing can be overlooked.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Final

from posts.markdown.lines import expand_tabs
from posts.markdown.marks import Marks
from posts.markdown.phrases import PhraseWriter, address_forms
from posts.markdown.references import normalize_label
from posts.markdown.tree import (
    EMBED,
    HEADING_TAGS,
    RAW_HTML,
    RAW_TAG,
    TIGHT,
    Span,
    UsedNote,
    plain_text,
)
from posts.markdown.writing import Writer

_LISTS: Final = frozenset(("ul", "ol"))
# What the tree does not hold as it was written: tags and comments, definitions, lists of
# attributes, footnotes.
_NOT_PLAIN: Final = re.compile(r"<[A-Za-z/!?]|\]:|\{[:#.]|\[\^|\[TOC\]", re.IGNORECASE)
_LABEL: Final = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\](?!\()", re.DOTALL)
_MARKER: Final = re.compile(r" *(?:[-+*]|\d{1,9}[.)])(?: +|$)")
_SPACES: Final = re.compile(r" *")
_TICKS: Final = re.compile(r"`+")
_CODE_INDENT: Final = 4


class SourceWriter(PhraseWriter):
    """Writes the trees of one issue as Markdown.

    ``lines`` are those of the text, ``spans`` says which of them a block stands in,
    ``definitions`` are the labels that links may refer to.
    """

    def __init__(
        self,
        marks: Marks,
        lines: Sequence[str],
        spans: Mapping[etree.Element, Span],
        *,
        definitions: Collection[str],
    ) -> None:
        super().__init__(marks)
        self._lines = lines
        self._spans = spans
        self._definitions = definitions
        self._html = Writer(replace(marks, groups=set(), titles=set()), "")
        self._withheld = withheld(marks)
        # Lines on which an item starts whose content is not taken as written.
        self._opened: set[int] = set()
        decided = marks.decided
        self._watched = decided.change_something or bool(marks.images)

    def write(self, trees: Iterable[etree.Element], notes: Iterable[UsedNote]) -> str:
        """The Markdown of sections and of the footnotes that are left in them."""
        root = etree.Element("div")
        root.extend(block for tree in trees for block in tree)
        lines = self._blocks(root, 0)
        for note in notes:
            if note.number in self.notes:
                first, *rest = self._blocks(note.element, None) or [""]
                lines += ["", f"[^{note.number}]: {first}", *indented(rest, 4)]
        text = "\n".join(line.rstrip("\r\n") for line in lines).strip("\n")
        for pattern, words in self._withheld:
            text = pattern.sub(words, text)
        return f"{text}\n" if text else ""

    # -- as written -------------------------------------------------------------------------

    def _is_plain(self, block: etree.Element) -> bool:
        """Whether the lines of a block say what the page says, and no more."""
        start, end = self._spans[block]
        if block.tag == "pre":
            return True
        text = "".join(self._lines[start:end])
        if _NOT_PLAIN.search(text) or (self._definitions and self._refers(text)):
            return False
        if "![" in text and any(EMBED in element.attrib for element in block.iter()):
            return False
        return not self._watched or not any(map(self._is_changed, block.iter()))

    def _refers(self, text: str) -> bool:
        return any(normalize_label(label) in self._definitions for label in _LABEL.findall(text))

    def _is_changed(self, element: etree.Element) -> bool:
        """Whether something was decided about an element, or its address is another here."""
        marks = self._marks
        mark = marks.items.get(element)
        if (mark is not None and mark.hidden) or element in marks.removed:
            return True
        if element.tag == "img":
            return element.get("src", "") in marks.images
        decided, url = marks.decided, element.get("href", "")
        return decided.shown(url) != url or url in decided.broken or url in decided.copies

    def _written(self, span: Span, column: int) -> list[str]:
        """The lines of a block as written, from a column on."""
        if not column:
            return list(self._lines[slice(*span)])
        return [self._line(number, column) for number in range(*span)]

    def _line(self, number: int, column: int) -> str:
        """A line without the indent, or on the line of an item without its marker."""
        line = expand_tabs(self._lines[number].rstrip("\r\n"))
        if number in self._opened:
            return line[column:]
        match = _SPACES.match(line)
        return line[min(column, match.end() if match else 0) :]

    # -- blocks -----------------------------------------------------------------------------

    def _blocks(self, parent: Iterable[etree.Element], column: int | None) -> list[str]:
        """The lines of blocks that stand at a column of the text; None: nothing is as written."""
        lines: list[str] = []
        end: int | None = None
        for block in parent:
            found = self._block(block, column)
            if not found:
                continue
            start, last = (
                self._spans.get(block, (None, None)) if column is not None else (None, None)
            )
            if lines:
                lines += [""] * self._gap(end, start, is_tight=block.tag in (TIGHT, *_LISTS))
            lines += found
            end = last
        return lines

    def _gap(self, end: int | None, start: int | None, *, is_tight: bool) -> int:
        """How many blank lines part two blocks."""
        if end is None or start is None:
            return 0 if is_tight else 1
        return sum(not line.strip() for line in self._lines[end:start]) or int(start > end)

    def _block(self, block: etree.Element, column: int | None) -> list[str]:
        if column is not None and block in self._spans and self._is_plain(block):
            return self._written(self._spans[block], column)
        mark = self._marks.items.get(block)
        if block in self._marks.removed or (mark and mark.hidden and block.tag != "li"):
            return []
        if block.tag in _LISTS:
            return self._list(block, column)
        write = _BLOCKS.get(block.tag, SourceWriter._other)
        return write(self, block)

    def _list(self, block: etree.Element, column: int | None) -> list[str]:
        lines: list[str] = []
        end: int | None = None
        number = int(block.get("start", "1"))
        for item in block:
            marker = "- " if block.tag == "ul" else f"{number}. "
            found = self._item(item, marker, column)
            number += 1
            if not found:
                continue
            start, last = (
                self._spans.get(item, (None, None)) if column is not None else (None, None)
            )
            if lines:
                loose = any(child.tag == "p" for child in item)
                lines += [""] * self._gap(end, start, is_tight=not loose)
            lines += found
            end = last
        return lines

    def _item(self, item: etree.Element, marker: str, column: int | None) -> list[str]:
        if column is not None and item in self._spans and self._is_plain(item):
            return self._written(self._spans[item], column)
        marker, inner = self._marker(item, marker, column)
        mark = self._marks.items.get(item)
        if mark is not None and mark.hidden:
            below = self._blocks([child for child in item if child.tag in _LISTS], inner)
            return [marker.rstrip(), *indented(below, len(marker))] if below else []
        first, *rest = self._blocks(item, inner) or [""]
        if task := item.get("task"):
            first = f"[{task}] {first}"
        return [f"{marker}{first}".rstrip(), *indented(rest, len(marker))]

    def _marker(
        self, item: etree.Element, marker: str, column: int | None
    ) -> tuple[str, int | None]:
        """An item's marker as written, and the column of its content; else the one given."""
        if column is None or item not in self._spans:
            return marker, None
        number = self._spans[item][0]
        line = expand_tabs(self._lines[number].rstrip("\r\n"))
        text = line[column:] if number in self._opened else line[_indent(line, column) :]
        start = len(line) - len(text)
        match = _MARKER.match(text)
        if match is None:
            return marker, None
        written = match[0]
        spaces = len(written) - len(written.rstrip(" "))
        if spaces > _CODE_INDENT or not text[match.end() :].strip():
            written = f"{written.rstrip(' ')} "
        self._opened.add(number)
        return written, start + len(written)

    def _quote(self, block: etree.Element) -> list[str]:
        return [f"> {line}".rstrip() for line in self._blocks(block, None)]

    def _heading(self, block: etree.Element) -> list[str]:
        text = " ".join(self.phrases(block).split())
        return [f"{'#' * int(block.tag[1])} {text}"] if text else []

    def _paragraph(self, block: etree.Element) -> list[str]:
        return self.paragraph(block)

    def _code_block(self, block: etree.Element) -> list[str]:
        text = plain_text(block).removesuffix("\n")
        fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(text)), default=0))
        return [fence, *text.split("\n"), fence]

    def _rule(self, _block: etree.Element) -> list[str]:
        return ["***"]

    def _table(self, block: etree.Element) -> list[str]:
        cells = [list(row) for row in block.iter("tr") if not self._is_hidden(row)]
        rows = [[self._cell(cell) for cell in row] for row in cells]
        ends = {"left": ":--", "center": ":-:", "right": "--:"}
        below = [ends.get(cell.get("align", ""), "---") for row in cells[:1] for cell in row]
        return [f"| {' | '.join(row)} |" for row in (rows[0], below, *rows[1:])] if rows else []

    def _is_hidden(self, row: etree.Element) -> bool:
        mark = self._marks.items.get(row)
        return mark is not None and mark.hidden

    def _cell(self, cell: etree.Element) -> str:
        return " ".join(self.phrases(cell).split()).replace("|", "\\|")

    def _other(self, block: etree.Element) -> list[str]:
        """Raw HTML, rebuilt from its parts, with what was decided about its links."""
        root = etree.Element("div")
        tail, block.tail = block.tail, None
        root.append(block)
        html = self._html.write(root).strip("\n")
        block.tail = tail
        return html.split("\n") if html.strip() else []


def indented(lines: Iterable[str], by: int) -> list[str]:
    """Return lines that begin so many columns further on; blank ones are empty."""
    return [f"{' ' * by}{line}" if line.strip() else "" for line in lines]


def _indent(line: str, most: int) -> int:
    match = _SPACES.match(line)
    return min(most, match.end() if match else 0)


def withheld(marks: Marks) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the addresses that readers do not get, wherever they stand, and what is said.

    An address in code or in the middle of a sentence is no link, and so no element of the tree.
    """
    decided = marks.decided
    pairs = ((decided.blocked, decided.words.blocked), (decided.held, decided.words.held))
    found = []
    for urls, words in pairs:
        forms = sorted({form for url in urls for form in address_forms(url)}, reverse=True)
        if forms:
            either = "|".join(map(re.escape, forms))
            pattern = re.compile(rf"(?<![\w=%/?&-])(?:{either})(?![\w/?=&%#+~-]|\.\w)")
            found.append((pattern, f"({escape(words, quote=False)})"))
    return found


_BLOCKS: Final[dict[str, Callable[[SourceWriter, etree.Element], list[str]]]] = {
    "p": SourceWriter._paragraph,
    TIGHT: SourceWriter._paragraph,
    "blockquote": SourceWriter._quote,
    "pre": SourceWriter._code_block,
    "hr": SourceWriter._rule,
    "table": SourceWriter._table,
    RAW_HTML: SourceWriter._other,
    RAW_TAG: SourceWriter._other,
    **dict.fromkeys(HEADING_TAGS, SourceWriter._heading),
}
