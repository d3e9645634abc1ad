"""Limits on how often somebody may do something, counted in the database: all workers share them.

Counting is one conditional update, so that of any number of requests at once no more than the
limit get through. Who it was is kept as a keyed digest only, and not for longer than a day.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string
from django_tasks import task

from posts.models import RateCount

KEPT = timedelta(days=1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times in each window of time; windows are the same for all, from midnight UTC on."""

    times: int
    window: timedelta


def client_of(request: HttpRequest) -> str:
    """Return the address by which what a client does is counted; it is stored nowhere."""
    return str(import_string(settings.CLIENT_ADDRESS)(request))


def wait(
    purpose: str, who: str, limits: Iterable[Limit], at: datetime | None = None, by: int = 1
) -> int:
    """Count one more time (or ``by`` more) that somebody does something; return how many seconds
    are to wait.

    0 means that the limits allow it. ``who`` is anything that tells clients apart, such as an
    address; only its keyed digest is stored. Call it outside a transaction: what is rolled back is
    not counted.
    """
    now = at or timezone.now()
    client = f"{purpose}:{_digest(purpose, who)}"
    for limit in limits:
        if not _count(client, limit, now, by):
            return ceil((limit.window - (now - EPOCH) % limit.window).total_seconds())
    return 0


def allow(purpose: str, who: str, limits: Iterable[Limit], at: datetime | None = None) -> bool:
    """Count one more time, as ``wait`` does; return whether the limits allow it."""
    return not wait(purpose, who, limits, at)


class Shares:
    """A limit on what comes too often to be written down each time: a process takes shares of it.

    What it has taken of a window it gives out without asking the database. So all processes
    together never give more than the limit, and one request in ``PARTS`` writes.
    """

    PARTS = 60
    CLIENTS = 10_000  # remembered at once; one that is forgotten takes another share
    SPENT = -1  # nothing is left in this window, and the database need not be asked again

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose
        self._left: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def wait(self, who: str, limit: Limit, at: datetime | None = None) -> int:
        """Count one more time, as ``wait`` does; return how many seconds are to wait.

        Where two threads meet, one of the shares is lost, and none is given out twice.
        """
        now = at or timezone.now()
        window = now - (now - EPOCH) % limit.window
        of, left = self._left.pop(who, (window, 0))
        if of != window or not left:
            left = self._take(who, limit, now) or self.SPENT
        self._left[who] = window, left if left == self.SPENT else left - 1
        if len(self._left) > self.CLIENTS:
            self._left.popitem(last=False)
        return ceil((window + limit.window - now).total_seconds()) if left == self.SPENT else 0

    def _take(self, who: str, limit: Limit, now: datetime) -> int:
        """Take a share of a client's limit and return its size; 0 when there is none left."""
        share = max(1, limit.times // self.PARTS)
        client = f"{self._purpose}:{_digest(self._purpose, who)}"
        return share if _count(client, limit, now, share) else 0


def _digest(purpose: str, who: str) -> str:
    return salted_hmac("posts.throttling", f"{purpose}\0{who}", algorithm="sha256").hexdigest()


def _count(client: str, limit: Limit, now: datetime, by: int = 1) -> bool:
    if settings.READ_ONLY:
        return True  # nothing may be written, and there is little that could be done too often
    key = f"{client}:{int(limit.window.total_seconds())}"
    window = now - (now - EPOCH) % limit.window
    RateCount.objects.bulk_create([RateCount(key=key, window=window)], ignore_conflicts=True)
    row = RateCount.objects.filter(key=key, window=window, count__lte=limit.times - by)
    return bool(row.update(count=F("count") + by))


@task()
def prune_rate_counts() -> int:
    """Forget what was counted in windows that began more than a day ago; return how many."""
    old = RateCount.objects.filter(window__lt=timezone.now() - KEPT)
    return old.delete()[0]
