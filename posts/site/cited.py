"""The links that the site came back to: the most cited, and those it found again after long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, NullIf
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from links.models import Link
from posts.models import Appearance, ListCount, RecurringLink
from posts.prepared import prepared
from posts.publishing.counting import RECURS
from posts.publishing.returning import FEW
from posts.site import library
from posts.site.further import steps
from posts.site.indexes import ENTRY, counted, found_in, in_words, orders_list, total
from posts.site.library import address_of_link
from posts.site.listing import only_to_come, with_dates
from posts.site.shell import address_of, filled, filled_page, short_days
from posts.templatetags.newsletter import number

SHARE = 10
"""A link that stands in every so many posts is furniture, and not in the list."""
BY_USE, BY_RETURN = "-post_count", "-returned_at"
RowsOf = Callable[[datetime], QuerySet[RecurringLink, Any]]


def _shown(at: datetime) -> QuerySet[RecurringLink]:
    rows = RecurringLink.objects.filter(post_count__gte=RECURS)
    dated: QuerySet[RecurringLink] = with_dates(rows, Appearance, at)
    return dated


def _columns(rows: QuerySet[RecurringLink], at: datetime, date: str) -> QuerySet[Any, Any]:
    """Return (public posts, key, name, address, first date, a date, standing, its own key) of
    links. Those that readers do not get any more are few, and left out when they are read: with a
    condition on them a database may begin at all links.
    """
    places = library.seen(Appearance.objects.filter(link=OuterRef("pk"), date__lte=at))
    is_main = When(item__link=F("link"), then=NullIf("item__title", Value("")))
    own = Case(is_main, output_field=TextField())
    named = Coalesce(own, NullIf("anchor_text", Value("")), "link__url", output_field=TextField())
    name = Subquery(places.annotate(named=named).values("named")[:1])
    columns = ("public_count", "link__key", name, "link__url", "first", date)
    return rows.values_list(*columns, "link__standing", "pk")


def most_cited(at: datetime) -> QuerySet[RecurringLink, Any]:
    """Return the columns of the links that several posts have, but not a tenth of all."""
    return _columns(_shown(at).filter(post_count__lte=_most()), at, "last")


def _most() -> Greatest:
    posts = ListCount.objects.filter(name="posts").order_by().values("name")
    share = posts.annotate(share=Sum("count") / SHARE).values("share")
    return Greatest(Coalesce(Subquery(share), 0), Value(FEW), output_field=IntegerField())


def rediscovered(at: datetime) -> QuerySet[RecurringLink, Any]:
    """Return the columns of the links that came back after long, and when."""
    return _columns(_shown(at).filter(returned_at__lte=at), at, "returned_at")


@prepared
def _total(at: datetime) -> QuerySet[ListCount, Any]:
    rows = RecurringLink.objects.filter(post_count__gte=RECURS)
    return total("links", only_to_come(rows, Appearance, at, RECURS))


@require_safe
def links(request: HttpRequest) -> HttpResponse:
    """The links that most issues cite."""
    return _page(request, most_cited, BY_USE, gettext("Last seen"))


@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """The links that an issue cited again after long, the latest first."""
    return _page(request, rediscovered, BY_RETURN, gettext("Back on"))


def _page(request: HttpRequest, rows_of: RowsOf, order: str, dated: str) -> HttpResponse:
    now, say = timezone.now(), short_days()
    found = found_in(request.GET.get("page"), rows_of, order, now)
    rows = [
        (_name(name, url), address_of_link(key), number(count), say(first), say(date), "")
        for count, key, name, url, first, date, standing, _pk in found.rows
        if count >= RECURS and standing == Link.Standing.SHOWN
    ]
    amount = counted(_total(now))
    words = ngettext(
        "%(shown)s link in several issues", "%(shown)s links in several issues", amount
    )
    texts = {
        "rows": filled("entry", ENTRY, rows),
        "told": in_words(amount, words),
        "came_back": "1" if order == BY_RETURN else "",
        "orders": orders_list(_ways(order)),
        "dated": dated,
        **steps(request, found),
    }
    return filled_page("link_index", texts, nav="sources", path=request.path)


def _name(name: str | None, url: str) -> str:
    return library.cut(name or url, library.TITLE_LENGTH)


def _ways(order: str) -> list[tuple[str, str]]:
    """Return (name, address) of the lists, without one for that of the page."""
    ways = ((gettext("Most cited"), BY_USE, "links"), (gettext("Rediscovered"), BY_RETURN, "back"))
    return [(name, "" if by == order else address_of(kind)) for name, by, kind in ways]
