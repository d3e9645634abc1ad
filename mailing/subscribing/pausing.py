"""Mail paused until a day, and going on then by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task

from mailing import access, rhythms
from mailing.access import Actor
from mailing.models import Consent, Subscriber
from mailing.subscribing.consents import write_down

Status = Subscriber.Status
BATCH: Final = 500  # readers


@transaction.atomic
def pause(
    subscriber: Subscriber, until: datetime, form: str = "", *, by: Actor = None
) -> Subscriber:
    """Send a subscriber nothing until a moment; another one than before if it is paused already.

    Raises PermissionDenied for staff without the right, and Subscriber.DoesNotExist for who is
    erased at this moment; so does `resume`.
    """
    access.check(by, access.CHANGE_SUBSCRIBERS)
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if row.status not in (Status.ACTIVE, Status.PAUSED):
        return row
    if row.status == Status.ACTIVE:
        rhythms.pause(row, timezone.now())
    row.status, row.paused_until = Status.PAUSED, until
    row.save()
    write_down(row, Consent.Kind.PAUSED, form, by=by)
    return row


@transaction.atomic
def resume(subscriber: Subscriber, *, by: Actor = None) -> Subscriber:
    """Let mail go on to a paused subscriber, with what appears from now on.

    Raises PermissionDenied for staff without the right.
    """
    access.check(by, access.CHANGE_SUBSCRIBERS)
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if row.status == Status.PAUSED:
        _go_on(row)
    return row


def _go_on(row: Subscriber) -> None:
    row.status, row.paused_until = Status.ACTIVE, None
    rhythms.resume(row, timezone.now())
    row.save()


@task()
def end_pauses() -> int:
    """Let mail go on to those whose pause is over; return how many."""
    now = timezone.now()
    count = last = 0
    while keys := list(
        _over(now).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        count += sum(_end(pk, now) for pk in keys)
        last = keys[-1]
    return count


def _over(now: datetime) -> QuerySet[Subscriber]:
    return Subscriber.objects.filter(status=Status.PAUSED, paused_until__lte=now)


@transaction.atomic
def _end(pk: int, now: datetime) -> bool:
    """End a pause, unless its reader made it longer meanwhile; return whether it ended."""
    row = _over(now).select_for_update().filter(pk=pk).first()
    if row is not None:
        _go_on(row)
    return row is not None
