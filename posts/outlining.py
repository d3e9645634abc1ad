"""What a section is made of: its linked items, their groups, titles and links.

Found in the tree that is also written as HTML, so that an item in the database and an item on the
page are the same thing. Pure: no database, no settings.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from posts.entitling import (
    BOLD,
    LEAVES,
    Flow,
    Stretch,
    before_address,
    first_words,
    is_preamble,
    leading_strong,
    main_link,
    summary_of,
    words_before,
)
from posts.markdown.references import is_linkable
from posts.markdown.tree import (
    AS_WRITTEN,
    HEADING_TAGS,
    RAW_HTML,
    Span,
    fold,
    plain_text,
    text_of,
)

ItemShape = Literal["list", "paragraph"]

_LISTS: Final = frozenset(("ul", "ol"))


class FoundLink(NamedTuple):
    """One occurrence of a link: address as written (entities decoded), text, index of its item."""

    url: str
    anchor: str
    item: int | None


class FoundItem(NamedTuple):
    """One curated entry of a section; ``start`` and ``end`` are its lines, counted from 0."""

    kind: ItemShape
    group: str
    title: str
    summary: str
    links: tuple[FoundLink, ...]
    main: int | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class FoundSection:
    """A section as found: all its links in document order, its text for search."""

    heading: str
    level: int
    anchor: str
    items: tuple[FoundItem, ...]
    links: tuple[FoundLink, ...]
    text: str


@dataclass(slots=True)
class Outline:
    """A section's items and their links, and the elements that they were found in."""

    items: list[FoundItem] = field(default_factory=list)
    item_elements: list[etree.Element] = field(default_factory=list)
    groups: set[etree.Element] = field(default_factory=set)
    titles: set[etree.Element] = field(default_factory=set)
    links: dict[etree.Element, FoundLink] = field(default_factory=dict)
    bodies: dict[etree.Element, etree.Element] = field(default_factory=dict)
    """What belongs to a heading that is an item."""


def depths(levels: Iterable[int]) -> Iterator[int]:
    """How deep each heading stands below others: 1 for those below none, whatever their level.

    Authors skip levels, and come back from a third to a first.
    """
    above: list[int] = []
    for level in levels:
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        yield len(above)


def _leaves(element: etree.Element) -> Iterator[etree.Element]:
    """The elements that hold text; of raw HTML the whole, though it may hold others."""
    inner: set[etree.Element] = set()
    for leaf in element.iter():
        if leaf.tag in LEAVES and leaf not in inner:
            if leaf.tag == RAW_HTML:
                inner.update(leaf.iter())
            yield leaf


def visible_text(elements: Iterable[etree.Element]) -> str:
    """The text a reader sees, one line for each block."""
    found = (fold(text_of(leaf)) for element in elements for leaf in _leaves(element))
    return "\n".join(text for text in found if text)


def links_in(root: etree.Element) -> Iterator[etree.Element]:
    """The elements below a root that are links on the page, in document order."""
    return (element for element in root.iter("a") if is_linkable(element.get("href", "")))


def outline(root: etree.Element, spans: Mapping[etree.Element, Span], first_line: int) -> Outline:
    """The items of one section's tree, of which ``spans`` says the lines in its document.

    What another extension of Python-Markdown put into the tree has no lines, and is no item.
    """
    found = Outline()
    finder = _Finder(found, spans, first_line)
    if len(root) and finder.read_heading(root[0], root[1] if len(root) > 1 else None):
        finder.walk(root[1:])
    else:
        finder.walk(root)
        _take_title_from_heading(root, found)
    return found


