"""Workers hand mails over, a slice of the ledger at a time."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from mailing.composing import NoSender
from mailing.models import Delivery, Lane, Mailing
from mailing.sending import ledger, pacing
from mailing.sending.mails import Mails, Ready
from mailing.sending.signals import refused
from mailing.sending.transports import Kind, Outcome, Scope, Transport, the_transport

logger = logging.getLogger(__name__)

SLICE: Final = 500
# Who waits for a slow server leaves the rest to others after so many seconds.
LONGEST: Final = 60.0
# Workers of one mailing at once; other tasks want some, too.
LANES: Final = 3
# So many refusals one after another, and none taken: it is not about readers. Fewer are enough
# where they are most of a slice, and nobody got anything of the mailing yet.
SUSPICIOUS: Final = 20
FEW: Final = 3
# What the trouble of a mailing begins with that was paused for that.
REFUSED: Final = "refused: "
# So often in a row the server was not there: it is left alone for a while.
MOST_LOST: Final = 3


@task()
def send_slice(mailing: int, mark: str) -> int:
    """Hand over a slice of a mailing; return how many mails the server took.

    ``mark`` is that of a lane, and what the slice's rows are claimed by. A run that finds rows
    under its mark has another before it, which was killed: it goes on with them, and of the one
    that was being handed over nobody knows. A task whose lane was given to another, such as by a
    worker that was only slow, does no more than say so of that one.
    """
    claim, transport = UUID(mark), the_transport()
    handed = Delivery.objects.filter(mailing=mailing, status=ledger.Status.HANDED, claim=claim)
    ledger.lose(handed, "a worker ended", told=transport.has_events)
    lane = Lane.objects.filter(mailing=mailing, mark=mark)
    found = Mailing.objects.filter(pk=mailing).select_related("post").first()
    if found is None or not lane.update(at=timezone.now()):
        return 0
    rows = ledger.claimed(mailing, claim) or ledger.claim(mailing, claim, SLICE)
    courier = Courier(found, transport)
    try:
        courier.carry(rows)
    finally:
        transport.close()
        ledger.release(mailing, claim)
    _go_on(found, claim, any_claimed=bool(rows))
    return courier.taken


def wake(mailing: int) -> None:
    """Have a mailing's ledger worked off, by at most LANES lanes.

    A lane goes on as long as there is something that may be handed over. One of which nothing was
    heard for long lost its task, and is replaced.
    """
    now = timezone.now()
    with transaction.atomic():
        # One at a time, so that there are never more.
        if not Mailing.objects.select_for_update().filter(pk=mailing).exists():
            return
        lanes = Lane.objects.filter(mailing=mailing)
        lanes.filter(at__lt=now - ledger.LEASE).delete()
        room = LANES - lanes.count()
        waiting = ledger.waiting(mailing, LANES * SLICE) if room > 0 else 0
        count = min(room, -(-waiting // SLICE))
        new = [Lane(mailing_id=mailing, at=now) for _lane in range(count)]
        for lane in Lane.objects.bulk_create(new):
            _enqueue(mailing, lane.mark)


def _enqueue(mailing: int, mark: UUID) -> None:
    """Have the task of a lane run, in the transaction that marks it: whoever is killed leaves both
    or neither. Without a worker it runs at once, and so after the transaction."""
    enqueue = partial(send_slice.enqueue, mailing, mark.hex)
    if send_slice.get_backend().supports_get_result:  # which means that it is stored
        enqueue()
    else:
        transaction.on_commit(enqueue)


def _go_on(mailing: Mailing, mark: UUID, *, any_claimed: bool) -> None:
    """Have the lane's next slice handed over, or end it, and see that the mailing is done.

    What waits for another hour, or for a service that wants patience, is left to ``start_due``.
    """
    lane = Lane.objects.filter(mark=mark)
    if any_claimed and ledger.waiting(mailing.pk, 1):
        following = uuid4()
        with transaction.atomic():
            if lane.update(mark=following, at=timezone.now()):
                _enqueue(mailing.pk, following)
        return
    lane.delete()
    finish(mailing.pk, told=the_transport().has_events)


def finish(mailing: int, *, told: bool) -> bool:
    """Say that a mailing is sent, when nothing of it is to be done; tell whether it is so."""
    rows = Mailing.objects.filter(pk=mailing, status=Mailing.Status.SENDING, is_filled=True)
    if not rows.exists() or not ledger.is_over(mailing, told=told):
        return False
    return bool(rows.update(status=Mailing.Status.DONE, finished_at=timezone.now()))


class Courier:
    """Hands the rows of a slice over, one after another.

    What became of a mail is committed together with the mark of the next, before that is handed
    over: one commit for each mail.
    """

    def __init__(self, mailing: Mailing, transport: Transport) -> None:
        self.mailing = mailing
        self.transport = transport
        self.mails = Mails(mailing)
        self.taken = 0
        self._last: tuple[Delivery, Outcome] | None = None
        self._made: tuple[Delivery, Ready | None] | None = None
        self._put_off: set[str] = set()
        self._slowed = pacing.slowed()
        self._asked = self._lost = 0
        self._refused: list[Delivery] = []
        self._told: list[tuple[Delivery, Outcome]] = []
        self._said = ""
        self._is_stale = self._is_over = False

    def carry(self, rows: list[Delivery]) -> None:
        """Hand rows over, until all are, or something speaks against it."""
        end = time.monotonic() + LONGEST
        for row, following in zip_longest(rows, rows[1:]):
            if row.group in self._put_off:
                continue
            self._carry(row, following)
            if self._is_over or time.monotonic() > end:
                break
        with transaction.atomic():
            self._write_last()
        if self._is_refused_by_all():
            self._distrust()
        self._tell_refusals()

    def _carry(self, row: Delivery, following: Delivery | None) -> None:
        """Hand a row over; the mail of the following one is made while the server looks at it."""
        made, self._made = self._made, None
        ready = made[1] if made and made[0] is row else self._mail_of(row)
        while True:
            self._is_stale = False
            outcome = self._hand(row, ready, following)
            if not self._is_stale:
                break
            self.mails.renew()
            ready = self._mail_of(row)
        if outcome.kind == Kind.KEPT:
            return
        self._last = (row, outcome)
        self._asked += 1
        if outcome.kind != Kind.ACCEPTED or self._refused or self._lost:
            self._look_at(row, outcome)

    def _hand(self, row: Delivery, ready: Ready | None, following: Delivery | None) -> Outcome:
        """Hand a mail over, if there is one and it may leave."""
        if ready is None:
            self._mark(row, None)
            return Outcome(Kind.KEPT)
        return self.transport.send(
            ready.message,
            ready.sender,
            ready.recipient,
            token=row.token.hex,
            mark=partial(self._mark, row, ready.items),
            meanwhile=partial(self._make, following),
        )

    def _mark(self, row: Delivery, items: int | None) -> bool:
        """Mark a row as handed over, by the commit that says what became of the one before; tell
        whether its mail may leave. ``items`` is what that brings; None: nothing, so that the row
        is dropped."""
        with transaction.atomic():
            self._write_last()
            self._is_stale = not self.mails.is_current()
            if self._is_stale:
                return False
            if items is None:
                ledger.drop(row, ledger.EMPTY)
            elif ledger.hand(row, items):
                return True
            elif not ledger.drop_unwilling(row):
                self._is_over = not self._is_going()
        return False

    def _make(self, row: Delivery | None) -> None:
        """Make the mail of a row ahead. What goes wrong is met again when it is its turn."""
        if row is not None:
            with suppress(Exception):
                self._made = row, self.mails.of(row)

    def _mail_of(self, row: Delivery) -> Ready | None:
        try:
            return self.mails.of(row)
        except Exception as error:
            stop_for(self.mailing, "sender" if isinstance(error, NoSender) else "compose")
            raise

    def _is_going(self) -> bool:
        return (
            Mailing.objects.filter(pk=self.mailing.pk, status=Mailing.Status.SENDING).exists()
            and Delivery.objects.filter(ledger.going(), mailing=self.mailing.pk).exists()
        )

    # What the server said

    def _write_last(self) -> None:
        """Write down what became of the last mail, in the caller's transaction."""
        if self._last is None:
            return
        row, outcome = self._last
        self._last = None
        WRITE[outcome.kind](self, row, outcome)

    def _look_at(self, row: Delivery, outcome: Outcome) -> None:
        """See what an outcome means for the mails after it."""
        with transaction.atomic():
            self._write_last()
        if outcome.kind == Kind.ACCEPTED:
            self._lost = 0
            self._refused.clear()
        elif outcome.kind == Kind.REFUSED:
            if not ledger.was_refused(row):
                self._refused.append(row)
                self._said = f"{outcome.code} {outcome.reason}".strip()
            if len(self._refused) >= SUSPICIOUS and not self.taken:
                self._distrust()
        elif outcome.kind == Kind.TROUBLE:
            self._stop(outcome)
        elif outcome.kind in {Kind.LOST, Kind.UNKNOWN}:
            self._lost += 1
            if self._lost >= MOST_LOST:
                pacing.slow(pacing.ALL)
                self._is_over = True
        elif outcome.scope == Scope.SENDER:
            self._is_over = True
        elif outcome.scope == Scope.SERVICE:
            self._put_off.add(row.group)
            ledger.release(self.mailing.pk, row.claim or uuid4(), row.group)

    def _stop(self, outcome: Outcome) -> None:
        stop_for(self.mailing, f"{outcome.code} {outcome.reason}".strip())
        self._is_over = True

    def _is_refused_by_all(self) -> bool:
        """Tell whether a slice was refused that is too short for SUSPICIOUS."""
        count = len(self._refused)
        is_much = count >= FEW and count * 2 > self._asked and not self._is_over
        return is_much and not self.taken and not ledger.reached_anybody(self.mailing.pk)

    def _distrust(self) -> None:
        """Pause the mailing since its server refuses everybody, who then wait again.

        A relay that is set up badly may call every address dead. Who is refused once more, after
        somebody said to go on, is taken at its word.
        """
        stop_for(self.mailing, f"{REFUSED}{self._said}")
        ledger.take_back(self._refused)
        self._told = [(row, said) for row, said in self._told if ledger.was_refused(row)]
        self._is_over = True

    def _tell_refusals(self) -> None:
        """Tell of refused mails as of bounces: if the server took anything of the mailing."""
        is_trusted = bool(self._told) and (
            bool(self.taken) or ledger.reached_anybody(self.mailing.pk)
        )
        for row, said in self._told:
            if is_trusted or ledger.was_refused(row):
                words = {"code": said.code[:20], "reason": said.reason[:300]}
                refused.send(Delivery, delivery=row, is_gone=said.is_dead, **words)

    def _accepted(self, row: Delivery, outcome: Outcome) -> None:
        self.taken += 1
        for group in self._slowed & {row.group, pacing.ALL}:
            self._slowed.discard(group)
            pacing.recover(group)
        ledger.accept(row, outcome.code, outcome.reason, outcome.provider_id)

    def _deferred(self, row: Delivery, outcome: Outcome) -> None:
        until = None
        if outcome.scope != Scope.READER:
            until = pacing.slow(row.group if outcome.scope == Scope.SERVICE else pacing.ALL)
        if not ledger.defer(row, outcome.code, outcome.reason, until):
            self._told.append((row, outcome))

    def _refuse(self, row: Delivery, outcome: Outcome) -> None:
        ledger.refuse(row, outcome.code, outcome.reason)
        self._told.append((row, outcome))

    def _unknown(self, row: Delivery, outcome: Outcome) -> None:
        rows = Delivery.objects.filter(pk=row.pk, claim=row.claim)
        ledger.lose(rows, outcome.reason, told=self.transport.has_events)

    def _put_back(self, row: Delivery, _outcome: Outcome) -> None:
        ledger.put_back(row)


WRITE = {
    Kind.ACCEPTED: Courier._accepted,
    Kind.DEFERRED: Courier._deferred,
    Kind.REFUSED: Courier._refuse,
    Kind.UNKNOWN: Courier._unknown,
    Kind.LOST: Courier._put_back,
    Kind.TROUBLE: Courier._put_back,
}


def stop_for(mailing: Mailing, trouble: str) -> None:
    """Pause a mailing because of something that its readers have no part in."""
    rows = Mailing.objects.filter(pk=mailing.pk, status=Mailing.Status.SENDING)
    rows.update(status=Mailing.Status.PAUSED, trouble=trouble[:300])
    logger.error("Mailing %s is paused: %s", mailing.pk, trouble)
