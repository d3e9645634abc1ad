"""The mail settings, saved with what follows from them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from mailing import access
from mailing.access import Actor
from mailing.models import MailSettings, Pace
from posts.settling import offers_changed


@transaction.atomic
def settle(
    row: MailSettings, *, limits: Mapping[str, int] | None = None, by: Actor = None
) -> MailSettings:
    """Store the mail settings; public pages get their forms, or lose them, from this
    transaction's end on. ``limits`` are all that receiving services have, see ``limits_of``.
    Raises PermissionDenied."""
    access.check(by, access.CHANGE_SETTINGS)
    row.save()
    if limits is not None:
        _limit(limits)
    offers_changed()
    return row


def limits_of() -> dict[str, int]:
    """Return how many mails in an hour receiving services get at most, of those with a limit."""
    rows = Pace.objects.exclude(group="")
    found = rows.order_by("group").values_list("group", "limit")
    return {group: limit for group, limit in found if limit is not None}


def _limit(limits: Mapping[str, int]) -> None:
    rows = Pace.objects.exclude(group="")
    rows.exclude(group__in=limits).filter(limit__isnull=False).update(limit=None)
    for group, limit in limits.items():
        Pace.objects.update_or_create(group=group, defaults={"limit": limit})
