"""From the Markdown of an issue to safe HTML and to what the rest of the project asks about it.

The ``ParsedIssue`` that ``read_issue`` returns knows the sections with their items and links, and
writes the HTML as often as decisions about links change. Everything here is a pure function of the
text and the arguments: no database, no settings, no network.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote

from links.normalizing import AddressError, canonicalize, host_of, kind_of
from posts.markdown.decisions import CoveredBefore, Decisions, LinkWords
from posts.markdown.document import Document
from posts.markdown.fragments import Fragments
from posts.markdown.limits import MarkdownLimitError
from posts.markdown.lined import LinedWriter
from posts.markdown.marks import ImageSize, ItemMark, Marks, is_foreign
from posts.markdown.plain import PlainWriter, Whole
from posts.markdown.source import SourceWriter
from posts.markdown.tree import HEADING_TAGS, NAME, fold, plain_text, text_of
from posts.markdown.writing import Writer
from posts.naming import heading_key, join_words, nfc
from posts.outlining import (
    FoundItem,
    FoundLink,
    FoundSection,
    Outline,
    depths,
    links_in,
    outline,
    visible_text,
)
from posts.sanitizing import make_key, sanitize

__all__ = [
    "CoveredBefore",
    "Decisions",
    "FoundItem",
    "FoundLink",
    "FoundSection",
    "ImageSize",
    "LinkWords",
    "MarkdownLimitError",
    "ParsedIssue",
    "PlainText",
    "dead_fragments",
    "read_issue",
    "render_markdown",
]

NOTES: Final = -1
"""The number of the footnotes among sections."""
_FRAGMENT: Final = re.compile(r"[(<\"'=]\s*#|\]:\s*<?#")
"""What any link within an issue holds."""
_MAX_ANCHOR: Final = 100
_RESERVED: Final = re.compile(r"(?:item|fn|fnref)-")


class Head(NamedTuple):
    """What a section says to those below it: its level and heading, and its anchor before a number
    is put behind it; ``is_title`` if it is the title of the issue."""

    level: int
    heading: str
    anchor: str
    is_title: bool = False


class PlainText(NamedTuple):
    """An issue as text that is read as it is: its sections, its footnotes, and its items by anchor,
    each without what is nested in it."""

    sections: tuple[str, ...]
    notes: str
    items: Mapping[str, str]


class ParsedIssue:
    """An issue that was read: ``sections`` says what is in it, ``to_html`` shows it.

    Of a part of an issue, ``above`` are the heads of the sections before it.
    """

    def __init__(self, document: Document, title: str = "", above: Sequence[Head] = ()) -> None:
        trees = document.trees
        self.document = document
        self.outlines = [
            outline(tree, document.spans, line)
            for tree, line in zip(trees, document.first_lines, strict=True)
        ]
        self._headings = _name_headings(trees, above)
        self._key = make_key(document.text)
        notes = _notes_by_section(document)
        self._fragments = _fragments(document, self._headings)
        self.sections = tuple(
            _found_section(tree, self.outlines[place], self._headings, notes[place])
            for place, tree in enumerate(trees)
        )
        place = title_section(title, (*above, *self.sections))
        self.title_place = None if place is None or place < len(above) else place - len(above)
        below = None if self.title_place is None else trees[self.title_place][0]
        self._above = [head.level for head in above if head.level and not head.is_title]
        self._levels = _levels(self._headings, below, self._above)
        self._hosts: dict[str, tuple[str, str]] = {}

    def to_html(
        self,
        item_anchors: Sequence[Sequence[str]] | None = None,
        decisions: Decisions | None = None,
        images: Mapping[str, ImageSize] | None = None,
        *,
        foreign: bool = True,
    ) -> tuple[str, ...]:
        """Safe HTML, one string a section; the last one ends with the footnotes.

        ``item_anchors`` gives the id of every item by section, whole (``item-…``); without it
        items have none. ``images`` are those known, by address as written. Without ``foreign``
        no other image that is elsewhere is shown, but its words, which lead there. May be called
        again with other arguments.
        """
        marks = self._marks(item_anchors, decisions or Decisions(), images or {})
        marks.foreign = foreign
        writer = Writer(marks, self._key)
        pages = [writer.write(tree) for tree in self.document.trees]
        if self.document.used_notes:
            pages[-1] += writer.write_notes(self.document.used_notes)
        return tuple(sanitize(self.document.finish(page), self._key) for page in pages)

    def to_lined_html(
        self,
        wanted: Iterable[int],
        item_anchors: Sequence[Sequence[str]],
        decisions: Decisions,
        images: Mapping[str, ImageSize],
        *,
        foreign: bool = True,
    ) -> dict[int, str]:
        """The same HTML of those sections that are wanted, by number, whose blocks also say on
        which line of their section they stand (``data-line``); of -1, the footnotes."""
        marks = self._marks(item_anchors, decisions, images)
        marks.foreign = foreign
        writer = LinedWriter(marks, self._key, self.document.spans)
        writer.go_on(zip(self._above, depths(self._above), strict=True))
        chosen = frozenset(wanted)
        pages: dict[int, str] = {}
        for place, tree in enumerate(self.document.trees):
            if place in chosen:
                writer.first = self.document.first_lines[place]
                pages[place] = writer.write(tree)
            else:
                writer.pass_over(tree)
        if self.document.used_notes:
            writer.first = 0
            pages[NOTES] = writer.write_notes(self.document.used_notes)
        return {
            place: sanitize(self.document.finish(page), self._key) for place, page in pages.items()
        }

    def to_markdown(
        self,
        decisions: Decisions | None = None,
        images: Mapping[str, ImageSize] | None = None,
    ) -> str:
        """The Markdown that readers get: as written, but for what was decided and is not shown.

        ``images`` are those known, by address as written.
        """
        document = self.document
        writer = SourceWriter(
            self._marks(None, decisions or Decisions(), images or {}),
            document.lines,
            document.spans,
            definitions=document.definitions,
        )
        return writer.write(document.trees, document.used_notes)

    def to_text(
        self,
        item_anchors: Sequence[Sequence[str]] | None,
        decisions: Decisions,
        whole: Whole,
        *,
        foreign: bool = True,
        images: Mapping[str, ImageSize] | None = None,
    ) -> PlainText:
        """The text of a mail without HTML; ``whole`` makes addresses whole. See ``to_html``."""
        marks = self._marks(item_anchors, decisions, images or {})
        marks.foreign = foreign
        writer = PlainWriter(marks, whole)
        sections = tuple(writer.write(tree) for tree in self.document.trees)
        return PlainText(sections, writer.write_notes(self.document.used_notes), writer.items)

    @property
    def dead_fragments(self) -> list[str]:
        """Where links within the issue lead to that it does not have, as written, without ``#``."""
        return self._fragments.dead

    @property
    def foreign_images(self) -> list[str]:
        """The addresses of images that are elsewhere, as written, each once."""
        return list(dict.fromkeys(filter(is_foreign, (src for src, _alt in self._images()))))

    @property
    def pictures(self) -> dict[str, str]:
        """The descriptions of images that are not elsewhere, by their addresses as written."""
        found: dict[str, str] = {}
        for source, alt in self._images():
            if source and not is_foreign(source):
                found[source] = found.get(source) or alt
        return found

    def _images(self) -> Iterator[tuple[str, str]]:
        for root in self.document.roots:
            for image in root.iter("img"):
                yield image.get("src", ""), image.get("alt", "")

    def _marks(
        self,
        item_anchors: Sequence[Sequence[str]] | None,
        decided: Decisions,
        images: Mapping[str, ImageSize],
    ) -> Marks:
        marks = Marks(
            self._headings,
            self._levels,
            targets=self._fragments.targets,
            places=self._fragments.ids,
            decided=decided,
            images=images,
        )
        for number, found in enumerate(self.outlines):
            marks.groups |= found.groups
            marks.titles |= found.titles
            anchors = item_anchors[number] if item_anchors is not None else ()
            for index, item in enumerate(found.items):
                anchor = anchors[index] if index < len(anchors) else ""
                hidden = (number, index) in decided.hidden
                url = "" if item.main is None else item.links[item.main].url
                again = decided.again.get((number, index))
                mark = self._mark(decided.shown(url), anchor, hidden, again)
                element = found.item_elements[index]
                marks.items[element] = mark
                if hidden and element in found.bodies:
                    marks.removed.add(found.bodies[element])
        return marks

    def _mark(self, url: str, anchor: str, hidden: bool, again: CoveredBefore | None) -> ItemMark:
        if url not in self._hosts:
            self._hosts[url] = escape(_shown_host(url)), kind_of(url)
        return ItemMark(*self._hosts[url], escape(anchor), hidden, again)


