"""Which items of a post have a main link that came back: that few other posts have, too."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from links.models import Link
from posts.models import LinkedItem, Post

FEW = 6
"""A link in more posts than these is furniture: the address of the newsletter itself."""


def mark_returns(post: Post) -> None:
    """Mark the items of a post whose links came back, and those of the posts that had them.

    Of each link no more than ``FEW`` items are looked at, however many have it.
    """
    living = LinkedItem.objects.filter(link=OuterRef("pk"), removed_at=None).order_by()
    others = living.exclude(post=post).values("pk")
    links = Link.objects.filter(
        main_items__post=post, main_items__removed_at=None, source__isnull=False
    )
    found = list(
        links.annotate(one=Subquery(others[:1]), many=Subquery(others[FEW : FEW + 1]))
        .filter(one__isnull=False)
        .distinct()
        .values_list("pk", "many")
    )
    few = [pk for pk, many in found if many is None]
    marked = LinkedItem.objects.filter(returns=True)
    marked.filter(link__in=[pk for pk, many in found if many is not None]).update(returns=False)
    marked.filter(post=post).exclude(link__in=few).update(returns=False)
    LinkedItem.objects.filter(link__in=few, removed_at=None, returns=False).update(returns=True)
