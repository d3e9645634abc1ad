"""From the Markdown of an issue to safe HTML and to what the rest of the project asks about it.

``read_issue`` parses once; the ``ParsedIssue`` it returns knows the sections with their items and
links and writes the HTML as often as decisions about links change. Everything here is a pure
function of the text and the arguments: no database, no settings, no network.
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as etree
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Final

from markdown import Markdown

from links.normalizing import AddressError, canonicalize, host_of, kind_of
from posts.markdown.blocks import DocumentParser
from posts.markdown.decisions import Decisions, LinkWords
from posts.markdown.extension import DigestExtension
from posts.markdown.inlines import InlineParser
from posts.markdown.limits import MarkdownLimitError, check_size
from posts.markdown.lines import split_lines
from posts.markdown.tree import Leaf, plain_text
from posts.markdown.writing import ItemMark, Marks, Writer
from posts.outlining import (
    HEADINGS,
    FoundItem,
    FoundLink,
    FoundSection,
    Outline,
    fold,
    links_in,
    outline,
    visible_text,
)
from posts.sanitizing import make_key, sanitize

__all__ = [
    "Decisions",
    "FoundItem",
    "FoundLink",
    "FoundSection",
    "ImageSize",
    "LinkWords",
    "MarkdownLimitError",
    "ParsedIssue",
    "read_issue",
    "render_markdown",
]

_NOT_IN_SLUG: Final = re.compile(r"[^\w]+")
_MAX_ANCHOR: Final = 100
_RESERVED: Final = re.compile(r"(?:item|fn|fnref)-")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ImageSize:
    """An image that is known: the address to show it from, and its size in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Note:
    """A footnote that is used."""

    number: int
    uses: int
    element: etree.Element
    section: int


class ParsedIssue:
    """An issue that was read: ``sections`` says what is in it, ``to_html`` shows it."""

    def __init__(
        self,
        sections: tuple[FoundSection, ...],
        trees: list[etree.Element],
        outlines: list[Outline],
        headings: dict[etree.Element, str],
        notes: list[_Note],
        images: Mapping[str, ImageSize],
        key: str,
    ) -> None:
        self.sections = sections
        self._trees = trees
        self._outlines = outlines
        self._headings = headings
        self._notes = notes
        self._images = {
            url: (image.url, image.width, image.height) for url, image in images.items()
        }
        self._shift = int(any(next(tree.iter("h1"), None) is not None for tree in trees))
        self._key = key

    def to_html(
        self,
        item_anchors: Sequence[Sequence[str]] | None = None,
        decisions: Decisions | None = None,
    ) -> tuple[str, ...]:
        """Safe HTML, one string a section; the last one ends with the footnotes.

        ``item_anchors`` gives the id of every item by section, whole (``item-…``); without it
        items have none. May be called again with other arguments.
        """
        writer = Writer(self._marks(item_anchors, decisions or Decisions()), self._key)
        pages = [writer.write(tree) for tree in self._trees]
        if self._notes and pages:
            notes = [(note.number, note.uses, note.element) for note in self._notes]
            pages[-1] += writer.write_notes(notes)
        return tuple(sanitize(page, self._key) for page in pages)

    def _marks(self, item_anchors: Sequence[Sequence[str]] | None, decided: Decisions) -> Marks:
        marks = Marks(self._headings, shift=self._shift, decided=decided, images=self._images)
        for number, found in enumerate(self._outlines):
            marks.groups |= found.groups
            marks.titles |= found.titles
            anchors = item_anchors[number] if item_anchors is not None else ()
            for index, item in enumerate(found.items):
                anchor = anchors[index] if index < len(anchors) else ""
                hidden = (number, index) in decided.hidden
                url = "" if item.main is None else item.links[item.main].url
                mark = _mark(decided.shown(url), anchor, hidden)
                marks.items[found.item_elements[index]] = mark
        return marks


def _mark(url: str, anchor: str, hidden: bool) -> ItemMark:
    return ItemMark(escape(_shown_host(url)), kind_of(url), escape(anchor), hidden)


def _shown_host(url: str) -> str:
    """The source of an address as readers know it; '' for what has none."""
    try:
        return host_of(canonicalize(url))
    except AddressError:
        return ""


def render_markdown(text: str) -> str:
    """Safe HTML of a whole document or a fragment.

    Raises ``MarkdownLimitError`` for a text beyond what ``posts.markdown.limits`` allows.
    """
    return "".join(read_issue([text]).to_html())


