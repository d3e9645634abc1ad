"""Elements of raw HTML that say what those of Markdown say: lists, paragraphs, headings, rows.

The tags of a block of HTML are written as they come. Where two of them belong together, they become
an element of the tree, so that entries are found, marked and hidden in it as in those of Markdown.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from posts.markdown import limits
from posts.markdown.emphasis import Run
from posts.markdown.html import FORMATTING_TAGS, PHRASING_TAGS, VOID_TAGS
from posts.markdown.tree import (
    AS_WRITTEN,
    BLOCK_TAGS,
    CELL_TAGS,
    CLOSES,
    CLOSING,
    HEADING_TAGS,
    NAME,
    OPENS,
    PLACE,
    TIGHT,
    Closing,
    Opening,
    Token,
)

_LISTS: Final = frozenset(("ul", "ol"))
_BOLD: Final = frozenset(("b", "strong"))
_PAIRED: Final = BLOCK_TAGS | _BOLD
_RUN: Final = "*"
"""Stands among the names of open tags for emphasis, and for a link."""
_PHRASES: Final = FORMATTING_TAGS | {_RUN}
_IMPLIED: Final = frozenset(("li", "p"))
"""Elements that may end without an end tag (HTML Living Standard, 13.1.2.4)."""
_START: Final = re.compile(r'<ol(?: start="(\d{1,9})")?>')


class Pair(NamedTuple):
    """An element and the tokens between which it stands, by their places before any was paired."""

    element: etree.Element
    start: int
    end: int
    implied: bool


class _Open:
    """A tag that is open; ``item`` is the place of the open ``<li>`` of its list in the stack."""

    __slots__ = ("has_link", "item", "name", "only_items", "only_phrases", "place")

    def __init__(self, name: str, place: int, item: int) -> None:
        self.name = name
        self.place = place
        self.item = item
        self.only_items = name in _LISTS
        self.only_phrases = True
        self.has_link = False


def pair(tokens: list[Token], *, blocks: bool) -> list[Pair]:
    """Make elements of tags that belong together, in place: of bold text, and in HTML of blocks."""
    found = list(_Pairing(tokens, blocks=blocks).found())
    opened = {one.start: one.element for one in found}
    closed = {one.end for one in found if not one.implied}
    implied = Counter(one.end for one in found if one.implied)
    paired: list[Token] = []
    for place, token in enumerate(tokens):
        paired += [CLOSING] * implied[place]
        if place in opened:
            paired.append(Opening(opened[place]))
            if isinstance(token, etree.Element) and NAME in token.attrib:
                paired.append(etree.Element(PLACE, {NAME: token.attrib[NAME]}))
        else:
            paired.append(CLOSING if place in closed else token)
    tokens[:] = paired
    return found


class _Pairing:
    def __init__(self, tokens: list[Token], *, blocks: bool) -> None:
        self._tokens = tokens
        self._blocks = blocks
        self._names = _PAIRED if blocks else _BOLD
        self._stack: list[_Open] = []
        self._counts: Counter[str] = Counter()
        self._depth = 0

    def found(self) -> Iterator[Pair]:
        for place, token in enumerate(self._tokens):
            if isinstance(token, (Run, Opening, Closing)):
                self._pass_run(token)
            tag = token if isinstance(token, etree.Element) else None
            if tag is not None and (name := tag.get(CLOSES)):
                yield from self._close(name, place)
                continue
            name = "" if tag is None else tag.get(OPENS, "")
            if name and name not in PHRASING_TAGS:
                yield from self._end_before(name, place)
            if name != "li":
                self._see(token)
            if name and name not in VOID_TAGS:
                self._push(name, place)

    def _pass_run(self, token: Run | Opening | Closing) -> None:
        """Follow what the inline phase has paired: no tag is paired across its ends."""
        closed, opened = int(isinstance(token, Closing)), int(isinstance(token, Opening))
        if isinstance(token, Run):
            closed, opened = len(token.closes), len(token.opens)
        for _ in range(closed):
            while self._counts[_RUN] and self._pop().name != _RUN:
                pass
        for _ in range(opened):
            self._see(token)
            self._push(_RUN, -1)

    def _see(self, token: Token) -> None:
        """Note what a list holds beside entries, and a block of the words of links."""
        if not self._stack or (isinstance(token, str) and not token.strip()):
            return
        self._stack[-1].only_items = False
        if isinstance(token, str) and self._counts[_RUN] and self._blocks:
            for opened in self._around():
                opened.has_link = True

    def _around(self, *, but: str = "") -> Iterator[_Open]:
        """The innermost open block, and the row if it is a cell; none around a cell that opens."""
        depth = self._block()
        if depth < 0 or (but in CELL_TAGS and self._stack[depth].name in (*CELL_TAGS, "tr")):
            return
        yield self._stack[depth]
        if self._stack[depth].name in CELL_TAGS and depth and self._stack[depth - 1].name == "tr":
            yield self._stack[depth - 1]

    def _block(self) -> int:
        """The place of the innermost open block in the stack, -1 without one."""
        depth = len(self._stack) - 1
        while depth >= 0 and self._stack[depth].name in _PHRASES:
            depth -= 1
        return depth

    def _push(self, name: str, place: int) -> None:
        above = self._stack[-1].item if self._stack else -1
        item = len(self._stack) if name == "li" else -1 if name in _LISTS else above
        self._stack.append(_Open(name, place, item))
        self._counts[name] += 1
        self._depth += name in _PAIRED

    def _pop(self) -> _Open:
        opened = self._stack.pop()
        self._counts[opened.name] -= 1
        self._depth -= opened.name in _PAIRED
        return opened

    def _end_before(self, name: str, place: int) -> Iterator[Pair]:
        """End what ends where a block begins: a paragraph, and of a list the entry before."""
        if not self._blocks:
            return
        for opened in self._around(but=name):
            opened.only_phrases = False
        depth = self._block()
        if depth >= 0 and (
            self._stack[depth].name == "p" or {name, self._stack[depth].name} <= CELL_TAGS
        ):
            yield from self._end_to(depth, place)
        if name == "li" and self._stack and self._stack[-1].item >= 0:
            yield from self._end_to(self._stack[-1].item, place)

    def _end_to(self, depth: int, place: int) -> Iterator[Pair]:
        while len(self._stack) > depth:
            opened = self._pop()
            if opened.name in _IMPLIED:
                yield from self._pair(opened, place, implied=True)

    def _close(self, name: str, place: int) -> Iterator[Pair]:
        if not self._counts[name]:
            self._see(self._tokens[place])
            return
        depth = len(self._stack) - 1
        while self._stack[depth].name != name:
            between = self._stack[depth].name
            if between == _RUN or (name in FORMATTING_TAGS and between not in FORMATTING_TAGS):
                return  # it began outside of what goes on
            depth -= 1
        yield from self._end_to(depth + 1, place)
        yield from self._pair(self._pop(), place, implied=False)

    def _pair(self, opened: _Open, place: int, *, implied: bool) -> Iterator[Pair]:
        # In `<pre>` space is content; and no author nests as deep as a page cannot be written.
        if self._counts["pre"] or self._depth >= 2 * limits.MAX_DEPTH:
            return
        element = self._element(opened)
        if element is not None:
            yield Pair(element, opened.place, place, implied)

    def _element(self, opened: _Open) -> etree.Element | None:
        """The element that a tag opens, None if its tags are written as they come."""
        name, tag = opened.name, self._tokens[opened.place]
        if name == "figure" and opened.only_phrases and opened.has_link:
            name = "p"  # no picture, but the card of a link, as Ghost has them
        if name not in self._names or not isinstance(tag, etree.Element):
            return None
        if name in _LISTS and not opened.only_items:
            return None
        if name == "tr" and (not opened.only_phrases or not opened.has_link or NAME in tag.attrib):
            return None
        start = _START.fullmatch(tag.get("html", "")) if name == "ol" else None
        if name == "ol" and start is None:
            return None
        element = etree.Element(name, {AS_WRITTEN: ""} if name in HEADING_TAGS else {})
        if start is not None and start[1]:
            element.set("start", start[1])
        return element


def settle(element: etree.Element) -> None:
    """Give a paired element the white space and the blocks that one of Markdown has."""
    if element.tag in _BOLD:
        return
    element.tail = (element.tail or "").removeprefix("\n")
    if element.tag == "li":
        _gather(element)
    elif element.tag in _LISTS:
        element.text = "\n"
        for item in element:
            item.tail = None


def _gather(item: etree.Element) -> None:
    """Put what stands loose in a list item into blocks of its own."""
    text, children = item.text, list(item)
    item.text = None
    item[:] = []
    loose = etree.Element(TIGHT)
    loose.text = text
    for child in (*children, None):
        if child is not None and child.tag not in BLOCK_TAGS:
            loose.append(child)
            continue
        _strip(loose)
        if len(loose) or loose.text:
            item.append(loose)
        loose = etree.Element(TIGHT)
        if child is not None:
            loose.text, child.tail = child.tail, None
            item.append(child)


def _strip(loose: etree.Element) -> None:
    loose.text = (loose.text or "").lstrip()
    if len(loose):
        loose[-1].tail = (loose[-1].tail or "").rstrip()
    else:
        loose.text = loose.text.rstrip()
