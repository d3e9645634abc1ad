"""What moderators decide, brought to the pages it concerns, in the transaction of the decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from links.models import Link
from posts import publishing
from posts.models import Appearance, LinkedItem, Post


def set_hidden(items: Iterable[LinkedItem], hidden: bool) -> list[LinkedItem]:
    """Hide items from their pages and feeds, or show them again; return those that changed."""
    with transaction.atomic():
        wanted = [item.pk for item in items]
        rows = LinkedItem.objects.select_for_update().filter(pk__in=wanted).exclude(hidden=hidden)
        changed = list(rows.order_by("pk"))
        LinkedItem.objects.filter(pk__in=[row.pk for row in changed]).update(hidden=hidden)
        for row in changed:
            row.hidden = hidden
        rebuild_posts({row.post_id for row in changed})
    return changed


def rebuild_posts(pks: Iterable[int]) -> int:
    """Rebuild posts by key, in one order for all, so that two decisions do not deadlock."""
    count = 0
    for post in Post.objects.filter(pk__in=set(pks)).order_by("pk"):
        publishing.rebuild(post)
        count += 1
    return count


def follow_decision(sender: type[Link], links: Sequence[Link], **_kwargs: Any) -> None:
    """Rebuild every post in which a decided link stands (receiver of ``link_decided``)."""
    rebuild_posts(
        Appearance.objects.filter(link__in=links).order_by().values_list("post", flat=True)
    )