def read_issue(
    sections: Sequence[str], *, images: Mapping[str, ImageSize] | None = None
) -> ParsedIssue:
    """Parse the sections of one issue, which share their link and footnote definitions.

    Raises ``MarkdownLimitError``, naming the line of the body, if a limit is crossed.
    """
    texts = [_without_surrogates(section) for section in sections]
    check_size(texts)
    trees, leaves, blocks = _parse_blocks(texts)
    notes = _parse_inlines(blocks, leaves)
    outlines = [outline(tree, blocks.spans) for tree in trees]
    headings = _name_headings(trees)
    found = tuple(
        _found_section(number, tree, found, headings, notes)
        for number, (tree, found) in enumerate(zip(trees, outlines, strict=True))
    )
    key = make_key("".join(texts))
    return ParsedIssue(found, trees, outlines, headings, notes, images or {}, key)


def _without_surrogates(text: str) -> str:
    """The text with U+FFFD for NUL and surrogates, which no page can hold."""
    try:
        text.encode()  # the quickest way to see that there are none
    except UnicodeEncodeError:
        text = _SURROGATES.sub("\ufffd", text)
    return text.replace("\x00", "\ufffd")


@cache
def _frame() -> Markdown:
    """Python-Markdown with our phases; it takes a while to set up and never changes."""
    return Markdown(extensions=[DigestExtension()])


def _parse_blocks(
    texts: list[str],
) -> tuple[list[etree.Element], list[tuple[int, list[Leaf]]], DocumentParser]:
    """The trees of the sections, and with its first line in the body each section's leaves."""
    blocks = DocumentParser(_frame())
    trees = []
    leaves = []
    for text in texts:
        first_line = blocks.first_line
        trees.append(blocks.parse_section(split_lines(text)))
        leaves.append((first_line, blocks.leaves))
    return trees, leaves, blocks


def _parse_inlines(blocks: DocumentParser, leaves: list[tuple[int, list[Leaf]]]) -> list[_Note]:
    """Run the inline phase over all sections, then over the footnotes they use."""
    parser = InlineParser(blocks)
    for first_line, section in leaves:
        parser.begin_section(first_line)
        for leaf in section:
            parser.parse(leaf)
    done = 0
    while done < len(parser.note_uses):
        label = list(parser.note_uses)[done]
        note = blocks.notes[label]
        parser.begin_section(leaves[note.section][0])
        for leaf in note.leaves:
            parser.parse(leaf)
        done += 1
    return [
        _Note(number, uses, blocks.notes[label].element, blocks.notes[label].section)
        for number, (label, uses) in enumerate(parser.note_uses.items(), 1)
    ]


def _found_section(
    number: int,
    tree: etree.Element,
    found: Outline,
    headings: dict[etree.Element, str],
    notes: list[_Note],
) -> FoundSection:
    own_notes = [note.element for note in notes if note.section == number]
    links = tuple(
        found.links.get(link) or FoundLink(link.get("href", ""), fold(plain_text(link)), None)
        for root in (tree, *own_notes)
        for link in links_in(root)
    )
    first = tree[0] if len(tree) and tree[0].tag in HEADINGS else None
    body = list(tree) if first is None else list(tree)[1:]
    return FoundSection(
        heading="" if first is None else heading_text(first),
        level=0 if first is None else int(first.tag[1]),
        anchor="" if first is None else headings[first],
        items=tuple(found.items),
        links=links,
        text=visible_text([*body, *own_notes]),
    )


def heading_text(element: etree.Element) -> str:
    """The visible text of a heading."""
    return fold("".join(element.itertext()))


def _name_headings(trees: Iterable[etree.Element]) -> dict[etree.Element, str]:
    """An anchor for every heading that stands at the top of a section's tree."""
    taken: dict[str, int] = {}
    return {
        element: _unique(make_anchor(heading_text(element)), taken)
        for tree in trees
        for element in tree
        if element.tag in HEADINGS
    }


def make_anchor(heading: str) -> str:
    """The anchor of a heading: its letters and digits of any script, joined by hyphens."""
    text = unicodedata.normalize("NFC", heading).lower()
    anchor = _NOT_IN_SLUG.sub("-", text)[:_MAX_ANCHOR].strip("-_") or "section"
    return f"section-{anchor}" if _RESERVED.match(anchor) else anchor


def _unique(anchor: str, taken: dict[str, int]) -> str:
    """The anchor, with the first free number from 2 if it is taken."""
    number = taken.get(anchor, 0) + 1
    candidate = anchor if number == 1 else f"{anchor}-{number}"
    while number > 1 and candidate in taken:
        number += 1
        candidate = f"{anchor}-{number}"
    taken[anchor] = number
    taken.setdefault(candidate, 1)
    return candidate
