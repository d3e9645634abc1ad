"""Links and items as entries of feeds, with what their issue says of itself: tags and picture."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString

from posts.publishing.marks import clean
from posts.site.library import Entry
from posts.site.shell import each_filled, filled, with_site

# Files that readers of feeds play, by the ending of their address (RSS 2.0, "enclosure").
PLAYED = {
    ".aac": "audio/aac", ".flac": "audio/flac", ".m4a": "audio/mp4", ".mp3": "audio/mpeg",
    ".oga": "audio/ogg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav",
    ".m4v": "video/mp4", ".mov": "video/quicktime", ".mp4": "video/mp4", ".ogv": "video/ogg",
    ".webm": "video/webm",
}  # fmt: skip
_PLAYED = re.compile(
    rf"[a-z][a-z\d+.-]*://[^/?#]*/[^?#]*({'|'.join(map(re.escape, PLAYED))})(?:[?#]|$)",
    re.IGNORECASE | re.ASCII,
)
XML_FIELDS = (
    "title", "url", "place", "id", "date", "html", "lang", "categories", "image", "file", "type",
)  # fmt: skip


class About(NamedTuple):
    """What an issue says of itself, and so of its items: its tags, the address of its picture."""

    tags: tuple[str, ...] = ()
    image: str = ""


@lru_cache(maxsize=512)
def _about(stored: bytes, _site_url: str) -> About:
    """Return what an issue's entry in JSON Feeds, as it is stored, says of it."""
    # It holds the mark of the body, a control character.
    said = json.loads(with_site(stored), strict=False)
    return About(tuple(said.get("tags", ())), said.get("image", ""))


def _abouts(found: Sequence[Entry]) -> list[About]:
    """Return what the issues of entries say of themselves."""
    pages = {entry.post: entry.page for entry in found}
    told = {
        post: _about(bytes(page), settings.SITE_URL) if page else About()
        for post, page in pages.items()
    }
    return [told[entry.post] for entry in found]


def media_type(address: str) -> str:
    """Return the type of an audio or video file by its address; "" for anything else."""
    found = _PLAYED.match(address)
    return PLAYED[found[1].lower()] if found else ""


@lru_cache(maxsize=512)
def _categories(category: str, tags: tuple[str, ...]) -> SafeString:
    """Return the elements of an issue's tags; all of its items have them."""
    return SafeString("".join(category.format(escape(tag)) for tag in tags))


def _said(found: list[Entry]) -> list[tuple[str, str]]:
    """Return the address of each link or item in its issue, and what feeds say of it as HTML."""
    places = [f"{settings.SITE_URL}{entry.place}" for entry in found]
    rows = [(entry.line, place, entry.issue) for entry, place in zip(found, places, strict=True)]
    texts = each_filled("feed/linked", ("line", "place", "issue"), rows)
    return [(place, text.rstrip()) for place, text in zip(places, texts, strict=True)]


def xml_entries(
    form: str, say: Callable[[datetime], str], category: str, found: list[Entry]
) -> bytes:
    """Return entries of an XML feed; ``category`` is the element of a tag, with a gap for it."""
    rows = [
        (
            entry.title,
            entry.address or place,
            place,
            entry.urn,
            say(entry.date),
            html,
            entry.language,
            _categories(category, said.tags),
            said.image,
            entry.address if kind else "",
            kind,
        )
        for entry, said, (place, html) in zip(found, _abouts(found), _said(found), strict=True)
        for kind in (media_type(entry.address),)
    ]
    return clean(filled(f"feed/{form}_linked", XML_FIELDS, rows, "xml"))


def json_entries(found: list[Entry]) -> bytes:
    """Return entries of a JSON Feed, without the brackets around them."""
    rows = [
        _json_entry(entry, place, html, said)
        for entry, said, (place, html) in zip(found, _abouts(found), _said(found), strict=True)
    ]
    return json.dumps(rows)[1:-1].encode()


def _json_entry(entry: Entry, place: str, html: str, said: About) -> dict[str, Any]:
    kind = media_type(entry.address)
    values = {
        "id": entry.urn,
        "url": place,
        "external_url": entry.address,
        "title": entry.title,
        "content_html": html,
        "image": said.image,
        "date_published": entry.date.isoformat(),
        "tags": said.tags,
        "language": entry.language,
        "attachments": [{"url": entry.address, "mime_type": kind}] if kind else (),
    }
    return {name: value for name, value in values.items() if value}
