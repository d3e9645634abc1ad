"""The way out: one mail to one reader, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from mailing.sending.transports.backend import BackendTransport
from mailing.sending.transports.outcomes import Kind, Outcome, Scope, always, nothing
from mailing.sending.transports.smtp import SmtpTransport

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Transport(Protocol):
    """Something that takes mails; ``has_events``: it tells afterwards what became of each."""

    @property
    def has_events(self) -> bool: ...

    def send(
        self,
        message: bytes,
        sender: str,
        recipient: str,
        token: str = "",
        *,
        mark: Callable[[], bool] = always,
        meanwhile: Callable[[], object] = nothing,
    ) -> Outcome:
        """Hand over a whole message (RFC 5322) in the name of an envelope's sender.

        ``token`` is the delivery's, which providers give back with what they tell of it. ``mark``
        is asked once, before the server gets anything that it could take, whether the message may
        leave, and notes that it does; where it may not, it is kept. ``meanwhile`` is done while
        the server looks at the message, where it is waited for.
        """

    def close(self) -> None:
        """End what is open."""


def the_transport() -> Transport:
    """Return the one of the settings."""
    return SmtpTransport() if settings.EMAIL_BACKEND == SMTP else BackendTransport()
