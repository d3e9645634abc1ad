"""The ledger: what becomes of each mailing for each reader. Every step is one conditional update.

    queued ─► claimed ─► handed ─► accepted, failed
      ▲          │          ├────► deferred ─► claimed …
      └──────────┘          └────► unknown ─► accepted, failed, queued (the owner's rule)

Of two workers who want a row, one gets it. ``handed`` is committed before the server is asked to
take a mail, together with what became of the one before: one commit for each mail, and whoever is
killed leaves one row of which nobody knows.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from mailing.models import (
    Delivery,
    Event,
    Mailing,
    MailSettings,
    Subscriber,
    Suppression,
)
from mailing.sending import pacing
from posts.models import Post, public
from posts.prepared import prepared_update

Status = Delivery.Status

# Longer than a server may think about a mail (transports.smtp.LAST_WORD), and a slice may take.
LEASE: Final = timedelta(minutes=20)
# For so long a mail that is put off is tried again (RFC 5321, 4.5.4.1: four to five days at most).
TRIED_FOR: Final = timedelta(days=3)
PAUSE: Final = timedelta(minutes=5)
MOST_PAUSE: Final = timedelta(hours=6)
# A provider that has not told of a mail after so long has not got it.
SILENCE: Final = timedelta(hours=1)

WAITING: Final = (Status.QUEUED, Status.DEFERRED)
OPEN: Final = (*WAITING, Status.CLAIMED, Status.HANDED)

# Why a row was dropped, as ``code``; in words: ``mailing.admin.words``.
LEFT, SUPPRESSED, CANCELLED, EMPTY = "left", "suppressed", "cancelled", "empty"

Rows = QuerySet[Delivery]


def receiving() -> Exists:
    """Return the condition that a delivery's reader gets mail at this moment."""
    reader = Subscriber.objects.receiving().filter(pk=OuterRef("subscriber"))
    return Exists(reader)


def suppressed() -> Exists:
    """Return the condition that a delivery's address must get no mail."""
    return Exists(Suppression.objects.filter(digest=OuterRef("subscriber__digest")))


def willing(address: str) -> Exists:
    """Return the condition that a delivery's reader gets mail at this address at this moment.

    All of it is about the reader, so that an update by it joins nothing.
    """
    held = Suppression.objects.filter(digest=OuterRef("digest"))
    readers = Subscriber.objects.receiving().filter(~Exists(held), address=address)
    return Exists(readers.filter(pk=OuterRef("subscriber")))


def going(at: datetime | None = None) -> Exists:
    """Return the condition that a delivery's mailing goes out, and its issue is public."""
    is_due = Q(kind=Mailing.Kind.ROLLUP) | public(at, post="post")
    mailings = Mailing.objects.filter(is_due, status=Mailing.Status.SENDING)
    return Exists(mailings.filter(pk=OuterRef("mailing")))


def due(mailing: int, now: datetime) -> Rows:
    """Return the rows of a mailing that may be claimed, limits aside."""
    when = Q(status=Status.QUEUED) | Q(status=Status.DEFERRED, due_at__lte=now)
    return Delivery.objects.filter(when, mailing=mailing)


def waiting(mailing: int, most: int) -> int:
    """Return how many rows of a mailing may be claimed at this moment, within limits; at most so
    many."""
    now = timezone.now()
    with transaction.atomic():
        allowed = pacing.allowance(MailSettings.current(), most, now)
    return due(mailing, now).exclude(group__in=allowed.blocked)[: allowed.most].count()


# Claiming


def claim(mailing: int, mark: UUID, most: int) -> list[Delivery]:
    """Take rows of a mailing, with their readers, for whoever bears this mark.

    Readers who left and suppressed addresses are dropped on the way.
    """
    now = timezone.now()
    with transaction.atomic():
        allowed = pacing.allowance(MailSettings.current(), most, now)
        found = _first_due(mailing, allowed, now)
        _claim([pk for pk, _group in allowed.within(found)], mark, now)
        rows = claimed(mailing, mark)
        pacing.take(allowed, [row.group for row in rows], now)
    return rows


