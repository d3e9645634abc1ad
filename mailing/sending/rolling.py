"""Roll-ups on their way: a mailing for each day and rhythm, with a row for each reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override
from django_tasks import task

from mailing import choosing
from mailing.choosing import RollUp
from mailing.models import Delivery, Mailing, MailSettings, Rhythm, Subscriber
from mailing.sending.slices import wake
from posts import identity

BATCH: Final = 500


@task()
def roll_up() -> int:
    """Write the roll-ups that are due into the ledger, and have them sent; return how many.

    A batch is one transaction, in which the readers' next roll-up is reckoned, too: killed between
    two, another run goes on with those that are due still.
    """
    if not MailSettings.current().is_open:
        return 0
    now, count, mailings = timezone.now(), 0, set[int]()
    for batch in _batches(choosing.due_rollups(now)):
        with transaction.atomic():
            held = choosing.roll_on(batch, now)
            mailings |= _write(held, now)
        count += len(held)
    for mailing in sorted(mailings):
        wake(mailing)
    return count


def _batches(rollups: Iterator[RollUp]) -> Iterator[list[RollUp]]:
    while batch := list(islice(rollups, BATCH)):
        yield batch


def _write(rollups: Iterable[RollUp], now: datetime) -> set[int]:
    """Add rows for roll-ups; return the mailings, by key, to which they belong."""
    found: set[int] = set()
    by_rhythm = sorted(rollups, key=attrgetter("rhythm"))
    for rhythm, rows in groupby(by_rhythm, key=attrgetter("rhythm")):
        left, skipped = list(rows), list[int]()
        while left:
            mailing = _mailing(rhythm, now, skipped)
            left = _add(mailing, left)
            found.add(mailing.pk)
            skipped.append(mailing.pk)
    return found


def _mailing(rhythm: str, now: datetime, skipped: Sequence[int]) -> Mailing:
    """Return the mailing of a day and rhythm; it goes on if it was done."""
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    that = {"kind": Mailing.Kind.ROLLUP, "rhythm": rhythm, "starts_at": day}
    rows = Mailing.objects.select_for_update().filter(**that).exclude(pk__in=skipped)
    mailing = rows.exclude(status=Mailing.Status.CANCELLED).order_by("pk").first()
    if mailing is None:
        title = _title(rhythm, day)
        status = Mailing.Status.SENDING
        return Mailing.objects.create(title=title, status=status, is_filled=True, **that)
    if mailing.status == Mailing.Status.DONE:
        mailing.status, mailing.finished_at = Mailing.Status.SENDING, None
        mailing.save(update_fields=["status", "finished_at"])
    return mailing


def _title(rhythm: str, day: datetime) -> str:
    with override(identity.current().language):
        last = day.date() - timedelta(days=1)
        return f"{Rhythm(rhythm).label}: {date_format(last)}"


def _add(mailing: Mailing, rollups: Sequence[RollUp]) -> list[RollUp]:
    """Add rows; return those roll-ups whose reader has one in this mailing already."""
    readers = [row.subscriber_id for row in rollups]
    taken = Delivery.objects.filter(mailing=mailing, subscriber__in=readers)
    had = set(taken.values_list("subscriber", flat=True))
    groups = dict(Subscriber.objects.filter(pk__in=readers).values_list("pk", "group"))
    Delivery.objects.bulk_create(
        Delivery(
            mailing=mailing,
            subscriber_id=row.subscriber_id,
            group=groups[row.subscriber_id],
            items=row.items,
            is_whole=False,
        )
        for row in rollups
        if row.subscriber_id not in had and row.subscriber_id in groups
    )
    return [row for row in rollups if row.subscriber_id in had]
