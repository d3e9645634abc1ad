"""From the Markdown of an issue to safe HTML and to what the rest of the project asks about it.

The ``ParsedIssue`` that ``read_issue`` returns knows the sections with their items and links, and
writes the HTML as often as decisions about links change. Everything here is a pure function of the
text and the arguments: no database, no settings, no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from itertools import chain, islice
from sys import getsizeof
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote

from links.normalizing import AddressError, canonicalize, host_of, kind_of
from posts.markdown.decisions import CoveredBefore, Decisions, LinkWords
from posts.markdown.document import Document
from posts.markdown.fragments import Fragments
from posts.markdown.limits import MarkdownLimitError
from posts.markdown.lined import LinedWriter
from posts.markdown.plain import PlainWriter, Whole
from posts.markdown.source import SourceWriter
from posts.markdown.writing import ImageSize, ItemMark, Marks, Writer, is_foreign
from posts.memory import MEMORY, digest_of
from posts.naming import heading_key
from posts.outlining import (
    HEADINGS,
    FoundItem,
    FoundLink,
    FoundSection,
    Outline,
    depths,
    outline,
)
from posts.readings import make_anchor, name_headings, read_sections
from posts.sanitizing import engine, make_key, sanitize

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

    Of a part of an issue, ``above`` are the heads of the sections before it. What is kept of its
    sections (``posts.memory``) is neither read nor written again.
    """

    def __init__(self, document: Document, title: str = "", above: Sequence[Head] = ()) -> None:
        self.document = document
        self._outlines: dict[int, Outline] = {}
        self._readings = read_sections(document, self.outline)
        self._anchors = name_headings(self._readings, (head.anchor for head in above if head.level))
        self.sections = tuple(
            replace(reading.found, anchor=anchors[0]) if reading.found.level else reading.found
            for reading, anchors in zip(self._readings, self._anchors, strict=True)
        )
        self._key = make_key(document.text)
        place = title_section(title, (*above, *self.sections))
        self.title_place = None if place is None or place < len(above) else place - len(above)
        self._above = [head.level for head in above if head.level and not head.is_title]
        headings = [[level for level, _anchor in one.headings] for one in self._readings]
        self._levels = _levels(headings, self.title_place, self._above)
        self._hosts: dict[str, tuple[str, str]] = {}

    def outline(self, place: int) -> Outline:
        """The items of a section with the elements that they were found in."""
        if place not in self._outlines:
            document = self.document
            line = document.first_lines[place]
            self._outlines[place] = outline(document.tree(place), document.spans, line)
        return self._outlines[place]

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
        marks = self._marks(decisions, images, foreign=foreign)
        writer = Writer(marks, self._key)
        pages = []
        for place in range(len(self.sections)):
            anchors = _at(item_anchors, place)
            said = self._levels[place], self._anchors[place], anchors, writer.levels, engine()
            digest = self._digest(place, marks, "HTML", *said)
            if kept := MEMORY.get(digest):
                html = kept.decode()
                writer.pass_over(self._read_levels(place))
            else:
                self._mark_section(marks, place, anchors)
                html = self._html(place, writer)
                MEMORY.keep(digest, kept := html.encode(), len(kept))
            pages.append(html)
        return tuple(pages)

    def _html(self, place: int, writer: Writer) -> str:
        html = writer.write(self.document.tree(place))
        if place == len(self.sections) - 1 and self.document.used_notes:
            html += writer.write_notes(self.document.used_notes)
        return sanitize(self.document.finish(html), self._key)

    def _digest(self, place: int, marks: Marks, *said: object) -> bytes:
        """A digest of a section and of all that it is written by, also ``said``."""
        if not (digest := self.document.digests[place]):
            return digest
        reading = self._readings[place]
        decided = marks.decided.about(place, reading.urls)
        images = [(src, marks.images[src]) for src, _alt in reading.images if src in marks.images]
        return digest_of(digest, decided, images, marks.foreign, self._led, *said)

    @cached_property
    def _led(self) -> str:
        """Where links within the issue lead."""
        return f"{sorted(self._fragments.targets.items())}{sorted(self._fragments.ids.items())}"

    def _read_levels(self, place: int) -> Iterator[tuple[int, int]]:
        """The levels of the headings of a section, as written and as shown."""
        written = (level for level, _anchor in self._readings[place].headings)
        return zip(written, self._levels[place], strict=True)

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
        marks = self._marks(decisions, images, foreign=foreign)
        writer = LinedWriter(marks, self._key, self.document.spans)
        above = zip(self._above, depths(self._above), strict=True)
        writer.pass_over((written, depth + 1) for written, depth in above)
        chosen = frozenset(wanted)
        pages: dict[int, str] = {}
        for place in range(len(self.sections)):
            if place in chosen:
                self._mark_section(marks, place, _at(item_anchors, place))
                writer.first = self.document.first_lines[place]
                pages[place] = writer.write(self.document.tree(place))
            else:
                writer.pass_over(self._read_levels(place))
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
        marks = self._marks(decisions, images)
        writer = SourceWriter(
            marks, document.lines, document.spans, definitions=document.definitions
        )
        parts = []
        for place, line in enumerate(document.first_lines):
            digest = self._digest(place, marks, "Markdown")
            part = MEMORY.get(digest)
            if part is None:
                self._mark_section(marks, place, ())
                part = writer.section(document.tree(place), line)
                MEMORY.keep(digest, part, sum(map(getsizeof, part.lines)))
            parts.append(part.below(line))
        return writer.write(parts, document.used_notes)

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
        marks = self._marks(decisions, images, foreign=foreign)
        for place in range(len(self.sections)):
            self._mark_section(marks, place, _at(item_anchors, place))
        writer = PlainWriter(marks, whole)
        sections = tuple(writer.write(tree) for tree in self.document.trees)
        return PlainText(sections, writer.write_notes(self.document.used_notes), writer.items)

    @property
    def dead_fragments(self) -> list[str]:
        """Where links within the issue lead to that it does not have, as written, without ``#``."""
        return self._fragments.dead

    @cached_property
    def _fragments(self) -> Fragments:
        return _fragments(self.document, self._anchors)

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
        for reading in self._readings:
            yield from reading.images
        for note in self.document.used_notes:
            for image in note.element.iter("img"):
                yield image.get("src", ""), image.get("alt", "")

    def _marks(
        self,
        decisions: Decisions | None,
        images: Mapping[str, ImageSize] | None,
        *,
        foreign: bool = True,
    ) -> Marks:
        """What is written of all sections; what the elements of each mean is still to be marked."""
        return Marks(
            targets=self._fragments.targets,
            places=self._fragments.ids,
            decided=decisions or Decisions(),
            images=images or {},
            foreign=foreign,
        )

    def _mark_section(self, marks: Marks, number: int, anchors: Sequence[str]) -> None:
        found, decided = self.outline(number), marks.decided
        headings = (one for one in self.document.tree(number) if one.tag in HEADINGS)
        names = zip(headings, self._anchors[number], self._levels[number], strict=True)
        for element, anchor, level in names:
            marks.headings[element], marks.levels[element] = anchor, level
        marks.groups |= found.groups
        marks.titles |= found.titles
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

    def _mark(self, url: str, anchor: str, hidden: bool, again: CoveredBefore | None) -> ItemMark:
        if url not in self._hosts:
            self._hosts[url] = escape(_shown_host(url)), kind_of(url)
        return ItemMark(*self._hosts[url], escape(anchor), hidden, again)


