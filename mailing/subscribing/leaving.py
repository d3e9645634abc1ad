"""Leaving, at once and for as long as the reader wants; and coming back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from mailing import access, wording
from mailing.access import Actor
from mailing.models import Consent, Subscriber
from mailing.subscribing import notes
from mailing.subscribing.asking import GETTING, begin
from mailing.subscribing.consents import write_down
from mailing.subscribing.suppressing import is_suppressed


class Suppressed(Exception):
    """An address that must not get mail, whatever its owner presses."""


@transaction.atomic
def leave(subscriber: Subscriber, form: str, *, by: Actor = None) -> bool:
    """Send a subscriber no more mail; return whether that is new.

    ``form`` says where it was said: a path, "list-unsubscribe", "mailto". Raises PermissionDenied
    for staff without the right.
    """
    access.check(by, access.CHANGE_SUBSCRIBERS)
    row = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if row is None or row.status == Subscriber.Status.LEFT:
        return False
    was_getting = row.status in GETTING
    row.status, row.left_at = Subscriber.Status.LEFT, timezone.now()
    row.paused_until = row.next_roll_at = None
    row.moving_to = ""
    row.save()
    write_down(row, Consent.Kind.WITHDRAWN, form, by=by)
    if was_getting:
        notes.send_later("goodbye", row)
    return True


@transaction.atomic
def come_back(subscriber: Subscriber, form: str) -> Subscriber:
    """Let mail go again to somebody who left, as they say on their own page: that confirms it.

    Raises Suppressed, and Subscriber.DoesNotExist for who is erased at this moment.
    """
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if is_suppressed(row.digest):
        raise Suppressed
    if row.status not in (Subscriber.Status.LEFT, Subscriber.Status.BOUNCED):
        return row
    begin(row)
    kept = wording.keep(wording.agreement(row.language), row.language)
    write_down(row, Consent.Kind.GIVEN, form, wording=kept)
    notes.send_later("welcome", row)
    return row
