"""Tokens with which staff collect links from outside the admin: shown once, stored as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from links import access
from links.models import ApiToken

PREFIX = "nl"
# Nobody has this digest: it is compared with where there is no token, so that both take as long.
NO_DIGEST = "0" * 64


def issue_token(user: User, name: str, lifetime: timedelta) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, which cannot be had again.

    The text is ``nl_<key>_<secret>`` with 256 random bits, so a plain digest is enough: nobody
    can try that many. Raises PermissionDenied.
    """
    access.check(user, access.MAKE_TOKENS)
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, digest=_digest(secret), expires_at=timezone.now() + lifetime
    )
    return token, f"{PREFIX}_{token.pk}_{secret}"


def read_token(text: str) -> ApiToken | None:
    """Return the token with this text, with its user, or None if there is none or it expired.

    The row is found by its key and the digests are compared in constant time.
    """
    prefix, _, rest = text.partition("_")
    key, _, secret = rest.partition("_")
    is_key = prefix == PREFIX and key.isascii() and key.isdigit() and len(key) < 19
    token = ApiToken.objects.select_related("user").filter(pk=int(key)).first() if is_key else None
    matches = constant_time_compare(_digest(secret), token.digest if token else NO_DIGEST)
    if token is None or not matches or token.expires_at <= timezone.now():
        return None
    return token


def note_use(token: ApiToken) -> None:
    """Write down that a token was used now."""
    ApiToken.objects.filter(pk=token.pk).update(used_at=timezone.now())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
