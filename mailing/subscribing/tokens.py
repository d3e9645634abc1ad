"""Signed words in the addresses of mails and in forms of staff: what they are for, of whom, and
until when; and those in the envelopes of short mails, by which it is known whose came back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from mailing.models import Subscriber

LIFETIME: Final = timedelta(days=7)
CONFIRM: Final = "confirm"
MOVE: Final = "move"
IMPORT: Final = "import"
UPLOAD: Final = "upload"
_SALT: Final = "mailing.subscribing"
_LARGEST: Final = 2**63  # no row has such a key


class TokenError(Exception):
    """A token that we did not make, or whose row is gone."""


class TokenExpired(TokenError):
    """A token of ours that was good once."""


def make(purpose: str, content: Any) -> str:
    """Return a token for a purpose that holds a content which JSON can say."""
    return signing.dumps(content, salt=f"{_SALT}.{purpose}", compress=False)


def read(purpose: str, token: str, lifetime: timedelta = LIFETIME) -> Any:
    """Return what a token holds; raise TokenError or TokenExpired.

    Signatures are compared in constant time (``django.core.signing``).
    """
    try:
        return signing.loads(token, salt=f"{_SALT}.{purpose}", max_age=lifetime)
    except signing.SignatureExpired as error:
        raise TokenExpired from error
    except (signing.BadSignature, ValueError) as error:
        raise TokenError from error


def in_envelope(subscriber: Subscriber) -> UUID:
    """Return the word in the envelope of short mails to a subscriber's address of now (VERP)."""
    signed = salted_hmac(
        f"{_SALT}.envelope", f"{subscriber.pk} {subscriber.digest}", algorithm="sha256"
    )
    return UUID(f"{subscriber.pk:016x}{signed.hexdigest()[:16]}")


def of_envelope(words: Iterable[UUID]) -> Subscriber | None:
    """Return the subscriber of the first of some words that is ``in_envelope`` of one; None for
    words of others, and of an address that is not theirs any more."""
    keys = {word: int(word.hex[:16], 16) for word in words}
    found = Subscriber.objects.in_bulk([key for key in keys.values() if key < _LARGEST])
    for word, key in keys.items():
        row = found.get(key)
        if row is not None and constant_time_compare(word.hex, in_envelope(row).hex):
            return row
    return None