def _first_due(mailing: int, allowed: pacing.Allowance, now: datetime) -> list[tuple[int, str]]:
    """Return the first rows, with their groups, that may be claimed: of each state in the order of
    its index, so that nothing is sorted."""
    found: list[tuple[int, str]] = []
    for status in WAITING:
        rows = due(mailing, now).filter(status=status).exclude(group__in=allowed.blocked)
        rows = rows.select_for_update(skip_locked=True).order_by("pk")
        found += rows.values_list("pk", "group")[: allowed.most - len(found)]
    return found


def _claim(keys: Sequence[int], mark: UUID, now: datetime) -> None:
    rows = Delivery.objects.filter(pk__in=keys, status__in=WAITING)
    willing = rows.filter(receiving(), ~suppressed(), going())
    willing.update(status=Status.CLAIMED, claim=mark, claimed_at=now)
    _drop_unwilling(rows.filter(going()))


def _drop_unwilling(rows: Rows) -> int:
    now = timezone.now()
    ended = {"status": Status.DROPPED, "settled_at": now, "claim": None, "reason": ""}
    dropped = rows.filter(suppressed()).update(code=SUPPRESSED, **ended)
    return dropped + rows.filter(~receiving()).update(code=LEFT, **ended)


def claimed(mailing: int, mark: UUID) -> list[Delivery]:
    """Return the rows that bear a mark, with their readers."""
    rows = Delivery.objects.filter(mailing=mailing, status=Status.CLAIMED, claim=mark)
    return list(rows.select_related("subscriber", "items").order_by("pk"))


def release(mailing: int, mark: UUID, group: str | None = None) -> int:
    """Give rows back that bear a mark and were not handed over; return how many."""
    rows = Delivery.objects.filter(mailing=mailing, status=Status.CLAIMED, claim=mark)
    return _release(rows if group is None else rows.filter(group=group))


@transaction.atomic
def _release(rows: Rows) -> int:
    """Give claimed rows back, and what they took of the hour's limits."""
    found = list(rows.select_for_update().values_list("pk", "group", "claimed_at"))
    count = Delivery.objects.filter(pk__in=[pk for pk, *_rest in found]).update(
        status=Status.QUEUED, claim=None
    )
    for moment in {moment for *_rest, moment in found}:
        pacing.give_back((group for _pk, group, at in found if at == moment), moment)
    return count


def expire(mailing: int, now: datetime, *, told: bool) -> None:
    """Give rows back whose worker was not heard of for long. See ``lose``."""
    rows = Delivery.objects.filter(mailing=mailing)
    lose(rows.filter(status=Status.HANDED, handed_at__lt=now - LEASE), "a worker ended", told=told)
    _release(rows.filter(status=Status.CLAIMED, claimed_at__lt=now - LEASE))


# By several mailings of an issue


def had(post: Post) -> Rows:
    """Return the rows by which readers have an issue, or are going to."""
    rows = Delivery.objects.filter(once_for=post)
    return rows.exclude(status__in=(Status.DROPPED, Status.FAILED))


def having(post: Post) -> set[int]:
    """Return the readers (by key) of those rows."""
    rows = had(post).filter(subscriber__isnull=False).order_by()
    return set(rows.values_list("subscriber", flat=True))


def give_up(mailing: Mailing, readers: Sequence[int]) -> int:
    """Let a mailing bring its issue to readers for whom an earlier one was refused."""
    rows = Delivery.objects.filter(once_for=mailing.post_id, status=Status.FAILED)
    return rows.filter(subscriber__in=readers).exclude(mailing=mailing).update(once_for=None)


# Handing over


def hand(row: Delivery, items: int) -> bool:
    """Mark a claimed row as being handed over, in the caller's transaction; tell whether it may be.

    It may not when the reader left or has another address than the row was claimed with, the
    address was suppressed, the mailing paused, the issue was withdrawn, or the claim ended since.
    """
    if row.claim is None or row.subscriber is None:
        return False
    now = timezone.now()
    asked = (row.pk, row.claim, row.subscriber.address, now, row.first_at or now)
    return bool(_mark_handed(*asked, row.attempts + 1, items))


