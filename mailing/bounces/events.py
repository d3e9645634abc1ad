"""What is told of mails afterwards, and what follows from it for the ledger and for readers.

Each thing is told once (``Event.name``), in any order. An address that is gone, and a reader who
calls a mail spam, get no mail from then on. So does an address from which mail came back for other
reasons five times in 30 days, without one that arrived in between.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from mailing import access, rhythms, sending, subscribing
from mailing.access import Actor
from mailing.addresses import digest_of
from mailing.models import Consent, Delivery, Event, Subscriber, Suppression

MOST_SOFT, WINDOW = 5, timedelta(days=30)
# By this note a suppression is known which a mail that arrived takes back.
SOFT_NOTE: Final = "5 × 30 d"
# Nothing is told of mails before: a clock or a column is wrong, and no window begins before year 1.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")
Kind = Event.Kind


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was told of a mail: of its delivery, of the address it went to, or both.

    ``name`` is the same each time it is told. ``address`` is "" where whoever tells it is not to be
    trusted with it; then it is the address of the delivery's subscriber.
    """

    name: str
    kind: Kind
    at: datetime
    delivery: Delivery | None = None
    address: str = ""
    code: str = ""
    reason: str = ""


def record(told: Told) -> bool:
    """Write down what was told, with all that follows, at once; return whether it was new."""
    return record_all([told]) == 1


@transaction.atomic
def record_all(told: Iterable[Told]) -> int:
    """Write down what was told, all of it or nothing; return how much was new.

    What came back for now is weighed once for each address, however often it is told.
    """
    new = [event for one in told if (event := _record(one))]
    counted = [event for event in new if event.digest and not _is_forgiven(event)]
    for event in counted:
        _follow(event)
    weighed = [event for event in counted if event.kind in (Kind.SOFT, Kind.DELIVERED)]
    weighed.sort(key=lambda event: (event.digest, event.at))
    for _digest, events in groupby(weighed, key=lambda event: event.digest):
        for near in _near(events):
            _weigh(near)
    return len(new)


def _record(told: Told) -> Event | None:
    """Write down something that was told, in the ledger, too; None where it was before."""
    digest = digest_of(told.address) if told.address else _digest_of(told.delivery)
    reason = without_addresses(told.reason)
    # One at a time for each reader, so that two who count come to five.
    list(Subscriber.objects.select_for_update().filter(digest=digest).values_list("pk"))
    event, is_new = Event.objects.get_or_create(
        name=told.name[:200],
        defaults={
            "kind": told.kind,
            "delivery": told.delivery,
            "digest": digest,
            "code": told.code[:20],
            "reason": reason,
            "at": max(EARLIEST, min(told.at, timezone.now())),
        },
    )
    if is_new and told.delivery:
        sending.settle(told.delivery, told.kind, told.code, reason, event.at)
    return event if is_new else None


def on_refusal(
    sender: type[Delivery],
    delivery: Delivery,
    code: str,
    reason: str,
    is_gone: bool,
    **_signal: Any,
) -> None:
    """Write down that a server refused a mail, as if it had come back (receiver of ``refused``)."""
    kind = Kind.HARD if is_gone else Kind.SOFT
    name = f"refused/{delivery.token.hex}"
    record(Told(name, kind, timezone.now(), delivery, code=code, reason=reason))


def without_addresses(text: str) -> str:
    """Return what a server said without the addresses in it, in one line."""
    return _ADDRESS.sub("…", " ".join(text.replace("\0", "").split()))[:300]


def _digest_of(delivery: Delivery | None) -> str:
    """Return the digest of where a mail went; "" if the reader has another address since."""
    if delivery is None or delivery.subscriber is None:
        return ""
    sent_at = delivery.handed_at or delivery.claimed_at or delivery.mailing.created_at
    moved = Consent.objects.filter(
        subscriber=delivery.subscriber, kind=Consent.Kind.MOVED, at__gt=sent_at
    )
    return "" if moved.exists() else delivery.subscriber.digest


