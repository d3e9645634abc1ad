"""A mail to try: an issue as it stands, sent at once to one address that need not be a reader's."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.conf import settings as site_settings

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
from posts.readers.throttling import Limit, wait

LIMITS = [Limit(30, timedelta(hours=1))]


def send_test(
    post: Post,
    address: str,
    *,
    by: Actor,
    is_advertising: bool = False,
    log: Log | None = None,
) -> None:
    """Send an issue to one address, a draft too, as readers would get it.

    Its own addresses lead nowhere: they belong to nobody. Raises PermissionDenied and CannotSend.
    """
    access.check(by, access.SEND)
    if not site_settings.EMAIL:
        raise MailIsOff
    if post.problem:
        raise HasProblem
    if is_suppressed(digest_of(address)):
        raise GetsNoMail
    if by is not None and wait("mailing.test", str(by.pk), LIMITS):
        raise NotTaken(_("You sent many test mails in the last hour. Try again later."))
    settings, token = MailSettings.current(), uuid4().hex
    reader = Subscriber(address=address, language=post.language)
    mail = composing.compose(post, is_advertising=is_advertising)
    try:
        message = composing.to_message(mail, subscriber=reader, token=token, settings=settings)
        sender = composing.envelope_sender(token, settings)
    except composing.NoSender as error:
        raise HasNoSender from error
    _hand_over(message, sender, address)
    if log:
        log(post)


def _hand_over(message: bytes, sender: str, address: str) -> None:
    transport = the_transport()
    outcome = transport.send(message, sender, address)
    transport.close()
    if outcome.kind != Kind.ACCEPTED:
        said = f"{outcome.code} {outcome.reason}".strip()
        raise NotTaken(Message(_("The server did not take the mail: %(said)s"), said=said))
