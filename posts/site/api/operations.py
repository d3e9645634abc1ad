"""The operations of the API. Answers are bytes; ``posts.site.api.schemas`` says what is in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from ninja import NinjaAPI, Query
from ninja.errors import Throttled

from posts import searching
from posts.models import Tag
from posts.naming import nfc
from posts.publishing.counting import RECURS
from posts.publishing.describing import absolute
from posts.site import indexes, listing, moved
from posts.site.api import rows, schemas
from posts.site.api.answers import (
    BadParameter,
    HourlyThrottle,
    as_rows,
    listed,
    neighbour,
    not_found,
    open_to_all,
    page_of,
    refuse_well,
    sent,
)
from posts.site.api.docs import PlainDocs
from posts.site.feeds import json_text
from posts.site.paging import Page, paginate
from posts.site.search import SHARES
from posts.site.shell import address_of, with_site
from posts.throttling import Limit as HourlyLimit
from posts.throttling import client_of

REFUSALS = dict.fromkeys((404, 422, 429), schemas.Refusal)
Limit = Annotated[int, Query(ge=1, le=100, description="How many rows a page has.")]
Cursor = Annotated[
    str | None,
    Query(description="The place of a page, taken from “next” or “previous”."),
]
Slug = Annotated[str | None, Query(max_length=200)]

THROTTLE = HourlyThrottle()
api = NinjaAPI(
    title="Newsletter",
    version="1",
    description="Everything that readers of the site see, for programs. Read only, without a key.",
    docs=PlainDocs(),
    throttle=THROTTLE,
    urls_namespace="posts:api",
)
refuse_well(api)


@api.get("/posts", response={200: schemas.Issues, **REFUSALS}, url_name="posts", summary="Issues")
def posts(
    request: HttpRequest, limit: Limit = 50, page: Cursor = None, tag: Slug = None
) -> HttpResponse:
    """Issues, the newest first; of a tag, by its slug, if one is named."""
    now = timezone.now()
    rows_of: listing.RowsOf = listing.cards if tag is None else listing.tagged
    of = () if tag is None else (_tag(tag, now),)
    first = partial(listing.newest(rows_of, limit + 1, "page__api"), *of, now)
    found = _page(page, paginate, first, lambda: rows_of(*of, now, "page__api"), limit)
    stored = b",\n".join(bytes(row[0]) for row in found.rows if row[0])
    return page_of(request, found, with_site(stored))


@api.get(
    "/posts/{slug}",
    response={200: schemas.WholeIssue, **REFUSALS},
    url_name="post",
    summary="One issue",
)
def post(request: HttpRequest, slug: str) -> HttpResponse:
    """One issue with its headings and its text."""
    slug, now = nfc(slug), timezone.now()
    found = rows.issue(slug, now)
    if not found:
        slug = moved.post(slug).slug
        found = rows.issue(slug, now)
    if not found:
        raise Http404
    said, fed, body, pk = found[0]
    url = absolute(address_of("post", slug))
    headings = [
        {"title": title, "level": level, "url": f"{url}#{anchor}", "item_count": count}
        for title, level, anchor, count in rows.headings(pk)
    ]
    parts = (
        with_site(said).removesuffix(b"}"),
        b', "sections": [',
        as_rows(headings),
        b'], "content_html": "',
        json_text(with_site(fed or body)),
        b'"}',
    )
    return sent(b"".join(parts))


@api.get("/items", response={200: schemas.Items, **REFUSALS}, url_name="items", summary="Items")
def items(
    request: HttpRequest,
    limit: Limit = 50,
    page: Cursor = None,
    issue: Slug = None,
    section: Slug = None,
) -> HttpResponse:
    """The entries of all issues, of one issue, or under one recurring heading, by their slugs."""
    now = timezone.now()
    rows_of: listing.RowsOf = rows.items
    of: tuple[Any, ...] = ()
    if issue is not None:
        rows_of, of = rows.items_of_issue, (nfc(issue),)
    elif section is not None:
        rows_of, of = rows.items_of_section, (_section(section, now),)
    first = partial(listing.newest(rows_of, limit + 1), *of, now)
    found = _page(page, paginate, first, lambda: rows_of(*of, now), limit)
    return page_of(request, found, rows.items_as_json(found.rows))


@api.get("/links", response={200: schemas.Links, **REFUSALS}, url_name="links", summary="Links")
def links(request: HttpRequest, page: Cursor = None, source: Slug = None) -> HttpResponse:
    """The addresses that issues link to, the newest first; those of one source if it is named."""
    of = () if source is None else (nfc(source).lower(),)
    rows_of = rows.links if source is None else rows.links_of_source
    found = _page(page, indexes.found_in, rows_of, "-id", *of, timezone.now())
    return page_of(request, found, rows.links_as_json(found.rows))


@api.get("/tags", response={200: schemas.Tags, **REFUSALS}, url_name="tags", summary="Tags")
def tags(request: HttpRequest, page: Cursor = None) -> HttpResponse:
    """The tags of issues, the most used first."""
    return _index(request, page, indexes.used_tags, rows.tags_as_json)


@api.get(
    "/sections",
    response={200: schemas.Sections, **REFUSALS},
    url_name="sections",
    summary="Sections",
)
def sections(request: HttpRequest, page: Cursor = None) -> HttpResponse:
    """The headings that come back, the most used first."""
    return _index(request, page, indexes.recurring, rows.sections_as_json, RECURS)


@api.get(
    "/sources", response={200: schemas.Sources, **REFUSALS}, url_name="sources", summary="Sources"
)
def sources(request: HttpRequest, page: Cursor = None) -> HttpResponse:
    """The hosts that issues cite, the most cited first."""
    return _index(request, page, indexes.hosts, rows.sources_as_json)


@api.get(
    "/search",
    response={200: schemas.SearchResults, **REFUSALS},
    url_name="search",
    summary="Search",
)
def search(
    request: HttpRequest,
    q: Annotated[str, Query(description="What is looked for, as the page of search takes it.")],
    order: Literal["relevance", "date"] = "relevance",
    limit: Limit = 20,
    page: Cursor = None,
) -> HttpResponse:
    """Issues, sections, items and pages that have the words; the best or the newest first."""
    hourly = HourlyLimit(settings.SEARCHES_HOURLY, THROTTLE.WINDOW)
    if seconds := SHARES.wait(client_of(request), hourly):
        raise Throttled(wait=seconds)
    try:
        results = searching.search(q, order=order, limit=limit, page=page or "", with_facets=False)
    except searching.NoSuchPage as error:
        raise _no_such_page() from error
    return listed(
        as_rows(map(rows.found, results.hits)), {"next": neighbour(request, results.next)}
    )


def _index(
    request: HttpRequest,
    page: str | None,
    rows_of: indexes.RowsOf,
    write: Callable[[rows.Found], bytes],
    least: int = 1,
) -> HttpResponse:
    """Send a page of an index; what only issues to come have is left out of it."""
    order = indexes.COLUMNS[indexes.BY_USE]
    found = _page(page, indexes.found_in, rows_of, order, timezone.now())
    return page_of(request, found, write([row for row in found.rows if row[0] >= least]))


def _page(value: str | None, find: Callable[..., Page], *of: Any) -> Page:
    """Return the page that a parameter names. Raises BadParameter for one that is not there."""
    try:
        return find(value, *of)
    except Http404 as error:
        raise _no_such_page() from error


def _no_such_page() -> BadParameter:
    message = gettext("“page” must be taken from “next” or “previous” of another answer.")
    return BadParameter("page", message)


def _tag(slug: str, at: datetime) -> int:
    """Return the key of a public tag, also under an earlier name. Raises Http404."""
    found = listing.tag_named(nfc(slug), at)
    if not found:
        renamed: Tag = moved.tag(slug)
        found = listing.tag_named(renamed.slug, at)
    key: int = listing.public_row(found)[1]
    return key


def _section(slug: str, at: datetime) -> int:
    """Return the key of a public section, also under an earlier name. Raises Http404."""
    found = listing.section_named(nfc(slug), at)
    if not found:
        found = listing.section_named(moved.section(slug).slug, at)
    key: int = listing.public_row(found)[1]
    return key


def _addresses() -> list[URLPattern]:
    patterns, _app, _namespace = api.urls
    found = [
        URLPattern(one.pattern, open_to_all(one.callback), one.default_args, one.name)
        for one in patterns
        if isinstance(one, URLPattern) and one.name != "api-root"
    ]
    nothing = open_to_all(not_found)
    return [*found, path("", nothing, name="api-root"), path("<path:path>", nothing)]


urlpatterns = _addresses()
