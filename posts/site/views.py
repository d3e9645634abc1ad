"""The public pages: they read what saving stored and put it into the site's shell."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from html import escape
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from posts import identity
from posts.naming import nfc
from posts.publishing.counting import month_of
from posts.publishing.describing import absolute
from posts.site import cards, feeds, indexes, library, listing, moved
from posts.site.ending import ending
from posts.site.further import steps
from posts.site.listing import public_row
from posts.site.paging import Page, paginate
from posts.site.shell import (
    address_of,
    article_page,
    facts_in_words,
    filled_page,
    joined,
    page,
    seen_words,
    translated,
)
from posts.templatetags.newsletter import issue_count, link_count, month_and_year, offered

A_YEAR = 365 * 24 * 3600
HOME_ROWS = 12
OWNERS_SHOWN = 12  # the others of a host are folded


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The latest issue, opened, and the recent ones as rows."""
    rows = listing.newest(listing.opened, HOME_ROWS + 1)(timezone.now())
    card = cards.address_of_card("site", "home", identity.current().description)
    return page("home", {"opening": joined(rows[:1]), "rows": joined(rows[1:]), "card": card})


@require_safe
def post(request: HttpRequest, slug: str) -> HttpResponse:
    """One issue: its stored page between the site's header and its neighbours."""
    slug, now = nfc(slug), timezone.now()
    rows = listing.issue(slug, now)
    if not rows:
        return redirect(moved.post(slug), permanent=True)
    *parts, published_at, language, told, older, newer, returns = rows[0]
    others = [one for one in told if one["from"] and datetime.fromisoformat(one["from"]) <= now]
    languages = translated(slug, language, others) if others else (b"", b"")
    below = ending(slug, now, with_links=returns)
    return article_page(parts, published_at, (older, newer), ending=below, languages=languages)


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Every year with its months, and the latest issues."""
    now = timezone.now()
    months = listing.months(now)
    years = [
        (
            year,
            address_of("archive-year", year),
            sum(count for _day, count in rows),
            [(day, _month_url(day), count) for day, count in rows],
        )
        for year, rows in listing.by_year(months).items()
    ]
    context = {
        "years": years,
        "total": sum(count for _day, count in months),
        "rows": joined(listing.newest(listing.cards, HOME_ROWS)(now)),
    }
    return page("archive", context, nav="archive", path=request.path)


@require_safe
def archive_year(request: HttpRequest, year: int) -> HttpResponse:
    """One year, newest first, by month."""
    now = timezone.now()
    years = listing.by_year(listing.months(now))
    if year not in years:
        raise Http404("No issue was published in this year.")
    months = years[year]
    found = _between(request, months[-1][0], months[0][0], now)
    counts = dict(months)
    groups = groupby(found.rows, key=lambda row: month_of(row[1]))
    context = {
        "year": year,
        "count": sum(counts.values()),
        "months": [(day, _month_url(day), count) for day, count in months],
        "groups": [
            (day, _month_url(day), counts.get(day, 0), joined(rows)) for day, rows in groups
        ],
        "newer_year": _year_link(min((other for other in years if other > year), default=None)),
        "older_year": _year_link(max((other for other in years if other < year), default=None)),
        **steps(request, found),
    }
    return page("archive_year", context, nav="archive", path=request.path)


@require_safe
def archive_month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The issues of one month."""
    now = timezone.now()
    months = {(day.year, day.month): (day, count) for day, count in listing.months(now)}
    if (year, month) not in months:
        raise Http404("No issue was published in this month.")
    first, count = months[year, month]
    found = _between(request, first, first, now)
    context = {
        "title": month_and_year(first),
        "kicker": str(year),
        "kicker_url": address_of("archive-year", year),
        "facts": [issue_count(count)],
    }
    return _listing(request, found, context, nav="archive")


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The issues about a subject."""
    now = timezone.now()
    found = Page([])
    with suppress(Http404):  # no such page, unless the tag has another address now
        found = _found(request, listing.of_tag, nfc(slug), now)
    if not found.rows:
        return redirect(moved.tag(slug), permanent=True)
    _card, pk, name, description, count, *_of_post = found.rows[0]
    found = replace(found, rows=[(row[0], *row[-2:]) for row in found.rows])
    related = listing.related_tags(pk, now)
    context = {
        "title": name,
        "kicker": gettext("Tag"),
        "kicker_url": address_of("tags"),
        "description": description,
        "facts": [issue_count(count)],
        "related": [(address_of("tag", slug), other) for other, slug in related],
        "followed": ("tag", nfc(slug)),
        "feeds": _feeds("tag", nfc(slug)),
        "item_feeds": _feeds("tag-items", nfc(slug)),
        "card": cards.address_of_card("tag", nfc(slug), name),
    }
    return _listing(request, found, context, nav="tags")


@require_safe
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Who an author is, and the issues by them."""
    now = timezone.now()
    rows = listing.author_named(nfc(slug))
    if not rows:
        return redirect(moved.author(slug), permanent=True)
    pk, name, bio, url = rows[0]
    found = _found(request, listing.authored, pk, now)
    if not found.rows:
        raise Http404("Nothing by this author is public.")
    context = {
        "title": name,
        "kicker": gettext("Author"),
        "about": SafeString(bio),
        "about_url": url,
        "followed": ("author", nfc(slug)),
        "feeds": _feeds("author", nfc(slug)),
    }
    return _listing(request, found, context, nav="")


