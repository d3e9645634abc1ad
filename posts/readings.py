"""What a section says, read once and kept in memory while there is room for it.

Pure: what is kept follows from the text of the section and from what others say to it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from sys import getsizeof
from typing import Final, NamedTuple

from posts.markdown.document import Document
from posts.markdown.tree import NAME, fold, plain_text
from posts.memory import MEMORY
from posts.naming import join_words, nfc
from posts.outlining import HEADINGS, FoundLink, FoundSection, Outline, links_in, visible_text

_MAX_ANCHOR: Final = 100
_RESERVED: Final = re.compile(r"(?:item|fn|fnref)-")
# About as many bytes as objects take beside the words in them.
_ITEM_SIZE: Final = 500
_LINK_SIZE: Final = 200


class SectionReading(NamedTuple):
    """A section as it was read, whose anchor is not known yet.

    ``headings`` are those at its top, with their levels and their anchors before a number is put
    behind them; ``images`` are addresses and descriptions, ``urls`` what links lead to.
    """

    found: FoundSection
    headings: tuple[tuple[int, str], ...]
    images: tuple[tuple[str, str], ...]
    urls: frozenset[str]

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        found = self.found
        words = (word for one in found.items for word in (one.text, one.summary, one.title))
        return (
            getsizeof(found.text)
            + sum(map(getsizeof, words))
            + _ITEM_SIZE * (1 + len(found.items))
            + _LINK_SIZE * len(found.links)
        )


def read_sections(document: Document, outline_of: Callable[[int], Outline]) -> list[SectionReading]:
    """Return the sections of a document; the outlines of those that are not kept are asked for."""
    readings = []
    notes = _notes_by_section(document)
    for place, digest in enumerate(document.digests):
        reading = MEMORY.get(digest)
        if reading is None:
            reading = _read(document.tree(place), outline_of(place), notes[place])
            MEMORY.keep(digest, reading, reading.size)
        readings.append(reading)
    return readings


def _read(tree: etree.Element, outline: Outline, notes: Sequence[etree.Element]) -> SectionReading:
    headings = tuple((int(one.tag[1]), base_anchor(one)) for one in tree if one.tag in HEADINGS)
    images = ((image.get("src", ""), image.get("alt", "")) for image in tree.iter("img"))
    urls = frozenset(link.get("href", "") for link in tree.iter("a"))
    return SectionReading(_found_section(tree, outline, notes), headings, tuple(images), urls)


def _found_section(
    tree: etree.Element, found: Outline, notes: Sequence[etree.Element]
) -> FoundSection:
    links = tuple(
        found.links.get(link) or FoundLink(link.get("href", ""), fold(plain_text(link)), None)
        for root in (tree, *notes)
        for link in links_in(root)
    )
    first = tree[0] if len(tree) and tree[0].tag in HEADINGS else None
    body = list(tree) if first is None else list(tree)[1:]
    return FoundSection(
        heading="" if first is None else heading_text(first),
        level=0 if first is None else int(first.tag[1]),
        anchor="",
        items=tuple(found.items),
        links=links,
        text=visible_text([*body, *notes]),
    )


def _notes_by_section(document: Document) -> Mapping[int, list[etree.Element]]:
    """The footnotes that are used, by the section that defines them."""
    notes: dict[int, list[etree.Element]] = defaultdict(list)
    for note in document.used_notes:
        notes[bisect_right(document.first_lines, note.line) - 1].append(note.element)
    return notes


# Anchors of headings


def heading_text(element: etree.Element) -> str:
    """The visible text of a heading."""
    return fold("".join(element.itertext()))


def name_headings(
    readings: Iterable[SectionReading], above: Iterable[str] = ()
) -> list[tuple[str, ...]]:
    """An anchor for every heading at the top of each section; ``above`` are those before."""
    taken: dict[str, int] = {}
    for anchor in above:
        _unique(anchor, taken)
    return [
        tuple(_unique(anchor, taken) for _level, anchor in reading.headings) for reading in readings
    ]


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
