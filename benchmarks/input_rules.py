"""Where the project reads Markdown otherwise than CommonMark, as changes to a source.

With these the reference can be asked to read what we read. Nothing here is the project's own code:
sources are taken apart by one expression, the names of elements are html5lib's, addresses are told
apart by the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape
from typing import Final
from urllib.parse import unquote, urlsplit

import nh3
from bleach._vendor.html5lib import constants  # type: ignore[import-not-found]
from bleach.html5lib_shim import HTML_TAGS

RULES: Final = {
    "comment": "comments are dropped, so what stands beside one is Markdown",
    "tag": "what HTML does not know as a tag (Vec<T>) is text",
    "name": "tags of which nobody would see anything, never closed, are text",
    "parameter": "tags glued to a word and never closed (FromIterator<A>) are text",
    "contents": "[TOC] says where a table of contents goes",
    "entity": "entities in bare addresses are read, as GitHub does",
    "scheme": "addresses with a scheme but http, https and mailto are text",
}
ELEMENTS: Final = (
    frozenset(HTML_TAGS)
    | {name for _, name in constants.specialElements | constants.formattingElements}
    | {"svg", "math"}
)
UNSEEN: Final = ELEMENTS - nh3.ALLOWED_TAGS
UNCLOSED: Final = frozenset("p li dt dd td th tr thead tbody tfoot br hr img wbr".split())
"""Tags that nobody needs to close."""
SCHEMES: Final = frozenset(("http", "https", "mailto"))

_PIECE: Final = re.compile(
    r"""
    (?P<code>
        ^[ \t>]*(?:(?:[-+*]|\d+[.)])[ \t]+)*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})
            [\s\S]*?(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)
        |(?<!`)(?P<ticks>`+)(?!`)
            (?:[^\n]|\n(?![ \t>]*(?:\n|[-+*][ \t]|\d+[.)][ \t]|\#{1,6}[ \t])))+?
            (?<!`)(?P=ticks)(?!`)
        |(?<=\n\n)[ ]{4}(?![ ]|[-+*][ ]|\d+[.)][ ])[^\n]*(?:\n[ ]{4}[^\n]*)*  # indented
        |\\[\\<`]
        |\]\(<[^<>\n]*>
    )
    |(?P<entity>https?://[^\s<>&]*&\#\d+;)
    |(?P<contents>^[ \t]*\[TOC\][ \t]*$)
    |(?P<comment><!--[\s\S]*?-->)
    |<(?=/?(?P<tag>[A-Za-z][A-Za-z0-9-]*)[\s/>])
    |<(?=(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,31}):[^<>\s]*>)
    """,
    re.VERBOSE | re.MULTILINE,
)
_HOST: Final = re.compile(r"[^\s<>\"'`„“”%\[\]]+|\[[0-9A-Fa-f:.]+\]")


def apply_rules(source: str, rules: Collection[str] = tuple(RULES)) -> str:
    """Return a source changed so that CommonMark reads it by these rules, outside of code."""

    def change(piece: re.Match[str]) -> str:
        tag, scheme = (piece["tag"] or "").lower(), (piece["scheme"] or "").lower()
        if piece["contents"] and "contents" in rules:
            return ""
        if piece["comment"] and "comment" in rules:
            return ""
        if piece["entity"]:
            return unescape(piece[0]) if "entity" in rules else piece[0]
        is_text = {
            "tag": tag and tag not in ELEMENTS,
            "name": tag in UNSEEN and f"</{tag}" not in source.lower(),
            "parameter": (
                tag in ELEMENTS - UNSEEN - UNCLOSED
                and re.match(rf"<{tag}>", source[piece.start() :], re.IGNORECASE)
                and source[: piece.start()][-1:].isalnum()
                and f"</{tag}" not in source.lower()
            ),
            "scheme": scheme and scheme not in SCHEMES,
        }
        return "&lt;" if any(is_text[rule] for rule in is_text if rule in rules) else piece[0]

    return _PIECE.sub(change, source)


def why_not_linked(address: str) -> str:
    """Return the reason why an address may not be a link on a page, "" if it should be one.

    "scheme": not one of the three. "broken": no host, or no port, that a browser could open.
    """
    try:
        parts = urlsplit(address)
        host, _port = unquote(parts.netloc.rpartition("@")[2]), parts.port
    except ValueError:
        return "broken"
    if parts.scheme and parts.scheme not in SCHEMES:
        return "scheme"
    if parts.netloc or parts.scheme in {"http", "https"}:
        return "" if _HOST.fullmatch(re.sub(r":\d*$", "", host)) else "broken"
    return ""
