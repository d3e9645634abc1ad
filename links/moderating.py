"""Decisions about links: made once, they hold wherever the link stands."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from links.models import Link
from links.signals import link_decided


class ReasonMissing(ValueError):
    """A link is blocked without saying why."""


def decide(links: Iterable[Link], status: str, reason: str = "") -> list[Link]:
    """Give links a status and its reason; return those that changed.

    ``link_decided`` is sent in the same transaction, so that every page that shows one of them
    is right when this returns, or nothing is written. Raises ReasonMissing when links are blocked
    without a reason.
    """
    reason = " ".join(reason.split())
    if status == Link.Status.BLOCKED and not reason:
        raise ReasonMissing("A blocked link needs a reason.")
    with transaction.atomic():
        wanted = sorted(link.pk for link in links)
        rows = Link.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
        changed = [row for row in rows if (row.status, row.reason) != (status, reason)]
        for row in changed:
            row.status, row.reason = status, reason
        Link.objects.bulk_update(changed, ["status", "reason"])
        if changed:
            link_decided.send(sender=Link, links=changed)
    return changed