def _at(item_anchors: Sequence[Sequence[str]] | None, place: int) -> Sequence[str]:
    return item_anchors[place] if item_anchors is not None else ()


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
    headings: Sequence[Sequence[int]], title: int | None, above: Sequence[int] = ()
) -> list[list[int]]:
    """The level of each heading below that of the page, which is the first; ``above`` are those of
    headings before them.

    One that says the title, the first of the section ``title``, is that of the page itself: those
    after it are not below it.
    """
    own = [[*levels[place == title :]] for place, levels in enumerate(headings)]
    found = islice(depths((*above, *chain(*own))), len(above), None)
    return [
        [2] * (place == title) + [depth + 1 for depth in islice(found, len(levels))]
        for place, levels in enumerate(own)
    ]


def dead_fragments(document: Document) -> list[tuple[str, int]]:
    """The places that links of an issue lead to and that it does not have, with lines from 0.

    Raises ``MarkdownLimitError`` if a limit is crossed.
    """
    if _FRAGMENT.search(document.text) is None:
        return []
    dead = ParsedIssue(document).dead_fragments
    places = [document.text.find(f"#{fragment}") for fragment in dead]
    return [
        (unquote(fragment), document.text.count("\n", 0, max(place, 0)))
        for fragment, place in zip(dead, places, strict=True)
    ]


def _fragments(document: Document, anchors: Sequence[Sequence[str]]) -> Fragments:
    if _FRAGMENT.search(document.text) is None:
        return Fragments((), {}, make_anchor)
    headings = (one for tree in document.trees for one in tree if one.tag in HEADINGS)
    named = dict(zip(headings, chain(*anchors), strict=True))
    notes = (note.element for note in document.used_notes)
    return Fragments([*document.trees, *notes], named, make_anchor)
