"""Filling the ledger: a row for each reader of a mailing, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django_tasks import task

from links.rows import chunks
from mailing import choosing
from mailing.choosing import Recipient
from mailing.models import Delivery, Mailing, Subscriber
from mailing.sending import ledger
from mailing.sending.slices import finish, wake
from mailing.sending.transports import the_transport
from posts import identity

BATCH: Final = 1000


@task()
def fill(mailing: int) -> int:
    """Add the rows of a mailing that is going out; return how many readers it was filled for.

    Killed, another run goes on behind the last batch. Readers who get the issue already by another
    mailing are left out by the database: no two rows of an issue are for one reader, but those that
    were dropped or refused.
    """
    found = Mailing.objects.filter(pk=mailing, kind=Mailing.Kind.ISSUE).first()
    if found is None or found.post is None or found.is_filled:
        return 0
    count, last = 0, found.filled_to or 0
    recipients = choosing.recipients_of(found.post, after=last)
    for batch in chunks(recipients, BATCH):
        if not _add(found, batch, last):
            return count
        if not last:
            wake(mailing)
        last = batch[-1].subscriber_id
        count += len(batch)
    Mailing.objects.filter(pk=mailing, filled_to=last or None).update(is_filled=True)
    wake(mailing)
    finish(mailing, told=the_transport().has_events)
    return count


@transaction.atomic
def _add(mailing: Mailing, batch: Sequence[Recipient], last: int) -> bool:
    """Add a batch of rows; False where another run did, or the mailing ended."""
    states = (Mailing.Status.SENDING, Mailing.Status.PAUSED)
    rows = Mailing.objects.filter(pk=mailing.pk, filled_to=last or None, status__in=states)
    if mailing.post is None or not rows.update(filled_to=batch[-1].subscriber_id):
        return False
    items = dict(choosing.still(mailing.post, batch))
    readers = within(Subscriber.objects.receiving(), mailing.audience).filter(pk__in=items)
    once_for = None if mailing.is_repeated else mailing.post_id
    ledger.give_up(mailing, list(items))
    Delivery.objects.bulk_create(
        (
            Delivery(
                mailing=mailing,
                subscriber_id=pk,
                group=group,
                once_for_id=once_for,
                items=items[pk],
                is_whole=items[pk] is None,
            )
            for pk, group in readers.order_by("pk").values_list("pk", "group")
        ),
        ignore_conflicts=True,
    )
    return True


def within(readers: QuerySet[Subscriber], audience: dict[str, Any]) -> QuerySet[Subscriber]:
    """Return those of readers for whom a mailing is, see ``Mailing.audience``."""
    language = audience.get("language")
    if not language:
        return readers
    # Who leaves it to the site reads what that speaks.
    is_of_site = language == identity.current().language
    return readers.filter(language__in=(language, "") if is_of_site else (language,))
