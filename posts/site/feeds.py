"""RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 of the site, a tag, a section or a source.

The entries are stored with each post; a feed is their bytes, with the bodies, inside its frame.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from posts.naming import nfc
from posts.publishing.composing import absolute
from posts.publishing.marks import BODY, CUT, STORED
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
        written = FORMS[form]
        head, tail = written.frame(form, channel)
        entries = written.separator.join(
            _filled(entry, fed or body, written.body) for _, _, entry, body, fed, *_key in rows
        )
        response = HttpResponse(
            b"".join((head.encode(), entries, tail.encode())),
            content_type=f"{written.media_type}; charset=utf-8",
        )
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return response


def _filled(entry: bytes, body: bytes, write: Callable[[bytes], bytes]) -> bytes:
    """Return a stored entry with its body where it left that open."""
    return with_site(entry).replace(STORED[BODY], write(with_site(body)))


def _xml(name: str, channel: Channel) -> list[str]:
    """Return what an XML feed says of itself before its entries, and what ends it."""
    context = {
        "channel": channel,
        "site_name": settings.SITE_NAME,
        "description": settings.SITE_DESCRIPTION,
        "language": settings.LANGUAGE_CODE,
        "entries": SafeString(CUT),
    }
    return get_template(f"posts/feed/{name}.xml").render(context).split(CUT)


def _json(_name: str, channel: Channel) -> list[str]:
    """Return what a JSON feed says of itself before its entries, and what ends it."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.page,
        "feed_url": channel.address,
        "description": settings.SITE_DESCRIPTION,
        "language": settings.LANGUAGE_CODE,
        "items": [CUT],
    }
    return json.dumps(feed, ensure_ascii=False).split(f'"{CUT}"')


def _json_text(text: bytes) -> bytes:
    """Return UTF-8 text as it stands in a JSON string (RFC 8259, section 7), never decoded.

    What is sent holds no control characters but the three below.
    """
    for character, escaped in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        text = text.replace(character, escaped)
    return text.replace(b"\r", b"\\r").replace(b"\t", b"\\t")


class Form(NamedTuple):
    """How a feed is written: its media type, its frame, what is between entries, and bodies."""

    media_type: str
    frame: Callable[[str, Channel], list[str]]
    separator: bytes
    body: Callable[[bytes], bytes]


FORMS = {
    "rss": Form("application/rss+xml", _xml, b"", bytes),
    "atom": Form("application/atom+xml", _xml, b"", bytes),
    "json": Form("application/feed+json", _json, b",\n", _json_text),
}
