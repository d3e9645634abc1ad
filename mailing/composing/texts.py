"""The text part of a roll-up: of many issues, and so not without end. That of an issue is whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext

MOST: Final = 400_000
"""So many bytes of text a roll-up has at most; a real issue of a day has 240,000 at most."""
_UNFINISHED: Final = 2_000  # a line longer than this is cut within


def within(parts: Iterable[str], url: str) -> list[str]:
    """Return parts of a text, the last of them a line with the address of what does not fit."""
    parts = list(parts)
    size = sum(len(part.encode()) for part in parts)
    if size <= MOST:
        return parts
    kept, room = [], MOST
    for part in parts:
        data = part.encode()
        kept.append(part if len(data) <= room else _cut(data[:room]))
        if len(data) > room:
            break
        room -= len(data)
    missing = size - sum(len(part.encode()) for part in kept)
    words = gettext("The rest of the text, %(size)d KB, is on the site") % {
        "size": -(-missing // 1000)
    }
    return [*kept, f"{words}: <{url}>"]


def _cut(data: bytes) -> str:
    """Return a text up to its last whole line, or word where that line is very long."""
    text = data.decode(errors="ignore")
    for sign in ("\n", " "):
        end = text.rfind(sign)
        if end >= 0 and len(text) - end < _UNFINISHED:
            return text[:end]
    return text
