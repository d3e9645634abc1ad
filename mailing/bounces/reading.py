"""What a mail says that came to the address for bounces: pure, and ready for hostile mail.

A mail is a report about one of ours (RFC 3464, and what servers send in its place), a complaint
(RFC 5965), somebody who wants to leave, an automatic answer, or something else. Whose mail it is
about is known by words that only its reader got: the token in the envelope it was sent under
(VERP) and in its Message-ID.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from mailing.bounces.verdicts import code_in, verdict
from mailing.models import Event

if TYPE_CHECKING:
    from flufl.bounce import Recipients

# A report says what it has to say at its beginning; what follows is the mail that came back.
MOST_BYTES: Final = 1024 * 1024
# Of parts within parts, of headers, of lines that may end a part: real reports have 3, 50 and 10.
MOST_MULTIPARTS, MOST_HEADERS, MOST_EDGES = 20, 1000, 2000
MOST_PARTS: Final = 50
MOST_TEXT: Final = 20_000
# Of a mail that flufl.bounce reads, which goes through it once for each of some hundred patterns.
MOST_LINES, LONGEST_LINE, MOST_LETTERS = 1000, 998, 40_000
# Reports of longer ago count as of then at the earliest.
OLDEST: Final = timedelta(days=30)
# What hostile mail makes the library of Python and flufl.bounce raise.
BROKEN: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

_MULTIPART: Final = re.compile(rb"(?im)^content-type:\s*(?:multipart|message)/")
_TOKEN: Final = re.compile(
    r"(?<![0-9a-fA-F-])([0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12})(?![0-9a-fA-F-])"
)
# Where servers write for whom a mail was delivered.
_ENVELOPE: Final = (
    "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To",
)  # fmt: skip
_OF_OURS: Final = ("Message-ID", "Original-Mail-From", "Return-Path", "List-Unsubscribe")
# As addresses in List-Unsubscribe ask for it: the word at a token or key, or alone as the subject.
# Elsewhere it may mean anything: "I am on leave".
_LEAVE: Final = re.compile(r"(?i)\b(?:leave|unsubscribe)[ +:=_-]{1,3}(?=[\w-]{32})")
_LEAVE_ALONE: Final = re.compile(r"(?i)\s*(?:leave|unsubscribe)\s*")
_KEY: Final = re.compile(r"(?<![\w-])[\w-]{32}(?![\w-])", re.ASCII)
_DAEMON: Final = re.compile(r"(?i)mailer-?daemon|postmaster|mail ?delivery|mdaemon")


class Sort(StrEnum):
    """What a mail is."""

    REPORT = "report"
    COMPLAINT = "complaint"
    LEAVE = "leave"
    AUTOMATIC = "automatic"
    STRANGE = "strange"


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says: its sort and, for reports, the kind of event.

    ``tokens`` may name deliveries and ``keys`` subscribers, best first; both are only claims until
    a row is found. ``name`` is the same whenever the same mail is read.
    """

    sort: Sort
    name: str
    at: datetime
    kind: Event.Kind | None = None
    tokens: tuple[UUID, ...] = ()
    keys: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""


def read(data: bytes, now: datetime) -> Mail:
    """Return what a mail says; STRANGE where it cannot be read, or is not for us."""
    data = data[:MOST_BYTES]
    nothing = Mail(Sort.STRANGE, _digest(data), now)
    if len(_MULTIPART.findall(data)) > MOST_MULTIPARTS or data.count(b"\n--") > MOST_EDGES:
        return nothing
    try:
        message = message_from_bytes(data, policy=compat32)
        return nothing if len(message) > MOST_HEADERS else _read(message, data, now)
    except BROKEN:
        return nothing


def _read(message: Message, data: bytes, now: datetime) -> Mail:
    parts = list(_parts(message))
    envelope = tokens_in(_values(message, _ENVELOPE))
    returned = list(_returned(message, parts))[:MOST_PARTS]
    name = _header(message, "Message-ID").strip().encode("utf-8", "replace")
    head: dict[str, Any] = {
        "name": _digest(name or data),
        "at": _moment(message, now),
        "tokens": tuple(dict.fromkeys([*envelope, *tokens_in(returned)])),
        "keys": _keys_in(returned),
    }
    if (feedback := _feedback(parts)) is not None:
        return _complaint(feedback, head)
    if (report := _report(parts)) is not None:
        return _from_report(report, head)
    is_daemon = _is_from_daemon(message)
    if not is_daemon and (leaving := _leaving(message, head)):
        return leaving
    if not is_daemon and _is_automatic(message):
        return Mail(Sort.AUTOMATIC, **head)
    return _guessed(message, parts, head, is_ours=bool(envelope) and is_daemon)


# Reports and complaints


def _report(parts: list[Message]) -> Message | None:
    """Return the fields about the first recipient of a report (RFC 3464, 2.3); None for none."""
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            for fields in _blocks(part):
                if fields["Action"] or fields["Status"]:
                    return fields
    return None


