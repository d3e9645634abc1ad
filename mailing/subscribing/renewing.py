"""Asking readers every few years whether they still want mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks import task

from mailing import wording
from mailing.models import Consent, MailSettings, Subscriber
from mailing.subscribing import notes
from mailing.subscribing.asking import GETTING
from mailing.subscribing.consents import write_down

A_RUN: Final = 500  # readers who are asked at once
# Readers are asked some days early: the law counts to the day.
A_YEAR, EARLY = timedelta(days=365), timedelta(days=14)


def due(now: datetime, years: int) -> QuerySet[Subscriber]:
    """Return who agreed, or was asked last, so many years ago; who agreed first comes first."""
    long_ago = now - years * A_YEAR + EARLY
    rows = Subscriber.objects.filter(status__in=GETTING, consented_at__lt=long_ago)
    return rows.filter(Q(asked_at=None) | Q(asked_at__lt=long_ago)).order_by("consented_at", "pk")


@task()
def ask_again() -> int:
    """Ask readers again where the owner wants that; return how many were asked.

    Who does not answer stays subscribed: the law wants readers to be told, not to be lost.
    """
    ours, now = MailSettings.current(), timezone.now()
    if not ours.is_open or not ours.reconfirm_years:
        return 0
    with transaction.atomic():
        rows = due(now, ours.reconfirm_years)[:A_RUN]
        asked = list(rows.select_for_update(skip_locked=True))
        Subscriber.objects.filter(pk__in=[row.pk for row in asked]).update(asked_at=now)
        for row in asked:
            notes.send_with("reconfirm", row)
    return len(asked)


@transaction.atomic
def renew(subscriber: Subscriber, form: str) -> Subscriber:
    """Write down that a reader still wants mail.

    Raises Subscriber.DoesNotExist for who is erased at this moment.
    """
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if row.status in GETTING:
        row.consented_at, row.asked_at = timezone.now(), None
        row.save(update_fields=["consented_at", "asked_at"])
        kept = wording.keep(wording.agreement(row.language), row.language)
        write_down(row, Consent.Kind.RENEWED, form, wording=kept)
    return row