def _shown_host(url: str) -> str:
    """The source of an address as readers know it; '' for what has none."""
    try:
        return host_of(canonicalize(url))
    except AddressError:
        return ""


def render_markdown(text: str, *, foreign: bool = True) -> str:
    """Safe HTML of a whole document or a fragment.

    Without ``foreign`` no image that is elsewhere is shown, but its words, which lead there.
    Raises ``MarkdownLimitError`` for a text beyond what ``posts.markdown.limits`` allows.
    """
    return "".join(read_issue(Document(text, cut=False)).to_html(foreign=foreign))


def read_issue(document: Document, title: str = "", above: Sequence[Head] = ()) -> ParsedIssue:
    """Read the body of an issue, as ``Issue.markdown`` holds it; pages show ``title`` above it.

    Raises ``MarkdownLimitError``, naming the line of the body, if a limit is crossed.
    """
    return ParsedIssue(document, title, above)


class Headed(Protocol):
    """A section as it is found, or as it is stored."""

    @property
    def heading(self) -> str: ...

    @property
    def level(self) -> int: ...


def title_section(title: str, sections: Sequence[Headed]) -> int | None:
    """Return which section's heading is the title of the issue, which pages show already.

    It opens the text, or is of level 1 with nothing but text before it.
    """
    place = next((place for place, section in enumerate(sections) if section.level), None)
    if place is None or (place and sections[place].level > 1):
        return None
    words = heading_key(title)
    return place if words and words == heading_key(sections[place].heading) else None