class _Finder:
    def __init__(
        self, found: Outline, spans: Mapping[etree.Element, Span], first_line: int
    ) -> None:
        self._found = found
        self._spans = spans
        self._first_line = first_line
        self._read: set[etree.Element] = set()

    def read_heading(self, heading: etree.Element, body: etree.Element | None) -> bool:
        """Read a heading that is a link, with the paragraph below it; tell whether it is one.

        The items of a list below it are items of their own.
        """
        if heading.tag not in HEADING_TAGS or heading not in self._spans or not _has_link(heading):
            return False
        flow = Flow()
        flow.read(heading)
        flow.complete()
        if not flow.links or not flow.words:
            return False
        title = flow.words if flow.starts_at(flow.links[0][1]) else before_address(flow)
        if not title:
            return False
        if body is not None and body.tag == RAW_HTML:
            body = body[0] if len(body) and not (body.text or "").strip() else None
        if body is not None and body.tag in _LISTS and _has_link(body):
            return False  # a heading of what is listed
        start, end = self._spans[heading]
        if body is not None and body.tag == "p" and body in self._spans:
            flow.read(body)
            flow.complete()
            self._found.bodies[heading] = body
            self._read.add(body)
            end = self._spans[body][1]
        self._add("paragraph", heading, flow, "", (start, end))
        summary = ""
        if body is not None and body.tag in ("p", *_LISTS):
            summary = visible_text([body]).replace("\n", " ")
        self._found.items[-1] = self._found.items[-1]._replace(title=title, summary=summary)
        return True

    def walk(self, parent: Iterable[etree.Element]) -> None:
        """Read the entries of blocks that stand side by side."""
        previous: etree.Element | None = None
        blocks = list(parent)
        for place, child in enumerate(blocks):
            if child.tag in _LISTS:
                group = "" if previous is None else _bold_text(previous)
                if group and previous is not None:
                    self._found.groups.add(previous)
                self._walk_list(child, group)
            elif child.tag == "p":
                self._read_paragraph(child)
            elif child.tag in ("blockquote", RAW_HTML):
                self.walk(child)
            elif child.tag in ("table", "tr"):
                for row in child.iter("tr"):
                    self._read_row(row)
            elif child.tag == "li":
                self._walk_list([child], "")
            elif AS_WRITTEN in child.attrib and child.tag in HEADING_TAGS:
                is_followed = place + 1 < len(blocks) and not (child.tail or "").strip()
                self.read_heading(child, blocks[place + 1] if is_followed else None)
            previous = child

    def _walk_list(self, items: Iterable[etree.Element], group: str) -> None:
        for item in items:
            flow = Flow()
            nested = []
            for child in item:
                if child.tag in _LISTS:
                    nested.append(child)
                else:
                    flow.read(child)
            flow.complete()
            inner = group
            if flow.words and nested and not flow.links:
                self._found.groups.add(item)
                inner = flow.words
            elif flow.words and item in self._spans:
                start, end = self._spans[item]
                if nested:
                    end = self._spans[nested[0]][0]
                self._add("list", item, flow, group, (start, max(end, start + 1)))
            for child in nested:
                self._walk_list(child, inner)

    def _read_row(self, row: etree.Element) -> None:
        """Read a row of a table that holds a link, but that of its head."""
        if not _has_link(row) or all(cell.tag == "th" for cell in row):
            return
        flow = Flow()
        flow.read(row)
        flow.complete()
        if flow.links and flow.words and row in self._spans:
            self._add("list", row, flow, "", self._spans[row])

    def _read_paragraph(self, element: etree.Element) -> None:
        if element in self._read or not _has_link(element):
            return
        flow = Flow()
        flow.read(element)
        flow.complete()
        if flow.links and flow.words and element in self._spans:
            self._add("paragraph", element, flow, "", self._spans[element])

    def _add(
        self, kind: ItemShape, element: etree.Element, flow: Flow, group: str, span: Span
    ) -> None:
        number = len(self._found.items)
        links = []
        for link, _, _ in flow.links:
            found = FoundLink(link.get("href", ""), fold(plain_text(link)), number)
            self._found.links[link] = found
            links.append(found)
        main = main_link(flow, is_row=element.tag == "tr")
        strong = leading_strong(flow)
        before = ""
        if kind == "list" and strong is None and main is not None:
            before = words_before(flow, main)
        title = before or self._title(flow, strong, main)
        summary = summary_of(flow, strong, main) if kind == "list" and not before else ""
        start, end = (line - self._first_line for line in span)
        self._found.items.append(
            FoundItem(kind, group, title, summary, tuple(links), main, start, end, flow.words)
        )
        self._found.item_elements.append(element)

    def _title(self, flow: Flow, strong: Stretch | None, main: int | None) -> str:
        if strong is not None:
            self._found.titles.add(strong[0])
            return fold(flow.text[strong[1] : strong[2]])
        if main is None:
            return first_words(flow.words)
        element, start, end = flow.links[main]
        if flow.starts_at(start):
            self._found.titles.add(element)
        anchor = fold(flow.text[start:end]) or fold(plain_text(element))
        return anchor or element.get("href", "")


def _has_link(element: etree.Element) -> bool:
    return next(element.iter("a"), None) is not None


def _bold_text(element: etree.Element) -> str:
    """The text of a paragraph that is bold as a whole and holds no link; else ''."""
    if element.tag != "p" or len(element) != 1 or element[0].tag not in BOLD:
        return ""
    beside = f"{element.text or ''}{element[0].tail or ''}"
    if beside.strip(" \t\n:：") or _has_link(element):
        return ""
    return fold(text_of(element[0]))


def _take_title_from_heading(root: etree.Element, found: Outline) -> None:
    """Name an address right below a heading after it, if the section is about this one.

    Signs may stand before it, but no words.
    """
    if not found.items or len(root) < 2 or root[0].tag not in HEADING_TAGS:
        return
    first, *others = found.items
    lists = any(item.kind == "list" and item.links for item in found.items)
    if root[1] is not found.item_elements[0] or lists or any(map(_is_bare, others)):
        return
    before = _before_own_address(first.text, first.links)
    if before is None or not is_preamble(before):
        return
    title = fold(text_of(root[0]))
    is_about = len(root) > 2 and root[2].tag == "p" and not _has_link(root[2])
    summary = visible_text([root[2]]) if is_about else ""
    found.items[0] = first._replace(title=title, summary=summary)


def _is_bare(item: FoundItem) -> bool:
    """Whether an item is a single address that shows itself."""
    return _before_own_address(item.text, item.links) == ""


def _before_own_address(text: str, links: Sequence[FoundLink]) -> str | None:
    """What stands before the single address that a text ends with and shows; None without one."""
    url = links[0].url if len(links) == 1 else ""
    shown = (address for address in (url, url.partition("://")[2]) if address)
    end = next((address for address in shown if text.endswith(address)), "")
    return text.removesuffix(end) if end else None
