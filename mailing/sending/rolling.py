"""Roll-ups on their way: a mailing for each day and rhythm, with a row for each reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override
from django_tasks import task

from links.rows import chunks
from mailing import choosing, rhythms
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
    for batch in chunks(choosing.due_rollups(now), BATCH):
        with transaction.atomic():
            held = choosing.roll_on(batch, now)
            mailings |= _write(held, now)
        count += len(held)
    for mailing in sorted(mailings):
        wake(mailing)
    return count


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
    """Return a mailing of a day, where the site is, and rhythm; it goes on if it was done."""
    day = now.astimezone(rhythms.zone_of("")).replace(hour=0, minute=0, second=0, microsecond=0)
    last = day.date() - timedelta(days=1)
    of_day = Mailing.objects.filter(kind=Mailing.Kind.ROLLUP, rhythm=rhythm, last_day=last)
    usable = of_day.exclude(status=Mailing.Status.CANCELLED).exclude(pk__in=skipped)
    part = usable.aggregate(part=Min("part"))["part"]
    # Of two who find none, one makes the next part, and the other takes that.
    mailing, _made = Mailing.objects.select_for_update().get_or_create(
        kind=Mailing.Kind.ROLLUP,
        rhythm=rhythm,
        last_day=last,
        part=of_day.count() if part is None else part,
        defaults={
            "first_day": _first_day(rhythm, last),
            "starts_at": day,
            "title": _title(rhythm, last),
            "status": Mailing.Status.SENDING,
            "is_filled": True,
        },
    )
    if mailing.status == Mailing.Status.DONE:
        mailing.status, mailing.finished_at, mailing.totals = Mailing.Status.SENDING, None, None
        mailing.save(update_fields=["status", "finished_at", "totals"])
    return mailing


def _first_day(rhythm: str, last: date) -> date:
    """Return the first day of what a roll-up is about that ends on a day."""
    if rhythm == Rhythm.WEEKLY:
        return last - timedelta(days=6)
    return last.replace(day=1) if rhythm == Rhythm.MONTHLY else last


def _title(rhythm: str, last: date) -> str:
    with override(identity.current().language):
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