@prepared_update
def _mark_handed(
    row: int, claim: UUID, address: str, now: datetime, first: datetime, attempts: int, items: int
) -> tuple[Rows, dict[str, Any]]:
    mine = Delivery.objects.filter(pk=row, claim=claim, status=Status.CLAIMED)
    return mine.filter(willing(address), going(now)), {
        "status": Status.HANDED,
        "handed_at": now,
        "first_at": first,
        "attempts": attempts,
        "items_id": items,
    }


def drop_unwilling(row: Delivery) -> bool:
    """Drop a claimed row whose reader gets no mail any more; tell whether that is so."""
    return _unsent(row, _drop_unwilling(_mine(row, Status.CLAIMED)))


def drop(row: Delivery, why: str) -> None:
    """Drop a claimed row."""
    ended = {"status": Status.DROPPED, "settled_at": timezone.now(), "claim": None}
    _unsent(row, _mine(row, Status.CLAIMED).update(code=why, **ended))


def _unsent(row: Delivery, count: int) -> bool:
    """Give back what a row took of the hour's limits, if it was changed; tell whether it was."""
    if count:
        pacing.give_back([row.group], row.claimed_at)
    return bool(count)


def accept(row: Delivery, code: str, reason: str, provider_id: str) -> None:
    """The server took a mail.

    Whoever handed it over may have been slow, and counted as dead: then it waits once more, and
    must not leave once more.
    """
    said = (timezone.now(), code[:20], reason[:300], provider_id)
    if row.claim is None or not _mark_accepted(row.pk, row.claim, *said):
        again = Delivery.objects.filter(status=Status.QUEUED, repeats__gt=row.repeats, pk=row.pk)
        again.update(**_accepted(*said))


@prepared_update
def _mark_accepted(
    row: int, claim: UUID, at: datetime, code: str, reason: str, provider_id: str
) -> tuple[Rows, dict[str, Any]]:
    states = (Status.HANDED, Status.UNKNOWN)
    mine = Delivery.objects.filter(pk=row, claim=claim, status__in=states)
    return mine, _accepted(at, code, reason, provider_id)


def _accepted(at: datetime, code: str, reason: str, provider_id: str) -> dict[str, Any]:
    return {
        "status": Status.ACCEPTED,
        "settled_at": at,
        "code": code,
        "reason": reason,
        "provider_id": provider_id,
    }


def refuse(row: Delivery, code: str, reason: str) -> None:
    """The server will never take a mail."""
    said = {"code": code[:20], "reason": reason[:300]}
    mine = _mine(row, Status.HANDED, Status.UNKNOWN)
    mine.update(status=Status.FAILED, settled_at=timezone.now(), **said)


def defer(row: Delivery, code: str, reason: str, until: datetime | None = None) -> bool:
    """The server does not take a mail now: try again, if it was not for days; tell whether."""
    now = timezone.now()
    if row.first_at and now - row.first_at > TRIED_FOR:
        refuse(row, code, reason)
        return False
    pause = min(PAUSE * 2 ** min(row.attempts, 10), MOST_PAUSE)
    later = now + pause * random.uniform(0.75, 1.25)  # noqa: S311
    _mine(row, Status.HANDED, Status.UNKNOWN).update(
        status=Status.DEFERRED,
        due_at=max(later, until) if until else later,
        code=code[:20],
        reason=reason[:300],
        claim=None,
    )
    return True


def put_back(row: Delivery) -> None:
    """Nobody took a mail, and nobody was asked to: it waits again."""
    mine = _mine(row, Status.HANDED, Status.UNKNOWN)
    _unsent(row, mine.update(status=Status.QUEUED, claim=None, attempts=F("attempts") - 1))


