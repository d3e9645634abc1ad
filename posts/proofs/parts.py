"""An issue read in parts: after a keystroke only the sections that changed.

Sections are cut at top-level headings, where nothing is open, so that one reads the same alone as
in its issue, but for what is said elsewhere: the levels and anchors of headings above it, and
definitions of references, which are given to it. Where that is not enough (footnotes, links within
the issue, HTML in several sections), where the part runs into what follows (an open fence, a
heading that is none any more), or where it says something else to others than before, nothing is
told, and the whole has to be sent. Pure.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as etree
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from posts.markdown.document import Around, Document
from posts.markdown.html import VOID_TAGS, without_comments
from posts.markdown.limits import check_size
from posts.markdown.lines import with_ends
from posts.markdown.references import Target
from posts.markdown.tree import HEADING_TAGS, places_in
from posts.rendering import Head, ParsedIssue, base_anchor, read_issue

_TAG: Final = re.compile(r"<(?!https?:|mailto:)/?([A-Za-z][A-Za-z0-9]*|[!?])|-->")
_DIGEST: Final = 16
_NO_HEAD: Final = Head(0, "", "")


class Carried(NamedTuple):
    """What a section says to others: its head, the names of the tags in it, the definitions, as
    (label, address, title); and its heading as written."""

    head: Head
    tags: Sequence[str]
    definitions: Sequence[tuple[str, str, str]]
    stub: str


class Part(NamedTuple):
    """Sections of an issue, and what the others say to them: nothing where they are the whole.

    ``was`` are these sections as they were in the proof before, whose ``context`` is given.
    """

    text: str
    before: Sequence[Carried] = ()
    was: Sequence[Carried] = ()
    behind: Sequence[Carried] = ()
    context: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing stands around it."""
        return not self.before and not self.behind


@dataclass(frozen=True)
class Proof:
    """A part that was read. ``count`` sections of ``parsed`` are its own: behind them may stand the
    heading that follows."""

    part: Part
    parsed: ParsedIssue
    count: int

    @property
    def places(self) -> range:
        """The numbers of its own sections."""
        return range(self.count)

    @cached_property
    def context(self) -> str:
        """A digest of what the sections of the issue say to one another."""
        if not self.part.is_whole:
            return self.part.context
        said = [row[:-1] for row in self.carried]
        return _digest(f"{said}{self.parsed.title_place}")

    @cached_property
    def carried(self) -> list[Carried]:
        """What each section says to others."""
        return [self._carried(place) for place in self.places]

    @cached_property
    def can_be_cut(self) -> bool:
        """Whether these sections can be read without others."""
        document = self.parsed.document
        return not document.has_notes and all(map(_is_apart, document.trees))

    def span(self, place: int) -> tuple[int, int]:
        """Return the first line of a section and the one behind it."""
        starts = self.parsed.document.first_lines
        end = starts[place + 1] if place + 1 < len(starts) else len(self._lines)
        return starts[place], end

    def source(self, place: int) -> str:
        """Return the Markdown of a section."""
        start, end = self.span(place)
        return "".join(self._lines[start:end])

    def digest(self, place: int) -> str:
        """Return what tells a section from others, in all that its HTML says."""
        return _digest(self.context + self.source(place))

    def ends(self, place: int) -> int:
        """Return the line of a section behind its last block: definitions and blanks follow."""
        tree, spans = self.parsed.document.trees[place], self.parsed.document.spans
        start, _end = self.span(place)
        return max((spans[block][1] - start for block in tree if block in spans), default=0)

    def remarks(self) -> list[tuple[int, int, str]]:
        """Return the references without a definition: the number of the section, the line in it
        from 0, and what is written."""
        starts = self.parsed.document.first_lines
        found = ((bisect_right(starts, at.line) - 1, at) for at in self.parsed.document.undefined)
        return [(place, at.line - starts[place], at.label) for place, at in found]

    @cached_property
    def _lines(self) -> list[str]:
        return self.parsed.document.lines

    def _carried(self, place: int) -> Carried:
        section, head, stub = self.parsed.sections[place], _NO_HEAD, ""
        if section.level:
            heading = self.parsed.document.trees[place][0]
            is_title = place == self.parsed.title_place
            head = Head(section.level, section.heading, base_anchor(heading), is_title)
            start, end = self.span(place)[0], self.parsed.document.spans[heading][1]
            stub = "".join(self._lines[start:end])
        defined = self._definitions.get(place, [])
        return Carried(head, tags_in(self.source(place)), defined, stub)

    @cached_property
    def _definitions(self) -> Mapping[int, list[tuple[str, str, str]]]:
        found: dict[int, list[tuple[str, str, str]]] = {}
        document = self.parsed.document
        for label, line in document.defined_at.items():
            place = bisect_right(document.first_lines, line) - 1
            found.setdefault(place, []).append((label, *document.definitions[label]))
        return found


def prove(part: Part, title: str = "") -> Proof | None:
    """Read a part of an issue, or the whole; None where a part cannot be read without the rest.

    Raises ``MarkdownLimitError``, naming the line of the part.
    """
    check_size(part.text)
    if part.is_whole:
        parsed = read_issue(Document(part.text), title)
        return Proof(part, parsed, len(parsed.sections))
    following = part.behind[0].stub if part.behind else ""
    around = Around(_defined(part.before), _defined(part.behind))
    heads = [carried.head for carried in part.before]
    parsed = read_issue(Document(part.text + following, around=around), title, heads)
    proof = Proof(part, parsed, len(parsed.sections) - bool(following))
    return proof if _stands_alone(proof) else None


def tags_in(source: str) -> list[str]:
    """Return the names of the tags in a text, as far as they are read together with others."""
    if "<" not in source and "-->" not in source:
        return []
    found = (tag[1] or tag[0] for tag in _TAG.finditer(without_comments(source)))
    return sorted({name.lower() for name in found} - VOID_TAGS)


def _stands_alone(proof: Proof) -> bool:
    """Tell whether a part is cut where it was cut, and says to others what it said."""
    part, starts = proof.part, proof.parsed.document.first_lines
    if part.behind and starts[proof.count :] != [len(with_ends(part.text))]:
        return False
    if part.before and (proof.count < 1 or not proof.parsed.sections[0].level):
        return False
    said = [row[:-1] for row in proof.carried] == [row[:-1] for row in part.was]
    own = {name for row in proof.carried for name in row.tags}
    others = {name for row in (*part.before, *part.behind) for name in row.tags} if own else set()
    return said and proof.can_be_cut and own.isdisjoint(others)


def _defined(sections: Iterable[Carried]) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for carried in sections:
        for label, url, title in carried.definitions:
            found.setdefault(label, Target(url, title))
    return found


def _is_apart(tree: etree.Element) -> bool:
    """Tell whether a section leads to no place in others, and is none that they lead to."""
    if sum(element.tag in HEADING_TAGS for element in tree) > 1:
        return False
    if next(places_in(tree), None) is not None:
        return False
    return not any(link.get("href", "").startswith("#") for link in tree.iter("a"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGEST]
