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
Reason, Status = Suppression.Reason, Subscriber.Status
# What it says of a subscriber; who was erased has no row any more.
_STATUS: Final[dict[str, str]] = {
    Reason.BOUNCED: Status.BOUNCED,
    Reason.COMPLAINED: Status.COMPLAINED,
    Reason.ERASED: Status.LEFT,
    Reason.STAFF: Status.LEFT,
}
_GOING: Final = (Status.WAITING, Status.ACTIVE, Status.PAUSED)


@transaction.atomic
def suppress(
    address_or_digest: str, reason: str, note: str = "", *, by: Actor = None
) -> Suppression:
    """Send no mail to an address any more, whatever a form says; the first reason stays.

    What is told later leaves alone since when no mail goes there; but who also calls mail spam, or
    is taken off for good, is no longer one whose mail came back. Raises PermissionDenied.
    """
    access.check(by, access.SUPPRESS)
    is_digest = _DIGEST.fullmatch(address_or_digest) is not None
    digest = address_or_digest if is_digest else digest_of(address_or_digest)
    row, _made = Suppression.objects.get_or_create(
        digest=digest, defaults={"reason": reason, "note": note[:300]}
    )
    for subscriber in Subscriber.objects.select_for_update().filter(digest=digest):
        _stop(subscriber, _STATUS[reason])
    return row


def _stop(row: Subscriber, status: str) -> None:
    if row.status in _GOING:
        row.left_at = timezone.now()
    if row.status in (*_GOING, Status.BOUNCED):
        row.status = status
    row.paused_until = row.next_roll_at = None
    row.moving_to = ""
    row.save()


def is_suppressed(digest: str) -> bool:
    """Tell whether the address of a digest gets no mail."""
    return Suppression.objects.filter(digest=digest).exists()