def _levels(
    headings: Iterable[etree.Element], title: etree.Element | None, above: Sequence[int] = ()
) -> dict[etree.Element, int]:
    """The level of each heading below that of the page, which is the first; ``above`` are those of
    headings before them.

    One that says the title is that of the page itself: those after it are not below it.
    """
    below = [heading for heading in headings if heading is not title]
    found = islice(depths((*above, *(int(head.tag[1]) for head in below))), len(above), None)
    levels = {heading: depth + 1 for heading, depth in zip(below, found, strict=True)}
    return levels if title is None else {title: 2, **levels}


def dead_fragments(document: Document) -> tuple[list[str], int]:
    """The places that links of an issue lead to and that it does not have, and the line of the
    first of these links, counted from 0.

    Raises ``MarkdownLimitError`` if a limit is crossed.
    """
    if _FRAGMENT.search(document.text) is None:
        return [], 0
    found = _fragments(document, _name_headings(document.trees))
    dead = {f"#{fragment}" for fragment in found.dead}
    links = (link for root in document.roots for link in root.iter("a")) if dead else ()
    ends = [link for link in links if link.get("href") in dead]
    fragments = dict.fromkeys(unquote(link.get("href", "")[1:]) for link in ends)
    return list(fragments), document.line_of(ends[0]) if ends else 0


def _fragments(document: Document, headings: Mapping[etree.Element, str]) -> Fragments:
    if _FRAGMENT.search(document.text) is None:
        return Fragments((), headings, make_anchor)
    return Fragments(document.roots, headings, make_anchor)


def _notes_by_section(document: Document) -> Mapping[int, list[etree.Element]]:
    """The footnotes that are used, by the section that defines them."""
    notes: dict[int, list[etree.Element]] = defaultdict(list)
    for note in document.used_notes:
        notes[bisect_right(document.first_lines, note.line) - 1].append(note.element)
    return notes


def _found_section(
    tree: etree.Element,
    found: Outline,
    headings: Mapping[etree.Element, str],
    notes: Sequence[etree.Element],
) -> FoundSection:
    links = tuple(
        found.links.get(link) or FoundLink(link.get("href", ""), fold(plain_text(link)), None)
        for root in (tree, *notes)
        for link in links_in(root)
    )
    first = tree[0] if len(tree) and tree[0].tag in HEADING_TAGS else None
    body = list(tree) if first is None else list(tree)[1:]
    return FoundSection(
        heading="" if first is None else heading_text(first),
        level=0 if first is None else int(first.tag[1]),
        anchor="" if first is None else headings[first],
        items=tuple(found.items),
        links=links,
        text=visible_text([*body, *notes]),
    )


def heading_text(element: etree.Element) -> str:
    """The visible text of a heading."""
    return fold(text_of(element))


def _name_headings(
    trees: Iterable[etree.Element], above: Iterable[Head] = ()
) -> dict[etree.Element, str]:
    """An anchor for every heading that stands at the top of a section's tree."""
    taken: dict[str, int] = {}
    for head in above:
        if head.level:
            _unique(head.anchor, taken)
    return {
        element: _unique(base_anchor(element), taken)
        for tree in trees
        for element in tree
        if element.tag in HEADING_TAGS
    }


def base_anchor(heading: etree.Element) -> str:
    """The anchor of a heading before a number is put behind it."""
    return make_anchor(heading.get(NAME) or heading_text(heading))


def make_anchor(heading: str) -> str:
    """The anchor of a heading: its letters and digits of any script, joined by hyphens."""
    text = nfc(heading).lower()
    anchor = join_words(text, "-")[:_MAX_ANCHOR].strip("-_") or "section"
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
