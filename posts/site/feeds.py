"""RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 of the site, a tag, a section or a source.

The entries are stored with each post; a feed is their bytes, with the bodies, inside its frame.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
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
from posts.publishing.marks import BODY, CUT, STORED, clean
from posts.site import library, listing, moved
from posts.site.listing import public_row
from posts.site.shell import each_filled, filled, with_site
from posts.templatetags.newsletter import rfc822

FEED_POSTS = 20
MAX_AGE = 300  # seconds a reader may keep a feed before asking again


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself: title, the paths of its page and of itself, last change."""

    title: str
    page_path: str
    path: str
    updated: datetime

    @property
    def page(self) -> str:
        """The address of its page."""
        return absolute(self.page_path)

    @property
    def address(self) -> str:
        """Its own address."""
        return absolute(self.path)


@require_safe
def site(request: HttpRequest, form: str) -> HttpResponse:
    """The latest issues."""
    return _feed(request, form, settings.SITE_NAME, reverse("posts:home"), listing.cards)


@require_safe
def tag(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest issues about a subject."""
    rows = listing.tag_named(nfc(slug), timezone.now())
    if not rows:
        return moved.feed(request, moved.tag(slug))
    _count, pk, name, _description = public_row(rows)
    page = reverse("posts:tag", args=[nfc(slug)])
    return _feed(request, form, _titled(name), page, listing.tagged, pk)


@require_safe
def section(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest items of a recurring section."""
    now = timezone.now()
    rows = listing.section_named(nfc(slug), now)
    if not rows or rows[0][0] <= 0:
        return moved.feed(request, moved.section(slug))
    _count, pk, title, *_dates = rows[0]
    page = reverse("posts:section", args=[nfc(slug)])
    return _library(request, form, title, page, library.newest(library.items_of, pk, now))


@require_safe
def source(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """The latest links of a source."""
    now, name = timezone.now(), nfc(name).lower()
    _count, pk, _links, _first, _last, host = public_row(listing.source_named(name, now))
    page = reverse("posts:source", args=[name])
    rows_of = library.links_of_owner if host else library.links_of_host
    return _library(request, form, name, page, library.newest(rows_of, pk, now))


def _titled(name: str) -> str:
    return f"{name} · {settings.SITE_NAME}"


def _feed(
    request: HttpRequest, form: str, title: str, page: str, rows_of: listing.RowsOf, *of: int
) -> HttpResponse:
    """Send the feed of a list (``of`` a row), or 304 when the reader has it already."""
    columns = ("page__digest", "modified_at", f"page__{form}", "page__body", "page__feed_body")
    now = timezone.now()
    rows = listing.newest(rows_of, FEED_POSTS, *columns)(*of, now)
    known = repr((form, title, settings.SITE_URL, [row[0] for row in rows])).encode()
    changed = max((row[1] for row in rows), default=now)

    def entries() -> list[bytes]:
        write = FORMS[form].body
        return [_filled(row[2], row[4] or row[3], write) for row in rows]

    return _sent(request, form, Channel(title, page, request.path, changed), known, entries)


def _library(
    request: HttpRequest, form: str, name: str, page: str, found: list[library.Entry]
) -> HttpResponse:
    """Send the feed of a list of links or items, or 304 when the reader has it already."""
    changed = found[0].date if found else timezone.now()
    channel = Channel(_titled(name), page, request.path, changed)
    entries = FORMS[form].entries(found)
    known = repr((form, name, settings.SITE_URL)).encode() + entries
    return _sent(request, form, channel, known, lambda: [entries])


def _sent(
    request: HttpRequest,
    form: str,
    channel: Channel,
    known: bytes,
    entries: Callable[[], list[bytes]],
) -> HttpResponse:
    etag = f'"{hashlib.sha256(known).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        written = FORMS[form]
        head, tail = written.frame(form, channel)
        body = written.separator.join(entries())
        response = HttpResponse(
            b"".join((head.encode(), body, tail.encode())),
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


# Entries of links and items


def _said(found: list[library.Entry]) -> list[tuple[str, str]]:
    """Return the address of each link or item in its issue, and what feeds say of it as HTML."""
    places = [f"{settings.SITE_URL}{entry.place}" for entry in found]
    rows = [(entry.line, place, entry.issue) for entry, place in zip(found, places, strict=True)]
    texts = each_filled("feed/linked", ("line", "place", "issue"), rows)
    return [(place, text.rstrip()) for place, text in zip(places, texts, strict=True)]


def _xml_entries(form: str, say: Callable[[datetime], str], found: list[library.Entry]) -> bytes:
    rows = [
        (
            entry.title,
            entry.address or place,
            place,
            entry.urn,
            say(entry.date),
            html,
            entry.language,
        )
        for entry, (place, html) in zip(found, _said(found), strict=True)
    ]
    fields = ("title", "url", "place", "id", "date", "html", "lang")
    return clean(filled(f"feed/{form}_linked", fields, rows, "xml"))


def _json_entries(found: list[library.Entry]) -> bytes:
    rows = [
        {
            "id": entry.urn,
            "url": place,
            "external_url": entry.address,
            "title": entry.title,
            "content_html": html,
            "date_published": entry.date.isoformat(),
            "language": entry.language,
        }
        for entry, (place, html) in zip(found, _said(found), strict=True)
    ]
    given = [{name: value for name, value in row.items() if value} for row in rows]
    return json.dumps(given)[1:-1].encode()


class Form(NamedTuple):
    """How a feed is written: its media type, its frame, what is between entries, bodies, and the
    entries of links and items."""

    media_type: str
    frame: Callable[[str, Channel], list[str]]
    separator: bytes
    body: Callable[[bytes], bytes]
    entries: Callable[[list[library.Entry]], bytes]


FORMS = {
    "rss": Form("application/rss+xml", _xml, b"", bytes, partial(_xml_entries, "rss", rfc822)),
    "atom": Form(
        "application/atom+xml", _xml, b"", bytes, partial(_xml_entries, "atom", datetime.isoformat)
    ),
    "json": Form("application/feed+json", _json, b",\n", _json_text, _json_entries),
}
# What people call each.
NAMES = (("RSS", "rss"), ("Atom", "atom"), ("JSON Feed", "json"))
