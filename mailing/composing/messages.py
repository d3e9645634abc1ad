"""The whole message for one reader (RFC 5322, 2045): a mail with what is that reader's own.

What is the same for all is encoded once for a mail; each reader costs the last lines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from django.utils import timezone

from mailing.composing import encoding, headers
from mailing.composing.encoding import Encoding
from mailing.composing.mails import READER, SENT_TO, Mail
from mailing.models import MailSettings, Subscriber


@dataclass(frozen=True)
class _Body:
    """A body: what of it is encoded already, and what is left for each reader."""

    name: Encoding
    encoded: bytes
    rest: str

    def own(self, key: str, said: str) -> bytes:
        """Return the body of a reader, encoded."""
        rest = self.rest.replace(READER, key).replace(SENT_TO, said)
        return self.encoded + encoding.encode(rest.encode(), self.name)


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
    settings = settings or MailSettings.current()
    boundary = f"=_{hashlib.sha256(f'boundary {token}'.encode()).hexdigest()[:32]}"
    said = mail.sent_to % headers.clean(subscriber.address) if mail.sent_to else ""
    text, html = _bodies(mail)
    parts = (
        _head(mail, subscriber, token, settings, boundary),
        _part(boundary, "plain", text, text.own(subscriber.key, f"{said}\n" if said else "")),
        _part(boundary, "html", html, html.own(subscriber.key, escape(said))),
        f"--{boundary}--\r\n".encode(),
    )
    return b"".join(parts)


def _head(
    mail: Mail, subscriber: Subscriber, token: Any, settings: MailSettings, boundary: str
) -> bytes:
    values = {
        "From": headers.addressed(headers.sender(settings)[0], headers.sender_mailbox(settings)),
        "To": headers.addressed(subscriber.name, subscriber.address),
        "Reply-To": headers.mailbox(settings.reply_to) if settings.reply_to else "",
        "Subject": headers.unstructured(mail.subject),
        "Date": headers.date(timezone.now()),
        "Message-ID": headers.message_id(token),
        **{name: value.replace(READER, subscriber.key) for name, value in mail.headers.items()},
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    written = (headers.written(name, value) for name, value in values.items() if value)
    return b"".join(written) + b"\r\n"


def _part(boundary: str, kind: str, body: _Body, encoded: bytes) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {body.name}\r\n\r\n"
    )
    return head.encode() + encoded


def _bodies(mail: Mail) -> tuple[_Body, _Body]:
    return _encoded(f"{mail.text}{SENT_TO}" if mail.sent_to else mail.text), _encoded(mail.html)


@lru_cache(maxsize=8)
def _encoded(text: str) -> _Body:
    """Return a body up to the line in which the first thing of a reader's own stands.

    In base64 that ends with a whole line, which blank ones make up.
    """
    places = [place for mark in (READER, SENT_TO) if (place := text.find(mark)) >= 0]
    cut = text.rfind("\n", 0, min(places)) + 1 if places else len(text)
    name = encoding.best(text.encode())
    first = text[:cut].encode()
    if name == "base64":
        # What is over goes to the rest, so that no line but the last is short.
        cut_bytes = len(first) - len(first) % encoding.LINE
        while cut_bytes and (first[cut_bytes : cut_bytes + 1] or b"a")[0] & 0xC0 == 0x80:
            cut_bytes -= encoding.LINE
        rest = first[cut_bytes:].decode() + text[cut:]
        return _Body(name, encoding.encode(first[:cut_bytes], name), rest)
    return _Body(name, encoding.encode(first, name), text[cut:])
