"""A mail to try: an issue as it stands, sent at once to one address that need not be a reader's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from django.conf import settings as site_settings
from django.utils.timezone import localtime, now
from django.utils.translation import get_language, pgettext

from mailing import access, composing
from mailing.access import Actor
from mailing.addresses import digest_of
from mailing.models import MailSettings, Subscriber
from mailing.sending.planning import Log
from mailing.sending.refusals import GetsNoMail, HasNoSender, HasProblem, MailIsOff, NotTaken
from mailing.sending.transports import Kind, the_transport
from mailing.subscribing import is_suppressed
from posts.messages import Message
from posts.messages import Message as _
from posts.models import Post
from posts.throttling import Limit, wait

LIMITS = [Limit(30, timedelta(hours=1))]


def send_test(
    post: Post,
    address: str,
    *,
    by: Actor,
    is_advertising: bool = False,
    log: Log | None = None,
) -> None:
    """Send an issue to one address, a draft too, as readers would get it but for a mark in its
    subject.

    Its own addresses lead nowhere: they belong to nobody. Raises PermissionDenied and CannotSend.
    """
    access.check(by, access.SEND)
    _check(address, by, has_problem=bool(post.problem))
    mail = composing.compose(post, is_advertising=is_advertising)
    _send(mail, address, post.language)
    if log:
        log(post)


def send_sample(address: str, *, by: Actor) -> None:
    """Send a short mail that shows that the mail settings work, and as whose mail it comes.

    Raises PermissionDenied and CannotSend.
    """
    access.check(by, access.CHANGE_SETTINGS)
    _check(address, by)
    reader = Subscriber(address=address, language=get_language() or "")
    _send(composing.compose_note("sample", reader), address, reader.language)


def _check(address: str, by: Actor, *, has_problem: bool = False) -> None:
    """Raise what speaks against a test mail."""
    if not site_settings.EMAIL:
        raise MailIsOff
    if has_problem:
        raise HasProblem
    # Before anything is told of an address: not everybody who may send may see who left.
    if by is not None and (seconds := wait("mailing.test", str(by.pk), LIMITS)):
        until = localtime(now() + timedelta(seconds=seconds))
        words = _("You sent many test mails in the last hour. Send the next one after %(time)s.")
        raise NotTaken(Message(words, time=f"{until:%H:%M}"))
    if is_suppressed(digest_of(address)):
        raise GetsNoMail


def _send(mail: composing.Mail, address: str, language: str) -> None:
    settings, token = MailSettings.current(), uuid4().hex
    reader = Subscriber(address=address, language=language)
    marked = pgettext("the subject of a test mail", "[Test] %(subject)s")
    mail = replace(mail, subject=marked % {"subject": mail.subject})
    try:
        message = composing.to_message(mail, subscriber=reader, token=token, settings=settings)
        sender = composing.envelope_sender(token, settings)
    except composing.NoSender as error:
        raise HasNoSender from error
    _hand_over(message, sender, address)


def _hand_over(message: bytes, sender: str, address: str) -> None:
    transport = the_transport()
    outcome = transport.send(message, sender, address)
    transport.close()
    if outcome.kind != Kind.ACCEPTED:
        said = f"{outcome.code} {outcome.reason}".strip()
        raise NotTaken(Message(_("The server did not take the mail: %(said)s"), said=said))
