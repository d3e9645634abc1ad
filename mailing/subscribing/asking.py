"""Asking for mail (double opt-in): a form asks, a mail with a button goes out, the button confirms.

Nobody who sends a form learns whether an address is known: the answer is the same, and a task does
what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from mailing import access, rhythms, wording
from mailing.access import Actor
from mailing.addresses import checked, digest_of, mailbox_of
from mailing.models import Consent, SignUp, Subscriber
from mailing.subscribing import notes, tokens
from mailing.subscribing.consents import write_down
from mailing.subscribing.suppressing import is_suppressed
from mailing.subscribing.tokens import TokenError
from mailing.subscribing.wishes import Wish, choose
from posts.throttling import Limit, allow

# Mails that anybody can have sent to somebody else.
CONFIRMATIONS: Final = (Limit(3, timedelta(hours=1)), Limit(5, timedelta(days=1)))
REMINDERS: Final = (Limit(1, timedelta(days=1)),)
# Where it was asked, of those whom nobody but an import asks.
IMPORT: Final = "import"
GETTING: Final = (Subscriber.Status.ACTIVE, Subscriber.Status.PAUSED)


class Asked(NamedTuple):
    """What somebody asks for: an address, as it is stored, its language, and what comes to it."""

    address: str
    language: str
    rhythm: str
    choices: Sequence[Wish] = ()


@transaction.atomic
def ask(
    address: str,
    *,
    language: str,
    rhythm: str,
    choices: Iterable[Wish] = (),
    form: str,
    by: Actor = None,
) -> None:
    """Ask for mail to an address; nothing tells whether it is known.

    ``choices`` are pairs of a kind of ``Choice`` and a value, none is everything; ``form`` says
    where it was asked. Raises AddressError for what is no address, and PermissionDenied for
    staff without the right.
    """
    access.check(by, access.CHANGE_SUBSCRIBERS)
    row = Asked(checked(address), language, rhythm, tuple(choices))
    (stored,) = _store([row], form)
    transaction.on_commit(partial(answer.enqueue, stored.pk))


@transaction.atomic
def ask_all(asked: Sequence[Asked], form: str) -> None:
    """Ask for mail to many addresses, by a few queries: for imports, which check who may."""
    keys = [row.pk for row in _store(asked, form)]
    transaction.on_commit(partial(answer_all.enqueue, keys))


def _store(asked: Sequence[Asked], form: str) -> list[SignUp]:
    languages = {row.language for row in asked}
    words = {code: wording.keep(wording.agreement(code), code) for code in languages}
    return SignUp.objects.bulk_create(
        SignUp(
            address=row.address,
            language=row.language,
            rhythm=row.rhythm,
            choices=[list(wish) for wish in row.choices],
            form=form[:200],
            wording=words[row.language],
        )
        for row in asked
    )


@task()
def answer_all(keys: Sequence[int]) -> int:
    """Have each of many who asked answered by a task of its own, so that one that fails keeps
    nobody else from it; return how many. Who was answered is not answered again."""
    for pk in keys:
        answer.enqueue(pk)
    return len(keys)


@task()
def answer(pk: int) -> str:
    """Mail what somebody who asked needs to know; return which mail it is, "" for none.

    Who gets mail already is reminded of it once a day at most. Who must not get any gets none.
    """
    row = SignUp.objects.filter(pk=pk, subscriber=None).first()
    if row is None:
        return ""
    digest = digest_of(row.address)
    known = Subscriber.objects.filter(digest=digest, status__in=GETTING).first()
    # All at once: what is counted but not sent would not be sent by the next try either.
    with transaction.atomic():
        if is_suppressed(digest) or not _may_mail(row.address, is_known=known is not None):
            row.delete()
            return ""
        if known:
            _remind(row, known)
            return "known"
        _ask_back(row, digest)
        return "confirm"


def _may_mail(address: str, *, is_known: bool) -> bool:
    """Count a mail that a form has sent; by mailbox, so that me+1@, me+2@… are no way around it."""
    if is_known:
        return allow("mail-known", digest_of(address), REMINDERS)
    return allow("mail-confirm", mailbox_of(address), CONFIRMATIONS)


def _remind(row: SignUp, subscriber: Subscriber) -> None:
    notes.send_with("known", subscriber, of=row.choices)
    row.delete()


def _ask_back(row: SignUp, digest: str) -> None:
    """Have the owner of an address asked whether it was them, or whether they want what an import
    brought them in for."""
    defaults = {"address": row.address, "language": row.language, "rhythm": row.rhythm}
    subscriber, _made = Subscriber.objects.get_or_create(digest=digest, defaults=defaults)
    row.subscriber, row.address = subscriber, ""
    row.save()
    write_down(subscriber, Consent.Kind.ASKED, row.form, wording=row.wording)
    notes.send_with("invite" if row.form == IMPORT else "confirm", subscriber, of=row.pk)


def sign_up_of(token: str) -> SignUp:
    """Return what a token confirms, with its subscriber; raise TokenError or TokenExpired."""
    pk = tokens.read(tokens.CONFIRM, token)
    row = SignUp.objects.select_related("subscriber", "wording").filter(pk=pk).first()
    if row is None or row.subscriber is None:
        raise TokenError
    return row


@transaction.atomic
def confirm(token: str) -> Subscriber:
    """Let what was asked for hold; return the subscriber. A token that was used changes nothing.

    Raises TokenError or TokenExpired, and TokenError for who must not get mail any more, or is
    erased at this moment.
    """
    row = sign_up_of(token)
    subscriber = Subscriber.objects.select_for_update().filter(sign_ups=row).first()
    if subscriber is None:
        raise TokenError
    row.refresh_from_db()
    if row.confirmed_at is not None:
        return subscriber
    if is_suppressed(subscriber.digest):
        raise TokenError
    was_getting = subscriber.status in GETTING
    subscriber.language, subscriber.rhythm = row.language, row.rhythm
    begin(subscriber)
    choose(subscriber, [(kind, value) for kind, value in row.choices])
    row.confirmed_at = subscriber.confirmed_at
    row.save(update_fields=["confirmed_at"])
    write_down(subscriber, Consent.Kind.GIVEN, row.form, wording=row.wording)
    if not was_getting:
        notes.send_later("welcome", subscriber)
    return subscriber


def begin(subscriber: Subscriber) -> None:
    """Let mail go to a subscriber from now on, and save the row."""
    now = timezone.now()
    subscriber.status = Subscriber.Status.ACTIVE
    subscriber.confirmed_at = subscriber.consented_at = now
    subscriber.left_at = subscriber.paused_until = subscriber.asked_at = None
    subscriber.soft_bounces, subscriber.first_soft_at = 0, None
    rhythms.begin(subscriber, now)
    subscriber.save()
