"""RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 of the site, a tag, a section or a source.

The entries are stored with each post; a feed is their bytes between a head and a tail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from posts.naming import nfc
from posts.publishing.composing import absolute
from posts.site import listing
from posts.site.listing import public_row
from posts.site.shell import with_site

FEED_POSTS = 20
MAX_AGE = 300  # seconds a reader may keep a feed before asking again


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself: title, the addresses of its page and of itself, last change."""

    title: str
    page: str
    address: str
    updated: datetime


@require_safe
def site(request: HttpRequest, form: str) -> HttpResponse:
    """The latest issues."""
    return _feed(request, form, settings.SITE_NAME, reverse("posts:home"), listing.cards)


@require_safe
def tag(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest issues about a subject."""
    _count, pk, name, _description = public_row(listing.tag_named(nfc(slug), timezone.now()))
    page = reverse("posts:tag", args=[nfc(slug)])
    return _feed(request, form, _titled(name), page, listing.tagged, pk)


@require_safe
def section(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest issues that have a recurring section."""
    _count, pk, title = public_row(listing.section_named(nfc(slug), timezone.now()))
    page = reverse("posts:section", args=[nfc(slug)])
    return _feed(request, form, _titled(title), page, listing.with_section, pk)


@require_safe
def source(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """The latest issues that cite a source."""
    name = nfc(name).lower()
    _count, pk, *_dates = public_row(listing.source_named(name, timezone.now()))
    page = reverse("posts:source", args=[name])
    return _feed(request, form, _titled(name), page, listing.citing, pk)


def _titled(name: str) -> str:
    return f"{name} · {settings.SITE_NAME}"


def _feed(
    request: HttpRequest, form: str, title: str, page: str, rows_of: listing.RowsOf, *of: int
) -> HttpResponse:
    """Send the feed of a list (``of`` a row), or 304 when the reader has it already."""
    columns = ("page__digest", "modified_at", f"page__{form}", "page__body", "page__feed_body")
    now = timezone.now()
    rows = listing.newest(rows_of, FEED_POSTS, *columns)(*of, now)
    known = repr((form, title, settings.SITE_URL, [row[0] for row in rows]))
    etag = f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        updated = max((row[1] for row in rows), default=now)
        channel = Channel(title, absolute(page), absolute(request.path), updated)
        content_type, write = FORMS[form]
        entries = [
            (with_site(entry), with_site(fed) if fed else bytes(body))
            for _digest, _modified, entry, body, fed, *_key in rows
        ]
        body = b"".join(write(channel, entries))
        response = HttpResponse(body, content_type=f"{content_type}; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return response


Entries = Iterable[tuple[bytes, bytes]]


def _head(name: str, channel: Channel) -> bytes:
    """Return what an XML feed says of itself, up to its entries."""
    context = {
        "channel": channel,
        "site_name": settings.SITE_NAME,
        "description": settings.SITE_DESCRIPTION,
        "language": settings.LANGUAGE_CODE,
    }
    return get_template(f"posts/feed/{name}").render(context).encode()


def _rss(channel: Channel, entries: Entries) -> Iterator[bytes]:
    """Write RSS 2.0 with full texts (content module 1.0)."""
    yield _head("rss_head.xml", channel)
    for entry, body in entries:
        yield entry
        yield b"<content:encoded><![CDATA["
        yield body
        yield b"]]></content:encoded>\n</item>\n"
    yield b"</channel>\n</rss>\n"


def _atom(channel: Channel, entries: Entries) -> Iterator[bytes]:
    """Write an Atom feed (RFC 4287) with full texts."""
    yield _head("atom_head.xml", channel)
    for entry, body in entries:
        yield entry
        yield b'<content type="html"><![CDATA['
        yield body
        yield b"]]></content>\n</entry>\n"
    yield b"</feed>\n"


def _json(channel: Channel, entries: Entries) -> Iterator[bytes]:
    """Write a JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/) with full texts."""
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.page,
        "feed_url": channel.address,
        "description": settings.SITE_DESCRIPTION,
        "language": settings.LANGUAGE_CODE,
    }
    yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "items": ['
    separator = b""
    for entry, body in entries:
        yield separator + entry.rstrip()[:-1] + b', "content_html": '
        yield _json_text(body) + b"}"
        separator = b",\n"
    yield b"]}\n"


FORMS: dict[str, tuple[str, Callable[[Channel, Entries], Iterator[bytes]]]] = {
    "rss": ("application/rss+xml", _rss),
    "atom": ("application/atom+xml", _atom),
    "json": ("application/feed+json", _json),
}


def _json_text(text: bytes) -> bytes:
    """Return UTF-8 text as a JSON string (RFC 8259, section 7), its bytes never decoded.

    What is stored holds no control characters but the three below.
    """
    for character, escaped in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        text = text.replace(character, escaped)
    return b'"' + text.replace(b"\r", b"\\r").replace(b"\t", b"\\t") + b'"'