@require_safe
def section(request: HttpRequest, slug: str) -> HttpResponse:
    """The items of a recurring section; when and how often it came back."""
    now = timezone.now()
    rows = listing.section_named(nfc(slug), now)
    if not rows or rows[0][0] <= 0:
        return redirect(moved.section(slug), permanent=True)
    count, pk, title, first_seen, last_seen = rows[0]
    context = {
        "title": title,
        "kicker": gettext("Section"),
        "kicker_url": address_of("sections"),
        "facts": [issue_count(count), *seen_words(first_seen, last_seen)],
        "followed": ("section", nfc(slug)),
        "feeds": _feeds("section", nfc(slug)),
    }
    found = library.found(request.GET.get("page"), library.items_of, pk, now)
    return _library(request, found, context, nav="sections")


@require_safe
def source(request: HttpRequest, name: str) -> HttpResponse:
    """The links of a host or an owner; when and how often they were cited; a host's owners."""
    now, name = timezone.now(), nfc(name).lower()
    rows = listing.source_and_owners(name, now)
    count, pk, links, first_seen, last_seen, host, _name = public_row(rows)
    rows_of = library.links_of_owner if host else library.links_of_host
    owners = [(owner, cited) for cited, *_more, owner in rows[1:] if cited > 0]
    named = [indexes.owner(owner, cited) for owner, cited in owners]
    context = {
        "title": name,
        "kicker": gettext("Source"),
        "kicker_url": address_of("sources"),
        "within": host or "",
        "within_url": host and address_of("source", host),
        "facts": [issue_count(count), link_count(links), *seen_words(first_seen, last_seen)],
        "owners": indexes.owners_list(named[:OWNERS_SHOWN]),
        "more_owners": indexes.owners_list(named[OWNERS_SHOWN:]),
        "folded": _more(len(named[OWNERS_SHOWN:])),
        "all_owners": _all_owners(name) if len(owners) == listing.OWNERS else "",
        "followed": ("source", name),
        "feeds": _feeds("source", name),
    }
    found = library.found(request.GET.get("page"), rows_of, pk, now)
    return _library(request, found, context, nav="sources")


@require_safe
def follow(request: HttpRequest) -> HttpResponse:
    """How to follow the site by its feeds."""
    context = {"feeds": _site_feeds(), "item_feeds": _site_feeds("items-")}
    return page("follow", context, path=request.path)


@require_safe
def style(request: HttpRequest, digest: str) -> HttpResponse:
    """The owner's colours. An address of before gets those of today, and is not kept."""
    now = identity.current()
    response = HttpResponse(now.style, content_type="text/css; charset=utf-8")
    kept = f"public, max-age={A_YEAR}, immutable"
    response.headers["Cache-Control"] = kept if digest == now.style_digest else "no-cache"
    return response


# Parts of pages


def _found(request: HttpRequest, rows_of: listing.RowsOf, of: int | str, now: datetime) -> Page:
    """Return the page that is asked for of the posts of a tag or an author."""
    return paginate(
        request.GET.get("page"),
        lambda: listing.first_page(rows_of)(of, now),
        lambda: rows_of(of, now),
    )


def _between(request: HttpRequest, first: date, last: date, now: datetime) -> Page:
    """Return the page that is asked for of the posts of some months."""
    span = listing.span(first, last, now)
    return paginate(
        request.GET.get("page"),
        lambda: listing.first_page(listing.between)(*span),
        lambda: listing.between(*span),
    )


def _listing(request: HttpRequest, found: Page, context: dict[str, Any], nav: str) -> HttpResponse:
    texts = _texts(context) | {"rows": joined(found.rows), **steps(request, found)}
    return filled_page("listing", texts, nav=nav, path=request.path)


def _library(request: HttpRequest, found: Page, context: dict[str, Any], nav: str) -> HttpResponse:
    texts = _texts(context) | {"rows": found.rows[0], **steps(request, found)}
    return filled_page("library", texts, nav=nav, path=request.path)


def _texts(context: dict[str, Any]) -> dict[str, str]:
    """Return what the page of a list says beside its rows as texts; see ``listing.html``.

    Not by Django's functions, which ask of each value whether it is lazy: they took eight times as
    long.
    """
    given = context.get("feeds", ())
    name = escape(f"{context['title']} · {identity.current().name}")
    related = (
        f'<li><a class="tag" href="{escape(url)}">{escape(other)}</a></li>'
        for url, other in context.get("related", ())
    )
    alternates = (
        f'<link rel="alternate" type="{kind}" title="{name} ({form})" href="{escape(url)}">'
        for form, url, kind in given
    )
    return context | {
        **facts_in_words(context.get("facts", ())),
        "related": SafeString("\n".join(related)),
        "alternates": SafeString("\n".join(alternates)),
        "feeds": _links(given),
        "item_feeds": _links(context.get("item_feeds", ())),
        "offers": offered("list", context.get("followed")),
        "followed": "",
    }


def _links(named: Iterable[tuple[str, str, str]]) -> SafeString:
    links = (f'<a href="{escape(url)}">{form}</a> ' for form, url, _kind in named)
    return SafeString("".join(links))


def _more(count: int) -> str:
    """Return how many more there are, in words; "" for none."""
    text = ngettext("%(counter)s more", "%(counter)s more", count)
    return text % {"counter": count} if count else ""


def _feeds(kind: str, slug: str) -> list[tuple[str, str, str]]:
    return feeds.named(lambda form: address_of(f"{kind}-{form}", slug))


def _site_feeds(prefix: str = "") -> list[tuple[str, str, str]]:
    return feeds.named(lambda form: absolute(address_of(f"{prefix}{form}")))


def _month_url(day: date) -> str:
    return address_of("archive-month", day.year, day.month)


def _all_owners(host: str) -> str:
    return f"{address_of('sources')}?{urlencode({'q': f'{host}/'})}"


def _year_link(year: int | None) -> tuple[int, str] | None:
    return None if year is None else (year, address_of("archive-year", year))
