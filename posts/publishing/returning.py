"""Which items have a main link that came back: that some posts have, and not too many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    Max,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from links.models import Link
from posts.models import LinkedItem
from posts.prepared import Change, in_lists, prepared, prepared_update

FEW = 7
"""A link that more items have than these is furniture: the address of the newsletter itself."""

# Issues that say the same in several languages are one.
_ISSUE = Case(
    When(post__translation_key="", then=Cast("post", CharField())),
    default=Concat(Value("="), "post__translation_key"),
)


def mark_returns(links: Iterable[int]) -> None:
    """Mark the items of links that came back, and of no others; call it for the links (by key)
    that a post has, or had until now.

    That a translation has the same links brings none of them back. Of each link no more than
    ``FEW`` items are looked at, however many have it. What is marked follows from the items alone,
    whichever post was saved last.
    """
    keys = set(links)
    few = [pk for some in in_lists(keys) for (pk,) in _of_few_items(*some)]
    back = {pk for some in in_lists(few) for (pk,) in _of_several_issues(*some)}
    marked = {pk for some in in_lists(keys) for (pk,) in _marked(*some)}
    for some in in_lists(marked - back):
        _unmark(*some)
    _unmark_without_link()
    for some in in_lists(back):
        _mark(*some)


def _living() -> QuerySet[LinkedItem]:
    return LinkedItem.objects.filter(removed_at=None).order_by()


@prepared
def _of_few_items(*links: int) -> QuerySet[Link, Any]:
    of_link = _living().filter(link=OuterRef("pk"))
    rows = Link.objects.filter(pk__in=links, source__isnull=False).order_by()
    rows = rows.annotate(more=Subquery(of_link.values("pk")[FEW : FEW + 1]))
    return rows.filter(more=None).values_list("pk")


@prepared
def _of_several_issues(*links: int) -> QuerySet[LinkedItem, Any]:
    issues = _living().filter(link__in=links).values("link")
    issues = issues.annotate(first=Min(_ISSUE), last=Max(_ISSUE))
    return issues.exclude(first=F("last")).values_list("link")


@prepared
def _marked(*links: int) -> QuerySet[LinkedItem, Any]:
    rows = LinkedItem.objects.filter(link__in=links, returns=True).order_by()
    return rows.values_list("link").distinct()


@prepared_update
def _mark(*links: int) -> Change:
    return _living().filter(link__in=links, returns=False), {"returns": True}


@prepared_update
def _unmark(*links: int) -> Change:
    return LinkedItem.objects.filter(link__in=links, returns=True), {"returns": False}


# By itself: asked together with others, SQLite looks through all items that have no link, instead
# of the few that are marked (20 ms of a save, where 22,000 of 119,000 have none).
@prepared_update
def _unmark_without_link() -> Change:
    return LinkedItem.objects.filter(link=None, returns=True), {"returns": False}
