"""Emphasis: which runs of ``*``, ``_`` and ``~~`` open and close, and which belong together.

CommonMark's algorithm (https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis) with one
change for scripts that write without spaces: next to a Chinese, Japanese or Korean character the
punctuation inside a run does not keep it from opening or closing, so that ``**(괄호)**를`` is
strong, as its author meant. Proposed in https://github.com/commonmark/commonmark-spec/issues/650.
``_`` is read without that change, since it may stand inside a word.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, Literal

CharacterClass = Literal["space", "punctuation", "cjk", "other"]

_CJK_RANGES: Final = (
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x2E80, 0x2FFF),  # radicals
    (0x3001, 0x33FF),  # CJK punctuation, kana, Bopomofo, compatibility
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),  # Hangul syllables
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF01, 0xFFEF),  # full width forms
    (0x20000, 0x3FFFF),
)


class Run:
    """A run of delimiters; ``closes`` and ``opens`` are the tags found for it, innermost first."""

    __slots__ = ("can_close", "can_open", "char", "closes", "count", "length", "opens")

    def __init__(self, char: str, length: int, *, can_open: bool, can_close: bool) -> None:
        self.char = char
        self.length = length
        self.count = length
        self.can_open = can_open
        self.can_close = can_close
        self.opens: list[str] = []
        self.closes: list[str] = []


@lru_cache(maxsize=4096)
def character_class(char: str) -> CharacterClass:
    """What a character is to the flanking rules; '' is the edge of the text, a space."""
    if not char or char.isspace():
        return "space"
    code = ord(char)
    if code >= 0x1100 and any(first <= code <= last for first, last in _CJK_RANGES):
        return "cjk"
    return commonmark_class(char)


@lru_cache(maxsize=4096)
def commonmark_class(char: str) -> CharacterClass:
    """What a character is to CommonMark, where scripts do not differ; so ``_`` is read."""
    if not char or char.isspace():
        return "space"
    return "punctuation" if unicodedata.category(char)[0] in "PS" else "other"


def read_run(text: str, start: int, end: int) -> Run:
    """The run of delimiters between two positions, with its flanking worked out."""
    char = text[start]
    classify = commonmark_class if char == "_" else character_class
    before = classify(text[start - 1 : start])
    after = classify(text[end : end + 1])
    left = after != "space" and (after != "punctuation" or before != "other")
    right = before != "space" and (before != "punctuation" or after != "other")
    if char == "_":
        opens = left and (not right or before == "punctuation")
        closes = right and (not left or after == "punctuation")
        return Run(char, end - start, can_open=opens, can_close=closes)
    return Run(char, end - start, can_open=left, can_close=right)


def pair(runs: list[Run]) -> None:
    """Match closers with openers, noting the tags in both; each run is looked at once."""
    if len(runs) < 2:
        return
    openers: list[tuple[int, Run]] = []
    floors: dict[tuple[str, bool, int], int] = {}
    for number, run in enumerate(runs):
        if run.can_close:
            _close(run, number, openers, floors)
        if run.can_open and run.count:
            openers.append((number, run))


def _close(
    run: Run,
    number: int,
    openers: list[tuple[int, Run]],
    floors: dict[tuple[str, bool, int], int],
) -> None:
    key = (run.char, run.can_open, run.length % 3)
    least = 2 if run.char == "~" else 1
    while run.count >= least:
        place = _find_opener(run, openers, floors.get(key, -1))
        if place < 0:
            floors[key] = number
            return
        opener = openers[place][1]
        del openers[place + 1 :]
        size = 2 if min(opener.count, run.count) >= 2 else 1
        tag = "del" if run.char == "~" else "strong" if size == 2 else "em"
        opener.count -= size
        run.count -= size
        opener.opens.append(tag)
        run.closes.append(tag)
        if opener.count < least:
            openers.pop()


def _find_opener(run: Run, openers: list[tuple[int, Run]], floor: int) -> int:
    """The index of the nearest opener that matches; nothing below ``floor`` does."""
    for place in range(len(openers) - 1, -1, -1):
        number, opener = openers[place]
        if number < floor:
            break
        if opener.char == run.char and not _clash(opener, run):
            return place
    return -1


def _clash(opener: Run, closer: Run) -> bool:
    """CommonMark's rule of three, for runs that could both open and close."""
    return (
        (opener.can_close or closer.can_open)
        and closer.length % 3 != 0
        and (opener.length + closer.length) % 3 == 0
    )
