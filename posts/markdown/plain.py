"""From the tree to text that is read as it is: mails without HTML.

Made of the same tree and decisions as the page, so it says the same words in the same order. Links
stand behind their words, in angle brackets (RFC 3986, appendix C), whole and in lines of any
length, so that every mail program finds where they end.
"""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as etree
from collections.abc import Callable, Iterable
from typing import Final

from posts.markdown.marks import Marks
from posts.markdown.references import encode_url, is_linkable
from posts.markdown.source import indented, withheld
from posts.markdown.tree import (
    AS_WRITTEN,
    BLOCK_TAGS,
    CELL_TAGS,
    CLOSES,
    HEADING_TAGS,
    INLINE_TAGS,
    NOTE_REFERENCE,
    OPENS,
    PLACE,
    RAW_HTML,
    RAW_TAG,
    TIGHT,
    UsedNote,
    plain_text,
)
from posts.markdown.writing import is_alone

_LISTS: Final = frozenset(("ul", "ol"))
_PAGE_LEVEL: Final = 2
_WIDEST: Final = 72
_BREAK: Final = "\x00"
"""Stands for the end of a line, of which the text itself has none that count."""

Whole = Callable[[str], str]
"""Returns an address whole, of one as a page may have it."""


class PlainWriter:
    """Writes the trees of one issue; ``items`` are the texts of items by anchor, without what is
    nested in them."""

    def __init__(self, marks: Marks, whole: Whole) -> None:
        self._marks = marks
        self._whole = whole
        self._withheld = withheld(marks)
        self.items: dict[str, str] = {}

    def write(self, root: etree.Element) -> str:
        """The text of a section."""
        return self._finished(self._blocks(root))

    def write_notes(self, notes: Iterable[UsedNote]) -> str:
        """The text of footnotes."""
        lines: list[str] = []
        for note in notes:
            first, *rest = self._blocks(note.element) or [""]
            lines += [f"[{note.number}] {first}", *indented(rest, 4)]
        return self._finished(lines)

    def _finished(self, lines: Iterable[str]) -> str:
        text = "\n".join(lines).strip("\n")
        for pattern, words in self._withheld:
            text = pattern.sub(words, text)
        return text

    # -- blocks -----------------------------------------------------------------------------

    def _blocks(self, parent: Iterable[etree.Element], *, is_item: bool = False) -> list[str]:
        lines: list[str] = []
        for block in parent:
            if found := self._block(block):
                tight = is_item and block.tag in (TIGHT, *_LISTS)
                lines += found if tight or not lines else ["", *found]
        return lines

    def _block(self, block: etree.Element) -> list[str]:
        mark = self._marks.items.get(block)
        if block in self._marks.removed or (mark and mark.hidden and block.tag != "li"):
            return []
        lines = _BLOCKS.get(block.tag, PlainWriter._paragraph)(self, block)
        if mark and mark.anchor and block.tag != "li":
            self.items[mark.anchor] = self._finished(lines)
        return lines

    def _paragraph(self, block: etree.Element) -> list[str]:
        image = block[0] if len(block) == 1 and block.tag == "p" and is_alone(block) else None
        if image is not None and image.tag == "img":
            return self._figure(image)
        return _lines(self._phrases(block))

    def _figure(self, image: etree.Element) -> list[str]:
        """A picture alone: with its caption, or where it is withheld with where it is."""
        if self._marks.withholds(image):
            source = encode_url(image.get("src", ""))
            return [self._linked(image.get("alt") or source, source)]
        return _lines(f"{self._image(image)} {image.get('title') or ''}")

    def _heading(self, block: etree.Element) -> list[str]:
        text = " ".join(_lines(self._phrases(block)))
        level = self._marks.levels.get(block, _PAGE_LEVEL + 1)
        if not text or level > _PAGE_LEVEL:
            return [text] if text else []
        return [text, "-" * min(width(text), _WIDEST)]

    def _list(self, block: etree.Element) -> list[str]:
        lines: list[str] = []
        number = int(block.get("start", "1"))
        for item in block:
            marker = "- " if block.tag == "ul" else f"{number}. "
            number += 1
            if found := self._item(item, marker):
                loose = any(child.tag == "p" for child in item)
                lines += ["", *found] if loose and lines else found
        return lines

    def _lone_item(self, item: etree.Element) -> list[str]:
        return self._item(item, "- ")

    def _item(self, item: etree.Element, marker: str) -> list[str]:
        mark = self._marks.items.get(item)
        nested = [child for child in item if child.tag in _LISTS]
        if mark is not None and mark.hidden:
            own: list[str] = []
        else:
            own = self._blocks([block for block in item if block.tag not in _LISTS], is_item=True)
            if mark is not None and mark.anchor:
                self.items[mark.anchor] = self._finished(own)
        lines = self._with_task(item, own) + self._blocks(nested, is_item=True)
        if not lines:
            return []
        return [f"{marker}{lines[0]}", *indented(lines[1:], len(marker))]

    def _with_task(self, item: etree.Element, lines: list[str]) -> list[str]:
        task = item.get("task")
        if not task or not lines:
            return lines
        return [f"[{task if task == 'x' else ' '}] {lines[0]}", *lines[1:]]

    def _quote(self, block: etree.Element) -> list[str]:
        return [f"> {line}".rstrip() for line in self._blocks(block)]

    def _code(self, block: etree.Element) -> list[str]:
        return indented(plain_text(block).removesuffix("\n").split("\n"), 4)

    def _rule(self, _block: etree.Element) -> list[str]:
        return ["* * *"]

    def _html(self, block: etree.Element) -> list[str]:
        """Raw HTML: the blocks that are known, and what stands loose around them."""
        lines: list[str] = []
        loose = etree.Element(TIGHT)
        loose.text = block.text
        for child in block:
            if child.tag not in BLOCK_TAGS:
                loose.append(child)
                continue
            for found in (self._paragraph(loose), self._block(child)):
                lines += ["", *found] if lines and found else found
            loose = etree.Element(TIGHT)
            loose.text = child.tail
        rest = self._paragraph(loose)
        return lines + (["", *rest] if lines and rest else rest)

    def _table(self, block: etree.Element) -> list[str]:
        return [line for row in block.iter("tr") for line in self._block(row)]

    def _row(self, row: etree.Element) -> list[str]:
        if row[0].tag not in CELL_TAGS:  # raw HTML
            return self._paragraph(row)
        cells = [" ".join(_lines(self._phrases(cell))) for cell in row]
        return [" | ".join(cells)] if any(cells) else []

    # -- phrases ----------------------------------------------------------------------------

    def _phrases(self, element: etree.Element) -> str:
        parts = [element.text or ""]
        for child in element:
            parts.append(_PHRASES.get(child.tag, PlainWriter._phrases)(self, child))
            parts.append(child.tail or "")
        return "".join(parts)

    def _struck(self, element: etree.Element) -> str:
        return f"~~{self._phrases(element)}~~"

    def _link(self, element: etree.Element) -> str:
        url, decided = element.get("href", ""), self._marks.decided
        words = self._phrases(element)
        if url in decided.blocked or url in decided.held:
            said = decided.words.blocked if url in decided.blocked else decided.words.held
            return f"{words} ({said})"
        if not is_linkable(url):
            return words
        return self._linked(words, self._address(element, url)) + self._what_became(url)

    def _address(self, element: etree.Element, url: str) -> str:
        new = self._marks.decided.replaced.get(url)
        if url.startswith("#"):
            return self._marks.targets.get(url, url)
        return (
            url if new is None and element.get(AS_WRITTEN) is not None else encode_url(new or url)
        )

    def _linked(self, words: str, address: str) -> str:
        address = self._whole(address)
        address = address if "?" in address else address.removeprefix("mailto:")
        address = address.replace("<", "%3C").replace(">", "%3E")
        shown = words.strip()
        if not shown:
            return words
        if encode_url(shown).rstrip("/") in (address, address.rstrip("/")):
            return words.replace(shown, f"<{address}>")
        return f"{words.rstrip()} <{address}>{words[len(words.rstrip()) :]}"

    def _what_became(self, url: str) -> str:
        decided, notes = self._marks.decided, []
        if url in decided.replaced:
            notes.append(decided.words.replaced)
        else:
            if url in decided.broken:
                notes.append(decided.words.broken)
            if url in decided.copies:
                copy = self._whole(encode_url(decided.copies[url]))
                notes.append(f"{decided.words.copy} <{copy}>")
        return f" ({' · '.join(notes)})" if notes else ""

    def _image(self, element: etree.Element) -> str:
        words = element.get("alt", "").strip()
        return f"[{words}]" if words else ""

    def _line_break(self, _element: etree.Element) -> str:
        return _BREAK

    def _nothing(self, _element: etree.Element) -> str:
        return ""

    def _raw_tag(self, element: etree.Element) -> str:
        name = element.get(OPENS) or element.get(CLOSES) or ""
        if name in INLINE_TAGS:
            return ""
        if name in CELL_TAGS:
            return " "
        return f"{_BREAK}- " if element.get(OPENS) == "li" else _BREAK

    def _note_reference(self, element: etree.Element) -> str:
        return f"[{element.get('number', '1')}]"


def _lines(text: str) -> list[str]:
    """The lines of a paragraph: those that were asked for, with all other space folded."""
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return [line for line in lines if line not in ("", "-")]


def width(text: str) -> int:
    """Return how many columns a text takes: a Latin letter one, a Hangul syllable two."""
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


_BLOCKS: Final[dict[str, Callable[[PlainWriter, etree.Element], list[str]]]] = {
    "ul": PlainWriter._list,
    "ol": PlainWriter._list,
    "li": PlainWriter._lone_item,
    "tr": PlainWriter._row,
    "blockquote": PlainWriter._quote,
    "pre": PlainWriter._code,
    "hr": PlainWriter._rule,
    "table": PlainWriter._table,
    RAW_HTML: PlainWriter._html,
    **dict.fromkeys(HEADING_TAGS, PlainWriter._heading),
}
_PHRASES: Final[dict[str, Callable[[PlainWriter, etree.Element], str]]] = {
    "del": PlainWriter._struck,
    "a": PlainWriter._link,
    "img": PlainWriter._image,
    "br": PlainWriter._line_break,
    PLACE: PlainWriter._nothing,
    RAW_TAG: PlainWriter._raw_tag,
    NOTE_REFERENCE: PlainWriter._note_reference,
}