def take_back(rows: Sequence[Delivery]) -> None:
    """Let readers wait again whom the server refused, if their mailing is paused; ``was_refused``
    tells them from others."""
    keys = [row.pk for row in rows]
    paused = Mailing.objects.filter(pk=OuterRef("mailing"), status=Mailing.Status.PAUSED)
    refused = Delivery.objects.filter(Exists(paused), pk__in=keys, status=Status.FAILED)
    waits = {"claim": None, "due_at": None, "first_at": None, "settled_at": None}
    with transaction.atomic():
        refused.filter(code="").update(code="refused")
        refused.update(status=Status.QUEUED, **waits)


def was_refused(row: Delivery) -> bool:
    """Tell whether a claimed row was refused before, and taken back."""
    return bool(row.code) and row.due_at is None


def reached_anybody(mailing: int) -> bool:
    """Tell whether the server took anything of a mailing."""
    return Delivery.objects.filter(mailing=mailing, status=Status.ACCEPTED).exists()


def is_over(mailing: int, *, told: bool) -> bool:
    """Tell whether nothing of a mailing's ledger is to be done any more."""
    states = (*OPEN, Status.UNKNOWN) if told else OPEN
    return not Delivery.objects.filter(mailing=mailing, status__in=states).exists()


def _mine(row: Delivery, *states: str) -> Rows:
    return Delivery.objects.filter(pk=row.pk, claim=row.claim, status__in=states)


# Nobody knows


def lose(rows: Rows, reason: str = "", *, told: bool = False) -> int:
    """Whether rows that are handed were taken nobody knows: do what the owner chose.

    ``told``: a provider will tell, so that it can wait. Returns how many rows there were.
    """
    keys = list(rows.filter(status=Status.HANDED).values_list("pk", flat=True))
    lost = Delivery.objects.filter(pk__in=keys)
    count = lost.filter(status=Status.HANDED).update(
        status=Status.UNKNOWN, settled_at=timezone.now(), reason=reason[:300], code=""
    )
    if count and not told and MailSettings.current().unknown == MailSettings.Unknown.REPEAT:
        repeat(lost)
    return count


def repeat(rows: Rows) -> int:
    """Hand rows over again of which nobody knows, under the same Message-ID; return how many."""
    return rows.filter(status=Status.UNKNOWN).update(
        status=Status.QUEUED,
        claim=None,
        settled_at=None,
        repeats=F("repeats") + 1,
    )


def repeat_silent(mailing: int, now: datetime) -> None:
    """Hand over again what a provider, who tells of each mail, has not told of."""
    rows = Delivery.objects.filter(mailing=mailing, status=Status.UNKNOWN)
    repeat(rows.filter(settled_at__lt=now - SILENCE))


# What is told afterwards

_TAKEN = (Status.HANDED, Status.UNKNOWN, Status.DEFERRED)
_AFTERWARDS: Final = {
    Event.Kind.DELIVERED: (Status.ACCEPTED, _TAKEN),
    Event.Kind.COMPLAINT: (Status.ACCEPTED, _TAKEN),
    Event.Kind.LEFT: (Status.ACCEPTED, _TAKEN),
    # The provider has it, and goes on trying.
    Event.Kind.DEFERRED: (Status.ACCEPTED, (Status.HANDED, Status.UNKNOWN)),
    Event.Kind.SOFT: (Status.FAILED, (*_TAKEN, Status.ACCEPTED)),
    Event.Kind.HARD: (Status.FAILED, (*_TAKEN, Status.ACCEPTED)),
}


def settle(
    delivery: Delivery, kind: str, code: str = "", reason: str = "", at: datetime | None = None
) -> bool:
    """Write down what a provider or a mail server tells of a delivery; tell whether it is news.

    ``kind`` is one of Event.Kind. A mail of which nobody knew, and that waits to be handed over
    again, is not handed over again when it turns out to have been taken.
    """
    status, states = _AFTERWARDS[Event.Kind(kind)]
    known = Q(status__in=states) | Q(status__in=WAITING, repeats__gt=0)
    is_news = Delivery.objects.filter(known, pk=delivery.pk).update(
        status=status, settled_at=at or timezone.now(), code=code[:20], reason=reason[:300]
    )
    if is_news:
        kept = Mailing.objects.filter(pk=delivery.mailing_id, totals__isnull=False)
        kept.update(totals=None)
    return bool(is_news)
