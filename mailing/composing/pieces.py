"""The HTML of an issue taken apart into pieces that a mail may show whole, as a line, or not.

Nothing in it is changed: it is what the page shows, without what only a page needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailing.composing.encoding import broken
from posts.markdown.tree import HEADING_TAGS
from posts.publishing.composing import EMPTY_LINK
from posts.sanitizing import sanitize_for_mail

WIDTH: Final = 560
"""Of a picture at most, in pixels: the column of text."""
_KEY: Final = f"{token_hex(6)}-"
_IDS: Final = re.compile(rf' id="{_KEY}[^"]*"')
_ITEMS: Final = f'[id^="{_KEY}"]'
_TASK: Final = re.compile(r"<input [^>]*>")
_MAILED: Final = (
    ("<figure>", "<p>"),
    ("</figure>", "</p>"),
    ("<figcaption>", "<br><small>"),
    ("</figcaption>", "</small>"),
    ("<summary>", "<p><strong>"),
    ("</summary>", "</strong></p>"),
)

# What stands around the line of an item, by its tag.
_AROUND: Final = {"li": ("<li>", "</li>"), "tr": ("<tr><td>", "</td></tr>")}


@dataclass(slots=True)
class Piece:
    """What stays together: an item (``anchor``), a heading, or what stands between them.

    ``line`` is what a mail shows where the whole does not fit, "" for nothing.
    """

    html: str
    anchor: str = ""
    line: str = ""


@dataclass(slots=True)
class Box:
    """What holds pieces: a list, a list item with others below it, a quotation."""

    start: str
    end: str
    parts: list[Piece | Box] = field(default_factory=list)
    head: Piece | None = None
    """What heads the others and is no item: there as long as one of them is."""

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces in their order."""
        for part in self.parts:
            if isinstance(part, Box):
                yield from part.pieces()
            else:
                yield part


Lines = Mapping[str, str]
"""By the anchor of an item, what a line of it says, as HTML."""


def pieces_of(html: str, base: str, lines: Lines) -> Box:
    """Return the safe HTML of a section as pieces; ``base`` is the address of its page."""
    for tag, mailed in _MAILED:
        html = html.replace(tag, mailed)
    html = _TASK.sub(lambda tag: "☑" if "[x]" in tag[0] else "☐", EMPTY_LINK.sub("", html))
    body = LexborHTMLParser(sanitize_for_mail(html, base, _KEY)).body
    box = Box("", "")
    if body is not None:
        _prepare_images(body)
        box.parts = list(_parts(body, lines))
    return box


def _prepare_images(body: LexborNode) -> None:
    for image in body.css("img"):
        source, width = image.attributes.get("src") or "", image.attributes.get("width") or ""
        if not source.startswith("https://"):
            image.replace_with(image.attributes.get("alt") or "")
            continue
        known = int(width) if width.isascii() and width.isdigit() and len(width) < 6 else WIDTH
        image.attrs["width"] = str(min(known, WIDTH))
        if image.attributes.get("alt") is None:
            image.attrs["alt"] = ""


def _parts(node: LexborNode, lines: Lines) -> Iterator[Piece | Box]:
    """Yield what a node holds. A heading that is an item goes with the paragraph behind it."""
    held: Piece | None = None
    for child in node.iter(include_text=True):
        if held is not None and child.tag == "-text" and not (child.html or "").strip():
            continue
        if held is not None and child.tag == "p" and child.css_first(_ITEMS) is None:
            held.html += _html(child)
            yield held
            held = None
            continue
        if held is not None:
            yield held
            held = None
        for part in _taken(child, lines):
            is_item = isinstance(part, Piece) and part.anchor and child.tag in HEADING_TAGS
            if is_item and isinstance(part, Piece):
                held = part
            else:
                yield part
    if held is not None:
        yield held


def _taken(node: LexborNode, lines: Lines) -> Iterator[Piece | Box]:
    own = node.attributes.get("id") if node.tag != "-text" else None
    items = node.css(_ITEMS) if node.tag != "-text" else []
    inside = [item for item in items if item != node]
    if node.tag == "li" and inside:
        yield _entry(node, lines)
    elif own or (node.tag in HEADING_TAGS and inside):
        yield _item(node, own or inside[0].attributes.get("id") or "", lines)
    elif inside:
        box = Box(_start(node), f"</{node.tag}>\n")
        box.parts = list(_parts(node, lines))
        yield box
    elif html := _html(node):
        yield Piece(html)


def _item(node: LexborNode, own: str, lines: Lines) -> Piece:
    anchor = own.removeprefix(_KEY)
    line = lines.get(anchor, "")
    start, end = _AROUND.get(node.tag or "", ("<p>", "</p>"))
    return Piece(_html(node), anchor, f"{start}{line}{end}\n" if line else "")


def _entry(node: LexborNode, lines: Lines) -> Box:
    """Return a list item with others below it: what it says itself, then those."""
    box = Box("<li>", "</li>\n")
    anchor = (node.attributes.get("id") or "").removeprefix(_KEY)
    own = ""
    for child in node.iter(include_text=True):
        if _holds_items(child):
            if own.strip():
                box.parts.append(_own(own, anchor, lines))
                own, anchor = "", ""
            box.parts += _taken(child, lines)
        else:
            own += _html(child, whole=False)
    if own.strip():
        box.parts.append(_own(own, anchor, lines))
    first = box.parts[0]
    is_headed = any(isinstance(part, Box) for part in box.parts)
    if is_headed and isinstance(first, Piece) and not first.anchor:
        box.head = first
    return box


def _holds_items(node: LexborNode) -> bool:
    return node.tag != "-text" and node.css_first(_ITEMS) is not None


def _own(html: str, anchor: str, lines: Lines) -> Piece:
    line = lines.get(anchor, "") if anchor else ""
    # What heads others is short, and stays: without it they would stand below nothing.
    return Piece(broken(html.strip()) + "\n", anchor, f"{line}\n" if line else "")


def _start(node: LexborNode) -> str:
    start = node.attributes.get("start") or ""
    # As an author wrote it: any text, of which few are numbers (CommonMark, 5.2: nine digits).
    known = start if start.isascii() and start.isdigit() and len(start) < 10 else ""
    return f'<{node.tag} start="{known}">\n' if known else f"<{node.tag}>\n"


def _html(node: LexborNode, *, whole: bool = True) -> str:
    html = _IDS.sub("", node.html or "")
    if not whole:
        return html
    return broken(html.strip()) + "\n" if html.strip() else ""
