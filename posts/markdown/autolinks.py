"""Bare addresses in text: where ``https://…`` ends.

The rules are those of linkify-it (https://github.com/markdown-it/linkify-it), which markdown-it
uses: closing punctuation and signs of emphasis belong to the sentence, balanced brackets and a
hyphen at the end to the address. What ends one as well is punctuation that is written without
spaces (``、。「」``) or in no address (``،؟।``), a Korean particle behind a
Latin letter or a digit, and a backslash that escapes no sign as in ``a\\_b``. Only ``http`` and
``https`` with their ``//`` are links; mail addresses and bare host names are text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from posts.particles import PARTICLES


def _punctuation(*ranges: range) -> str:
    """Unicode punctuation outside ASCII, as the inside of a character class."""
    found = (chr(code) for codes in ranges for code in codes)
    return "".join(char for char in found if unicodedata.category(char)[0] == "P")


_SPACE: Final = r"\s\x00-\x1f\x7f-\x9f"
_SEPARATOR: Final = "><\uff5c"
_ASCII_PUNCTUATION: Final = r"!-#%-*,\-./:;?@\[-\]_{}"
_PUNCTUATION: Final = _punctuation(range(0xA1, 0x3100), range(0xFE10, 0xFF66))
_STOP: Final = f"{_SPACE}{_ASCII_PUNCTUATION}{_PUNCTUATION}"
_LETTER: Final = f"[^{_STOP}{_SEPARATOR}]"
# Punctuation of scripts that write without spaces, sentence marks of Arabic and Indic ones, and
# quotation marks end a path as a space does.
_FULL_WIDTH: Final = (
    _punctuation(range(0x3001, 0x3100), range(0xFE10, 0xFF66)) + "～“”„‟«»‹›—…،؛؟۔।॥"
)
_DOMAIN: Final = f"(?:{_LETTER}(?:(?:-|{_LETTER}){{0,61}}{_LETTER})?)"
# Underscores may stand in a host before its last two parts (GFM 6.9).
_SUBDOMAIN: Final = f"(?:{_LETTER}(?:(?:[-_]|{_LETTER}){{0,61}}{_LETTER})?)"
_HOST: Final = (
    rf"(?:(?:{_SUBDOMAIN}\.)+{_DOMAIN}\.{_DOMAIN}|(?:{_DOMAIN}\.)*{_DOMAIN}|\[[0-9A-Fa-f:.]+\])"
)
_AUTHORITY: Final = rf"(?:[^{_SPACE}@/\[\]()]{{1,50}}@)?{_HOST}(?::\d{{1,5}})?"
_TERMINATOR: Final = rf"(?=$|[{_SEPARATOR}{_STOP}])(?!-|_|:\d|\.-|\.(?!$|[{_STOP}]))"
_END: Final = f"{_SPACE}{_FULL_WIDTH}"
# What stands in brackets or quotes is bounded, so that a bracket left open costs the same anywhere.
_ENCLOSED: Final = "{0,300}+"
_QUOTED: Final = "{1,300}+"
_PATH: Final = (
    r"(?:[/?#](?:"
    rf"[^{_END}{_SEPARATOR}()\[\]{{}}.,\"'’?!\-;\\&]"
    r"|&(?!(?:lt|gt|quot|nbsp);)"
    r"|\\[_~*&=#+%$@\-]"
    rf"|\[[^{_END}\]]{_ENCLOSED}\](?!\(<?https?:)|\([^{_END})]{_ENCLOSED}\)|\{{[^{_END}}}]{_ENCLOSED}\}}"
    rf"|\"[^{_END}\"]{_QUOTED}\"|'[^{_END}']{_QUOTED}'|['’](?={_LETTER}|-)"
    rf"|\.{{2,}}[a-zA-Z0-9%/&]|\.(?![{_END}.]|$)|-+|[,;](?![{_END}]|$)"
    rf"|!+(?![{_END}!]|$)|\?(?![{_END}?]|$)"
    r")+|/)?"
)
_ADDRESS: Final = re.compile(f"https?://{_AUTHORITY}{_TERMINATOR}{_PATH}", re.IGNORECASE)
# What follows a host of Latin letters is a word of a script that writes without spaces.
_GLUED_TO_HOST: Final = re.compile(
    r"(https?://(?:[a-z0-9-]+\.)+[a-z]{2,})[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+",
    re.IGNORECASE,
)
_GLUED_TO_PATH: Final = re.compile(r"([!-~]*[a-z0-9)=_])([\uac00-\ud7a3]+)", re.IGNORECASE)
_NEXT: Final = re.compile(r"(?<=[^\x00-\x7f])(?=https?://)", re.IGNORECASE)
# Of emphasis around an address, and of the sentence (GFM 6.9).
_CLOSING: Final = "*_~.,:;!?·•→"
_GLUED: Final = re.compile(r"[A-Za-z0-9.+-]")


def read_address(text: str, start: int) -> str:
    """The address that starts at ``start``, where ``http`` was found; '' if it is none."""
    if start and _GLUED.match(text, start - 1):
        return ""
    match = _ADDRESS.match(text, start)
    if match is None:
        return ""
    address = _without_closing(_NEXT.split(match[0], maxsplit=1)[0])
    if (found := _GLUED_TO_HOST.fullmatch(address)) is not None:
        return found[1]
    found = _GLUED_TO_PATH.fullmatch(address)
    return found[1] if found and found[2] in PARTICLES else address


def _without_closing(address: str) -> str:
    """An address without the signs of the sentence around it, and backslashes that escape them."""
    rest = address.rstrip(_CLOSING)
    return rest if rest == address else rest.rstrip(f"{_CLOSING}\\")
