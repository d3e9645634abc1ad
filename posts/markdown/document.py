"""A Markdown text that is parsed once, whatever is asked of it.

Its blocks say where its sections start, its inlines what is in them. Both phases are those of a
``markdown.Markdown`` with our extension and those in ``EXTENSIONS``. They run one by one and not in
one ``Markdown.convert``, because an issue is cut without being rendered, and written as often as
decisions about its links change.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final, NamedTuple

from markdown import Markdown
from markdown.extensions import Extension

from posts.markdown.blocks import DocumentParser
from posts.markdown.extension import DigestExtension
from posts.markdown.inlines import InlineParser
from posts.markdown.limits import MarkdownLimitError, check_size
from posts.markdown.lines import with_ends, with_line_feeds
from posts.markdown.references import Target
from posts.markdown.tree import Head, Leaf, Span, Spot, Undefined, UsedNote, fold, plain_text

EXTENSIONS: Final[list[Extension | str]] = []
"""Further extensions of Python-Markdown, whose treeprocessors and postprocessors take effect."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class SectionSource:
    """A heading and the Markdown below it, up to the next heading, in `source` verbatim.

    The text before the first heading is a section with heading '' and level 0.
    """

    level: int
    source: str
    read_heading: Callable[[], str] = field(compare=False, repr=False)

    @cached_property
    def heading(self) -> str:
        """The text of the heading without its marks; seldom asked for, and so read when it is."""
        return self.read_heading()


class Around(NamedTuple):
    """The definitions of references, by label, in what stands before a text and behind it."""

    before: Mapping[str, Target] = {}
    behind: Mapping[str, Target] = {}


NOTHING_AROUND: Final = Around()


class Document:
    """A Markdown text and what is found in it; with ``cut=False`` all of it is one section.

    Of a text that is a part of another, ``around`` says what the rest of that defines.

    All but ``text`` and ``sections`` raise ``MarkdownLimitError``, naming the line, where the text
    goes beyond a limit.
    """

    def __init__(self, text: str, *, cut: bool = True, around: Around = NOTHING_AROUND) -> None:
        self.text = text
        self._cut = cut
        self._around = around
        self._extension = DigestExtension()

    @cached_property
    def sections(self) -> tuple[SectionSource, ...]:
        """The text cut at every top-level heading; the sources joined are the text again.

        A text whose blocks go beyond a limit is one section.
        """
        try:
            heads = self._heads
        except MarkdownLimitError:
            heads = [Head(0)]
        lines = with_ends(self.text)
        ends = [*(head.line for head in heads[1:]), len(lines)]
        return tuple(
            SectionSource(
                level=head.level,
                source="".join(lines[head.line : end]),
                read_heading=partial(self._heading, head.leaf),
            )
            for head, end in zip(heads, ends, strict=False)
        )

    @cached_property
    def first_lines(self) -> list[int]:
        """The first line of each section, counted from 0 in the text."""
        return [head.line for head in self._heads]

    @cached_property
    def trees(self) -> list[etree.Element]:
        """The content of each section, ready to be written."""
        root = self._blocks.root
        for treeprocessor in self._md.treeprocessors:
            changed = treeprocessor.run(root)
            root = root if changed is None else changed
        trees = [etree.Element(root.tag) for _ in self._heads]
        places = {head.leaf.element: place for place, head in enumerate(self._heads) if head.leaf}
        place = 0
        for child in root if trees else ():
            place = places.get(child, place)
            trees[place].append(child)
        return trees

    @property
    def used_notes(self) -> list[UsedNote]:
        """The footnotes that the sections use, by number."""
        return self._blocks.used_notes if self.trees else []

    @property
    def roots(self) -> list[etree.Element]:
        """All that readers see: the content of each section, then of each footnote that is used."""
        return [*self.trees, *(note.element for note in self.used_notes)]

    @property
    def has_notes(self) -> bool:
        """Whether the text defines footnotes, used or not."""
        return bool(self._blocks.notes)

    @property
    def undefined(self) -> list[Undefined]:
        """The references without a definition, at most ``MAX_UNDEFINED``."""
        return list(self._blocks.undefined) if self.trees else []

    @property
    def spans(self) -> dict[etree.Element, Span]:
        """The lines of each block, counted from 0 in the text."""
        return self._blocks.spans

    @property
    def leaves(self) -> list[Leaf]:
        """The texts of all blocks, also of footnotes, without code and comments in blocks."""
        notes = self._blocks.notes.values()
        return [*self._blocks.leaves, *(leaf for note in notes for leaf in note.leaves)]

    @property
    def spots(self) -> dict[etree.Element, Spot]:
        """Where links, pictures and code stand in the leaves."""
        return self._blocks.spots if self.trees else {}

    def line_of(self, link: etree.Element) -> int:
        """The line of a link, counted from 0; of one that stands for what is embedded, about."""
        spot = self.spots.get(link)
        if spot is not None:
            return spot.leaf.line + spot.leaf.text.count("\n", 0, spot.start)
        text = with_line_feeds(self.text)
        return text.count("\n", 0, max(text.find(link.get("href", "")), 0))

    @property
    def lines(self) -> list[str]:
        """The lines of the text with their ends, as the blocks were read from them."""
        return self._blocks.source

    @property
    def definitions(self) -> Mapping[str, Target]:
        """What links may refer to, by label."""
        return self._blocks.definitions

    @property
    def defined_at(self) -> Mapping[str, int]:
        """A line of the paragraph in which the text defines a label, counted from 0."""
        return self._blocks.defined_at

    def finish(self, html: str) -> str:
        """The HTML of a section after the postprocessors of further extensions."""
        for postprocessor in self._md.postprocessors:
            html = postprocessor.run(html)
        return html

    @cached_property
    def _md(self) -> Markdown:
        return Markdown(extensions=[self._extension, *EXTENSIONS])

    @cached_property
    def _blocks(self) -> DocumentParser:
        """The block parser, when it has read the text."""
        check_size(self.text)
        self._md.parser.parseDocument([_without_surrogates(self.text)])
        blocks = self._extension.blocks
        if self._around is not NOTHING_AROUND:
            before, behind = self._around
            blocks.definitions = {**behind, **blocks.definitions, **before}
        if not self._cut:
            blocks.heads.clear()
        return blocks

    @cached_property
    def _heads(self) -> list[Head]:
        heads = self._blocks.heads
        if not self.text or (heads and heads[0].line == 0):
            return heads
        return [Head(0), *heads]

    def _heading(self, leaf: Leaf | None) -> str:
        """The text of a heading without its marks, or as written if it goes beyond a limit."""
        if leaf is None:
            return ""
        element = etree.Element(leaf.element.tag)
        try:
            InlineParser(self._blocks).parse(leaf._replace(element=element))
        except MarkdownLimitError:
            element.text = leaf.text
        return fold(plain_text(element))


def _without_surrogates(text: str) -> str:
    """The text with U+FFFD for NUL and surrogates, which no page can hold."""
    try:
        text.encode()  # the quickest way to see that there are none
    except UnicodeEncodeError:
        text = _SURROGATES.sub("\ufffd", text)
    return text.replace("\x00", "\ufffd")
