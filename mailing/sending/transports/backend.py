"""Handing mails to any other backend of Django: a provider by django-anymail, the console, tests.

What anymail adds to messages and exceptions is looked at by name: it need not be installed.
"""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from mailing.sending.transports.outcomes import Kind, Outcome, Scope, always, nothing

PROVIDERS: Final = "anymail.backends."
# Set by Django, or by the provider, from what the message says elsewhere.
_OWN = frozenset(
    {"content-transfer-encoding", "content-type", "from", "mime-version", "subject", "to"}
)
# The provider was busy, or wants us to be slower: it did not take the mail.
_LATER = frozenset({408, 425, 429, 503})
_LOCKED = frozenset({401, 402, 403})


class BackendTransport:
    """The backend of the settings, one message at a time."""

    def __init__(self) -> None:
        self._connection: Any = None

    @property
    def has_events(self) -> bool:
        """Whether the provider tells afterwards what became of each mail."""
        return settings.EMAIL_BACKEND.startswith(PROVIDERS)

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
        """Hand one mail over; raise nothing that is about one mail."""
        if not mark():
            return Outcome(Kind.KEPT)
        mail = as_django(message, recipient)
        mail.metadata = {"delivery": token}  # type: ignore[attr-defined]
        mail.envelope_sender = sender  # type: ignore[attr-defined]
        try:
            if self._connection is None:
                self._connection = get_connection()
                self._connection.open()
            self._connection.send_messages([mail])
        except Exception as error:  # noqa: BLE001 (each provider has exceptions of its own)
            return read_error(error)
        return read_status(getattr(mail, "anymail_status", None))

    def close(self) -> None:
        """End the session with the provider."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def as_django(message: bytes, recipient: str) -> EmailMultiAlternatives:
    """Return a message as Django's backends take it."""
    parsed = message_from_bytes(message, _class=Parsed, policy=policy.default)
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    headers = {name: str(value) for name, value in parsed.items() if name.lower() not in _OWN}
    mail = EmailMultiAlternatives(
        subject=str(parsed["subject"] or ""),
        body=text.get_content() if text else "",
        from_email=str(parsed["from"] or settings.EMAIL_FROM),
        to=[recipient],
        headers=headers,
    )
    if html is not None:
        mail.attach_alternative(html.get_content(), "text/html")
    return mail


def read_status(status: Any) -> Outcome:
    """Return what anymail's status of a mail means; None: a backend that says nothing took it."""
    if status is None:
        return Outcome(Kind.ACCEPTED)
    said = set(status.status or ())
    name = next(iter(sorted(said)), "")
    if said & {"rejected", "invalid", "failed"}:
        return Outcome(Kind.REFUSED, reason=name)
    ids = status.message_id
    first = next(iter(sorted(ids)), "") if isinstance(ids, set | frozenset) else ids or ""
    return Outcome(Kind.ACCEPTED, reason=name, provider_id=str(first)[:200])


def read_error(error: Exception) -> Outcome:
    """Return what an error of a provider means, by its HTTP status where it has one."""
    name, code = type(error).__name__, getattr(error, "status_code", None)
    if name == "AnymailRecipientsRefused":
        return Outcome(Kind.REFUSED, reason="rejected")
    if code in _LATER:
        return Outcome(Kind.DEFERRED, str(code), name, Scope.SENDER)
    if code in _LOCKED:
        return Outcome(Kind.TROUBLE, str(code), name, Scope.SENDER)
    if isinstance(code, int) and 400 <= code < 500:
        return Outcome(Kind.REFUSED, str(code), name)
    if name in {"AnymailConfigurationError", "AnymailSerializationError", "ImproperlyConfigured"}:
        return Outcome(Kind.TROUBLE, "", str(error)[:300], Scope.SENDER)
    # It broke in the middle, or the provider did: who knows what it took.
    return Outcome(Kind.UNKNOWN, str(code or ""), name, Scope.SENDER)