def _from_report(fields: Message, head: dict[str, Any]) -> Mail:
    action = _header(fields, "Action").strip().lower().partition(" ")[0]
    said = _plain(_header(fields, "Diagnostic-Code"))
    status = code_in(_header(fields, "Status") + " ")
    # Some write 5.0.0 or 5.5.0 there, and what they mean into the words of the other server.
    code = code_in(said) if status[2:] in ("0.0", "5.0", "") and code_in(said) else status
    if action in ("delivered", "relayed", "expanded"):
        kind = Event.Kind.DELIVERED if action == "delivered" else Event.Kind.DEFERRED
    else:
        kind = verdict(code, said, is_for_good=action != "delayed")
    return Mail(Sort.REPORT, kind=kind, code=code, reason=said, **head)


def _feedback(parts: list[Message]) -> Message | None:
    """Return the fields of a complaint (RFC 5965, 3); None for none."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            return next(iter(_blocks(part)), Message())
    return None


def _complaint(fields: Message, head: dict[str, Any]) -> Mail:
    kind = _header(fields, "Feedback-Type").strip().lower()
    if kind == "not-spam":
        return Mail(Sort.AUTOMATIC, **head)
    more = tokens_in(_values(fields, ("Original-Mail-From",)))
    head["tokens"] = tuple(dict.fromkeys([*head["tokens"], *more]))
    left = kind in ("opt-out", "opt-out-list")
    event = Event.Kind.LEFT if left else Event.Kind.COMPLAINT
    return Mail(Sort.COMPLAINT, kind=event, reason=kind[:40], **head)


def _blocks(part: Message) -> Iterator[Message]:
    """Yield the groups of fields of a report, also where it is encoded, which RFC 3464 forbids."""
    payload = part.get_payload()
    if isinstance(payload, list) and any(len(block) for block in payload):
        blocks = [block for block in payload if isinstance(block, Message)]
        yield from blocks
        payload = "".join(str(block.get_payload()) for block in blocks if not len(block))
    text = _decoded(part, payload if isinstance(payload, str) else "")
    for block in re.split(r"\r?\n[ \t]*\r?\n", text[:MOST_TEXT]):
        if block.strip():
            yield HeaderParser(policy=compat32).parsestr(block.lstrip())


def _decoded(part: Message, text: str) -> str:
    if not text and isinstance(part.get_payload(), list):
        text = "".join(str(block) for block in part.get_payload())
    bare = Message()
    bare["Content-Transfer-Encoding"] = part.get("Content-Transfer-Encoding", "7bit")
    bare.set_payload(text.strip("\r\n"))
    found = bare.get_payload(decode=True)
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else text


# What is no report, and may be one all the same


def _guessed(
    message: Message, parts: list[Message], head: dict[str, Any], *, is_ours: bool
) -> Mail:
    """Read what servers send that know no RFC 3464: in flufl.bounce's many ways, or by its words.

    Words alone count only for what a server sent to the token of a mail.
    """
    if not (head["tokens"] or head["keys"]):
        return Mail(Sort.STRANGE, **head)
    text = _text(parts)
    temporary, permanent = _detected(message)
    code = code_in(text)
    if not (temporary or permanent) and not (is_ours and code):
        return Mail(Sort.STRANGE, **head)
    said = _around(text, code)
    kind = verdict(code, said, is_for_good=bool(permanent) or not temporary)
    return Mail(Sort.REPORT, kind=kind, code=code, reason=said, **head)


def _detected(message: Message) -> tuple[Recipients, Recipients]:
    """Return whom flufl.bounce finds: those for whom a server still tries, and the others."""
    from flufl.bounce import all_failures  # noqa: PLC0415 (1 MB, for reports of an odd form alone)

    for name in ("From", "Subject"):  # it takes them for ASCII
        if name in message:
            plain = _header(message, name)[:LONGEST_LINE].encode("ascii", "replace").decode()
            message.replace_header(name, plain)
    _shorten(message)
    try:
        return all_failures(message)
    except BROKEN:
        return frozenset(), frozenset()


def _shorten(message: Message) -> None:
    """Leave the beginning of a mail, without empty lines that follow others."""
    lines, letters = MOST_LINES, MOST_LETTERS
    for part in message.walk():
        payload = part.get_payload()
        if isinstance(payload, str):
            kept = _first_lines(payload[:MOST_BYTES], lines, letters)
            lines, letters = lines - len(kept), letters - sum(map(len, kept))
            part.set_payload("\n".join(kept) + "\n")


def _first_lines(text: str, most: int, letters: int) -> list[str]:
    kept: list[str] = []
    for line in text.splitlines():
        if not line.strip() and kept and not kept[-1].strip():
            continue
        letters -= len(line[:LONGEST_LINE])
        if len(kept) >= most or letters < 0:
            break
        kept.append(line[:LONGEST_LINE])
    return kept


def _leaving(message: Message, head: dict[str, Any]) -> Mail | None:
    """Return that somebody wants to leave, as the address in List-Unsubscribe asks for it."""
    subject = _unfolded(_header(message, "Subject"))
    asked = [subject, *_values(message, _ENVELOPE)]
    if not _LEAVE_ALONE.fullmatch(subject):
        asked = [text for text in asked if _LEAVE.search(text[:2000])]
    found = {
        "tokens": tuple(tokens_in(asked)),
        "keys": _keys_in(asked),
    }
    return Mail(Sort.LEAVE, **{**head, **found}) if any(found.values()) else None


def _is_automatic(message: Message) -> bool:
    """Tell whether nobody wrote this (RFC 3834): absences, and answers of lists and robots."""
    submitted = _header(message, "Auto-Submitted").strip().lower()
    precedence = _header(message, "Precedence").strip().lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or precedence in ("auto_reply", "bulk", "junk", "list")
        or any(message[name] for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-From"))
    )


def _is_from_daemon(message: Message) -> bool:
    is_bare = _header(message, "Return-Path").strip() == "<>"
    return is_bare or bool(_DAEMON.search(_header(message, "From")[:500]))


# Pieces of mails


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts of a mail that are not within the mail it brings back."""
    waiting, count = [message], 0
    while waiting and count < MOST_PARTS:
        part, count = waiting.pop(0), count + 1
        yield part
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting[:0] = [child for child in payload if isinstance(child, Message)]


