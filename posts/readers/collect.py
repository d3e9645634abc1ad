"""Where staff's scripts collect links for the next issue: ``POST /collect/`` with a token.

A request carries its rights in its Authorization header (RFC 6750), which no browser sends by
itself; so there is nothing for another site to forge.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from links.access import COLLECT, may
from links.inbox import Blocked, gather, note_use, read_token
from links.models import ApiToken
from links.normalizing import AddressError
from posts.places import NAMED, places_of
from posts.publishing.describing import absolute
from posts.readers import sharing
from posts.throttling import Limit, client_of, wait

COLLECTED = (Limit(60, timedelta(minutes=1)), Limit(2000, timedelta(days=1)))
# Wrong tokens; there are too many to guess one, but nobody should fill our logs trying.
FAILURES = (Limit(20, timedelta(minutes=10)),)
LENGTHS = {"url": 2000, "title": 300, "note": 2000}


class CollectError(Exception):
    """Why nothing was collected: the HTTP status, a word for programs and a line for people."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@csrf_exempt  # no cookie, and a token in a header that browsers do not send by themselves
def collect(request: HttpRequest) -> HttpResponse:
    """Put a link into the inbox: 201, or 200 if it is there already; both say where it stood.

    What a person shares from a phone comes here by GET, and goes on to the form that asks.
    """
    if sharing.is_shared(request):
        return sharing.confirm(request)
    try:
        return _collect(request)
    except CollectError as error:
        return refusal(error.status, error.code, error.message, error.headers)


def refusal(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JsonResponse:
    """Return why a program got nothing: a word for itself and a line for people."""
    return _json({"error": {"code": code, "message": message}}, status, headers)


def _collect(request: HttpRequest) -> JsonResponse:
    if request.method != "POST":
        raise CollectError(405, "method", gettext("Use POST."), Allow="POST")
    user = _user(request)
    given = _given(request)
    try:
        entry, is_new = gather(given["url"], by=user, title=given["title"], note=given["note"])
    except AddressError as error:
        raise CollectError(400, "url", str(error)) from error
    except Blocked as error:
        message = gettext("This link is blocked: %(why)s") % {"why": error.link.reason or "–"}
        raise CollectError(409, "blocked", message) from error
    places = places_of([entry.link_id]).get(entry.link_id, [])[:NAMED]
    body = {
        "id": entry.pk,
        "url": entry.link.url,
        "title": entry.title,
        "new": is_new,
        "covered": [
            {
                "title": place.title,
                "section": place.section,
                "url": absolute(place.path),
                "date": place.date.isoformat(),
            }
            for place in places
        ],
    }
    return _json(body, 201 if is_new else 200)


def _user(request: HttpRequest) -> User:
    """Return whose token it is. Raises CollectError 401, 403 or 429."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    token = read_token(text.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        if seconds := wait("collect-failure", client_of(request), FAILURES):
            raise _too_many(seconds)
        message = gettext("The token is missing, wrong or expired.")
        raise CollectError(401, "token", message, WWW_Authenticate='Bearer realm="collect"')
    _check_right(token)
    if seconds := wait("collect", str(token.pk), COLLECTED):
        raise _too_many(seconds)
    note_use(token)
    return token.user


def _check_right(token: ApiToken) -> None:
    user = token.user
    if not (user.is_active and user.is_staff and may(user, COLLECT)):
        message = gettext("The owner of this token may not collect links.")
        raise CollectError(403, "right", message)


def _given(request: HttpRequest) -> dict[str, str]:
    """Return what was sent, as JSON or as a form. Raises CollectError 400."""
    sent = _sent(request)
    given = {name: sent.get(name) or "" for name in LENGTHS}
    for name, value in given.items():
        if not isinstance(value, str) or "\0" in value or len(value) > LENGTHS[name]:
            message = gettext("“%(name)s” must be a text of at most %(most)d characters.")
            raise CollectError(400, name, message % {"name": name, "most": LENGTHS[name]})
    if not given["url"].strip():
        raise CollectError(400, "url", gettext("The address is missing: send “url”."))
    return {name: value.strip() for name, value in given.items()}


def _sent(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise CollectError(400, "json", gettext("This is no JSON.")) from error
    if not isinstance(sent, dict):
        raise CollectError(400, "json", gettext("Send one JSON object."))
    return sent


def _too_many(seconds: int) -> CollectError:
    message = gettext("Too many requests. Try again later.")
    return CollectError(429, "rate", message, Retry_After=str(seconds))


def _json(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> JsonResponse:
    response = JsonResponse(
        body, status=status, headers=headers, json_dumps_params={"ensure_ascii": False}
    )
    response.headers["Cache-Control"] = "no-store"
    return response
