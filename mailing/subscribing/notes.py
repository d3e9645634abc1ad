"""Sending short mails about mail itself: please confirm, welcome, goodbye and the like.

They go to one reader each, by a task that begins after the commit. ``compose_note`` words them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.headerregistry import Address
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django_tasks import task

from mailing.addresses import digest_of
from mailing.composing import Kind, Mail, compose_note
from mailing.composing.headers import date, envelope_sender, mailbox, message_id, sender
from mailing.models import MailSettings, Subscriber
from mailing.subscribing import tokens
from mailing.subscribing.naming import names_of
from mailing.subscribing.wishes import wishes_of
from posts import identity
from posts.mails import hand_over
from posts.publishing.describing import absolute
from posts.throttling import Limit, allow

# Of each kind, to each reader: leaving and coming back by turns is no way to have mails sent.
LIMITS: Final = {
    Kind.WELCOME: (Limit(2, timedelta(days=1)),),
    Kind.GOODBYE: (Limit(2, timedelta(days=1)),),
}


def send_later(kind: str, subscriber: Subscriber) -> None:
    """Send a mail of a kind of ``NOTES`` once the transaction is committed.

    What goes beyond ``LIMITS`` is not sent.
    """
    transaction.on_commit(partial(_enqueue, kind, subscriber.pk, subscriber.key))


def _enqueue(kind: str, pk: int, key: str) -> None:
    if kind not in LIMITS or allow(f"mail-{kind}", key, LIMITS[Kind(kind)]):
        send.enqueue(kind, pk)


def send_with(kind: str, subscriber: Subscriber, of: Any = None) -> None:
    """Send a mail as ``send_later`` does, by a task of this very transaction: whoever is killed
    leaves both or neither. For tasks alone: without a worker it is sent here and now.

    ``of`` is what it is about, as JSON can say it.
    """
    send.enqueue(kind, subscriber.pk, of)


@task()
def send(kind: str, pk: int, of: Any = None) -> bool:
    """Send a short mail; return whether there was one to send. Raises MailNotTaken."""
    subscriber = Subscriber.objects.filter(pk=pk).first()
    if subscriber is None or not settings.EMAIL:
        return False
    known = NOTES[kind](subscriber, of)
    if known is None:
        return False
    with timezone.override(subscriber.zone or identity.current().time_zone):
        note = compose_note(kind, subscriber, **known)
    hand_over(_message(note, subscriber, known.get("address", "")))
    return True


def _message(note: Mail, subscriber: Subscriber, elsewhere: str) -> EmailMultiAlternatives:
    """Return a note to a subscriber, or to another address than theirs."""
    ours = MailSettings.current()
    name, own = sender(ours)
    message = EmailMultiAlternatives(
        note.subject,
        note.text,
        # Django takes it for the envelope (RFC 5321), and what headers say of it for the mail.
        _envelope(ours, subscriber, elsewhere),
        [elsewhere or subscriber.address],
        headers={
            **note.headers,
            # Not encoded: Django does that, and providers take names as they are.
            "From": str(Address(name, addr_spec=mailbox(own))),
            "Message-ID": message_id(uuid4()),
            "Date": date(timezone.now()),
        },
        reply_to=[mailbox(ours.reply_to)] if ours.reply_to else None,
    )
    message.attach_alternative(note.html, "text/html")
    return message


def _envelope(ours: MailSettings, subscriber: Subscriber, elsewhere: str) -> str:
    """Return where a note comes back to, which says whose it was; but what comes back from another
    address says nothing of a subscriber's own."""
    if elsewhere and ours.bounce_address:
        return mailbox(ours.bounce_address)
    return envelope_sender(tokens.in_envelope(subscriber), ours)


# What they are told; None where there is nothing to say any more


def reader_url(subscriber: Subscriber, add: list[list[str]] | None = None) -> str:
    """Return the whole address of a reader's own page; ``add`` are choices to propose there."""
    query = urlencode([("add", f"{kind}:{value}") for kind, value in add or ()])
    return absolute(subscriber.own_path()) + (f"?{query}" if query else "")


def _confirm(subscriber: Subscriber, sign_up: int) -> dict[str, Any] | None:
    row = subscriber.sign_ups.filter(pk=sign_up, confirmed_at=None).first()
    if row is None:
        return None
    path = reverse("mailing:confirm", args=[tokens.make(tokens.CONFIRM, row.pk)])
    return {"url": absolute(path), "language": row.language}


def _known(subscriber: Subscriber, wishes: list[list[str]]) -> dict[str, Any]:
    return {"url": reader_url(subscriber, wishes)}


def _welcome(subscriber: Subscriber, _of: Any) -> dict[str, Any]:
    wishes = wishes_of(subscriber)
    with translation.override(subscriber.language or identity.current().language):
        names = names_of(wishes)
    return {"what": [names.get(wish, wish[1]) for wish in wishes]}


def _goodbye(subscriber: Subscriber, _of: Any) -> dict[str, Any] | None:
    return None if subscriber.left_at is None else {"url": reader_url(subscriber)}


def _move(subscriber: Subscriber, _of: Any) -> dict[str, Any] | None:
    new = subscriber.moving_to
    if not new:
        return None
    token = tokens.make(tokens.MOVE, [subscriber.pk, digest_of(new)])
    return {"url": absolute(reverse("mailing:move", args=[token])), "address": new}


def _moving(subscriber: Subscriber, _of: Any) -> dict[str, Any]:
    return {"url": reader_url(subscriber)}


def _reconfirm(subscriber: Subscriber, _of: Any) -> dict[str, Any] | None:
    if subscriber.status not in (Subscriber.Status.ACTIVE, Subscriber.Status.PAUSED):
        return None
    return {"url": absolute(reverse("mailing:renew", args=[subscriber.key]))}


NOTES: Final[dict[str, Callable[[Subscriber, Any], dict[str, Any] | None]]] = {
    Kind.CONFIRM: _confirm,
    Kind.INVITE: _confirm,
    Kind.KNOWN: _known,
    Kind.WELCOME: _welcome,
    Kind.GOODBYE: _goodbye,
    Kind.MOVE: _move,
    Kind.MOVING: _moving,
    Kind.RECONFIRM: _reconfirm,
}
