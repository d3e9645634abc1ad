"""Which items have a main link that came back: that some posts have, and not too many."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Case, CharField, F, Max, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Concat

from links.models import Link
from posts.models import LinkedItem

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
    living = LinkedItem.objects.filter(removed_at=None)
    of_link = living.filter(link=OuterRef("pk")).order_by()
    counted = Link.objects.filter(pk__in=keys, source__isnull=False)
    counted = counted.annotate(more=Subquery(of_link.values("pk")[FEW : FEW + 1]))
    few = living.filter(link__in=list(counted.filter(more=None).values_list("pk", flat=True)))
    issues = few.order_by().values("link").annotate(first=Min(_ISSUE), last=Max(_ISSUE))
    back = set(issues.exclude(first=F("last")).values_list("link", flat=True))
    gone = Q(link__in=keys - back) | Q(link=None)
    LinkedItem.objects.filter(gone, returns=True).update(returns=False)
    if back:
        few.filter(link__in=back, returns=False).update(returns=True)
