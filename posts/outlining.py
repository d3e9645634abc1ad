"""What a section is made of: its linked items, their groups, titles and links.

Found in the tree that is also written as HTML, so that an item in the database and an item on the
page are the same thing. Pure: no database, no settings.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from posts.markdown.references import is_linkable
from posts.markdown.tree import (
    AS_WRITTEN,
    RAW_HTML,
    TIGHT,
    Span,
    fold,
    parts_words,
    plain_text,
    text_of,
)

ItemShape = Literal["list", "paragraph"]

HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LISTS: Final = frozenset(("ul", "ol"))
_BOLD: Final = ("strong", "b")
_LEAVES: Final = HEADINGS | {"p", TIGHT, "td", "th", "pre", RAW_HTML}
_WORD: Final = re.compile(r"\w")
_SPACES: Final = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
# Of brackets that stand around a title, what is left of them.
_BEFORE_SUMMARY: Final = _SPACES + ":：-–—|·•,.;，、。；،؛।)]）】》〉」』〕］”"
_AFTER_SUMMARY: Final = _SPACES + ":：-–—|·•,;，、；،؛([（【《〈「『〔［“"
# Which marks end a quotation, by that which begins it.
_QUOTATIONS: Final = {'"': '"', "'": "'", "‘": "’", "«": "»", "»": "«", "‹": "›", "›": "‹",
                      "„": "“”", "‚": "‘’", "“": "”", "”": "”"}  # fmt: skip
_MAX_TITLE: Final = 120
ELLIPSIS: Final = "…"
_BEFORE_ELLIPSIS: Final = " ,;:.…、。"
_MAX_PREAMBLE: Final = 200
# What may stand before the text of an entry: labels in brackets, and what numbers it.
_LABEL: Final = re.compile(
    r"\[[^\[\]]{1,40}\]|\([^()]{1,40}\)|【[^【】]{1,40}】|（[^（）]{1,40}）|［[^［］]{1,40}］"
    r"|〔[^〔〕]{1,40}〕|\{[^{}]{1,40}\}"
)
_PREAMBLE: Final = re.compile(
    rf"{_LABEL.pattern}"
    r"|\bNo\.?\s*(?=\d)|(?<![^\W_])\d+(?:[./:-]\d+)*(?![^\W_])"
    r"|\b[A-Za-z][.)](?=\s)|[一二三四五六七八九十百]+(?=[、.．:：])",
    re.IGNORECASE,
)
_MAX_LABEL: Final = 40
_LABEL_END: Final = re.compile(r"[:：]\s*")
# What leads to the link of somebody, not of what the entry is about.
_CREDIT: Final = re.compile(
    r"(?:^|(?<=[\W_]))(?:(?:shared|posted|written|submitted|found|recommended)\s+)?"
    r"(?:(?:by|via|par|von|por|h/?t|hat\s+tip(?:\s+to)?|thanks\s+to|courtesy\s+of|作者|来自|감사)"
    r"\s*[:：]?|(?:source|quelle|출처|来源|來源|出典)\s*[:：])\s*$",
    re.IGNORECASE,
)
# Links that name nothing.
_POINTERS: Final = frozenset(
    "link links here source url website more read see 링크 여기 원문 바로가기 보기 더보기 链接"
    " 原文 鏈接 連結 リンク こちら 続き lien ici hier mehr enlace aquí ссылка".split()
) | {"read more", "더 보기"}
# Where people talk about what another link leads to, or where it is kept.
_BESIDE: Final = re.compile(
    r"(?:hn|hacker ?news|lobste\.?rs|reddit|(?:\d+ )?comments?|discuss(?:ion)?|archived?"
    r"|archived? (?:link|version)|mirror|댓글|토론)",
    re.IGNORECASE,
)
_CREDIT_LENGTH: Final = 40
_CREDIT_ENDS: Final = tuple(
    "by via par von por ht h/t tip to of 作者 来自 감사 source quelle 출처 来源 來源 出典".split()
)
# A word that is no label and no number, as nearly all texts start with one.
_FIRST_WORD: Final = re.compile(
    r"[^\w\[(【（［〔{]*(?!no\b)[^\W\d_一二三四五六七八九十百]{2}", re.IGNORECASE
)


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


_Stretch = tuple[etree.Element, int, int]
"""An element, and where its text starts and ends in the text of its entry."""
_place: Final = itemgetter(1)


class _Flow:
    """The text of one entry with the places of its links, of its bold text and of its code.

    ``text`` and ``words``, the same with its white space folded, are there once it is complete.
    """

    __slots__ = (
        "_length",
        "_parts",
        "_passed",
        "_starts",
        "code",
        "labels",
        "links",
        "strong",
        "text",
        "words",
    )

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.links: list[_Stretch] = []
        self.strong: list[_Stretch] = []
        self.code: list[_Stretch] = []
        self.text = ""
        self.words = ""

    def add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def read(self, element: etree.Element) -> None:
        """Take in an element's content; lists directly inside are left to their own items."""
        start = self._length
        if element.text:
            self.add(element.text)
        for child in element:
            self.read(child)
            if child.tail:
                self.add(child.tail)
        if element.tag == "a":
            if is_linkable(element.get("href", "")):
                self.links.append((element, start, self._length))
        elif element.tag in _BOLD:
            self.strong.append((element, start, self._length))
        elif element.tag == "code":
            self.code.append((element, start, self._length))
        elif element.tag in _LEAVES or parts_words(element):
            self.add("\n")

    def complete(self) -> None:
        self.text = "".join(self._parts)
        self.words = fold(self.text)
        self._starts: dict[int, bool] = {0: True}
        self.labels = [bold for bold in self.strong if self._is_label(*bold)]
        self._passed = sorted(self.code + self.labels, key=_place) if self.labels else self.code

    def _is_label(self, _element: etree.Element, start: int, end: int) -> bool:
        """Whether bold text names what the link behind it is: "**New:** [Title](…)".

        With the colon behind it, bold text is a title.
        """
        link = next((link for link in self.links if link[1] >= start), None)
        if link is None or end - start > _MAX_LABEL or self.is_credit(link):
            return False
        return _LABEL_END.fullmatch(self.text, end - 1, link[1]) is not None

    def starts_at(self, position: int) -> bool:
        """Whether what stands before is no more than labels, numbers, signs and code."""
        known = self._starts.get(position)
        if known is None:
            known = self._starts[position] = self._starts_at(position)
        return known

    def _starts_at(self, position: int) -> bool:
        if position > _MAX_PREAMBLE:
            return False
        if not self._passed:
            return is_preamble(self.text[:position])
        before, end = "", 0
        for _, first, last in self._passed:
            if last <= position:
                before += self.text[end:first]
                end = last
        return is_preamble(before + self.text[end:position])

    def is_credit(self, link: _Stretch) -> bool:
        """Whether a link leads to who made or found something (``@somebody``, "by somebody"), or to
        what others say of it."""
        _, start, end = link
        if self.text.startswith("@", start, end):
            return True
        if _BESIDE.fullmatch(self.text[start:end].strip(_SPACES)):
            return True
        before = self.text[max(0, start - _CREDIT_LENGTH) : start]
        ends = before.rstrip(" \n:：").lower().endswith(_CREDIT_ENDS)
        return ends and _CREDIT.search(before) is not None