def _returned(message: Message, parts: list[Message]) -> Iterator[str]:
    """Yield where the mail that came back may name itself, within it and beside it."""
    yield from _values(message, ("In-Reply-To", "References", "X-Failed-Message-ID"))
    for part in parts[1:]:
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind in ("message/rfc822", "message/global") and isinstance(payload, list):
            inner = [child for child in payload if isinstance(child, Message)]
            yield from (text for child in inner for text in _values(child, _OF_OURS))
        elif kind in ("text/rfc822-headers", "message/global-headers", "message/rfc822"):
            text = _decoded(part, payload if isinstance(payload, str) else "")
            fields = HeaderParser(policy=compat32).parsestr(text[:MOST_TEXT].lstrip())
            yield from _values(fields, _OF_OURS)
    # Below the words of a server that sends no parts: the head of the mail as plain text.
    yield from re.findall(r"(?im)^[> \t]*message-id:[ \t]*(.{1,300})", _text(parts))


def tokens_in(texts: Iterable[str]) -> list[UUID]:
    """Return what may be tokens of deliveries in some texts, each once, in their order."""
    found = [UUID(word) for text in texts for word in _TOKEN.findall(text[:2000])[:MOST_PARTS]]
    return list(dict.fromkeys(found))[:MOST_PARTS]


def _keys_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what may be keys of readers in some texts."""
    found = [key for text in texts for key in _KEY.findall(_unfolded(text))]
    return tuple(dict.fromkeys(found))[:MOST_PARTS]


def _values(message: Message, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (str(value) for value in message.get_all(name, [])[:MOST_PARTS])


def _header(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def _text(parts: list[Message]) -> str:
    """Return the beginning of what is there to be read, HTML without its tags."""
    texts = []
    for part in parts:
        payload = part.get_payload(decode=True)
        if part.get_content_maintype() == "text" and isinstance(payload, bytes):
            text = payload[: 4 * MOST_TEXT].decode(_charset(part), "replace")
            is_html = part.get_content_subtype() == "html"
            texts.append(re.sub(r"</?[a-zA-Z!][^<>]{0,500}>", " ", text) if is_html else text)
    return "\n".join(texts)[:MOST_TEXT]


def _charset(part: Message) -> str:
    name = str(part.get_content_charset() or "utf-8")
    # What Korean services call KS X 1001, with the syllables that it lacks.
    name = {"ks_c_5601-1987": "cp949", "euc-kr": "cp949"}.get(name, name)
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return "utf-8"
    return name


def _around(text: str, code: str) -> str:
    """Return the words at a code, or the first ones: the mail that came back has words, too."""
    start = max(0, text.find(code) - 80) if code else 0
    return _plain(text[start : start + (400 if code else 1500)])


def _plain(text: str) -> str:
    return " ".join(_unfolded(text).split())


def _unfolded(text: str) -> str:
    return re.sub(r"\r?\n[ \t]", " ", text[:2000])


def _moment(message: Message, now: datetime) -> datetime:
    """Return when a mail says that it was written: not in the future, nor long ago."""
    try:
        at = parsedate_to_datetime(_header(message, "Date"))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max(at.astimezone(UTC), now - OLDEST), now)
    except (*BROKEN, OSError):
        return now


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
