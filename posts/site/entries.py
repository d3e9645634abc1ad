"""Links and items as entries of feeds, with what their issue says of itself: tags and picture.

Their template is rendered once for each set of fields that have a value, with marks in the places
of these; it is cut at them, and the pieces are kept. An entry is its values between them. Those are
cleaned and escaped all at one go, and as bytes, in which a character is found in a fifth of the
time: as text, one after the other, entries took twice as long.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple

from django.conf import settings

from posts.publishing.marks import CUT, GAP, cleaned
from posts.site.library import Entry
from posts.site.shell import Pieces, apart, cut, filled, in_pieces, marks, together, with_site

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
# What templates/posts/feed/linked.html takes, which says in HTML what an entry is.
HTML_FIELDS = ("line", "place", "issue")
# What an entry in XML takes beside that HTML and the elements of its tags.
XML_FIELDS = ("title", "url", "place", "id", "date", "lang", "image", "file", "type")
# As html.escape has them; "&" first, which is in what the others become.
_ENTITIES = ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&quot;"),
             (b"'", b"&#x27;"))  # fmt: skip
Columns = Sequence[Sequence[str]]


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


def _places(found: Sequence[Entry]) -> list[str]:
    """Return the address of each link or item in its issue."""
    site = settings.SITE_URL
    return [f"{site}{entry.place}" for entry in found]


def media_type(address: str) -> str:
    """Return the type of an audio or video file by its address; "" for anything else."""
    found = _PLAYED.match(address)
    return PLAYED[found[1].lower()] if found else ""


@lru_cache(maxsize=2048)
def in_iso_format(moment: datetime) -> str:
    """Return a moment as RFC 3339 has it; to say one anew takes as long as the rest of its row."""
    return moment.isoformat()


# XML


def xml_entries(
    form: str, say: Callable[[datetime], str], category: str, found: list[Entry]
) -> bytes:
    """Return entries of an XML feed; ``category`` is the element of a tag, with a gap for it."""
    abouts, places = _abouts(found), _places(found)
    kinds = [media_type(entry.address) for entry in found]
    columns = [
        [entry.title for entry in found],
        [entry.address or place for entry, place in zip(found, places, strict=True)],
        places,
        [entry.urn for entry in found],
        [say(entry.date) for entry in found],
        [entry.language for entry in found],
        [about.image for about in abouts],
        [entry.address if kind else "" for entry, kind in zip(found, kinds, strict=True)],
        kinds,
    ]
    tags = [_categories(category, about.tags) for about in abouts]
    texts = _escaped(cleaned(together(columns).encode()))
    # What its HTML says is escaped in that, and that in XML.
    html_texts = _escaped(_escaped(cleaned(together(_told(found, places)).encode())))
    values = (
        *apart(texts, CUT.encode(), len(columns)),
        tags,
        *apart(html_texts, CUT.encode(), len(HTML_FIELDS)),
    )
    rows = in_pieces(_xml_pieces, values, form)
    return b"".join(chain.from_iterable(rows))


@lru_cache(maxsize=512)
def _categories(category: str, tags: tuple[str, ...]) -> bytes:
    """Return the elements of an issue's tags; all of its items have them."""
    return cleaned("".join(category.format(html.escape(tag)) for tag in tags).encode())


def _xml_pieces(given: tuple[bool, ...], form: str) -> Pieces[bytes]:
    *values, categories, line, place, issue = marks(given)
    told = filled("feed/linked", HTML_FIELDS, [(line, place, issue)])
    fields = (*XML_FIELDS, "categories", "html")
    row = (*values, categories, str(told).rstrip())
    text = cleaned(filled(f"feed/{form}_linked", fields, [row], "xml").encode())
    return cut(text, GAP.encode(), len(given))


# JSON


def json_entries(found: list[Entry]) -> bytes:
    """Return entries of a JSON Feed, without the brackets around them."""
    abouts, places = _abouts(found), _places(found)
    text = quoted(_escaped(together(_told(found, places)).encode()).decode())[1:-1]
    told = map("".join, in_pieces(_json_pieces, apart(text, CUT, len(HTML_FIELDS))))
    rows = zip(found, places, told, abouts, strict=True)
    return ", ".join(_json_entry(*row) for row in rows).encode()


def _json_pieces(given: tuple[bool, ...]) -> Pieces[str]:
    told = filled("feed/linked", HTML_FIELDS, [marks(given)])
    return cut(quoted(str(told).rstrip()), GAP, len(given))


def _json_entry(entry: Entry, place: str, told: str, about: About) -> str:
    """Return an entry; ``told`` is its HTML as a string of JSON. What is empty is left out."""
    address, kind = quoted(entry.address), media_type(entry.address)
    values = (
        f'"id": "{entry.urn}", "url": {quoted(place)}',
        f', "external_url": {address}' if entry.address else "",
        f', "title": {quoted(entry.title)}' if entry.title else "",
        f', "content_html": {told}',
        f', "image": {quoted(about.image)}' if about.image else "",
        f', "date_published": "{in_iso_format(entry.date)}"',
        _tags_in_json(about.tags),
        f', "language": {quoted(entry.language)}' if entry.language else "",
        f', "attachments": [{{"url": {address}, "mime_type": "{kind}"}}]' if kind else "",
    )
    return f"{{{''.join(values)}}}"


@lru_cache(maxsize=512)
def _tags_in_json(tags: tuple[str, ...]) -> str:
    return f', "tags": {json.dumps(tags)}' if tags else ""


# Values, and entries with gaps for them


def _told(found: Sequence[Entry], places: list[str]) -> Columns:
    """Return the columns of HTML_FIELDS."""
    return [entry.line for entry in found], places, [entry.issue for entry in found]


def _escaped(text: bytes) -> bytes:
    """Return a text as it may stand in XML or HTML."""
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    return text
