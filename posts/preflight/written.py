"""An issue as it is written, ready to be checked: read once, by the pipeline that renders it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple

from links.registering import canonical_or_none
from posts.markdown.document import Document
from posts.markdown.tree import BARE, Leaf, fold, plain_text
from posts.outlining import FoundItem, FoundLink, FoundSection, links_in
from posts.preflight.findings import Span
from posts.rendering import ParsedIssue, read_issue

MASK: Final = "\ue000"
"""Stands for each character that is code or hidden: neither a letter nor space."""
# `Dec 20.`, `5/22.`, `2024-05-10`, `5월 10일`.
_DAY: Final = re.compile(
    r"\W*(?:[A-Z][a-z]{2,8}\.? *\d{1,2}|\d{1,2} *[A-Z][a-z]{2,8}"
    r"|\d{1,4}[-/.월] ?\d{1,2}(?:[-/.일]\d*)?)(?![\w%])"
)
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Details:
    """What stands in the fields beside the text; ``at`` is when readers are to see it, if that is
    known, and ``is_out`` whether they do already."""

    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    cover: str = ""
    language: str = ""
    translationkey: str = ""
    at: datetime | None = None
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class WrittenLink:
    """A link in the text. ``url`` is as written, ``canonical`` "" for what is no web address."""

    url: str
    canonical: str
    words: str
    source: str
    line: int
    span: Span | None
    is_bare: bool
    item: FoundItem | None = None
    is_main: bool = False
    in_heading: bool = False


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """A picture in the text."""

    address: str
    alt: str
    source: str
    line: int
    span: Span | None


class Prose(NamedTuple):
    """The text of one block without its code and comments, which are masked."""

    leaf: Leaf
    text: str
    words: str
    """The same, where addresses are masked, too."""
    unlinked: str
    """The same, where links are masked with their words."""


@dataclass(frozen=True)
class Written:
    """A text, whose lines end in a line feed, with what stands in the fields beside it.

    All but these raise ``MarkdownLimitError`` where the text goes beyond a limit.
    """

    text: str
    details: Details = field(default_factory=Details)

    @cached_property
    def document(self) -> Document:
        """The text as the pipeline reads it."""
        return Document(self.text)

    @cached_property
    def parsed(self) -> ParsedIssue:
        """The same with its items."""
        return read_issue(self.document, self.details.title)

    @property
    def sections(self) -> tuple[FoundSection, ...]:
        """What is in each section."""
        return self.parsed.sections

    @cached_property
    def links(self) -> list[WrittenLink]:
        """All links, in their order; those of footnotes last."""
        found = [link for place in range(len(self.sections)) for link in self._links_of(place)]
        for note in self.document.used_notes:
            found += (self._link(element) for element in links_in(note.element))
        return found

    @cached_property
    def pictures(self) -> list[WrittenPicture]:
        """All pictures, in their order."""
        roots = self.document.roots
        return [self._picture(element) for root in roots for element in root.iter("img")]

    @cached_property
    def prose(self) -> list[Prose]:
        """The text of each block."""
        hidden: dict[int, list[Span]] = {}
        addresses: dict[int, list[Span]] = {}
        links: dict[int, list[Span]] = {}
        for element, spot in self.document.spots.items():
            if element.tag == "code":
                hidden.setdefault(id(spot.leaf), []).append((spot.start, spot.end))
            else:
                start = spot.start + _words_end(spot.leaf.text[spot.start : spot.end])
                addresses.setdefault(id(spot.leaf), []).append((start, spot.end))
                links.setdefault(id(spot.leaf), []).append((spot.start, spot.end))
        return [
            _prose(leaf, *(spans.get(id(leaf), ()) for spans in (hidden, addresses, links)))
            for leaf in self.document.leaves
        ]

    # Where something stands

    def line_of(self, leaf: Leaf, offset: int) -> int:
        """Return the line of a character of a block, counted from 1."""
        return leaf.line + bisect_right(self._starts_in(leaf), offset)

    def span_of(self, leaf: Leaf, start: int, end: int) -> Span | None:
        """Return where a part of a block stands in the text; None where that is not certain."""
        first, last = self._place_of(leaf, start), self._place_of(leaf, end)
        if first is None or last is None or self.text[first:last] != leaf.text[start:end]:
            return None
        return first, last

    def _place_of(self, leaf: Leaf, offset: int) -> int | None:
        starts = self._starts_in(leaf)
        number = bisect_right(starts, offset) - 1
        place = leaf.line + number
        key = id(leaf), number
        if key not in self._columns:  # a line may hold thousands of links
            self._columns[key] = self._column_of(leaf, starts, number)
        column = self._columns[key]
        return self.starts[place] + column + offset - starts[number] if column >= 0 else None

    def _column_of(self, leaf: Leaf, starts: list[int], number: int) -> int:
        """Return where a line of a block begins in its line of the text; -1 if nowhere."""
        end = starts[number + 1] - 1 if number + 1 < len(starts) else len(leaf.text)
        shown = leaf.text[starts[number] : end]
        place = leaf.line + number
        if place >= len(self.lines):
            return -1
        line = self.lines[place]
        return len(line) - len(shown) if line.endswith(shown) else line.find(shown)

    def _starts_in(self, leaf: Leaf) -> list[int]:
        known = self._line_starts.get(id(leaf))
        if known is None:
            known = self._line_starts[id(leaf)] = _starts(leaf.text)
        return known

    @cached_property
    def _columns(self) -> dict[tuple[int, int], int]:
        return {}

    @cached_property
    def _line_starts(self) -> dict[int, list[int]]:
        return {}

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.split("\n")

    @cached_property
    def starts(self) -> list[int]:
        """Where each line starts."""
        return _starts(self.text)

    # Steps

    def _links_of(self, place: int) -> Iterator[WrittenLink]:
        section = self.sections[place]
        elements = links_in(self.document.trees[place])
        for found, element in zip(section.links, elements, strict=False):
            item = None if found.item is None else section.items[found.item]
            yield self._link(element, found, item)

    def _link(
        self,
        element: etree.Element,
        found: FoundLink | None = None,
        item: FoundItem | None = None,
    ) -> WrittenLink:
        url = element.get("href", "")
        source, line, span = self._spot(element)
        is_main = item is not None and item.main is not None and item.links[item.main] is found
        words = found.anchor if found else fold(plain_text(element))
        is_bare = element.get(BARE) is not None
        canonical = canonical_or_none(url) or ""
        in_heading = bool(line) and self.lines[line - 1].lstrip().startswith("#")
        return WrittenLink(
            url, canonical, words, source, line, span, is_bare, item, is_main, in_heading
        )

    def _picture(self, element: etree.Element) -> WrittenPicture:
        source, line, span = self._spot(element)
        return WrittenPicture(element.get("src", ""), element.get("alt", ""), source, line, span)

    def _spot(self, element: etree.Element) -> tuple[str, int, Span | None]:
        spot = self.document.spots.get(element)
        if spot is None:  # what embeds a page, or another extension made
            return "", 0, None
        leaf, start, end = spot
        line, span = self.line_of(leaf, start), self.span_of(leaf, start, end)
        return leaf.text[start:end], line, span


def day_of(item: FoundItem) -> str:
    """Return the day with which an entry of a calendar begins; "" for other items."""
    found = _DAY.match(item.text)
    return found[0] if found else ""


def is_entry(link: WrittenLink) -> bool:
    """Tell whether a link is what an entry is about, and not one in a sentence or a heading."""
    item = link.item
    if item is None or not link.is_main or not link.canonical:
        return False
    starts = item.text.startswith(link.words) or item.title != link.words
    return item.kind == "list" or (starts and not link.in_heading)


def _starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _words_end(source: str) -> int:
    """Return where the words of a link or picture end; what follows is its address."""
    if not source.startswith(("[", "![")):
        return 0
    inline = source.rfind("](")
    return inline if inline >= 0 else source.rfind("]")


def _prose(
    leaf: Leaf, hidden: Iterable[Span], addresses: Iterable[Span], links: Iterable[Span]
) -> Prose:
    text = _masked(leaf.text, hidden)
    if "<!--" in text:
        text = _masked(text, [found.span() for found in _COMMENT.finditer(text)])
    return Prose(leaf, text, _masked(text, addresses), _masked(text, links))


def _masked(text: str, spans: Iterable[Span]) -> str:
    """Return a text with parts masked: as long, with the same lines."""
    parts: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            parts += text[end:start], re.sub(r"[^\n]", MASK, text[start:stop])
            end = stop
    return "".join((*parts, text[end:]))
