"""The tree between Markdown and HTML: its own tags, and how a list of tokens becomes elements.

Most elements carry the HTML tag they become. Those named here do not.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from posts.markdown.emphasis import Run
from posts.markdown.html import FORMATTING_TAGS, PHRASING_TAGS

Span = tuple[int, int]
"""First line and the line after the last, counted from 0."""

TIGHT: Final = "tight"
"""Tag of a paragraph in a tight list: its text stands in the item without a ``<p>``."""
RAW_HTML: Final = "html"
"""Tag of a raw HTML block."""
RAW_TAG: Final = "raw"
"""Tag of an element that stands for one raw HTML tag; its ``html`` attribute is written as is."""
OPENS: Final = "opens"
CLOSES: Final = "closes"
"""Attributes of a ``RAW_TAG``: the name of what it opens or closes."""
NOTE_REFERENCE: Final = "note-reference"
"""Tag of a reference to a footnote: ``number`` and ``use``, both counted from 1."""
PLACE: Final = "place"
"""Tag of a place that links within the issue lead to."""
NAME: Final = "name"
"""Attribute of a place, a heading or a raw tag: the id that its author gave it."""
CONTENTS: Final = "contents"
"""Attribute of what says where a table of contents goes."""
AS_WRITTEN: Final = "as-written"
"""Attribute of what was raw HTML: a link, whose address is HTML already and is not encoded again,
and a heading, whose level goes by those before it."""
BARE: Final = "bare"
"""Attribute of a link that is a bare address in the text."""
EMBED: Final = "embed"
"""Attribute of a link that is written as a picture, or whose words hold one that is none."""

HEADING_TAGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
CELL_TAGS: Final = frozenset(("td", "th"))
BLOCK_TAGS: Final = HEADING_TAGS | {"ul", "ol", "li", "p", "tr"}
"""Elements that HTML and Markdown have in common, and in which entries are looked for."""
INLINE_TAGS: Final = (FORMATTING_TAGS | PHRASING_TAGS) - {"br"}
"""Tags that may stand within a line of text."""


def places_in(tree: etree.Element) -> Iterator[etree.Element]:
    """The elements of a tree, but headings, to which links within the issue may lead."""
    yield from tree.iter(PLACE)
    yield from (element for element in tree.iter(RAW_TAG) if NAME in element.attrib)


class Leaf(NamedTuple):
    """Text that awaits the inline phase, and its line, counted from 0."""

    element: etree.Element
    text: str
    line: int
    raw: bool = False
    """Whether the text is HTML, not Markdown."""


class Spot(NamedTuple):
    """Where a link, a picture or code stands in the text of its leaf."""

    leaf: Leaf
    start: int
    end: int


class Head(NamedTuple):
    """Where a section starts: its first line, its heading's level and text if it has one."""

    line: int
    level: int = 0
    leaf: Leaf | None = None


class Undefined(NamedTuple):
    """A reference that no definition answers, as readers see it, and its line from 0."""

    label: str
    line: int


class Note(NamedTuple):
    """A footnote's content and the line of its definition."""

    element: etree.Element
    leaves: list[Leaf]
    line: int


class UsedNote(NamedTuple):
    """A footnote that is used, with its number and how often."""

    number: int
    uses: int
    element: etree.Element
    line: int


class Opening(NamedTuple):
    """A token that opens an element; the element ends at the ``CLOSING`` token that matches."""

    element: etree.Element


class Closing:
    """The type of ``CLOSING``."""


CLOSING: Final = Closing()

Token = str | etree.Element | Run | Opening | Closing


class _Builder:
    """Puts texts and elements into a tree."""

    def __init__(self, root: etree.Element) -> None:
        self.stack = [root]
        self.texts: list[str] = []
        self._last: etree.Element | None = None

    def flush(self) -> None:
        text = "".join(self.texts)
        self.texts.clear()
        if not text:
            return
        if self._last is None:
            self.stack[-1].text = text
        else:
            self._last.tail = text

    def add(self, element: etree.Element) -> None:
        if self.texts:
            self.flush()
        self.stack[-1].append(element)
        self._last = element

    def open(self, element: etree.Element) -> None:
        self.add(element)
        self.stack.append(element)
        self._last = None

    def close(self) -> None:
        if self.texts:
            self.flush()
        self._last = self.stack.pop()

    def add_run(self, run: Run) -> None:
        for _ in run.closes:
            self.close()
        if run.count:
            self.texts.append(run.char * run.count)
        for tag in reversed(run.opens):
            self.open(etree.Element(tag))


def build(root: etree.Element, tokens: Iterable[Token], *, depth: int) -> bool:
    """Make the tokens the content of an empty element.

    ``False`` if they nest deeper than ``depth``.
    """
    builder = _Builder(root)
    for token in tokens:
        if isinstance(token, str):
            builder.texts.append(token)
            continue
        if isinstance(token, Run):
            builder.add_run(token)
        elif isinstance(token, Opening):
            builder.open(token.element)
        elif isinstance(token, Closing):
            builder.close()
        else:
            builder.add(token)
        if len(builder.stack) > depth:
            return False
    builder.flush()
    return True


def end_tag(name: str) -> etree.Element:
    """A raw end tag."""
    return etree.Element(RAW_TAG, {"html": f"</{name}>", CLOSES: name})


_APART: Final = BLOCK_TAGS | {TIGHT}


def plain_text(element: etree.Element, *, with_images: bool = True) -> str:
    """The visible text of an element; an image counts with its alternative text, or not at all."""
    if not len(element):
        return element.text or ""
    parts: list[str] = [element.text or ""]
    for child in element:
        if child.tag == "img":
            parts.append(child.get("alt", "") if with_images else "")
        elif parts_words(child):
            parts.append("\n")
        elif child.tag in _APART:
            parts += ("\n", plain_text(child, with_images=with_images), "\n")
        else:
            parts.append(plain_text(child, with_images=with_images))
        parts.append(child.tail or "")
    return "".join(parts)


def parts_words(element: etree.Element) -> bool:
    """Whether what stands before and behind is not one word: a line or a block of HTML ends."""
    if element.tag == RAW_TAG:
        return (element.get(OPENS) or element.get(CLOSES)) not in INLINE_TAGS
    return element.tag == "br"


def text_of(element: etree.Element) -> str:
    """The text of an element without that of its images."""
    if element.tag == RAW_HTML:
        return plain_text(element, with_images=False)
    if next(element.iter("br"), None) is None and next(element.iter(RAW_TAG), None) is None:
        return "".join(element.itertext())
    return plain_text(element, with_images=False)


def fold(text: str) -> str:
    """A text with its white space folded."""
    return " ".join(text.split())
