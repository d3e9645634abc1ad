"""The whole message for one reader (RFC 5322, 2045): a mail with what is that reader's own.

What is the same for all is written and encoded once for a mail (``Letter``); each reader costs the
three first lines of the head, and the last ones of the bodies.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils import timezone

from mailing.composing import encoding, headers
from mailing.composing.encoding import Encoding
from mailing.composing.mails import READER, SENT_TO, Mail
from mailing.models import MailSettings, Subscriber


@dataclass(frozen=True, slots=True)
class _Body:
    """A body: what of it is encoded already, with its head, and what is left for each reader."""

    name: Encoding
    encoded: bytes
    rest: str

    def own(self, key: str, said: str) -> bytes:
        """Return the body of a reader, encoded."""
        rest = self.rest.replace(READER, key).replace(SENT_TO, said)
        return self.encoded + encoding.encode(rest.encode(), self.name)


class Letter:
    """A mail on its way to many: all of it but what is a reader's own, as bytes.

    Raises NoSender where the settings name no sender.
    """

    def __init__(self, mail: Mail, settings: MailSettings) -> None:
        self.sent_to = mail.sent_to
        digest = hashlib.sha256(f"{mail.subject}\n{mail.text}\n{mail.html}".encode())
        # Neither encoding of a body has a line that begins so.
        boundary = f"=_{digest.hexdigest()[:32]}"
        self._head = _head(mail, settings, boundary)
        text = f"{mail.text}{SENT_TO}" if mail.sent_to else mail.text
        self._text = _body(text, "plain", boundary)
        self._html = _body(mail.html, "html", boundary)
        self._end = f"--{boundary}--\r\n".encode()

    def to(self, subscriber: Subscriber, token: Any) -> bytes:
        """Return the message for a reader; see ``to_message``."""
        key = subscriber.key
        said = self.sent_to % headers.clean(subscriber.address) if self.sent_to else ""
        parts = (
            headers.written("To", headers.addressed(subscriber.name, subscriber.address)),
            headers.written("Date", headers.date(timezone.now())),
            headers.written("Message-ID", headers.message_id(token)),
            self._head.replace(_READER, key.encode()),
            self._text.own(key, f"{said}\n" if said else ""),
            self._html.own(key, escape(said)),
            self._end,
        )
        return b"".join(parts)


_READER = READER.encode()


def to_message(
    mail: Mail,
    *,
    subscriber: Subscriber,
    token: Any,
    settings: MailSettings | None = None,
) -> bytes:
    """Return the message for a reader, its lines ending in CRLF, never longer than 78 bytes but for
    addresses in headers.

    ``token`` (a UUID) names the delivery: with it, the Message-ID is the same each time.
    Raises ValueError where the reader's address is none, NoSender where the sender's is.
    """
    return Letter(mail, settings or MailSettings.current()).to(subscriber, token)


def _head(mail: Mail, settings: MailSettings, boundary: str) -> bytes:
    """Return what of the head is the same for all but for the reader's key, and its end."""
    values = {
        "From": headers.addressed(headers.sender(settings)[0], headers.sender_mailbox(settings)),
        "Reply-To": headers.mailbox(settings.reply_to) if settings.reply_to else "",
        "Subject": headers.unstructured(mail.subject),
        **mail.headers,
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    written = (headers.written(name, value) for name, value in values.items() if value)
    return b"".join(written) + b"\r\n"


def _body(text: str, kind: str, boundary: str) -> _Body:
    """Return a body up to the line in which the first thing of a reader's own stands.

    In base64 that ends with a whole line, which blank ones make up.
    """
    places = [place for mark in (READER, SENT_TO) if (place := text.find(mark)) >= 0]
    cut = text.rfind("\n", 0, min(places)) + 1 if places else len(text)
    name = encoding.best(text.encode())
    first, rest = text[:cut].encode(), text[cut:]
    if name == "base64":
        # What is over goes to the rest, so that no line but the last is short.
        whole = len(first) - len(first) % encoding.LINE
        while whole and (first[whole : whole + 1] or b"a")[0] & 0xC0 == 0x80:
            whole -= encoding.LINE
        first, rest = first[:whole], first[whole:].decode() + rest
    return _Body(name, _part(boundary, kind, name) + encoding.encode(first, name), rest)


def _part(boundary: str, kind: str, name: Encoding) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {name}\r\n\r\n"
    ).encode()
