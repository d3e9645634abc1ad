"""RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 of the site, a tag, a section or a source; of the site
and of a tag also by item.

The entries are stored with each post; a feed is their bytes, with the bodies, inside its frame.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import NAMESPACE_URL

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from posts import identity, searching
from posts.models import PostPage
from posts.naming import nfc
from posts.publishing.describing import absolute
from posts.publishing.marks import BODY, CUT, STORED, cleaned
from posts.searching.queries import clean
from posts.site import entries, library, listing, moved
from posts.site.listing import public_row
from posts.site.shell import address_of, kept, with_site
from posts.templatetags.newsletter import rfc822

FEED_POSTS = 20
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without entries changed


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself: title, the paths of its page and of itself, last change, and who
    announces it ("" for nobody)."""

    title: str
    page_path: str
    path: str
    updated: datetime
    hub: str = ""

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
    return _feed(request, form, identity.current().name, address_of("home"), listing.cards)


@require_safe
def tag(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest issues about a subject."""
    rows = listing.tag_named(nfc(slug), timezone.now())
    if not rows:
        return moved.feed(request, moved.tag(slug))
    _count, pk, name, _description = public_row(rows)
    page = address_of("tag", nfc(slug))
    return _feed(request, form, _titled(name), page, listing.tagged, pk)


@require_safe
def author(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest issues of an author."""
    rows = listing.author_named(nfc(slug))
    if not rows:
        return moved.feed(request, moved.author(slug))
    pk, name, *_about = rows[0]
    page = address_of("author", nfc(slug))
    return _feed(request, form, _titled(name), page, listing.authored, pk)


@require_safe
def section(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest items of a recurring section."""
    now = timezone.now()
    rows = listing.section_named(nfc(slug), now)
    if not rows or rows[0][0] <= 0:
        return moved.feed(request, moved.section(slug))
    _count, pk, title, *_dates = rows[0]
    page = address_of("section", nfc(slug))
    found = library.newest(library.items_of, pk, now)
    return _library(request, form, _titled(title), page, found)


@require_safe
def source(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """The latest links of a source."""
    now, name = timezone.now(), nfc(name).lower()
    _count, pk, _links, _first, _last, host = public_row(listing.source_named(name, now))
    page = address_of("source", name)
    rows_of = library.links_of_owner if host else library.links_of_host
    found = library.newest(rows_of, pk, now)
    return _library(request, form, _titled(name), page, found)


@require_safe
def items(request: HttpRequest, form: str) -> HttpResponse:
    """The latest items of all issues."""
    found = library.newest_items(timezone.now())
    title = gettext("Links of {}").format(identity.current().name)
    return _library(request, form, title, address_of("home"), found, _hub())


@require_safe
def tag_items(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The latest items of the issues about a subject."""
    now, slug = timezone.now(), nfc(slug)
    posts = library.newest_of_tag(slug, now)
    if not posts:
        return moved.feed(request, moved.tag(slug))
    _count, _pk, name, *_place = posts[0]
    title = gettext("Links of {}").format(_titled(name))
    found = library.newest_items_of_tag(posts, now)
    return _library(request, form, title, address_of("tag", slug), found)


def _hub(*of: int) -> str:
    """Return who announces a feed: of those of the site alone the hub is told."""
    return "" if of else settings.WEBSUB_HUB


@require_safe
def search(request: HttpRequest, form: str) -> HttpResponse:
    """The latest of what a query finds."""
    sought = clean(request.GET.get("q", ""))
    found = searching.search(
        request.GET.get("q", ""), order=searching.DATE, limit=library.ROWS, with_facets=False
    )
    name = sought or gettext("Search")
    page = f"{address_of('search')}?{urlencode({'q': sought})}"
    pages = PostPage.objects.filter(post__in={hit.post_id for hit in found.hits})
    told = {post: bytes(stored) for post, stored in pages.values_list("post", "json")}
    rows = [_entry(hit, told.get(hit.post_id or 0)) for hit in found.hits]
    return _library(request, form, _titled(name), page, rows)


def _entry(hit: searching.Hit, page: bytes | None) -> library.Entry:
    is_part = hit.kind not in ("issue", "item")
    return library.Entry(
        of=str(hit.uid or NAMESPACE_URL),
        key=hit.url if is_part else "",
        title=hit.plain_title,
        line=" ".join(hit.text[: library.LINE_LENGTH].split()),
        address=hit.address,
        source=hit.source,
        place=hit.url,
        issue=hit.issue or hit.plain_title,
        language=hit.language,
        post=hit.post_id or 0,
        page=page,
        date=hit.date,
    )


def _titled(name: str) -> str:
    return f"{name} · {identity.current().name}"


def _feed(
    request: HttpRequest, form: str, title: str, page: str, rows_of: listing.RowsOf, *of: int
) -> HttpResponse:
    """Send the feed of a list (``of`` a row), or raise Http404 where that has nothing public."""
    columns = ("page__digest", "modified_at", f"page__{form}", "page__body", "page__feed_body")
    now = timezone.now()
    rows = listing.newest(rows_of, FEED_POSTS, *columns)(*of, now)
    if of and not rows:
        raise Http404("Nothing is public here.")
    told = (form, title, settings.SITE_URL, _hub(*of), *identity.current().key)
    known = repr((*told, [row[0] for row in rows])).encode()
    changed = max((row[1] for row in rows), default=NEVER)

    write = FORMS[form].body
    bodies = [_filled(row[2], row[4] or row[3], write) for row in rows]
    channel = Channel(title, page, request.path, changed, _hub(*of))
    response = _sent(form, channel, bodies)
    # What is another one for readers: not the time of a save that changed nothing.
    response.headers["ETag"] = f'"{hashlib.sha256(known).hexdigest()[:32]}"'
    return response


def _library(
    request: HttpRequest,
    form: str,
    title: str,
    page: str,
    found: list[library.Entry],
    hub: str = "",
) -> HttpResponse:
    """Send the feed of a list of links or items."""
    changed = found[0].date if found else NEVER
    channel = Channel(title, page, request.get_full_path(), changed, hub)
    return _sent(form, channel, [FORMS[form].entries(found)] if found else [])


def _sent(form: str, channel: Channel, bodies: list[bytes]) -> HttpResponse:
    written = FORMS[form]
    head, tail = kept(written.frame, form, channel)
    body = b"".join((head, written.separator.join(bodies), tail))
    return HttpResponse(body, content_type=f"{written.media_type}; charset=utf-8")


def _filled(entry: bytes, body: bytes, write: Callable[[bytes], bytes]) -> bytes:
    """Return a stored entry with its body where it left that open."""
    return with_site(entry).replace(STORED[BODY], write(with_site(body)))


def _xml(name: str, channel: Channel) -> list[bytes]:
    """Return what an XML feed says of itself before its entries, and what ends it.

    Tags, sections and authors are called as they are written, controls and all.
    """
    now = identity.current()
    context = {
        "channel": channel,
        "site_name": now.name,
        "description": now.description,
        "language": now.language,
        "entries": SafeString(CUT),
    }
    feed = get_template(f"posts/feed/{name}.xml").render(context)
    return cleaned(feed.encode()).split(CUT.encode())


def _json(_name: str, channel: Channel) -> list[bytes]:
    """Return what a JSON feed says of itself before its entries, and what ends it."""
    now = identity.current()
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.page,
        "feed_url": channel.address,
        "description": now.description,
        "language": now.language,
        **({"hubs": [{"type": "WebSub", "url": channel.hub}]} if channel.hub else {}),
        "items": [CUT],
    }
    return json.dumps(feed, ensure_ascii=False).encode().split(f'"{CUT}"'.encode())


def json_text(text: bytes) -> bytes:
    """Return UTF-8 text as it stands in a JSON string (RFC 8259, section 7), never decoded.

    What is sent holds no control characters but the three below.
    """
    for character, escaped in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        text = text.replace(character, escaped)
    return text.replace(b"\r", b"\\r").replace(b"\t", b"\\t")


class Form(NamedTuple):
    """How a feed is written: its media type, its frame, what is between entries, bodies, and the
    entries of links and items."""

    media_type: str
    frame: Callable[[str, Channel], list[bytes]]
    separator: bytes
    body: Callable[[bytes], bytes]
    entries: Callable[[list[library.Entry]], bytes]


_RSS = partial(entries.xml_entries, "rss", rfc822, "<category>{}</category>\n")
_ATOM = partial(entries.xml_entries, "atom", entries.in_iso_format, '<category term="{}"/>\n')
FORMS = {
    "rss": Form("application/rss+xml", _xml, b"", bytes, _RSS),
    "atom": Form("application/atom+xml", _xml, b"", bytes, _ATOM),
    "json": Form("application/feed+json", _json, b",\n", json_text, entries.json_entries),
}
# What people call each.
NAMES = (("RSS", "rss"), ("Atom", "atom"), ("JSON Feed", "json"))


def named(address: Callable[[str], str]) -> list[tuple[str, str, str]]:
    """Return the (name, address, media type) of each form that a list has a feed in."""
    return [(name, address(form), FORMS[form].media_type) for name, form in NAMES]
