"""The way out: one mail to one reader, and what became of it."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings

from mailing.sending.transports.backend import BackendTransport
from mailing.sending.transports.outcomes import Kind, Outcome, Scope
from mailing.sending.transports.smtp import SmtpTransport

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Transport(Protocol):
    """Something that takes mails; ``has_events``: it tells afterwards what became of each."""

    @property
    def has_events(self) -> bool: ...

    def send(self, message: bytes, sender: str, recipient: str, token: str = "") -> Outcome:
        """Hand over a whole message (RFC 5322) in the name of an envelope's sender.

        ``token`` is the delivery's, which providers give back with what they tell of it.
        """

    def close(self) -> None:
        """End what is open."""


def the_transport() -> Transport:
    """Return the one of the settings."""
    return SmtpTransport() if settings.EMAIL_BACKEND == SMTP else BackendTransport()
