"""The factors of an account: added, removed, reset; each change is written down."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_noop

from newsletter.factors import passkeys, sessions
from newsletter.factors.proving import MALFORMED, parsed, refused_passkey
from newsletter.factors.telling import tell_later

MOST_PASSKEYS = 20


def factors_of(user: User) -> QuerySet[Authenticator]:
    """Return what an account may prove itself by; recovery codes alone are no factor."""
    found = Authenticator.objects.filter(user=user).order_by("pk")
    return found.exclude(type=Authenticator.Type.RECOVERY_CODES)


def without_factor() -> QuerySet[User]:
    """Return the staff who can prove themselves by their password alone."""
    some = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    staff = User.objects.filter(is_staff=True, is_active=True)
    return staff.exclude(pk__in=some.values("user")).order_by("pk")


def codes_left(user: User) -> int:
    """Return how many recovery codes of an account were not used."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(found.wrap().get_unused_codes()) if found else 0


@transaction.atomic
def add_totp(user: User, secret: str) -> list[str]:
    """Let codes of an app prove an account; return its recovery codes where they are new."""
    _lock(user)
    if factors_of(user).filter(type=Authenticator.Type.TOTP).exists():
        raise ValidationError(gettext("There is an app already: remove it first."))
    TOTP.activate(user, secret)
    _write_down(user, user, gettext_noop("Added an app with codes"))
    return _first_codes(user)


@transaction.atomic
def add_passkey(user: User, name: str, answer: str) -> list[str]:
    """Let a passkey prove an account; return its recovery codes where they are new.

    ``answer`` is what the browser made of the options in its session. Raise ValidationError, in
    words, where it is not that.
    """
    _lock(user)
    if factors_of(user).count() >= MOST_PASSKEYS:
        raise ValidationError(gettext("There are too many passkeys: remove one first."))
    try:
        credential = parsed(answer)
        passkeys.engine().complete_registration(credential)
    except MALFORMED as error:
        raise refused_passkey() from error
    passkeys.engine().WebAuthn.add(user, name.strip()[:60] or gettext("Passkey"), credential)
    _write_down(user, user, gettext_noop("Added a passkey"))
    return _first_codes(user)


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """Give an account new recovery codes; the earlier ones end. None without another factor."""
    _lock(user)
    if not factors_of(user).exists():
        return []
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    _write_down(user, user, gettext_noop("Made new recovery codes"))
    return _first_codes(user)


@transaction.atomic
def remove(user: User, pk: int) -> None:
    """Take a factor away, and with the last one the recovery codes.

    Raise ValidationError where the site asks for one and it is the last.
    """
    _lock(user)
    mine = factors_of(user)
    if settings.STAFF_SECOND_FACTOR and not mine.exclude(pk=pk).exists():
        raise ValidationError(
            gettext("This site asks for a second factor: add another before you remove this.")
        )
    if mine.filter(pk=pk).delete()[0]:
        _write_down(user, user, gettext_noop("Removed a second factor"))
        tell_later(user, user)
    if not mine.exists():
        Authenticator.objects.filter(user=user).delete()


@transaction.atomic
def reset(user: User, by: User | None = None) -> None:
    """Take all factors of an account away and end its sessions, for who lost what they had; it is
    told by mail."""
    _lock(user)
    Authenticator.objects.filter(user=user).delete()
    sessions.end(user)
    _write_down(by or user, user, gettext_noop("Reset the second factor"))
    tell_later(user, by or user)


def _lock(user: User) -> None:
    """Wait for whoever changes the factors of this account at the same time."""
    User.objects.select_for_update().get(pk=user.pk)


def _first_codes(user: User) -> list[str]:
    kind = Authenticator.Type.RECOVERY_CODES
    if Authenticator.objects.filter(user=user, type=kind).exists():
        return []
    codes: Iterable[str] = RecoveryCodes.activate(user).get_unused_codes()
    return list(codes)


def _write_down(by: User, user: User, words: str) -> None:
    LogEntry.objects.log_actions(by.pk, [user], CHANGE, gettext(words), single_object=True)
