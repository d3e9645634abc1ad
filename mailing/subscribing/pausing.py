"""Mail paused until a day, and going on then by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from mailing import rhythms
from mailing.models import Consent, Subscriber
from mailing.subscribing.consents import note

Status = Subscriber.Status


@transaction.atomic
def pause(subscriber: Subscriber, until: datetime, form: str = "") -> Subscriber:
    """Send a subscriber nothing until a moment; another one than before if it is paused already."""
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if row.status not in (Status.ACTIVE, Status.PAUSED):
        return row
    if row.status == Status.ACTIVE:
        rhythms.pause(row, timezone.now())
    row.status, row.paused_until = Status.PAUSED, until
    row.save()
    note(row, Consent.Kind.PAUSED, form)
    return row


@transaction.atomic
def resume(subscriber: Subscriber) -> Subscriber:
    """Let mail go on to a paused subscriber, with what appears from now on."""
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if row.status == Status.PAUSED:
        row.status, row.paused_until = Status.ACTIVE, None
        rhythms.resume(row, timezone.now())
        row.save()
    return row


@task()
def wake() -> int:
    """Let mail go on to those whose pause is over; return how many."""
    over = Subscriber.objects.filter(status=Status.PAUSED, paused_until__lte=timezone.now())
    rows = list(over)
    for row in rows:
        resume(row)
    return len(rows)
