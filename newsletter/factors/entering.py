"""From a right password to a session: at once, or by the second factor, or by setting one up."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from newsletter import guessing
from newsletter.factors import sessions
from newsletter.factors.keeping import factors_of

# In the session: who knows a password and nothing else yet; and by what a session was proven.
WAITING: Final = "waiting"
PROVEN: Final = "factor"
CONFIRMED: Final = "confirmed"
# How long there is for the second factor, and how long a password counts that was asked again.
LASTS: Final = timedelta(minutes=10)
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


def is_unproven(request: HttpRequest) -> bool:
    """Tell whether a session is none here, since the site asks for a second factor."""
    return settings.STAFF_SECOND_FACTOR and not request.session.get(PROVEN)


def go_on(request: HttpRequest, user: User, then: str) -> HttpResponseBase:
    """Answer who gave the right password: let in, asked for a factor, or led to set one up."""
    has_factor = factors_of(user).exists()
    if not has_factor and not settings.STAFF_SECOND_FACTOR:
        return enter(request, user, "", then)
    request.session.flush()
    shorten(request)
    request.session[WAITING] = [user.pk, user.get_session_auth_hash(), time.time()]
    return to("factor" if has_factor else "add_factor", then)


def who_waits(request: HttpRequest) -> User | None:
    """Return who gave the right password of late, in this session, and nothing else yet."""
    pk, proof, since = request.session.get(WAITING) or (0, "", 0)
    if not 0 <= time.time() - since <= LASTS.total_seconds():
        return None
    user = User.objects.filter(pk=pk, is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(proof, user.get_session_auth_hash()):
        return None
    return user


def let_in(request: HttpRequest, user: User, factor: str) -> None:
    """Sign somebody in who proved all that the site asks for; ``factor`` says by what, or is ""."""
    request.session.pop(WAITING, None)
    login(request, user, backend=_BACKEND)
    request.session.set_expiry(None)
    sessions.note(request)
    if factor:
        request.session[PROVEN] = factor


def enter(request: HttpRequest, user: User, factor: str, then: str) -> HttpResponseBase:
    """Sign somebody in and lead them on; their browser is known from then on."""
    let_in(request, user, factor)
    response = HttpResponseRedirect(then)
    guessing.remember(response, user)
    return response


def shorten(request: HttpRequest) -> None:
    """Let the session of somebody who is not signed in end soon."""
    if SESSION_KEY not in request.session:
        request.session.set_expiry(int(LASTS.total_seconds()))


def confirm(request: HttpRequest) -> None:
    """Write down that the password was asked again."""
    request.session[CONFIRMED] = time.time()


def is_confirmed(request: HttpRequest) -> bool:
    """Tell whether the password was asked again, of late."""
    since: float = request.session.get(CONFIRMED, 0)
    return 0 <= time.time() - since <= LASTS.total_seconds()


def to(name: str, then: str) -> HttpResponseRedirect:
    """Lead to a page of signing in, and from there to where somebody wanted to go."""
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': then})}")


def where_to(request: HttpRequest, otherwise: str = "desk") -> str:
    """Return where somebody wants to go, a page of this host."""
    found = request.POST.get("next") or request.GET.get("next") or ""
    hosts, secure = {request.get_host()}, request.is_secure()
    if url_has_allowed_host_and_scheme(found, allowed_hosts=hosts, require_https=secure):
        return found
    return reverse(otherwise)
