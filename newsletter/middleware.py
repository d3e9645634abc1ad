"""Middleware that only the pages of staff need: public ones have no session, user or form.

And what answers HEAD, and refuses addresses that no database takes; and what only a machine with
DEBUG needs, to show readers' pages as readers will see them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.encoding import iri_to_uri
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.views.defaults import page_not_found

from newsletter.factors.entering import is_unproven
from newsletter.refusals import Refusal, refuse
from posts import identity, redirects
from posts.models import Redirect
from posts.site import version

SAFE = ("GET", "HEAD")
# What pages say to crawlers where the owner does not want all of them; see posts.site.robots.
CRAWLERS = {"search": "noai, noimageai", "none": "noindex, nofollow, noai, noimageai"}
STAFF_PATHS = ("/admin/",)
# What machines ask that watch the site: over plain HTTP, and whatever became of the database.
PROBES = ("/healthz", "/readyz", "/metrics")


def is_for_staff(request: HttpRequest) -> bool:
    """Tell whether a request is for a page of staff."""
    return request.path_info.startswith(STAFF_PATHS)


class ForStaff:
    """Mixin: be there on the pages of staff, cost nothing on public ones."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if is_for_staff(request):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class StaffSessionMiddleware(ForStaff, SessionMiddleware):
    """Sessions, for staff only."""


class StaffAuthenticationMiddleware(ForStaff, AuthenticationMiddleware):
    """``request.user``, for staff only; nobody, where a second factor is asked for and missing."""

    def process_request(self, request: HttpRequest) -> None:
        """Know who asks, once somebody wants to know; called by Django."""
        super().process_request(request)
        if settings.STAFF_SECOND_FACTOR:
            request.user = SimpleLazyObject(lambda: _proven(request))  # type: ignore[assignment]


def _proven(request: HttpRequest) -> AnonymousUser | AbstractBaseUser:
    return AnonymousUser() if is_unproven(request) else get_user(request)


class StaffMessageMiddleware(ForStaff, MessageMiddleware):
    """Messages, for staff only."""


class HeadMiddleware:
    """Answer HEAD with the headers of GET and no content (RFC 9110, section 9.3.2).

    Servers cut the content off by themselves, but gunicorn writes a warning each time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "HEAD":
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = ()
            elif isinstance(response, HttpResponse):
                response.headers.setdefault("Content-Length", str(len(response.content)))
                response.content = b""
        return response


class IdentityMiddleware:
    """Answer in the language of the site and count days in its zone, as its owner has set them.

    They hold for all of an answer. Files and probes wait for no database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._silent = (settings.STATIC_URL, settings.MEDIA_URL, *PROBES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_file = request.path_info.startswith(self._silent)
        with identity.speaking(identity.REMEMBERED if is_file else _revision(request)) as now:
            response = self.get_response(request)
        if now.crawlers and not is_for_staff(request):
            response.headers.setdefault("X-Robots-Tag", CRAWLERS[now.crawlers])
        return response


def _revision(request: HttpRequest) -> str:
    """Return the revision of the settings; while the database does not answer, that of before."""
    try:
        # Who keeps copies (newsletter/copies.py) has asked already.
        found: version.Found | None = vars(request).get("found")
        return (found or version.look()).revision
    except DatabaseError:
        return identity.REMEMBERED


class RedirectMiddleware:
    """Lead from an old address to the new one, where nothing else answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in SAFE or is_for_staff(request):
            return response
        found = _redirect(request)
        if found is None:
            return response
        answer = HttpResponse(status=found.kind)
        answer.headers["Location"] = iri_to_uri(found.new)
        return answer


def _redirect(request: HttpRequest) -> Redirect | None:
    try:
        return redirects.find(request.path_info, request.META["QUERY_STRING"])
    except (DatabaseError, ValueError):  # busy, or an address that no database takes
        return None


class NulMiddleware:
    """No page of ours is asked for with a NUL: PostgreSQL takes none, not even to look for it.

    It may stand in a query, a path, and a cookie that is quoted, such as that of a session. Nothing
    is raised, since Django's page about that would read the body before its size was looked at.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            "%00" in request.META["QUERY_STRING"]
            or "\0" in request.path_info
            or "\\000" in request.META.get("HTTP_COOKIE", "")
        ):
            return refuse(request, _not_here())
        return self.get_response(request)


def _not_here() -> Refusal:
    return Refusal(
        404,
        "address",
        gettext("This page is not here."),
        gettext("The address may be mistyped, or the page may have been taken down."),
    )


class NotFoundMiddleware:
    """The site's own page for what is not there, where DEBUG would show a list of patterns."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 404 and request.resolver_match is None:
            return self.process_exception(request, Http404()) or response
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a view did not find; called by Django."""
        if isinstance(error, Http404) and not is_for_staff(request):
            return page_not_found(request, error)
        return None
