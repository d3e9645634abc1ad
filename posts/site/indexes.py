"""The indexes of tags, sections and sources: fifty rows, most used first, and more on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import F, QuerySet, Subquery, Sum, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from links.models import Source
from posts.models import Citation, ListCount, RecurringSection, Section, Tag, TaggedPost
from posts.prepared import Rows, prepared
from posts.publishing.counting import RECURS
from posts.site.further import address, steps
from posts.site.initials import group_by_initial, rank
from posts.site.listing import number_of, only_to_come, with_dates, with_public_count
from posts.site.paging import INDEX_SIZE, Page, first_of_index, paginate_index
from posts.site.shell import address_of, each_filled, filled, filled_page, page, short_days
from posts.templatetags.newsletter import number

OWNERS = 100  # the most cited of all hosts, of whom each host shows some
OWNERS_OF_A_HOST = 6
FILTER_LENGTH = 100
# ``?order=``, and the column it means.
BY_USE, BY_DATE, BY_NAME = "", "recent", "name"
COLUMNS = {BY_USE: "-post_count", BY_DATE: "-last_seen", BY_NAME: "name"}
ENTRY = ("name", "url", "count", "first", "last", "owners")
NAME_ENTRY = ENTRY[:3]
PUBLIC_SECTIONS = RecurringSection.objects.filter(hidden=False)
RowsOf = Callable[[datetime], QuerySet[Any, Any]]
Entry = tuple[str, str, str]
"""Name, address, number of issues as it is written."""


# What they list: rows that begin with the number of public posts and end with the key


def hosts(at: datetime) -> QuerySet[Source, Any]:
    """Return (…, name, first and last date, …) of the hosts that posts cite."""
    return sources_named(Source.objects.filter(parent=None), at)


def sources_named(rows: QuerySet[Source], at: datetime) -> QuerySet[Source, Any]:
    """Return those of some sources that posts cite, as `hosts` does."""
    cited = with_dates(rows.filter(post_count__gt=0), Citation, at)
    return cited.values_list("public_count", "name", "first", "last", "pk")


def _hosts_of(at: datetime) -> QuerySet[Source, Any]:
    """Return what `hosts` does, and with each how many they are."""
    amount = Subquery(_all_hosts(at).values(shown=F("total") - F("coming")))
    columns = ("public_count", "name", "first", "last", amount, "pk")
    return hosts(at).values_list(*columns)


def recurring(at: datetime) -> QuerySet[RecurringSection, Any]:
    """Return (…, title, slug, first and last date, …) of the headings that come back."""
    rows = with_dates(PUBLIC_SECTIONS.filter(post_count__gte=RECURS), Section, at)
    return rows.values_list("public_count", "title", "slug", "first", "last", "pk")


def used_tags(at: datetime) -> QuerySet[Tag, Any]:
    """Return (…, name, slug, …) of the tags that posts have."""
    rows = with_public_count(Tag.objects.filter(post_count__gt=0), TaggedPost, at)
    return rows.values_list("public_count", "name", "slug", "pk")


@cache
def _first(rows_of: Callable[..., QuerySet[Any, Any]], order: str) -> Callable[..., Rows]:
    return prepared(lambda *of: rows_of(*of).order_by(order, "pk")[: INDEX_SIZE + 1])


@prepared
def _owners(at: datetime) -> QuerySet[Source, Any]:
    """Return (public posts, key of the host, name) of the most cited owners of all hosts."""
    rows = Source.objects.filter(parent__isnull=False, post_count__gt=0)
    cited = with_public_count(rows, Citation, at).order_by("-post_count", "pk")
    found: QuerySet[Source, Any] = cited.values_list("public_count", "parent", "name")[:OWNERS]
    return found


# How many there are: what was counted without those that only posts to come have


def _all_hosts(at: datetime) -> QuerySet[ListCount, Any]:
    return total("hosts", only_to_come(Source.objects.filter(parent=None), Citation, at))


_host_total = prepared(_all_hosts)


@prepared
def _section_total(at: datetime) -> QuerySet[ListCount, Any]:
    return total("sections", only_to_come(PUBLIC_SECTIONS, Section, at, RECURS))


def total(name: str, coming: QuerySet[Any]) -> QuerySet[ListCount, Any]:
    """Return how many rows a list has, and how many of them only posts to come have."""
    counts = ListCount.objects.filter(name=name).order_by().values("name")
    numbers = counts.annotate(total=Sum("count"), coming=number_of(coming))
    return numbers.values_list("total", "coming")


@prepared
def _initials(at: datetime) -> QuerySet[ListCount, Any]:
    """Return (initial, number) of what was counted, and -1 for each tag to come."""
    counted = ListCount.objects.filter(name="initials", count__gt=0).order_by()
    coming = only_to_come(Tag.objects.all(), TaggedPost, at).order_by()
    less = coming.values_list("initial", Value(-1))
    return counted.values_list("part", "count").union(less, all=True)


def _initial_counts(at: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    for letter, number_of_tags in _initials(at):
        counts[letter] += number_of_tags
    return +counts


# Pages


@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """The tags: the most used, or those of one initial; all by their initial if they are few."""
    now, letter = timezone.now(), request.GET.get("initial")
    counts = _initial_counts(now)
    if letter is None:
        found = found_in(request.GET.get("page"), used_tags, COLUMNS[BY_USE], now)
    elif letter in counts:
        rows = used_tags(now).filter(initial=letter)
        found = paginate_index(request.GET.get("page"), rows, "key")
    else:
        raise Http404("No tag begins so.")
    entries = [
        (name, address_of("tag", slug), number(count))
        for count, name, slug, _pk in found.rows
        if count > 0
    ]
    in_parts = bool(letter or found.newer or found.older)
    groups = [(letter, entries)] if in_parts else group_by_initial(entries)
    context = {
        "groups": [(name, filled("name_entry", NAME_ENTRY, rows)) for name, rows in groups],
        "initials": [
            (other, address(request, initial=other) if in_parts else "")
            for other in sorted(counts, key=rank)
        ],
        "initial": letter,
        "total": counts.total(),
    }
    context |= _steps(request, found)
    return page("tag_index", context, nav="tags", path=request.path)


@require_safe
def sections(request: HttpRequest) -> HttpResponse:
    """The headings that come back, the most frequent first."""
    now = timezone.now()
    found = found_in(request.GET.get("page"), recurring, _order(request, BY_USE, BY_DATE), now)
    say = short_days()
    rows = [
        (title, address_of("section", slug), number(count), say(first), say(last), "")
        for count, title, slug, first, last, _pk in found.rows
        if count >= RECURS
    ]
    amount = counted(_section_total(now))
    texts = {
        "rows": filled("entry", ENTRY, rows),
        "told": in_words(amount, ngettext("%(shown)s section", "%(shown)s sections", amount)),
        "orders": _orders(request, (BY_USE, gettext("Most often")), (BY_DATE, gettext("Latest"))),
        **_steps(request, found),
    }
    return filled_page("section_index", texts, nav="sections", path=request.path)


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """The hosts where the links lead, with those who share a host below; or those named so."""
    now, name = timezone.now(), request.GET.get("q", "").strip().lower()[:FILTER_LENGTH]
    order = _order(request, BY_USE, BY_DATE, BY_NAME)
    if name:
        rows = sources_named(Source.objects.filter(name__contains=name), now)
        found = paginate_index(request.GET.get("page"), rows, order)
        amount, below = counted(_host_total(now)), {}
    else:
        found = found_in(request.GET.get("page"), _hosts_of, order, now)
        amount, below = found.rows[0][-2] if found.rows else 0, _below(now)
    texts = {
        "rows": filled("entry", ENTRY, _source_rows(found, below)),
        "told": in_words(amount, ngettext("%(shown)s source", "%(shown)s sources", amount)),
        "sought": name,
        "orders": _orders(
            request,
            (BY_USE, gettext("Most often")),
            (BY_DATE, gettext("Latest")),
            (BY_NAME, gettext("By name")),
        ),
        **_steps(request, found),
    }
    return filled_page("source_index", texts, nav="sources", path=request.path)


def _source_rows(found: Page, below: dict[int, list[Entry]]) -> list[tuple[Any, ...]]:
    say = short_days()
    return [
        (
            name,
            address_of("source", name),
            number(count),
            say(first),
            say(last),
            owners_list(below[pk]) if pk in below else "",
        )
        for count, name, first, last, *_amount, pk in found.rows
        if count > 0
    ]


def _below(at: datetime) -> dict[int, list[Entry]]:
    """Return the most cited owners by the key of their host, as many as it shows."""
    below: dict[int, list[Entry]] = {}
    for count, host, name in _owners(at):
        if count > 0 and len(entries := below.setdefault(host, [])) < OWNERS_OF_A_HOST:
            entries.append(owner(name, count))
    return below


def owners_list(owners: list[Entry]) -> SafeString:
    """Return owners as entries of a list."""
    return filled("name_entry", NAME_ENTRY, owners)


def owner(name: str, count: int) -> Entry:
    """Return an owner as the list of a host names it."""
    return name.partition("/")[2], address_of("source", name), number(count)


# Parts of pages


def found_in(
    value: str | None, rows_of: Callable[..., QuerySet[Any, Any]], order: str, *of: Any
) -> Page:
    """Return the page of an index that ``?page=`` names."""
    if value is None:
        return first_of_index(_first(rows_of, order)(*of))
    return paginate_index(value, rows_of(*of), order)


def _order(request: HttpRequest, *orders: str) -> str:
    """Return the column that ``?order=`` names; raise Http404 on nonsense."""
    order = request.GET.get("order", BY_USE)
    if order not in orders:
        raise Http404("No such order.")
    return COLUMNS[order]


def _orders(request: HttpRequest, *orders: tuple[str, str]) -> SafeString:
    """Return the orders to choose from, of each its ``?order=`` and name."""
    chosen, sought = request.GET.get("order", BY_USE), request.GET.get("q", "")
    return orders_list(
        (name, "" if order == chosen else address(request, order=order, q=sought))
        for order, name in orders
    )


def orders_list(orders: Iterable[tuple[str, str]]) -> SafeString:
    """Return orders, as (name, address, or "" for that of the page), as entries of a list."""
    entries = each_filled("order", ("name", "url"), orders)
    return SafeString("".join(entry.rstrip() for entry in entries))


def counted(rows: Rows) -> int:
    """Return how many rows of a ``total`` readers see."""
    return rows[0][0] - rows[0][1] if rows else 0


def in_words(count: int, words: str) -> str:
    """Return how many of something there are; "" for none."""
    return words % {"shown": number(count)} if count else ""


def _steps(request: HttpRequest, found: Page) -> dict[str, str]:
    """Return the addresses of a page's neighbours, which have its options."""
    options = {name: request.GET.get(name, "") for name in ("initial", "order", "q")}
    return steps(request, found, **options)
