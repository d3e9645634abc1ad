"""Signed words in the addresses of mails and in forms of staff: what they are for, of whom, and
until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core import signing

LIFETIME: Final = timedelta(days=7)
CONFIRM: Final = "confirm"
MOVE: Final = "move"
IMPORT: Final = "import"
UPLOAD: Final = "upload"
_SALT: Final = "mailing.subscribing"


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
