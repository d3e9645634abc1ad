"""How the API answers: bytes of JSON, open to every site, and refusals that name what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from threading import local
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.throttling import BaseThrottle

from posts.publishing.describing import absolute
from posts.site.paging import Page
from posts.throttling import Limit, Shares, client_of

METHODS = "GET, HEAD, OPTIONS"
View = Callable[..., HttpResponse]
_ENCODER = json.JSONEncoder(ensure_ascii=False)


class BadParameter(Exception):
    """A parameter that says nothing here."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message


class HourlyThrottle(BaseThrottle):
    """So many requests of a client in an hour, in all processes together."""

    WINDOW = timedelta(hours=1)

    def __init__(self) -> None:
        self._seconds = local()
        self.forget()

    def forget(self) -> None:
        """Forget what this process has taken; others, and the database, do not."""
        self._shares = Shares("api")

    def allow_request(self, request: HttpRequest) -> bool:
        """Count a request; tell whether it is to be answered."""
        limit = Limit(settings.API_HOURLY, self.WINDOW)
        self._seconds.left = self._shares.wait(client_of(request), limit)
        return not self._seconds.left

    def wait(self) -> float | None:
        """Return how many seconds the request that was just refused is to wait."""
        return float(self._seconds.left)


def open_to_all(view: View) -> View:
    """Let programs of every site ask a view, by GET, HEAD and OPTIONS (Fetch, 3.3).

    There is nothing to forge: it knows no cookie and changes nothing.
    """

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.method
        if asked == "OPTIONS":
            response = HttpResponse(status=204, headers={"Access-Control-Max-Age": "86400"})
        elif asked in ("GET", "HEAD"):
            request.method = "GET"  # what operations are declared for
            try:
                response = view(request, *args, **kwargs)
            finally:
                request.method = asked
        else:
            response = refused(405, "method", gettext("This API is read only: use GET."))
            response.headers["Allow"] = METHODS
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        return response

    return answer


def sent(body: bytes) -> HttpResponse:
    """Send JSON that is ready."""
    return HttpResponse(body, content_type="application/json")


def page_of(request: HttpRequest, page: Page, rows: bytes) -> HttpResponse:
    """Send one page of a list, whose rows are JSON, with the addresses of its neighbours."""
    around = {"next": neighbour(request, page.older), "previous": neighbour(request, page.newer)}
    return listed(rows, around)


def listed(rows: bytes, around: dict[str, Any]) -> HttpResponse:
    """Send rows that are JSON, separated by commas, and what is said beside them."""
    return sent(b"".join((b'{"results": [', rows, b"], ", as_json(around)[1:])))


def as_rows(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return rows as JSON, separated by commas."""
    return as_json(list(rows))[1:-1]


def as_json(value: Any) -> bytes:
    """Return a value as JSON."""
    return _ENCODER.encode(value).encode()


def refused(status: int, code: str, message: str, **more: str) -> HttpResponse:
    """Refuse a request, with a word for programs and a sentence for people."""
    body = {"error": {"code": code, "message": message, **more}}
    response = HttpResponse(as_json(body), content_type="application/json", status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse_well(api: NinjaAPI) -> None:
    """Have an API refuse by ``refused``, whatever was wrong."""
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(BadParameter, _bad_parameter)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _refuse)
    api.add_exception_handler(OperationalError, _too_slow)


def not_found(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer what is no address of the API."""
    return refused(404, "address", gettext("The API has no such address; see /api/v1/docs."))


def neighbour(request: HttpRequest, page: str) -> str | None:
    """Return the address of another page of what is asked for; None for none."""
    if not page:
        return None
    return f"{absolute(request.path)}?{urlencode({**request.GET.dict(), 'page': page})}"


def _not_found(_request: HttpRequest, _error: Any) -> HttpResponse:
    return refused(404, "missing", gettext("Nothing public has this name, or it has no such page."))


def _bad_parameter(_request: HttpRequest, error: Any) -> HttpResponse:
    return refused(422, "parameter", error.message, parameter=error.name)


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    first = error.errors[0]
    name = str(first["loc"][-1])
    message = gettext("“%(name)s”: %(why)s.") % {"name": name, "why": first["msg"]}
    return refused(422, "parameter", message, parameter=name)


def _too_slow(request: HttpRequest, error: Any) -> HttpResponse:
    response = refused(503, "busy", gettext("The database is busy. Try again in a moment."))
    response.headers["Retry-After"] = "10"
    return response


def _refuse(_request: HttpRequest, error: Any) -> HttpResponse:
    if not isinstance(error, Throttled):
        return refused(error.status_code, "request", error.message)
    response = refused(429, "rate", gettext("Too many requests. Try again later."))
    response.headers["Retry-After"] = str(int(error.wait or 0))
    return response
