"""What a mail brings when it is handed over: as it is decided then."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from mailing.choosing.items import items_in, ordered
from mailing.choosing.sets import keep, uids_of
from mailing.models import Delivery, ItemSet
from posts.models import LinkedItem, Post


def items_of(delivery: Delivery, now: datetime | None = None) -> list[LinkedItem] | None:
    """Return the items that a delivery brings, in order; None for a whole issue.

    What was hidden, blocked, withdrawn or found dead since it was chosen is left out. Nothing is
    to be sent when none is left.
    """
    if delivery.is_whole or delivery.items is None:
        return None
    return mailable_of(delivery.items, now)


def mailable_of(items: ItemSet, now: datetime | None = None) -> list[LinkedItem]:
    """Return the items of a set that may be mailed now, as ``items_of`` does."""
    return ordered(uids_of(items), now or timezone.now())


def whole_set(post: Post) -> ItemSet:
    """Return the set of the items of an issue that is handed over as a whole, to be noted in its
    deliveries (``Delivery.items``)."""
    found = items_in([post.pk], timezone.now())
    return keep({"": list(found.values())})[""]
