"""The sitemap (https://www.sitemaps.org/protocol.html): its parts hold 250 addresses at most.

A part lists the rows whose keys lie in one block (``counting.block_of``), and counters say which
blocks have any: nothing is counted, sorted or passed over for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Greatest, Substr
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.views.decorators.http import require_safe

from links.models import DIGEST_LENGTH, Link, Source
from posts import identity
from posts.models import (
    Appearance,
    Author,
    Authorship,
    Citation,
    ListCount,
    Post,
    RecurringLink,
    RecurringSection,
    Section,
    Tag,
    TaggedPost,
    public,
)
from posts.prepared import Rows, prepared
from posts.publishing.counting import BLOCK, RECURS
from posts.publishing.describing import absolute
from posts.site.listing import with_public_count

ENTRANCES = ("home", "archive", "tags", "sections", "sources", "links", "back", "suggest")
MOST_AUTHORS = 1000
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
# Stands in for a name in an address.
NAME = "0" * DIGEST_LENGTH
# What need not be quoted in a path (RFC 3986, section 3.3) and means nothing in XML.
SAFE = "/~:@!$()*+,;="
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9._/-]*", re.ASCII).fullmatch
_OTHERS = re.compile(rf"[^A-Za-z0-9_.~{re.escape(SAFE)}-]+")


# Rows of a block: (whether it is public, or how many public posts it has, its name, …)


@prepared
def _posts(first: int, end: int, at: datetime) -> QuerySet[Post, Any]:
    rows = Post.objects.filter(pk__gte=first, pk__lt=end).order_by("pk")
    # Told of each row, since a condition could lead a database past the keys.
    told = Case(When(public(at), then=Value(True)), default=False, output_field=BooleanField())
    # A scheduled issue is new on the day on which it appears.
    changed = Greatest("modified_at", "published_at")
    day = Substr(Cast(changed, CharField()), 1, 10)
    return rows.annotate(told=told, day=day).values_list("told", "slug", "day")


@prepared
def _tags(first: int, end: int, at: datetime) -> QuerySet[Tag, Any]:
    return _counted(Tag.objects.all(), TaggedPost, "slug", first, end, at)


@prepared
def _sections(first: int, end: int, at: datetime) -> QuerySet[RecurringSection, Any]:
    return _counted(RecurringSection.objects.filter(hidden=False), Section, "slug", first, end, at)


@prepared
def _sources(first: int, end: int, at: datetime) -> QuerySet[Source, Any]:
    return _counted(Source.objects.all(), Citation, "name", first, end, at)


@prepared
def _links(first: int, end: int, at: datetime) -> QuerySet[RecurringLink, Any]:
    rows = RecurringLink.objects.filter(link__standing=Link.Standing.SHOWN)
    name = Substr("link__key", 1, DIGEST_LENGTH)
    return _counted(rows.annotate(name=name), Appearance, "name", first, end, at)


def _counted(
    rows: QuerySet[Any], listed: Any, name: str, first: int, end: int, at: datetime
) -> QuerySet[Any, Any]:
    counted = with_public_count(rows.filter(pk__gte=first, pk__lt=end), listed, at)
    return counted.order_by("pk").values_list("public_count", name)


# By part: its rows, the pattern of their addresses, and how many public posts one needs.
PARTS: dict[str, tuple[Callable[[int, int, datetime], Rows], str, int]] = {
    "posts": (_posts, "post", 1),
    "tags": (_tags, "tag", 1),
    "sections": (_sections, "section", RECURS),
    "sources": (_sources, "source", 1),
    "links": (_links, "link", RECURS),
}
PAGES = "pages"


@prepared
def _blocks() -> QuerySet[ListCount, Any]:
    return ListCount.objects.filter(name__in=PARTS, count__gt=0).values_list("name", "part")


def _blocks_by_part() -> dict[str, list[int]]:
    """Return the blocks that have rows, in order; the first part of all is there without any."""
    blocks: dict[str, list[int]] = {name: [] for name in PARTS}
    for name, part in _blocks():
        blocks[name].append(int(part))
    return {name: sorted(found) or [0] for name, found in blocks.items()}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The list of the parts."""
    counts = {PAGES: 1} | {name: len(found) for name, found in _blocks_by_part().items()}
    rows = [
        f"<sitemap><loc>{address}</loc></sitemap>"
        for name, count in counts.items()
        for address in _part_addresses(name, count)
    ]
    return _sent("sitemapindex", rows)