def _is_forgiven(event: Event) -> bool:
    """Tell whether staff took back what followed from events of this address after this one."""
    later = Event.objects.filter(digest=event.digest, kind=Kind.LIFTED, at__gte=event.at)
    return later.exclude(pk=event.pk).exists()


def _follow(event: Event) -> None:
    note = f"{event.code} {event.reason}".strip()
    match event.kind:
        case Kind.HARD:
            subscribing.suppress(event.digest, Suppression.Reason.BOUNCED, note)
        case Kind.COMPLAINT:
            subscribing.suppress(event.digest, Suppression.Reason.COMPLAINED, note)
        case Kind.LEFT:
            for subscriber in Subscriber.objects.filter(digest=event.digest):
                subscribing.leave(subscriber, "provider")


# Those that come back for now


def _near(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Yield events, in the order in which they happened, in lists without a gap of WINDOW."""
    near: list[Event] = []
    for event in events:
        if near and event.at - near[-1].at >= WINDOW:
            yield near
            near = []
        near.append(event)
    yield near


def _weigh(events: list[Event]) -> None:
    """Count what came back for now around events of an address, and act where it was too often.

    Whatever order events come in: what counts is when they happened.
    """
    digest, has_arrived = events[0].digest, any(event.kind == Kind.DELIVERED for event in events)
    readers = Subscriber.objects.filter(digest=digest)
    is_good = all(event.kind == Kind.DELIVERED for event in events)
    if is_good and not readers.filter(soft_bounces__gt=0).exists():
        return
    around = Event.objects.filter(
        digest=digest,
        kind__in=(Kind.SOFT, Kind.DELIVERED, Kind.LIFTED),
        at__gt=events[0].at - WINDOW,
        at__lt=events[-1].at + WINDOW,
    )
    most, current = _runs(around.order_by("at", "kind").values_list("kind", "at"))
    readers.update(soft_bounces=len(current), first_soft_at=current[0] if current else None)
    if most >= MOST_SOFT:
        subscribing.suppress(digest, Suppression.Reason.BOUNCED, SOFT_NOTE)
    elif has_arrived:
        _take_back(digest)


def _runs(events: Iterable[tuple[str, datetime]]) -> tuple[int, list[datetime]]:
    """Return how many came back at most within WINDOW, and those that did at the end."""
    run: deque[datetime] = deque()
    most = 0
    for kind, at in events:
        if kind != Kind.SOFT:
            run.clear()
            continue
        run.append(at)
        while run[0] <= at - WINDOW:
            run.popleft()
        most = max(most, len(run))
    return most, list(run)


def _take_back(digest: str) -> None:
    """Let mail go again to an address that was thought full: one arrived in between."""
    rows = Suppression.objects.filter(
        digest=digest, reason=Suppression.Reason.BOUNCED, note=SOFT_NOTE
    )
    if Event.objects.filter(digest=digest, kind=Kind.HARD).exists() or not rows.delete()[0]:
        return
    _let_in(digest)


def _let_in(digest: str) -> None:
    """Let mail go on to who bounced, with what appears from now on."""
    bounced = Subscriber.objects.filter(digest=digest, status=Subscriber.Status.BOUNCED)
    # Who came with an import as bounced has never agreed to anything.
    for row in bounced.exclude(confirmed_at=None).select_for_update():
        row.status, row.left_at = Subscriber.Status.ACTIVE, None
        row.soft_bounces, row.first_soft_at = 0, None
        rhythms.resume(row, timezone.now())
        row.save()


def lift(digest: str, *, by: Actor, reason: str) -> None:
    """Take back that an address gets no mail; who called it spam or left has to ask anew.

    Raises PermissionDenied, and ValueError without a reason.
    """
    access.check(by, access.UNSUPPRESS)
    if not reason.strip():
        raise ValueError("a reason is needed")
    now = timezone.now()
    with transaction.atomic():
        Suppression.objects.filter(digest=digest).delete()
        _let_in(digest)
        Event.objects.create(
            name=f"lifted/{digest[:40]}/{now.isoformat()}",
            kind=Kind.LIFTED,
            digest=digest,
            reason=without_addresses(reason),
            at=now,
        )
