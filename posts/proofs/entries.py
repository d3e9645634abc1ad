"""What can be moved within a section: the entries of its lists, and paragraphs that are items.

Lines are counted from 0 at the first line of the section. Pure.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree
from collections.abc import Iterable
from typing import Final, NamedTuple

from posts.outlining import visible_text
from posts.rendering import FoundItem, ParsedIssue

_LISTS: Final = frozenset(("ul", "ol"))
_LENGTH: Final = 160


class Entry(NamedTuple):
    """Something that can change places with its neighbours, which have the same ``list``.

    Its lines hold what is nested in it; ``depth`` says in how many other lists it stands. ``url``
    is the address of its main link as written, "" where it is no item with a link.
    """

    start: int
    end: int
    list: int
    depth: int
    title: str
    url: str


def entries_of(parsed: ParsedIssue, section: int) -> list[Entry]:
    """Return the entries of a section, in the order of the text."""
    return _Walk(parsed, section).found


class _Walk:
    def __init__(self, parsed: ParsedIssue, section: int) -> None:
        outline = parsed.outlines[section]
        self.found: list[Entry] = []
        self._items = dict(zip(outline.item_elements, outline.items, strict=True))
        self._spans = parsed.document.spans
        self._first = parsed.document.first_lines[section]
        self._lists = 0
        self._blocks(parsed.document.trees[section])

    def _blocks(self, parent: Iterable[etree.Element]) -> None:
        here = self._lists
        for child in parent:
            if child.tag in _LISTS:
                self._list(child, 0)
            elif child.tag == "blockquote":
                self._lists += 1
                self._blocks(child)
            elif child.tag == "p" and child in self._items:
                self._add(child, here, 0, self._items[child])

    def _list(self, element: etree.Element, depth: int) -> None:
        self._lists += 1
        here = self._lists
        for entry in element:
            if entry in self._spans:
                self._add(entry, here, depth, self._items.get(entry))
            for child in entry:
                if child.tag in _LISTS:
                    self._list(child, depth + 1)

    def _add(self, element: etree.Element, of: int, depth: int, item: FoundItem | None) -> None:
        start, end = (line - self._first for line in self._spans[element])
        url = item.links[item.main].url if item and item.main is not None else ""
        title = item.title if item and url else _words(element)
        self.found.append(Entry(start, max(end, start + 1), of, depth, title[:_LENGTH], url))


def _words(entry: etree.Element) -> str:
    blocks = [child for child in entry if child.tag not in _LISTS]
    return visible_text(blocks).replace("\n", " ")
