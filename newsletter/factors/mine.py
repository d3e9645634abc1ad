"""The page of one's own factors and sessions, and what is done there."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from newsletter import guessing
from newsletter.factors import keeping, passkeys, sessions
from newsletter.factors.adapter import View, at_home, passkeys_work, with_request
from newsletter.factors.entering import (
    PROVEN,
    confirm,
    is_confirmed,
    let_in,
    to,
    where_to,
    who_waits,
)
from newsletter.factors.pages import as_text


def _signed_in(request: HttpRequest) -> User:
    return cast(User, request.user)


def confirmed(view: View) -> View:
    """Ask for the password again, unless it was given of late."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        is_read = request.method == "GET"
        return to("confirm_password", request.get_full_path() if is_read else reverse("factors"))

    return asked


@never_cache
def factors(request: HttpRequest) -> HttpResponse:
    """Show the factors and the sessions of whoever asks."""
    user = _signed_in(request)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Security"),
        "factors": keeping.factors_of(user),
        "codes_left": keeping.codes_left(user),
        "is_required": settings.STAFF_SECOND_FACTOR,
        "sessions": sessions.list_sessions(user, request.session.session_key),
    }
    return TemplateResponse(request, "admin/factors/mine.html", context)


@sensitive_post_parameters("password")
@never_cache
def confirm_password(request: HttpRequest) -> HttpResponseBase:
    """Ask for the password of who is signed in, before something about signing in changes."""
    user, trouble, then = _signed_in(request), "", where_to(request, "factors")
    if request.method == "POST":
        given = request.POST.get("password", "")
        if authenticate(request, username=user.get_username(), password=given) == user:
            confirm(request)
            return HttpResponseRedirect(then)
        trouble = guessing.why_not(request) or gettext("This is not your password.")
    context = {
        **admin.site.each_context(request),
        "title": gettext("Your password, once more"),
        "next": then,
        "trouble": trouble,
    }
    return TemplateResponse(request, "admin/factors/confirm.html", context)


@sensitive_post_parameters("code", "credential")
@never_cache
@with_request
def add_factor(request: HttpRequest) -> HttpResponseBase:
    """Set a factor up: of who is signed in, or of who may not go on without one."""
    waits, then = who_waits(request), where_to(request, "factors")
    if admin.site.has_permission(request):
        return confirmed(_adding)(request, _signed_in(request), then)
    if waits is None or keeping.factors_of(waits).exists():
        return to("admin:login", then)
    return _adding(request, waits, then)


vars(add_factor)["takes_form"] = True  # it keeps a challenge in the session (READ_ONLY)


def _adding(request: HttpRequest, user: User, then: str) -> HttpResponseBase:
    trouble = ""
    if request.method == "POST":
        try:
            codes = _add(request, user)
        except ValidationError as error:
            trouble = error.messages[0]
        else:
            return _added(request, user, codes, then)
    secret = totp.get_totp_secret()
    url = get_adapter().build_totp_url(user, secret)
    has_app = keeping.factors_of(user).filter(type=Authenticator.Type.TOTP).exists()
    context = {
        **admin.site.each_context(request),
        "title": gettext("Add a second factor"),
        "next": then,
        "trouble": trouble,
        "must": not request.user.is_authenticated,
        "has_app": has_app,
        "url": url,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": _picture(url),
        "options": _options(user) if passkeys_work() else "",
        "at_home": at_home(),
    }
    return TemplateResponse(request, "admin/factors/add.html", context)


def _options(user: User) -> str:
    """Return what a browser needs to make a passkey."""
    return as_text(passkeys.engine().begin_registration(user, True))


def _picture(url: str) -> str:
    """Return the QR code of an address as SVG, which holds nothing but shapes."""
    svg: str = get_adapter().build_totp_svg(url)
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308


def _add(request: HttpRequest, user: User) -> list[str]:
    """Add what a form holds; return the recovery codes where they are new."""
    if "credential" in request.POST:
        return keeping.add_passkey(
            user, request.POST.get("name", ""), request.POST.get("credential", "")
        )
    secret = totp.get_totp_secret()
    if not totp.validate_totp_code(secret, request.POST.get("code", "")[:100]):
        words = gettext("This code is wrong. Is the clock of your phone right?")
        raise ValidationError(words)
    codes = keeping.add_totp(user, secret)
    totp.clear_totp_secret(request)
    return codes


def _added(request: HttpRequest, user: User, codes: list[str], then: str) -> HttpResponseBase:
    """Let in who waited for it; show recovery codes once."""
    waited = not request.user.is_authenticated
    kind = "credential" if "credential" in request.POST else "code"
    if waited:
        let_in(request, user, kind)
    request.session[PROVEN] = request.session.get(PROVEN) or kind
    messages.success(request, gettext("The second factor is set up."))
    response = _shown(request, codes, then) if codes else HttpResponseRedirect(then)
    if waited:
        guessing.remember(response, user)
    return response


def _shown(request: HttpRequest, codes: list[str], then: str) -> HttpResponseBase:
    context = {
        **admin.site.each_context(request),
        "title": gettext("Recovery codes"),
        "codes": codes,
        "next": then,
    }
    return TemplateResponse(request, "admin/factors/codes.html", context)


@never_cache
@require_POST
@confirmed
def renew_codes(request: HttpRequest) -> HttpResponseBase:
    """Make new recovery codes and show them, once."""
    codes = keeping.renew_codes(_signed_in(request))
    there = reverse("factors")
    return _shown(request, codes, there) if codes else HttpResponseRedirect(there)


@require_POST
@confirmed
def remove_factor(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a factor of one's own away."""
    try:
        keeping.remove(_signed_in(request), pk)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, gettext("It is removed."))
    return HttpResponseRedirect(reverse("factors"))


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponseBase:
    """End one session of one's own, or all but the one that asks."""
    name = request.POST.get("session", "")
    ended = sessions.end(_signed_in(request), name, but=request.session.session_key)
    said = ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended)
    messages.success(request, said % {"count": ended})
    return HttpResponseRedirect(reverse("factors"))
