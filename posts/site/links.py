"""What the site said about each link, and which links it came back to.

The rows are the places of links that lists have: one of each link in an issue. What is decided
about a link shows at once, since it is read with them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Abs, Coalesce, JSONArray
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from links.models import DIGEST_LENGTH, Link
from posts.models import Appearance, LinkedItem, RecurringLink, Tag, TaggedPost
from posts.places import item_called
from posts.prepared import prepared
from posts.publishing.decisions import link_words
from posts.site import library, moved
from posts.site.further import steps
from posts.site.library import Entry, address_of_link, entry_of, shown
from posts.site.listing import read_as_text
from posts.site.paging import PAGE_SIZE, paginate
from posts.site.shell import (
    address_of,
    facts_in_words,
    filled,
    filled_page,
    seen_words,
    short_days,
)
from posts.templatetags.newsletter import issue_count

WORDS_LENGTH = 600  # so that a page of mentions is as long as one of issues
BESIDE = 6
TAGS = 12
FIELDS = ("title", "line", "place", "issue", "issue_url", "date", "lang")
_ROTTEN = (Link.Health.BROKEN, Link.Health.GONE)


class Head(NamedTuple):
    """What rows of a link's page say besides how lists call it."""

    slug: str
    is_replaced: int
    copy: str
    first_seen: datetime | None
    tags: list[tuple[str, str]] | None


def _called(first: str, last: str) -> QuerySet[Link, Any]:
    """Return the key of the oldest link whose digits are between these.

    Not sorted by an index of its own: a database that chose that would read it from its start.
    """
    rows = Link.objects.filter(key__gte=first, key__lte=last)
    return rows.order_by(F("pk") + 0).values("pk")[:1]


def _of(first: str, last: str) -> QuerySet[Appearance]:
    return Appearance.objects.filter(link=Subquery(_called(first, last))).order_by()


def mentions(first: str, last: str, at: datetime) -> QuerySet[Appearance, Any]:
    """Return the columns of ``Head`` and of a ``Row`` of every public post that has a link."""
    known = RecurringLink.objects.filter(link=Subquery(_called(first, last)))
    copied = Q(link__health__in=_ROTTEN, link__replacement_url="")
    return library.seen(_of(first, last).filter(date__lte=at)).values_list(
        "post__slug",
        Case(When(link__replacement_url="", then=0), default=1, output_field=IntegerField()),
        Case(
            When(copied, then=F("link__archived_url")), default=Value(""), output_field=TextField()
        ),
        Subquery(known.values("first_seen")),
        _tags(_of(first, last).filter(date__lte=at)),
        *library.place_columns(at, WORDS_LENGTH),
    )


def _tags(places: QuerySet[Appearance]) -> Subquery:
    """Return [name, slug] of the tags that the latest posts of some places share most often, as one
    value: it is the same in each row, so that a database looks once."""
    posts = places.order_by("-date", "pk").values("post")[:PAGE_SIZE]
    tagged = TaggedPost.objects.filter(content_object__in=posts).values("tag")
    most = tagged.annotate(shared=Count("pk")).order_by("-shared", "tag").values("tag")[:TAGS]
    gather = "JSON_GROUP_ARRAY" if connection.vendor == "sqlite" else "JSONB_AGG"
    named = Func(JSONArray("name", "slug"), function=gather, output_field=JSONField())
    # No aggregate of the ORM, which would add GROUP BY.
    return Subquery(Tag.objects.filter(pk__in=most).order_by().values(all=named))


@prepared
def _newest(first: str, last: str, at: datetime) -> QuerySet[Appearance, Any]:
    return mentions(first, last, at)[: PAGE_SIZE + 1]


@prepared
def _latest(first: str, last: str, at: datetime) -> QuerySet[Appearance, Any]:
    return mentions(first, last, at)[:1]


