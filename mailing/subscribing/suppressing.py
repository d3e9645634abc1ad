"""Addresses that get no mail, known by their keyed digests alone."""

from __future__ import annotations

import re
from typing import Final

from django.db import transaction
from django.utils import timezone

from mailing import access
from mailing.access import Actor
from mailing.addresses import digest_of
from mailing.models import Subscriber, Suppression

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
Reason = Suppression.Reason
# What it says of a subscriber; who was erased has no row any more.
_STATUS: Final[dict[str, str]] = {
    Reason.BOUNCED: Subscriber.Status.BOUNCED,
    Reason.COMPLAINED: Subscriber.Status.COMPLAINED,
    Reason.ERASED: Subscriber.Status.LEFT,
    Reason.STAFF: Subscriber.Status.LEFT,
}


@transaction.atomic
def suppress(
    address_or_digest: str, reason: str, note: str = "", *, by: Actor = None
) -> Suppression:
    """Send no mail to an address any more, whatever a form says; the first reason stays.

    Raises PermissionDenied.
    """
    access.check(by, access.CHANGE_SUBSCRIBERS)
    is_digest = _DIGEST.fullmatch(address_or_digest) is not None
    digest = address_or_digest if is_digest else digest_of(address_or_digest)
    row, _made = Suppression.objects.get_or_create(
        digest=digest, defaults={"reason": reason, "note": note[:300]}
    )
    changed = {"status": _STATUS[reason], "paused_until": None, "next_roll_at": None}
    rows = Subscriber.objects.filter(digest=digest)
    rows.exclude(status=Subscriber.Status.LEFT).update(**changed, left_at=timezone.now())
    return row


def is_suppressed(digest: str) -> bool:
    """Tell whether the address of a digest gets no mail."""
    return Suppression.objects.filter(digest=digest).exists()
