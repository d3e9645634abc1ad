"""What becomes of one mail that is handed over, and reading it from what a server replies.

RFC 5321, 4.2 and 4.3; enhanced codes by RFC 3463. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from mailing.codes import GONE


class Kind(StrEnum):
    """What is known of a mail after it was handed over."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    # It may have been taken, and it may not.
    UNKNOWN = "unknown"
    # It was not taken, since the server could not be reached or broke off before the mail began.
    LOST = "lost"
    # No mail of ours is taken before somebody changes something: a password, the sender.
    TROUBLE = "trouble"
    # It was not to leave any more.
    KEPT = "kept"


class Scope(StrEnum):
    """Whom a refusal for now is about: a reader, all of a receiving service, all of ours."""

    READER = "reader"
    SERVICE = "service"
    SENDER = "sender"


class Step(IntEnum):
    """How far a mail had come when the server replied."""

    CONNECT = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    BODY = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail; ``code`` and ``reason`` as the server says it, without addresses."""

    kind: Kind
    code: str = ""
    reason: str = ""
    scope: Scope = Scope.READER
    # Nobody reads mail at this address, and nobody will.
    is_dead: bool = False
    provider_id: str = ""


def always() -> bool:
    """Whether a mail may leave that nothing speaks against."""
    return True


def nothing() -> None:
    """What is done while a server is waited for, where there is nothing to do."""


# RFC 3463: the mail is too large, which is not about the sender.
TOO_LARGE: Final = frozenset({"5.2.3", "5.3.4"})
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b\s*")
# Characters of a reply that are read: looking for addresses in a long one takes long.
_LONGEST = 2000
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>:]+>?")


def read_reply(step: Step, code: int, said: bytes | str) -> Outcome:
    """Return what a reply means that came at a step, and is not what was hoped for there.

    The reply to the whole mail (Step.BODY) is read here whatever it is.
    """
    enhanced, words = _parts(said)
    shown = " ".join(filter(None, [str(code) if code > 0 else "", enhanced]))
    if step == Step.BODY and 200 <= code < 300:
        return Outcome(Kind.ACCEPTED, shown, words)
    if 400 <= code < 500:
        return Outcome(Kind.DEFERRED, shown, words, _scope(step, code, enhanced))
    if 500 <= code < 600:
        return _refusal(step, code, enhanced, shown, words)
    # RFC 5321, 4.3.2: no server says this here. What it did with a whole mail, nobody knows.
    return Outcome(Kind.UNKNOWN if step == Step.BODY else Kind.LOST, shown, words, Scope.SENDER)


def _refusal(step: Step, code: int, enhanced: str, shown: str, words: str) -> Outcome:
    is_large = code == 552 or enhanced in TOO_LARGE
    if code in {530, 535} or (step <= Step.MAIL and not is_large):
        return Outcome(Kind.TROUBLE, shown, words, Scope.SENDER)
    return Outcome(Kind.REFUSED, shown, words, is_dead=enhanced in GONE)


def _scope(step: Step, code: int, enhanced: str) -> Scope:
    if step <= Step.MAIL:
        return Scope.SENDER
    # RFC 3463, 3.3: X.2.X is about a mailbox, one that is full mostly. 421 ends all (RFC 5321).
    return Scope.READER if enhanced.startswith("4.2.") and code != 421 else Scope.SERVICE


def _parts(said: bytes | str) -> tuple[str, str]:
    """Return the enhanced code of a reply, and its words on one line, without addresses."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = text[:_LONGEST]
    match = _ENHANCED.match(text)
    words = _ENHANCED.sub(" ", text)
    words = "".join(sign if sign.isprintable() else " " for sign in _ADDRESS.sub("…", words))
    return match[1] if match else "", " ".join(words.split())[:300]
