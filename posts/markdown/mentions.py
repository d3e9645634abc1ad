"""Names of tags in a sentence: "the <title> element" names one, and nobody may lose the word.

CommonMark passes such tags on as HTML, where browsers hide them, often with what follows. GitHub
shows those as text that would hide their content. Here all are text of which readers would get
nothing, and those that others show only if they look like a word and are never closed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from posts.markdown.html import ALLOWED_TAGS, SELF_CLOSING_TAGS, VOID_TAGS, Tag

RAW_TEXT: Final = frozenset(
    "script style textarea title xmp plaintext noembed noframes iframe".split()
)
"""Tags whose content is no HTML (GFM 6.11, "disallowed raw HTML"): no markup of a sentence."""
_OBSOLETE: Final = frozenset("acronym bdi bdo big blink font label marquee nobr".split())
"""Tags that only dress their content, which stays."""
_PARTS: Final = frozenset("area param source track".split())
"""Tags that say something of what they stand in."""
COMMENT_END: Final = "-->"
LOOK_BACK: Final = 200
LOOK_AHEAD: Final = 100
"""How much of a line is looked at around a tag."""

_BARE: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9]*\s*/?>")
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_HIDING: Final = re.compile(r"<(script|style|textarea)(?=[\s>]|$)", re.IGNORECASE)
_ENDS_HIDING: Final = re.compile(r"</(?:script|style|textarea)\s*>\s*$", re.IGNORECASE)
_CLOSING: Final = re.compile(r"</([A-Za-z][A-Za-z0-9-]*)")
_SENTENCE: Final = re.compile(r"<([A-Za-z][A-Za-z0-9]*)>[ \t]+[^\s<]")
_NO_WORD_BEFORE: Final = re.compile(r"[A-Za-z0-9>*_~]")
_NO_WORD_BEHIND: Final = re.compile(r"[A-Za-z0-9<*_~`!\[]")
_NEVER: Final = VOID_TAGS - {"img"}


def last_ends(text: str) -> dict[str, int]:
    """Where the last end tag of each name stands."""
    return {found[1].lower(): found.start() for found in _CLOSING.finditer(text)}


class TagLines:
    """The lines of a document on which tags of each name stand."""

    def __init__(self, source: list[str]) -> None:
        self._source = source

    def is_sentence(self, line: str, number: int) -> bool:
        """Whether a line of Markdown that starts with a tag only names it: "<title> is read".

        A word follows its tag, and it is never closed; or it would hide the rest of the document.
        """
        opening = _SENTENCE.match(line)
        hiding = _HIDING.match(line)
        name = (opening or hiding or {1: ""})[1].lower()
        if not name or name in SELF_CLOSING_TAGS or name in _NEVER:
            return False
        end = _next(self._ends.get(name, ()), number)
        if end is None or not (opening and hiding):
            return end is None
        if end == number:
            return _ENDS_HIDING.search(line) is None
        start = _next(self._starts.get(name, ()), number + 1)
        return start is not None and start <= end

    def opens(self, name: str) -> bool:
        """Whether a tag of this name is opened anywhere."""
        return name in self._starts

    def ends_comment(self, number: int) -> bool:
        """Whether a comment that starts on a line ends at all."""
        return _next(self._ends.get(COMMENT_END, ()), number) is not None

    @cached_property
    def _ends(self) -> dict[str, list[int]]:
        return self._lines_of("/")

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        return self._lines_of("")

    def _lines_of(self, slash: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, line in enumerate(self._source):
            for start, name in _TAG.findall(line) if "<" in line else ():
                if start == slash:
                    found[name.lower()].append(number)
            if COMMENT_END in line:
                found[COMMENT_END].append(number)
        return found


def _next(numbers: Sequence[int], first: int) -> int | None:
    place = bisect_left(numbers, first)
    return numbers[place] if place < len(numbers) else None


def is_mention(text: str, start: int, tag: Tag, ends: dict[str, int], *, opens: bool) -> bool:
    """Whether a tag in Markdown is text. ``opens``: its line starts with it, as with a word."""
    if tag.closing and tag.name in ALLOWED_TAGS:
        return False
    name, is_bare = tag.name, _BARE.fullmatch(text, start, tag.end) is not None
    is_closed = not tag.closing and ends.get(name, -1) >= tag.end
    if name in ALLOWED_TAGS:
        looks = opens or _is_in_sentence(text, start, tag) or _is_parameter(text, start, tag)
        return is_bare and not is_closed and name not in _NEVER and looks
    if name in RAW_TEXT or (name in _PARTS and is_bare):
        return True
    if tag.closing:
        return _is_in_sentence(text, start, tag)
    if name in _PARTS or (name in _OBSOLETE and not is_bare):
        return False
    return not is_closed or (is_bare and text[tag.end : tag.end + 1].isspace())


def is_stray(text: str, start: int, tag: Tag, lines: TagLines) -> bool:
    """Whether an end tag among words ends nothing in the document: "close it with </div> here"."""
    may_stray = tag.closing and tag.name in ALLOWED_TAGS and tag.name not in VOID_TAGS
    return may_stray and not lines.opens(tag.name) and _is_in_sentence(text, start, tag)


def is_mention_in_html(text: str, start: int, tag: Tag, ends: dict[str, int]) -> bool:
    """Whether a tag in a raw HTML block is text."""
    return (
        not tag.closing
        and ends.get(tag.name, -1) < tag.end
        and tag.name not in _NEVER
        and _BARE.fullmatch(text, start, tag.end) is not None
        and _is_in_sentence(text, start, tag)
    )


def _is_parameter(text: str, start: int, tag: Tag) -> bool:
    """Whether a tag right behind a word names what stands in it: ``Array<a>``, ``Option<s>``."""
    return text[max(0, start - 1) : start].isalnum() and tag.name not in SELF_CLOSING_TAGS


def _is_in_sentence(text: str, start: int, tag: Tag) -> bool:
    """Whether a tag stands among the words of a line as if it were one of them."""
    before = text[max(0, start - LOOK_BACK) : start].rpartition("\n")[2]
    if not before.strip() or _NO_WORD_BEFORE.match(before[-1]):
        return False
    behind = text[tag.end : tag.end + 1]
    if _NO_WORD_BEHIND.match(behind):
        return False
    ends_line = not text[tag.end : tag.end + 2].strip(" \t").strip()
    return not (ends_line and tag.name in SELF_CLOSING_TAGS)
