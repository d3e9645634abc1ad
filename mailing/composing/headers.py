"""What stands in the head of a mail: RFC 5322 and 2047, 2369, 2919 and 8058, 3834."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlsplit

import idna
from django.conf import settings as django_settings
from django.urls import reverse

from mailing.composing import frames
from mailing.composing.mails import READER
from mailing.models import MailSettings
from posts import identity
from posts.markdown.references import encode_url
from posts.models import Post
from posts.publishing.describing import absolute

ADVERTISING: Final = "(광고)"
"""At the very beginning of a subject: what Korea's law on networks asks for (article 50)."""
LEAVE: Final = "leave"
"""The first word of the subject of a mail by which somebody leaves; the second is the key."""
_WIDTH: Final = 76
_WORD_BYTES: Final = 39  # of an encoded word: a line with one is of 76 letters (RFC 2047, 2)
_LONGEST_WORD: Final = 60
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+\Z")
_NOT_IN_LABEL: Final = re.compile(r"[^a-z0-9-]+")


def clean(text: str) -> str:
    """Return a text as one line: whatever could begin another header is a space."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def subject(title: str, *, is_advertising: bool = False) -> str:
    """Return a subject."""
    said = clean(title)
    if is_advertising and not said.startswith(ADVERTISING):
        return f"{ADVERTISING} {said}"
    return said


def of_list(settings: MailSettings) -> dict[str, str]:
    """Return the headers by which mail programs know a list and how to leave it."""
    leave = encode_url(frames.address("leave"))
    ways = [f"<{leave}>"]
    if mailbox := _leaving_address(settings):
        ways.append(f"<mailto:{quote(mailbox, safe='@+')}?subject={LEAVE}%20{READER}>")
    return {
        "List-Id": list_id(settings),
        "List-Unsubscribe": ", ".join(ways),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Subscribe": f"<{encode_url(absolute(reverse('mailing:subscribe')))}>",
        "List-Archive": f"<{encode_url(absolute(reverse('posts:archive')))}>",
    }


def of_issue(post: Post) -> dict[str, str]:
    """Return the headers of an issue's mail alone."""
    return {"Feedback-ID": feedback_id(f"issue-{post.uid.hex[:12]}", "issue")}


def feedback_id(name: str, kind: str) -> str:
    """Return what Gmail groups complaints by: a mailing, its kind, the list, and who sends.

    The last is of 5 to 15 letters, and always the same (https://support.google.com/mail/answer/6254652).
    """
    return f"{name}:{kind}:newsletter:{sha256(_host().encode()).hexdigest()[:12]}"


def list_id(settings: MailSettings) -> str:
    """Return the List-Id (RFC 2919): the site's name where it is ASCII, and an address of a list.

    That in brackets is ASCII always, and so is all of it: a phrase is no place for encoded words
    that every mail program reads.
    """
    name = clean(identity.current().name)
    known = settings.list_id or f"newsletter.{_host()}"
    phrase = f'"{_quoted(name)}" ' if name.isascii() and name else ""
    return f"{phrase}<{known}>"


def sender(settings: MailSettings) -> tuple[str, str]:
    """Return the name and address of whom mails are from."""
    name, address = parseaddr("" if settings.sender_address else django_settings.EMAIL_FROM)
    return (
        clean(settings.sender_name or name or identity.current().name),
        settings.sender_address or address,
    )


class NoSender(ValueError):
    """Neither the mail settings nor EMAIL_FROM name an address that mails can come from."""


def sender_mailbox(settings: MailSettings) -> str:
    """Return the address of whom mails are from, in ASCII. Raises NoSender."""
    try:
        return mailbox(sender(settings)[1])
    except ValueError as error:
        raise NoSender from error


def envelope_sender(token: object, settings: MailSettings) -> str:
    """Return where what cannot be delivered comes back to (RFC 5321's MAIL FROM), by token (VERP).

    Without an address for bounces it is that of the sender, as it is. Raises NoSender.
    """
    if not settings.bounce_address:
        return sender_mailbox(settings)
    local, _at, domain = mailbox(settings.bounce_address).rpartition("@")
    return f"{local}+{getattr(token, 'hex', token)}@{domain}"


def message_id(token: object) -> str:
    """Return the Message-ID of a delivery: the same whenever it is composed."""
    return f"<{getattr(token, 'hex', token)}@{_host()}>"


def mailbox(address: str) -> str:
    """Return an address whose domain is ASCII. Raises ValueError for one that is none."""
    local, at, domain = clean(address).rpartition("@")
    if not (local and at and domain) or re.search(r"[\s<>,;:\"()\[\]\\]", local + domain):
        raise ValueError("this is no address")
    return f"{local}@{_ascii(domain)}"


@lru_cache(maxsize=1024)
def _ascii(domain: str) -> str:
    """Return a domain in ASCII (RFC 5891). Raises ValueError for one that is none.

    Most readers are at few domains: each costs a third of a message.
    """
    return idna.encode(domain, uts46=True).decode()


def addressed(name: str, address: str) -> str:
    """Return a name and an address as they stand in a header, ready but for folding."""
    name = clean(name)
    if not name:
        return mailbox(address)
    return f"{_phrase(name)} <{mailbox(address)}>"


def written(name: str, value: str) -> bytes:
    """Return a header as it is sent, folded (RFC 5322, 2.2.3)."""
    return "\r\n ".join(_folded(f"{name}: {clean(value)}")).encode("ascii") + b"\r\n"


def unstructured(text: str) -> str:
    """Return the text of a header such as Subject: as it is, or as encoded words (RFC 2047)."""
    text = clean(text)
    if (
        text.isascii()
        and "=?" not in text
        and max(map(len, text.split()), default=0) <= _LONGEST_WORD
    ):
        return text
    return " ".join(_encoded_words(text))


def date(moment: datetime) -> str:
    """Return a moment as mails write it."""
    return format_datetime(moment.astimezone(UTC))


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name:
        return " ".join(_encoded_words(name))
    return name if _ATOMS.match(name) else f'"{_quoted(name)}"'


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _encoded_words(text: str) -> Iterator[str]:
    """Yield encoded words, none of which ends within a character."""
    part = b""
    for char in text:
        data = char.encode("utf-8", "replace")
        if len(part) + len(data) > _WORD_BYTES:
            yield f"=?utf-8?B?{b64encode(part).decode()}?="
            part = b""
        part += data
    if part:
        yield f"=?utf-8?B?{b64encode(part).decode()}?="


def _folded(line: str) -> Iterator[str]:
    taken = ""
    for word in line.split(" "):
        # Not behind the name alone: some servers lose such a header.
        if taken and len(taken) + 1 + len(word) > _WIDTH and not taken.endswith(":"):
            yield taken
            taken = word
        else:
            taken = f"{taken} {word}" if taken else word
    yield taken


def _leaving_address(settings: MailSettings) -> str:
    """Return the mailbox for those who leave by mail; "" where the site reads none."""
    if not django_settings.MAIL_BOUNCES:
        return ""
    try:
        return mailbox(settings.bounce_address)
    except ValueError:
        return ""


def _host() -> str:
    """Return the host of the site in ASCII, which names lists and messages."""
    return _host_of(django_settings.SITE_URL)


@lru_cache(maxsize=8)
def _host_of(url: str) -> str:
    host = urlsplit(url).hostname or "localhost"
    try:
        host = idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        host = _NOT_IN_LABEL.sub("-", host.lower()).strip("-")
    return host if "." in host else f"{host}.localdomain"
