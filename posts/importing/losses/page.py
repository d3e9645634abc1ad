"""What a page says: its words, links and pictures, read from its HTML."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

DECODINGS: Final = 3
"""How often an entity may be encoded again."""

_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PUNYCODE: Final = re.compile(r"xn--([A-Za-z0-9-]+)", re.IGNORECASE)
_WEB: Final = ("http://", "https://")
_OWN_LINKS: Final = ("#item-", "#fnref-")
"""How addresses of empty links begin that the page adds."""
_OWN_CLASS: Final = "again"
"""The class of such links that lead to other issues: no author can give one to a link."""


@dataclass(slots=True)
class Side:
    """What the source or the page says."""

    texts: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    certain: list[str] = field(default_factory=list)
    """What is not doubtful, though it is a part of something that is."""
    links: Counter[str] = field(default_factory=Counter)
    doubtful_links: Counter[str] = field(default_factory=Counter)
    bare: Counter[str] = field(default_factory=Counter)
    """Addresses that show themselves: surely in the source, all of them on the page."""
    pictures: list[str] = field(default_factory=list)
    """The alternative text of each."""
    code: list[str] = field(default_factory=list)
    """The blocks of code of a page."""


def read_page(html: str) -> Side:
    """Read what a page says."""
    side = Side()
    tree = LexborHTMLParser(html)
    for node in tree.css('sup.footnote, a[href^="#fn-"]'):
        node.decompose()
    if tree.body is not None:
        side.texts.append(tree.body.text(separator="\n"))
    for node in tree.css("a[href]"):
        attributes = node.attributes
        text = node.text()
        if text or not _is_own(attributes):
            _read_link(side, attributes, text)
    for node in tree.css("img"):
        _read_picture(side, node.attributes)
    side.code += [node.text() for node in tree.css("pre")]
    return side


def _is_own(attributes: dict[str, str | None]) -> bool:
    """Tell whether an empty link is one that the page adds."""
    return (attributes["href"] or "").startswith(_OWN_LINKS) or (
        attributes.get("class") == _OWN_CLASS
    )


def _read_link(side: Side, attributes: dict[str, str | None], text: str) -> None:
    url = attributes["href"] or ""
    if "title" in attributes:
        side.doubtful.append(attributes["title"] or "")
    if url.startswith("#"):  # where it leads on the page is not what its author wrote
        side.links["#"] += 1
        return
    address = plain(url)
    if is_web(url):
        side.links[address] += 1
    if plain(text) in (address, address.removeprefix("mailto:")):
        side.bare[address] += 1
    else:
        side.texts.append(url)


def _read_picture(side: Side, attributes: dict[str, str | None]) -> None:
    """Read a picture; the address of one that came with the issue is not that of the source."""
    url, alt = attributes.get("src") or "", attributes.get("alt") or ""
    side.pictures.append(alt)
    side.texts.append(alt)
    side.doubtful += (url, attributes.get("title") or "")
    side.doubtful_links[plain(url)] += 1


def code_in(html: str) -> str:
    """Return all code of a page, as addresses are compared."""
    nodes = LexborHTMLParser(html).css("code, pre")
    return plain_markdown(" ".join(node.text() for node in nodes))


# Text and addresses, read alike on both sides


def readable(text: str) -> str:
    """Return a text without entities, percent-encoding and Punycode, however often encoded.

    Then it does not matter where an entity is one: without semicolon, in code, in raw HTML.
    """
    for _time in range(DECODINGS):
        encoded, text = text, unescape(text)
        if encoded == text:
            break
    return _decoded(text)


def _decoded(text: str) -> str:
    if "%" in text:
        text = unquote(text)
    if "xn--" in text:
        text = _PUNYCODE.sub(_decode_label, text)
    return text


def _decode_label(found: re.Match[str]) -> str:
    try:
        return found[1].encode().decode("punycode")
    except UnicodeError:
        return found[0]


def plain(url: str) -> str:
    """Return an address as it is compared: decoded, without backslashes that escape or do not."""
    return _decoded(url).replace("\\", "")


def plain_markdown(url: str) -> str:
    """Return the plain form of an address in Markdown, where entities end with a semicolon."""
    return plain(_ENTITY.sub(lambda found: unescape(found[0]), url) if "&" in url else url)


def is_web(url: str) -> bool:
    """Tell whether an address is one of the web."""
    return url.startswith(_WEB) or url[:8].lower().startswith(_WEB)
