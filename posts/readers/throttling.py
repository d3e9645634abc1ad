"""Limits on how often somebody may do something, counted in the database: all workers share them.

Counting is one conditional update, so that of any number of requests at once no more than the
limit get through. Who it was is kept as a keyed digest only, and not for longer than a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_tasks import task

from posts.models import RateCount

KEPT = timedelta(days=1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times in each window of time; windows are the same for all, from midnight UTC on."""

    times: int
    window: timedelta


def wait(purpose: str, who: str, limits: Iterable[Limit], at: datetime | None = None) -> int:
    """Count one more time that somebody does something; return how many seconds are to wait.

    0 means that the limits allow it. ``who`` is anything that tells clients apart, such as an
    address; only its keyed digest is stored. Call it outside a transaction: what is rolled back is
    not counted.
    """
    now = at or timezone.now()
    digest = salted_hmac("posts.throttling", f"{purpose}\0{who}", algorithm="sha256").hexdigest()
    for limit in limits:
        if not _count(f"{purpose}:{digest}", limit, now):
            return ceil((limit.window - (now - EPOCH) % limit.window).total_seconds())
    return 0


def allow(purpose: str, who: str, limits: Iterable[Limit], at: datetime | None = None) -> bool:
    """Count one more time that somebody does something; return whether the limits allow it."""
    return not wait(purpose, who, limits, at)


def _count(client: str, limit: Limit, now: datetime) -> bool:
    key = f"{client}:{int(limit.window.total_seconds())}"
    window = now - (now - EPOCH) % limit.window
    RateCount.objects.bulk_create([RateCount(key=key, window=window)], ignore_conflicts=True)
    row = RateCount.objects.filter(key=key, window=window, count__lt=limit.times)
    return bool(row.update(count=F("count") + 1))


@task()
def prune_rate_counts() -> int:
    """Forget what was counted in windows that began more than a day ago; return how many."""
    old = RateCount.objects.filter(window__lt=timezone.now() - KEPT)
    return old.delete()[0]
