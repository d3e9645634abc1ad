"""Whether somebody has what an account has as its second factor; few codes are looked at."""

from __future__ import annotations

import json
from datetime import timedelta
from struct import error as StructError
from typing import Any, Final, cast

from allauth.core.internal.cryptokit import compare_user_code, normalize_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext

from newsletter import guessing
from newsletter.factors import passkeys
from posts.throttling import Limit, allow

# Of a kind, for one account; a browser where its owner signed in before has tries of its own.
TRIES: Final = (Limit(5, timedelta(minutes=15)),)
_LONGEST: Final = 20_000  # characters of what a browser says of a passkey
# What libraries raise of an answer that is none; JSON that is nested too deep, RecursionError;
# CBOR that breaks off, IndexError and struct.error.
MALFORMED: Final = (
    ValidationError, ValueError, TypeError, LookupError, AttributeError, RecursionError,
    StructError,
)  # fmt: skip


def prove_by_code(request: HttpRequest, user: User, code: str) -> str:
    """Return which factor a code proves, of an app or for recovery; use it up.

    Raise ValidationError, in words, where it is wrong or too many were tried.
    """
    code = normalize_user_code(code[:100])
    is_recovery = len(code) > totp.app_settings.TOTP_DIGITS
    kind = Authenticator.Type.RECOVERY_CODES if is_recovery else Authenticator.Type.TOTP
    who = guessing.who(request, user.get_username())
    if not allow(f"factor-{kind}", who, TRIES):
        raise ValidationError(
            gettext(
                "Too many codes were tried for this account. Wait a quarter of an hour, or use a"
                " passkey."
            )
        )
    found = Authenticator.objects.filter(user=user, type=kind).first()
    use = _use_recovery_code if is_recovery else _use_totp
    if found is None or not use(found, code):
        raise ValidationError(gettext("This code is wrong, or was used before."))
    found.record_usage()
    return str(kind)


def prove_by_passkey(user: User, answer: str) -> str:
    """Check what a browser answered to the challenge of its session; return the factor's name.

    Raise ValidationError, in words, where it proves nothing.
    """
    try:
        found = passkeys.engine().complete_authentication(user, parsed(answer))
    except MALFORMED as error:
        raise refused_passkey() from error
    found.record_usage()
    return str(Authenticator.Type.WEBAUTHN)


def owner_of_passkey(answer: str) -> User:
    """Return the account that a passkey claims to be of: nothing is proven by it.

    Raise ValidationError where there is none.
    """
    try:
        found = cast(User, passkeys.engine().extract_user_from_response(parsed(answer)))
    except MALFORMED as error:
        raise refused_passkey() from error
    if not (found.is_active and found.is_staff):
        raise refused_passkey()
    return found


def refused_passkey() -> ValidationError:
    """Return what is said of a passkey that proves nothing."""
    return ValidationError(gettext("This passkey was not taken. Try again, or sign in otherwise."))


def parsed(answer: str) -> dict[str, Any]:
    """Return the answer of a browser; raise ValueError where it is none."""
    found = json.loads(answer) if len(answer) < _LONGEST else None
    if not isinstance(found, dict):
        raise ValueError("No answer of a passkey.")
    return found


@transaction.atomic
def _use_totp(found: Authenticator, code: str) -> bool:
    """Tell whether a code is right, and later than the last one that was taken (RFC 6238, 5.2)."""
    row = Authenticator.objects.select_for_update().get(pk=found.pk)
    secret = decrypt(row.data["secret"])
    for step in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, step))
        if compare_user_code(actual=code, expected=expected):
            if step <= row.data.get("last_step", 0):
                return False
            row.data["last_step"] = step
            row.save(update_fields=["data"])
            return True
    return False


def _use_recovery_code(found: Authenticator, code: str) -> bool:
    return RecoveryCodes(found).validate_code(code)