@require_safe
def section(request: HttpRequest, section: str) -> HttpResponse:
    """One part of the sitemap."""
    if number := request.GET.get("p"):  # which was its address once
        _entries_of(section, number)
        return redirect(_part_address(section, int(number)), permanent=True)
    part, hyphen, number = section.partition("-")
    if hyphen and (number in ("", "1") or number.startswith("0")):  # each has one address
        raise Http404("The sitemap has no such part.")
    return _sent("urlset", _entries_of(part, number or "1"))


def _entries_of(section: str, number: str) -> Iterable[str]:
    """Return the entries of a part; raise Http404 for one that is not there."""
    if section == PAGES and number == "1":
        names = [name for name in ENTRANCES if name != "suggest" or settings.READERS_FORMS]
        paths = [reverse(f"posts:{name}") for name in names] + _own_pages() + _authors()
        return [_entry(absolute(path)) for path in paths]
    blocks = _blocks_by_part().get(section, [])
    if not (_NUMBER.fullmatch(number) and 0 < int(number) <= len(blocks)):
        raise Http404("The sitemap has no such part.")
    return _entries(section, blocks[int(number) - 1])


def _own_pages() -> list[str]:
    return [quote(path, safe=SAFE) for path in identity.current().page_paths]


def _authors() -> list[str]:
    rows = _public_authors(timezone.now())
    return [escape(reverse("posts:author", args=row)) for row in rows]


@prepared
def _public_authors(at: datetime) -> QuerySet[Author, Any]:
    public = Authorship.objects.filter(author=OuterRef("pk"), date__lte=at)
    rows = Author.objects.filter(Exists(public)).order_by("pk").values_list("slug")
    return rows[:MOST_AUTHORS]


def _entries(part: str, block: int) -> Iterator[str]:
    rows, pattern, least = PARTS[part]
    before, after = absolute(reverse(f"posts:{pattern}", args=[NAME])).split(NAME)
    for told, name, *changed in rows(block * BLOCK, (block + 1) * BLOCK, timezone.now()):
        if told >= least:
            # Most names are words with hyphens and dots, which need not even be looked through.
            path = name if _PLAIN(name) else _OTHERS.sub(_quoted, name)
            yield _entry(f"{before}{path}{after}", *changed)


def _quoted(letters: re.Match[str]) -> str:
    """Return letters as ``urllib.parse.quote`` does, which goes byte by byte."""
    return f"%{letters[0].encode().hex('%').upper()}"


def _entry(address: str, changed: str = "") -> str:
    modified = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<url><loc>{address}</loc>{modified}</url>"


def _part_addresses(name: str, count: int) -> list[str]:
    # Reversed once: a large site has hundreds of parts.
    before, after = escape(absolute(_part_address(NAME, 1))).split(NAME)
    return [f"{before}{_part(name, number)}{after}" for number in range(1, count + 1)]


def _part_address(name: str, number: int) -> str:
    return reverse("posts:sitemap-section", args=[_part(name, number)])


def _part(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _sent(root: str, rows: Iterable[str]) -> HttpResponse:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    body = "".join((head, "\n".join(rows), f"\n</{root}>\n"))
    response = HttpResponse(body, content_type="application/xml")
    response.headers["X-Robots-Tag"] = "noindex, noodp, noarchive"
    return response
