"""Another address for a reader's mail, which counts once it is confirmed there."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from mailing import access, rhythms
from mailing.access import Actor
from mailing.addresses import checked, digest_of, mailbox_of
from mailing.models import Consent, Subscriber
from mailing.subscribing import notes, tokens
from mailing.subscribing.consents import write_down
from mailing.subscribing.suppressing import is_suppressed
from mailing.subscribing.tokens import TokenError
from posts.throttling import Limit, wait

MOVES: Final = (Limit(5, timedelta(days=1)),)


class TooManyMoves(Exception):
    """More mails to other addresses than one reader has reason to send; the next one may leave
    after ``seconds``."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(seconds)


def move(subscriber: Subscriber, address: str, *, by: Actor = None) -> None:
    """Ask at another address whether mail is to go there from now on.

    Whether somebody else gets mail there is not told: then nothing comes of it. Raises AddressError
    or TooManyMoves, and PermissionDenied for staff without the right.
    """
    access.check(by, access.CHANGE_SUBSCRIBERS)
    new = checked(address)
    digest = digest_of(new)
    if digest == subscriber.digest:
        return
    # By the reader, and by who would get it.
    waits = (wait("mail-move", who, MOVES) for who in (subscriber.key, mailbox_of(new)))
    if seconds := next(filter(None, waits), 0):
        raise TooManyMoves(seconds)
    with transaction.atomic():
        Subscriber.objects.filter(pk=subscriber.pk).update(moving_to=new)
        notes.send_later("moving", subscriber)
        if not _is_taken(digest):
            notes.send_later("move", subscriber)


def stay(subscriber: Subscriber) -> None:
    """Take back that mail is to go to another address."""
    Subscriber.objects.filter(pk=subscriber.pk).update(moving_to="")


def moving(token: str) -> tuple[Subscriber, str]:
    """Return who wants to move, and where to; raise TokenError or TokenExpired.

    The address is their own where they have moved already.
    """
    pk, digest = tokens.read(tokens.MOVE, token)
    subscriber = Subscriber.objects.filter(pk=pk).first()
    if subscriber is None:
        raise TokenError
    for address in (subscriber.moving_to, subscriber.address):
        if address and digest_of(address) == digest:
            return subscriber, address
    raise TokenError


@transaction.atomic
def confirm_move(token: str) -> Subscriber:
    """Let mail go to the new address; return the subscriber. A used token changes nothing.

    Mail that came back from the old address says nothing of the new one: it goes on there. Who
    left, or called a mail spam, gets none there either.

    Raises TokenError or TokenExpired, and TokenError where the address is somebody's by now.
    """
    subscriber, address = moving(token)
    row = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if row is None:
        raise TokenError
    if address == row.address:
        return row
    if address != row.moving_to or _is_taken(digest_of(address)):
        raise TokenError
    write_down(row, Consent.Kind.MOVED, "from")
    row.address, row.moving_to = address, ""
    row.soft_bounces, row.first_soft_at = 0, None
    # Who came with an import as bounced has never agreed to anything.
    if row.status == Subscriber.Status.BOUNCED and row.confirmed_at is not None:
        row.status, row.left_at = Subscriber.Status.ACTIVE, None
        rhythms.resume(row, timezone.now())
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise TokenError from error
    write_down(row, Consent.Kind.MOVED, "to")
    return row


def _is_taken(digest: str) -> bool:
    return Subscriber.objects.filter(digest=digest).exists() or is_suppressed(digest)
