"""Bare addresses in text: where ``https://…`` ends.

The rules are those of linkify-it (https://github.com/markdown-it/linkify-it), which markdown-it
uses: closing punctuation belongs to the sentence, balanced brackets to the address. Only ``http``
and ``https`` with their ``//`` are links; mail addresses and bare host names are text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final


def _punctuation() -> str:
    """Unicode punctuation outside ASCII, as the inside of a character class."""
    ranges = (range(0xA1, 0x3100), range(0xFE10, 0xFF66))
    found = (chr(code) for codes in ranges for code in codes)
    return "".join(char for char in found if unicodedata.category(char)[0] == "P")


_SPACE: Final = r"\s\x00-\x1f\x7f-\x9f"
_SEPARATOR: Final = "><\uff5c"
_ASCII_PUNCTUATION: Final = r"!-#%-*,\-./:;?@\[-\]_{}"
_STOP: Final = f"{_SPACE}{_ASCII_PUNCTUATION}{_punctuation()}"
_LETTER: Final = f"[^{_STOP}{_SEPARATOR}]"
_DOMAIN: Final = f"(?:{_LETTER}(?:(?:-|{_LETTER}){{0,61}}{_LETTER})?)"
_AUTHORITY: Final = rf"(?:[^{_SPACE}@/\[\]()]{{1,50}}@)?(?:{_DOMAIN}\.)*{_DOMAIN}(?::\d{{1,5}})?"
_TERMINATOR: Final = rf"(?=$|[{_SEPARATOR}{_STOP}])(?!-|_|:\d|\.-|\.(?!$|[{_STOP}]))"
# What stands in brackets or quotes is bounded, so that a bracket left open costs the same anywhere.
_ENCLOSED: Final = "{0,300}+"
_QUOTED: Final = "{1,300}+"
_PATH: Final = (
    r"(?:[/?#](?:"
    rf"[^{_SPACE}{_SEPARATOR}()\[\]{{}}.,\"'?!\-;]"
    rf"|\[[^{_SPACE}\]]{_ENCLOSED}\]|\([^{_SPACE})]{_ENCLOSED}\)|\{{[^{_SPACE}}}]{_ENCLOSED}\}}"
    rf"|\"[^{_SPACE}\"]{_QUOTED}\"|'[^{_SPACE}']{_QUOTED}'|'(?={_LETTER}|-)"
    rf"|\.{{2,}}[a-zA-Z0-9%/&]|\.(?![{_SPACE}.]|$)|-+|[,;](?![{_SPACE}]|$)"
    rf"|!+(?![{_SPACE}!]|$)|\?(?![{_SPACE}?]|$)"
    r")+|/)?"
)
_ADDRESS: Final = re.compile(f"https?://{_AUTHORITY}{_TERMINATOR}{_PATH}", re.IGNORECASE)
_GLUED: Final = re.compile(r"[A-Za-z0-9.+-]")


def read_address(text: str, start: int) -> str:
    """The address that starts at ``start``, where ``http`` was found; '' if it is none."""
    if start and _GLUED.match(text, start - 1):
        return ""
    match = _ADDRESS.match(text, start)
    return match[0].rstrip("*") if match else ""
