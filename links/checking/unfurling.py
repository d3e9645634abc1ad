"""What a page says about itself: its title and description. Pure: bytes in, words out."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

MOST_TITLE = 300
MOST_DESCRIPTION = 1000


@dataclass(frozen=True, slots=True)
class Unfurled:
    """A page's title and description on one line each, and its first heading; "" for none."""

    title: str = ""
    description: str = ""
    heading: str = ""


def unfurl(body: bytes, content_type: str = "") -> Unfurled:
    """Read an HTML page, whole or only its beginning; empty for what is no HTML.

    The names that Open Graph (ogp.me) gives come before those of HTML.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in {"", "text/html", "application/xhtml+xml"} or not body:
        return Unfurled()
    tree = LexborHTMLParser(_decoded(body, content_type))
    title = _meta(tree, 'meta[property="og:title"]') or _text(tree, "head title, title")
    description = _meta(tree, 'meta[property="og:description"]') or _meta(
        tree, 'meta[name="description"]'
    )
    return Unfurled(title[:MOST_TITLE], description[:MOST_DESCRIPTION], _text(tree, "h1"))


def _decoded(body: bytes, content_type: str) -> str:
    """Decode by the header, else as UTF-8; what a page declares inside is rarely anything else."""
    charset = content_type.lower().partition("charset=")[2].strip(" \"';") or "utf-8"
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _meta(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    return " ".join(((node.attributes.get("content") if node else "") or "").split())


def _text(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    return " ".join(node.text().split()) if node else ""
