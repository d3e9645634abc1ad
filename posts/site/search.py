"""The page of search, what it suggests while somebody types, and how browsers learn of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from posts import identity, searching
from posts.publishing import marks
from posts.publishing.composing import site
from posts.publishing.describing import absolute
from posts.searching import Hit, Results
from posts.searching.filters import TITLES, Value
from posts.searching.queries import Filter, Query, clean
from posts.site import feeds, suggesting
from posts.site.shell import address_of, filled, page, short_days
from posts.templatetags.newsletter import number
from posts.throttling import Limit, Shares, client_of

ROWS = 20
AN_HOUR = timedelta(hours=1)
SHARES = Shares("search")
SUGGESTED_FOR = 300  # seconds
FIELDS = ("date", "title", "url", "excerpt", "source", "source_url", "place", "issue", "lang")
ORDERS = (searching.RELEVANCE, searching.DATE)


class Choice(NamedTuple):
    """A filter to add or to take away: how it is read, where that leads, what it leaves."""

    label: str
    url: str
    rows: str = ""
    is_chosen: bool = False


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What was found in issues and single items, with what it can be narrowed down by."""
    sought, order = clean(request.GET.get("q", "")), request.GET.get("order", ORDERS[0])
    if order not in ORDERS:
        raise Http404("No such order.")
    cursor = request.GET.get("page")
    if cursor == "":
        raise Http404("No such page.")
    limit = Limit(settings.SEARCHES_HOURLY, AN_HOUR)
    if sought and (seconds := SHARES.wait(client_of(request), limit)):
        return _too_many(sought, seconds)
    try:
        results = searching.search(
            request.GET.get("q", ""), order=order, limit=ROWS, page=cursor or ""
        )
    except searching.NoSuchPage as error:
        raise Http404("No such page.") from error
    except OperationalError:
        return _answered("search_slow", {"sought": sought}, status=503)
    return _answered("search", _context(results, sought, order, is_first=cursor is None))


def _too_many(sought: str, seconds: int) -> HttpResponse:
    response = _answered("search_slow", {"sought": sought, "too_many": True}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _answered(name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = page(name, context, nav="search", status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _context(results: Results, sought: str, order: str, *, is_first: bool) -> dict[str, Any]:
    query = results.query
    return {
        "sought": sought,
        "asked": query.finds_something,
        "excludes_only": bool(query.excluded) and not query.finds_something,
        "is_cut": query.is_cut,
        "is_complete": results.is_complete,
        "unknown": [str(row) for row in results.chosen.unknown],
        "total": _total(results),
        "sampled": results.sampled and number(results.sampled),
        "rows": filled("found", FIELDS, _rows(results.hits)),
        "chosen": [
            Choice(str(row), _address(_without(query, row), order)) for row in query.filters
        ],
        "facets": list(_facets(results, sought, order)),
        "orders": _orders(sought, order),
        "first": "" if is_first else _address(sought, order),
        "next": results.next and _address(sought, order, results.next),
        "followed": ("search", sought),
        "feeds": _feeds(sought) if query.finds_something else [],
    }


def _feeds(sought: str) -> list[tuple[str, str, str]]:
    given = urlencode({"q": sought})
    return feeds.named(lambda form: f"{address_of(f'search-{form}')}?{given}")


def _total(results: Results) -> str:
    if results.is_over:
        return gettext("over %(count)s results") % {"count": number(results.total)}
    text = ngettext("%(count)s result", "%(count)s results", results.total)
    return text % {"count": number(results.total)}


def _rows(hits: Iterable[Hit]) -> list[tuple[Any, ...]]:
    say = short_days()
    return [
        (
            say(hit.date),
            hit.title,
            hit.address or hit.url,
            hit.excerpt,
            hit.source,
            hit.source and address_of("source", hit.source),
            hit.url,
            _where(hit),
            hit.language,
        )
        for hit in hits
    ]


def _where(hit: Hit) -> str:
    """Return the name of the issue a hit stands in; of an issue or a page, what it is."""
    if hit.kind in ("item", "section"):
        return hit.issue
    return gettext("Issue") if hit.kind == "issue" else gettext("Page")


# Narrowing down


def _facets(results: Results, sought: str, order: str) -> Iterable[tuple[str, list[Choice]]]:
    chosen = {(row.name, row.value) for row in results.query.filters if not row.is_negative}
    for name, values in results.facets.items():
        rows = [_choice(value, chosen, sought, order) for value in values]
        if len(rows) > 1 or any(row.is_chosen for row in rows):
            yield str(TITLES[name]), rows


def _choice(value: Value, chosen: set[tuple[str, str]], sought: str, order: str) -> Choice:
    row = Filter(value.name, value.value)
    is_chosen = (value.name, value.value) in chosen
    url = "" if is_chosen else _address(f"{sought} {row}".strip(), order)
    return Choice(value.label, url, number(value.rows), is_chosen)


def _without(query: Query, row: Filter) -> str:
    others = [str(other) for other in query.filters if other != row]
    return " ".join(part for part in (query.words, *others) if part)


def _orders(sought: str, order: str) -> list[tuple[str, str]]:
    """Return (name, address) of the orders, without one for that of the page."""
    names = (gettext("Best first"), gettext("Newest first"))
    return [
        (name, "" if other == order else _address(sought, other))
        for name, other in zip(names, ORDERS, strict=True)
    ]


def _address(sought: str, order: str, cursor: str = "") -> str:
    given = {"q": sought, "order": "" if order == ORDERS[0] else order, "page": cursor}
    return (
        f"{address_of('search')}?{urlencode({key: value for key, value in given.items() if value})}"
    )


# For browsers


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """What may be meant while somebody types, as browsers take it (OpenSearch Suggestions 1.1)."""
    typed = clean(request.GET.get("q", ""))
    found = suggesting.suggest(typed)
    answer = [typed, [row.value for row in found], [row.label for row in found]]
    response = HttpResponse(json.dumps(answer), content_type="application/x-suggestions+json")
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = f"public, max-age={SUGGESTED_FOR}"
    return response


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    """How a browser may search the site (OpenSearch 1.1)."""
    context = {
        "site": site(),
        "language": identity.current().language,
        "search_url": absolute(address_of("search")),
        "feed_url": absolute(address_of("search-rss")),
        "suggest_url": absolute(address_of("search-suggest")),
    }
    xml = marks.clean(get_template("posts/opensearch.xml").render(context))
    return HttpResponse(xml, content_type="application/opensearchdescription+xml; charset=utf-8")