def is_preamble(text: str) -> bool:
    """Whether a text says nothing: labels in brackets, numbers and signs, but no words."""
    if _FIRST_WORD.match(text) is not None:
        return False
    if _WORD.search(text) is None:
        return True
    return len(text) <= _MAX_PREAMBLE and _WORD.search(_PREAMBLE.sub("", text)) is None


def _leaves(element: etree.Element) -> Iterator[etree.Element]:
    """The elements that hold text; of raw HTML the whole, though it may hold others."""
    inner: set[etree.Element] = set()
    for leaf in element.iter():
        if leaf.tag in _LEAVES and leaf not in inner:
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


def first_words(text: str) -> str:
    """Return a text as a title: where it is long its first words, which say that it goes on."""
    if len(text) <= _MAX_TITLE:
        return text
    # Scripts that put no spaces between words are cut anywhere.
    end = text.rfind(" ", _MAX_TITLE // 2, _MAX_TITLE)
    cut = text[: end if end > 0 else _MAX_TITLE - 1]
    return f"{cut.rstrip(_BEFORE_ELLIPSIS)}{ELLIPSIS}"


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
        if heading.tag not in HEADINGS or heading not in self._spans or not _has_link(heading):
            return False
        flow = _Flow()
        flow.read(heading)
        flow.complete()
        if not flow.links or not flow.words:
            return False
        title = flow.words if flow.starts_at(flow.links[0][1]) else _before_address(flow)
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
            elif child.tag == "li":
                self._walk_list([child], "")
            elif AS_WRITTEN in child.attrib and child.tag in HEADINGS:
                is_followed = place + 1 < len(blocks) and not (child.tail or "").strip()
                self.read_heading(child, blocks[place + 1] if is_followed else None)
            previous = child

    def _walk_list(self, items: Iterable[etree.Element], group: str) -> None:
        for item in items:
            flow = _Flow()
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

    def _read_paragraph(self, element: etree.Element) -> None:
        if element in self._read or not _has_link(element):
            return
        flow = _Flow()
        flow.read(element)
        flow.complete()
        if flow.links and flow.words and element in self._spans:
            self._add("paragraph", element, flow, "", self._spans[element])

    def _add(
        self, kind: ItemShape, element: etree.Element, flow: _Flow, group: str, span: Span
    ) -> None:
        number = len(self._found.items)
        links = []
        for link, _, _ in flow.links:
            found = FoundLink(link.get("href", ""), fold(plain_text(link)), number)
            self._found.links[link] = found
            links.append(found)
        main = _main_link(flow)
        strong = _leading_strong(flow)
        before = ""
        if kind == "list" and strong is None and main is not None:
            before = _words_before(flow, main)
        title = before or self._title(flow, strong, main)
        summary = _summary(flow, strong, main) if kind == "list" and not before else ""
        start, end = (line - self._first_line for line in span)
        self._found.items.append(
            FoundItem(kind, group, title, summary, tuple(links), main, start, end, flow.words)
        )
        self._found.item_elements.append(element)

    def _title(self, flow: _Flow, strong: _Stretch | None, main: int | None) -> str:
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
    if element.tag != "p" or len(element) != 1 or element[0].tag not in _BOLD:
        return ""
    beside = f"{element.text or ''}{element[0].tail or ''}"
    if beside.strip(" \t\n:：") or _has_link(element):
        return ""
    return fold(text_of(element[0]))


def _main_link(flow: _Flow) -> int | None:
    """The first link if the entry starts with it, else the last if it ends with it, else the first.

    What says nothing does not count as a start, and signs not as an end. Credits come last, and
    links with no words, such as pictures, count only where there are no others.
    """
    if not flow.links:
        return None
    worded = [n for n, (_, start, end) in enumerate(flow.links) if flow.text[start:end].strip()]
    worded = worded or list(range(len(flow.links)))
    if len(worded) == 1 or flow.starts_at(flow.links[worded[0]][1]):
        return worded[0]
    numbers = [n for n in worded if not flow.is_credit(flow.links[n])] or worded
    first, last = numbers[0], numbers[-1]
    if flow.starts_at(flow.links[first][1]) or not _ends_with(flow, last):
        return first
    return last


def _ends_with(flow: _Flow, number: int) -> bool:
    """Whether nothing but credits follows a link."""
    end = flow.links[number][2]
    for _, start, following in flow.links[number + 1 :]:
        if _WORD.search(_CREDIT.sub("", flow.text[end:start])):
            return False
        end = following
    return _WORD.search(flow.text, end) is None


def _take_title_from_heading(root: etree.Element, found: Outline) -> None:
    """Name an address right below a heading after it, if the section is about this one.

    Signs may stand before it, but no words.
    """
    if not found.items or len(root) < 2 or root[0].tag not in HEADINGS:
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


def _words_before(flow: _Flow, main: int) -> str:
    """The words before a link that ends its entry and only says that it is one, '' for others.

    "Title: https://…", "Title [1]", "Title (link)".
    """
    element, start, end = flow.links[main]
    shown = fold(flow.text[start:end])
    if flow.links[0][1] != start or flow.starts_at(start) or not _ends_with(flow, main):
        return ""
    if shown != element.get("href") and not is_preamble(shown) and shown.lower() not in _POINTERS:
        return ""
    before = fold(flow.text[:start].strip(_AFTER_SUMMARY))
    return "" if len(before) > _MAX_TITLE or before.lower() in _POINTERS else before


def _before_address(flow: _Flow) -> str:
    """The words of a heading that ends with the address they are about, '' if it does not.

    "Title (https://…)" and "Title: https://…".
    """
    element, start, end = flow.links[0]
    is_last = len(flow.links) == 1 and _WORD.search(flow.text, end) is None
    if not is_last or fold(flow.text[start:end]) != element.get("href"):
        return ""
    return fold(flow.text[:start].rstrip(_AFTER_SUMMARY))


def _leading_strong(flow: _Flow) -> _Stretch | None:
    """The bold text that the entry starts with."""
    for found in sorted(flow.strong, key=lambda strong: (strong[1], -strong[2])):
        if not flow.starts_at(found[1]):
            return None
        if found not in flow.labels and not is_preamble(flow.text[found[1] : found[2]]):
            return found
    return None


def _summary(flow: _Flow, strong: _Stretch | None, main: int | None) -> str:
    """The entry without its title, and without its main link if that stands at the end.

    Labels before the title stay, since they say something about it.
    """
    text = flow.text
    start, end, labels = 0, len(text), ""
    link = None if main is None else flow.links[main]
    if strong is not None:
        start = strong[2]
    elif link is not None and flow.starts_at(link[1]):
        start = link[2] + _ends_quotation(text, link[1], link[2])
        labels = " ".join(_labels(flow, link[1])) if link[1] > 1 else ""
    if link is not None and link[1] >= start and not _WORD.search(text, link[2]):
        end = link[1]
    rest = text[start:end].lstrip(_BEFORE_SUMMARY)
    return fold(f"{labels} {rest.rstrip(_AFTER_SUMMARY) if end < len(text) else rest}")


def _ends_quotation(text: str, start: int, end: int) -> int:
    """How far behind a title the mark stands that ends its quotation; 0 where none does."""
    before, behind = text[:start].rstrip(_SPACES), text[end:].lstrip(_SPACES)
    ends = _QUOTATIONS.get(before[-1:], "")
    return len(text) - end - len(behind) + 1 if ends and behind[:1] in ends else 0


def _labels(flow: _Flow, end: int) -> Iterator[str]:
    """The labels before a place: in bold, then in brackets."""
    yield from (flow.text[start:last] for _, start, last in flow.labels if last <= end)
    yield from _LABEL.findall(flow.text, 0, end)
