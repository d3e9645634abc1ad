"""What the ledger comes to: how many mails are in each state, and why some did not arrive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from mailing.models import Delivery, Mailing
from mailing.sending.ledger import LEASE, OPEN, Status

WITH_REASONS: Final = (Status.DEFERRED, Status.FAILED, Status.UNKNOWN, Status.DROPPED)


def counts(mailing: Mailing) -> dict[str, int]:
    """Return how many rows of a mailing are in each state, all of them, by one query."""
    return counts_of([mailing])[mailing.pk]


def counts_of(mailings: Iterable[Mailing]) -> dict[int, dict[str, int]]:
    """Return the counts of mailings by their keys, by one query for all.

    A ledger of which nothing is to come is counted once, unless something is told of it later:
    whoever finds that out keeps its numbers, while ``settle`` waits.
    """
    found = {row.pk: row.totals for row in mailings if row.totals is not None}
    missing = [row for row in mailings if row.pk not in found]
    found |= _counted([row.pk for row in missing])
    now = timezone.now()
    ended = [row.pk for row in missing if row.finished_at and row.finished_at < now - LEASE]
    settled = [pk for pk in ended if not any(found[pk][status] for status in OPEN)]
    if settled:
        _keep(settled)
    return found


def _counted(keys: Sequence[int]) -> dict[int, dict[str, int]]:
    found = {pk: dict.fromkeys(Status.values, 0) for pk in keys}
    if keys:
        rows = Delivery.objects.filter(mailing__in=keys).order_by()
        for pk, status, n in rows.values_list("mailing", "status").annotate(n=Count("pk")):
            found[pk][status] = n
    return found


@transaction.atomic
def _keep(keys: Sequence[int]) -> None:
    """Keep the numbers of mailings; they are counted under the lock that ``settle`` needs."""
    rows = {row.pk: row for row in Mailing.objects.select_for_update().filter(pk__in=keys)}
    for pk, totals in _counted(list(rows)).items():
        rows[pk].totals = totals
    Mailing.objects.bulk_update(rows.values(), ["totals"])


def repeats(mailing: Mailing) -> int:
    """Return how often a mail was handed over again though nobody knew whether it was taken."""
    rows = Delivery.objects.filter(mailing=mailing, repeats__gt=0)
    return rows.aggregate(n=Sum("repeats"))["n"] or 0


def reasons(mailing: Mailing, most: int = 20) -> list[tuple[str, str, str, int]]:
    """Return why rows of a mailing failed, wait or were dropped, the most frequent first: the
    state, the code, the words and how many."""
    rows = Delivery.objects.filter(mailing=mailing, status__in=WITH_REASONS).order_by()
    found = rows.values_list("status", "code", "reason").annotate(n=Count("pk"))
    return list(found.order_by("-n", "code", "reason")[:most])
