"""What one entry says: what it is called, which link is its own, and what else stands in it.

Told from its text and the places of links, bold text and code in it. Pure.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from posts.markdown.references import is_linkable
from posts.markdown.tree import CELL_TAGS, HEADING_TAGS, RAW_HTML, TIGHT, fold, parts_words
from posts.naming import ELLIPSIS

LEAVES: Final = HEADING_TAGS | CELL_TAGS | {"p", TIGHT, "pre", RAW_HTML}
"""Elements that hold a text of their own."""
BOLD: Final = ("strong", "b")
_WORD: Final = re.compile(r"\w")
_SPACES: Final = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
# Of brackets that stand around a title, what is left of them.
_BEFORE_SUMMARY: Final = _SPACES + ":：-–—|·•,.;，、。；،؛।)]）】》〉」』〕］”"
_AFTER_SUMMARY: Final = _SPACES + ":：-–—|·•,;，、；،؛([（【《〈「『〔［“"
# Which marks end a quotation, by that which begins it.
_QUOTATIONS: Final = {'"': '"', "'": "'", "‘": "’", "«": "»", "»": "«", "‹": "›", "›": "‹",
                      "„": "“”", "‚": "‘’", "“": "”", "”": "”"}  # fmt: skip
_MAX_TITLE: Final = 120
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
_SIGNS: Final = re.compile(r"\A[\W_]+|[\W_]+\Z")
_SCHEME: Final = re.compile(r"\A(?:[a-z]+://)?(?:www\.)?", re.IGNORECASE)
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


Stretch = tuple[etree.Element, int, int]
"""An element, and where its text starts and ends in the text of its entry."""
_place: Final = itemgetter(1)


class Flow:
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
        self.links: list[Stretch] = []
        self.strong: list[Stretch] = []
        self.code: list[Stretch] = []
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
        elif element.tag in BOLD:
            self.strong.append((element, start, self._length))
        elif element.tag == "code":
            self.code.append((element, start, self._length))
        elif element.tag in LEAVES or parts_words(element):
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

    def is_credit(self, link: Stretch) -> bool:
        """Whether a link leads to who made or found something (``@somebody``, "by somebody"), or to
        what others say of it."""
        _, start, end = link
        if self.text.startswith("@", start, end):
            return True
        if end - start <= _MAX_LABEL and _BESIDE.fullmatch(_bare(self.text[start:end])):
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


def first_words(text: str) -> str:
    """Return a text as a title: where it is long its first words, which say that it goes on."""
    if len(text) <= _MAX_TITLE:
        return text
    # Scripts that put no spaces between words are cut anywhere.
    end = text.rfind(" ", _MAX_TITLE // 2, _MAX_TITLE)
    cut = text[: end if end > 0 else _MAX_TITLE - 1]
    return f"{cut.rstrip(_BEFORE_ELLIPSIS)}{ELLIPSIS}"


def main_link(flow: Flow, *, is_row: bool = False) -> int | None:
    """The first link if the entry starts with it, else the last if it ends with it, else the first,
    as in each row of a table, whose cells are no sentence.

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
    if is_row or flow.starts_at(flow.links[first][1]) or not _ends_with(flow, last):
        return first
    return last


def _ends_with(flow: Flow, number: int) -> bool:
    """Whether nothing but credits follows a link."""
    end = flow.links[number][2]
    for _, start, following in flow.links[number + 1 :]:
        if _WORD.search(_CREDIT.sub("", flow.text[end:start])):
            return False
        end = following
    return _WORD.search(flow.text, end) is None


def _bare(text: str) -> str:
    """A text without the signs around it: "(comments)", "Read more →"."""
    return _SIGNS.sub("", text)


def _is_address(shown: str, url: str) -> bool:
    """Whether words only say where a link leads: its address, or how this begins."""
    if " " in shown or not ("." in shown or "://" in shown):
        return False
    start, address = (_SCHEME.sub("", text).lower() for text in (shown.rstrip("/…"), url))
    return address.startswith(start)


def words_before(flow: Flow, main: int) -> str:
    """The words before a link that ends its entry and only says that it is one, '' for others.

    "Title: https://…", "Title [1]", "Title (link)".
    """
    element, start, end = flow.links[main]
    shown = fold(flow.text[start:end])
    if flow.links[0][1] != start or flow.starts_at(start) or not _ends_with(flow, main):
        return ""
    is_pointer = len(shown) <= _MAX_LABEL and _bare(shown).lower() in _POINTERS
    if not (is_pointer or is_preamble(shown) or _is_address(shown, element.get("href", ""))):
        return ""
    before = fold(flow.text[:start].strip(_AFTER_SUMMARY))
    return "" if len(before) > _MAX_TITLE or before.lower() in _POINTERS else before


def before_address(flow: Flow) -> str:
    """The words of a heading that ends with the address they are about, '' if it does not.

    "Title (https://…)" and "Title: https://…".
    """
    element, start, end = flow.links[0]
    is_last = len(flow.links) == 1 and _WORD.search(flow.text, end) is None
    if not is_last or fold(flow.text[start:end]) != element.get("href"):
        return ""
    return fold(flow.text[:start].rstrip(_AFTER_SUMMARY))


def leading_strong(flow: Flow) -> Stretch | None:
    """The bold text that the entry starts with."""
    for found in sorted(flow.strong, key=lambda strong: (strong[1], -strong[2])):
        if not flow.starts_at(found[1]):
            return None
        if found not in flow.labels and not is_preamble(flow.text[found[1] : found[2]]):
            return found
    return None


def summary_of(flow: Flow, strong: Stretch | None, main: int | None) -> str:
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


def _labels(flow: Flow, end: int) -> Iterator[str]:
    """The labels before a place: in bold, then in brackets."""
    yield from (flow.text[start:last] for _, start, last in flow.labels if last <= end)
    yield from _LABEL.findall(flow.text, 0, end)
