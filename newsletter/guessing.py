"""How often passwords of one account are tried: seldom, wherever from; and nobody is locked out.

django-axes counts failures by client. Whoever has many addresses is slowed here: of one account few
passwords are looked at in a quarter of an hour. A browser in which its owner has signed in before
has tries of its own, so that its owner still gets in (OWASP calls that device cookies).
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from posts.throttling import Limit, allow

# Windows begin at fixed minutes, so that no quarter of an hour sees more than twice as many.
TRIES: Final = (Limit(10, timedelta(minutes=15)),)
COOKIE: Final = "known"
KEPT: Final = timedelta(days=365)
_SALT: Final = "newsletter.guessing"


class SlowingBackend:
    """Stands before the backend that looks at passwords, and lets few through to it."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, **_credentials: Any
    ) -> None:
        """Say nothing of who it is; raise PermissionDenied where too many were tried."""
        if request is None or username is None:
            return
        if not allow("sign-in", who(request, username), TRIES):
            request.is_slowed = True  # type: ignore[attr-defined]
            raise PermissionDenied


class SignInForm(AdminAuthenticationForm):
    """Django's form, which also says that too many passwords were tried."""

    def get_invalid_login_error(self) -> ValidationError:
        """Return what is wrong; the same for names of which there is no account."""
        slowed = why_not(self.request)
        if slowed:
            return ValidationError(slowed, code="slowed")
        return super().get_invalid_login_error()


def why_not(request: HttpRequest | None) -> str:
    """Return why a password was not looked at, in words; "" where it was."""
    if not getattr(request, "is_slowed", False):
        return ""
    return gettext(
        "Too many passwords were tried for this account. Wait a quarter of an hour, or sign in"
        " where you did before: that browser is not kept waiting. A passkey works at once."
    )


def remember(response: HttpResponseBase, user: User) -> None:
    """Let a browser in which somebody signed in be known by that name."""
    known = signing.dumps([_spelled(user.get_username()), secrets.token_hex(8)], salt=_SALT)
    response.set_cookie(
        COOKIE,
        known,
        max_age=KEPT,
        path="/admin/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def who(request: HttpRequest, username: str) -> str:
    """Return by what tries for an account are counted: a browser that is known, or the account."""
    return _browser_of(request, username) or f"account {_spelled(username)}"


def _browser_of(request: HttpRequest, username: str) -> str:
    """Return the name of a browser in which this account signed in before; "" for any other."""
    try:
        name, browser = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=KEPT)
    except (signing.BadSignature, TypeError, ValueError):
        return ""
    return f"browser {browser}" if name == _spelled(username) else ""


def _spelled(username: str) -> str:
    return unicodedata.normalize("NFKC", username)[:300]
