"""Draw a card: the name of the site, a title, and a line below, in the typeface of the site.

The typeface is Pretendard (SIL Open Font License, beside it), whole in one weight: every Hangul
syllable, Latin, Greek and Cyrillic; as OpenType and not as WOFF2, which takes 70 ms to open instead
of 2, and 5 MB more. It has no Han and no kana, nor signs such as emoji: titles with such letters
get no card, and signs are left out.
"""

from __future__ import annotations

import hashlib
import io
import math
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 1200
HEIGHT: Final = 630
VERSION: Final = "1"
"""Of how cards look: what was drawn otherwise has another digest."""
_FACE: Final = Path(__file__).with_name("Pretendard-SemiBold.otf")
_MARGIN: Final = 84
_TITLE_SIZES: Final = (80, 70, 60, 52)
_MOST_LINES: Final = 4
_LINE_HEIGHT: Final = 1.28
_SMALL: Final = 36
_COLOURS: Final = 48  # shades of the edges of letters
# Those of light pages (static/css/tokens.css).
_PAPER: Final = "#fbf9f4"
_INK: Final = "#1c1a17"
_QUIET: Final = "#6a635a"
_ACCENT: Final = "#1b4b9b"
_MISSING: Final = "\U0010fffd"  # of no typeface


class Card(NamedTuple):
    """What stands on a card."""

    site: str
    title: str
    line: str = ""


@lru_cache(maxsize=64)
def digest_of(*said: str) -> str:
    """Return a digest of what a card says, as it stands in its address."""
    return hashlib.sha256("\0".join((VERSION, *said)).encode()).hexdigest()[:16]


def can_draw(text: str) -> bool:
    """Tell whether the typeface has every letter of a text, and the text has some."""
    shown = unicodedata.normalize("NFC", text)
    words = [char for char in shown if char.isalnum()]
    return bool(words) and all(map(_has_glyph, words))


def draw(card: Card) -> bytes:
    """Return a card as PNG."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 14), fill=_ACCENT)
    small = _font(_SMALL)
    (site,) = _wrapped(_readable(card.site), small, 1) or [""]
    pen.text((_MARGIN, 64), site, font=small, fill=_QUIET)
    (line,) = _wrapped(_readable(card.line), small, 1) or [""]
    pen.text((_MARGIN, HEIGHT - 64), line, font=small, fill=_QUIET, anchor="ls")
    size, lines = _fitted(_readable(card.title))
    height = round(size * _LINE_HEIGHT)
    top = (HEIGHT - height * len(lines)) // 2
    for number, words in enumerate(lines):
        pen.text((_MARGIN, top + number * height), words, font=_font(size), fill=_INK)
    out = io.BytesIO()
    image.quantize(_COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _fitted(title: str) -> tuple[int, list[str]]:
    """Return the largest size in which a title takes three lines at most, and its lines."""
    for size in _TITLE_SIZES[:-1]:
        lines = _wrapped(title, _font(size), _MOST_LINES)
        if len(lines) < _MOST_LINES:
            return size, lines
    return _TITLE_SIZES[-1], _wrapped(title, _font(_TITLE_SIZES[-1]), _MOST_LINES)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, most: int) -> list[str]:
    """Return a text in lines that fit, broken between words: Korean words stay whole, too.

    A word longer than a line is broken anywhere, and what has no room is cut off.
    """
    lines: list[str] = []
    rest = text.split()
    while rest and len(lines) < most:
        count = 0
        while count < len(rest) and _fits(" ".join(rest[: count + 1]), font):
            count += 1
        if count:
            lines.append(" ".join(rest[:count]))
            rest = rest[count:]
        else:
            head = _head(rest[0], font)
            lines.append(head)
            rest[0] = rest[0][len(head) :]
    if rest and lines:
        lines[-1] = _cut(f"{lines[-1]} {rest[0]}", font)
    return lines


def _head(word: str, font: ImageFont.FreeTypeFont) -> str:
    """Return as much of a word as fits into a line, at least a character."""
    ends = range(len(word))
    end = bisect_right(
        ends, WIDTH - 2 * _MARGIN, key=lambda size: math.ceil(font.getlength(word[:size]))
    )
    return word[: max(1, end - 1)]


def _cut(line: str, font: ImageFont.FreeTypeFont) -> str:
    """Return a line that ends in an ellipsis, and fits."""
    while line and not _fits(f"{line}…", font):
        line = line[:-1]
    return f"{line.rstrip()}…"


def _fits(text: str, font: ImageFont.FreeTypeFont) -> bool:
    return font.getlength(text) <= WIDTH - 2 * _MARGIN


def _readable(text: str) -> str:
    """Return a text with what the typeface can show, in one line."""
    shown = unicodedata.normalize("NFC", text)[:400]
    return " ".join("".join(char for char in shown if char == " " or _has_glyph(char)).split())


@lru_cache(maxsize=8192)
def _has_glyph(char: str) -> bool:
    if unicodedata.category(char)[0] in "CZ" or char == "\ufe0f":
        return char == " "
    return _pixels(char) != _pixels(_MISSING)


def _pixels(char: str) -> bytes:
    mask = _font(_SMALL).getmask(char)
    return bytes(mask) + repr(mask.size).encode()


@lru_cache(maxsize=2)  # the small one and that of a title, of which most need one size
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FACE), size)