@prepared
def _beside(first: str, last: str, at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return (key of its link, row) of the items that stand nearest to a link, where it was last.

    In the same section, so that they are few.
    """
    own = _of(first, last).filter(date__lte=at)
    here = own.filter(section=OuterRef("section"), item__isnull=False)
    place = Coalesce(Subquery(here.values("item__position")[:1]), 0)
    rows = LinkedItem.objects.filter(
        shown("link"),
        section__in=own.order_by("-date", "pk").values("section")[:3],
        link__source__isnull=False,
        hidden=False,
        date__lte=at,
    ).exclude(link=Subquery(_called(first, last)))
    order = Abs(F("position") - place), "-date", "pk"
    # Chosen first, because the columns of all candidates would be most of the work.
    near = LinkedItem.objects.filter(pk__in=rows.order_by(*order).values("pk")[: 2 * BESIDE])
    found: QuerySet[LinkedItem, Any] = near.order_by(*order).values_list(
        "link__key", *library.item_columns(at), read_as_text("date"), "pk"
    )
    return found


# Pages


@require_safe
def link(request: HttpRequest, digest: str) -> HttpResponse:
    """All that public issues said about one link."""
    now, bounds, value = timezone.now(), (digest, f"{digest}g"), request.GET.get("page")
    newest = (_newest if value is None else _latest)(*bounds, now)
    if not newest:
        return redirect(address_of_link(moved.link(*bounds).key), permanent=True)
    head, latest = _read(newest[0])
    if len(digest) > DIGEST_LENGTH and _has_short_name(latest.link):
        return redirect(address_of_link(latest.link), permanent=True)
    found = paginate(value, lambda: newest, lambda: mentions(*bounds, now))
    say = short_days()
    rows = [_mention(entry, of.slug, say) for of, entry in map(_read, found.rows)]
    texts = {
        "title": latest.title,
        "address": latest.address,
        "source": latest.source,
        "source_url": address_of("source", latest.source),
        "language": latest.language,
        "note": link_words(latest.language).replaced if head.is_replaced else "",
        "copy": head.copy,
        **facts_in_words(_facts(head, latest)),
        "is_single": "1" if latest.cited == 1 else "",
        "tags": _tag_entries(head.tags or ()),
        "rows": filled("mention", FIELDS, rows),
        "beside": "" if value else library.linked(_others(_beside(*bounds, now)), say),
        **steps(request, found),
    }
    return filled_page("link", texts, nav="sources", path=request.path)


def _read(row: Sequence[Any]) -> tuple[Head, Entry]:
    size = len(Head._fields)
    return Head._make(row[:size]), entry_of(row[size:], WORDS_LENGTH)


def _has_short_name(key: str) -> bool:
    """Tell whether a link is the one that the first digits of its key name."""
    name = key[:DIGEST_LENGTH]
    return Link.objects.filter(pk=Subquery(_called(name, f"{name}g")), key=key).exists()


def _facts(head: Head, latest: Entry) -> list[str]:
    last = latest.date if latest.cited > 1 else None
    return [issue_count(latest.cited), *seen_words(head.first_seen or latest.date, last)]


def _tag_entries(tags: Iterable[tuple[str, str]]) -> SafeString:
    rows = [(name, address_of("tag", slug)) for name, slug in sorted(tags)]
    return filled("tag_entry", ("name", "url"), rows)


def _mention(
    entry: Entry, slug: str, say: Callable[[datetime | None], SafeString]
) -> tuple[str | SafeString, ...]:
    return (
        entry.title,
        entry.line,
        entry.place,
        entry.issue,
        address_of("post", slug),
        say(entry.date),
        entry.language,
    )


def _others(rows: Iterable[Sequence[Any]]) -> list[Entry]:
    """Return the first of the items that have each link."""
    nearest: dict[str, Entry] = {}
    for key, *row in rows:
        nearest.setdefault(key, entry_of(row))
    return list(nearest.values())[:BESIDE]


# Ways to a page


@require_safe
def of_item(request: HttpRequest, anchor: str) -> HttpResponse:
    """Lead from an item (the end of its permalink) to the page of its main link."""
    item = item_called(anchor)
    if item is None or item.link is None or item.link.standing != Link.Standing.SHOWN:
        raise Http404("There is no such item, or it has no link.")
    return redirect(address_of_link(item.link.key))


@require_safe
def random(request: HttpRequest) -> HttpResponse:
    """Lead to the page of any link."""
    public = Appearance.objects.filter(link=OuterRef("pk"), date__lte=timezone.now())
    rows = Link.objects.filter(Exists(public), standing=Link.Standing.SHOWN).order_by("key")
    keys = rows.values_list("key", flat=True)
    key = keys.filter(key__gte=secrets.token_hex(32)).first() or keys.first()
    if key is None:
        raise Http404("No link has been cited yet.")
    response = redirect(address_of_link(key))
    response.headers["Cache-Control"] = "no-store"
    return response
