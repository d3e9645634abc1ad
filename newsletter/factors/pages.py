"""Signing in with a second factor: asked for after the password, or a passkey in its place."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from newsletter.factors import passkeys
from newsletter.factors.adapter import passkeys_work, with_request
from newsletter.factors.entering import enter, go_on, shorten, to, where_to, who_waits
from newsletter.factors.keeping import factors_of
from newsletter.factors.proving import owner_of_passkey, prove_by_code, prove_by_passkey
from newsletter.guessing import SignInForm
from newsletter.security import client_address
from posts.throttling import Limit, allow

# How often a client may ask for a challenge: each is kept in a session.
CHALLENGES: Final = (Limit(30, timedelta(minutes=15)),)


class SignIn(LoginView):
    """Takes a name and a password, as Django's; then comes the second factor of who has one."""

    template_name = "admin/login.html"
    authentication_form = SignInForm

    def form_valid(self, form: Form) -> Any:
        """Go on with somebody whose password is right."""
        return go_on(self.request, form.get_user(), self.get_success_url())  # type: ignore[attr-defined]


@sensitive_post_parameters("code", "credential")
@never_cache
@with_request
def factor(request: HttpRequest) -> HttpResponseBase:
    """Ask for the second factor of somebody whose password was right."""
    user, then = who_waits(request), where_to(request)
    if user is None:
        return to("admin:login", then)
    trouble = ""
    if request.method == "POST":
        try:
            answer = request.POST.get("credential", "")
            proven = (
                prove_by_passkey(user, answer)
                if answer
                else prove_by_code(request, user, request.POST.get("code", ""))
            )
        except ValidationError as error:
            trouble = error.messages[0]
        else:
            return enter(request, user, proven, then)
    kinds = set(factors_of(user).values_list("type", flat=True))
    has_passkey = Authenticator.Type.WEBAUTHN in kinds and passkeys_work()
    context = {
        **admin.site.each_context(request),
        "title": gettext("Second factor"),
        "next": then,
        "trouble": trouble,
        "has_app": Authenticator.Type.TOTP in kinds,
        "options": as_text(passkeys.engine().begin_authentication(user)) if has_passkey else "",
    }
    return TemplateResponse(request, "admin/factors/factor.html", context)


vars(factor)["takes_form"] = True  # it keeps a challenge in the session (READ_ONLY)


@never_cache
@require_POST
@with_request
def passkey(request: HttpRequest) -> HttpResponseBase:
    """Sign somebody in by a passkey alone: first a challenge (JSON), then what was made of it."""
    answer, then = request.POST.get("credential", ""), where_to(request)
    if not answer:
        return _challenge(request)
    try:
        user = owner_of_passkey(answer)
        return enter(request, user, prove_by_passkey(user, answer), then)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return to("admin:login", then)


def _challenge(request: HttpRequest) -> HttpResponseBase:
    if not allow("passkey", client_address(request), CHALLENGES):
        return JsonResponse({"error": gettext("Too many attempts")}, status=429)
    shorten(request)
    return JsonResponse(json.loads(as_text(passkeys.engine().begin_authentication())))


def as_text(options: dict[str, Any]) -> str:
    """Return options for a browser as JSON."""
    return json.dumps(options, default=dict)
