"""What was sent and could not be saved comes back with the answer, as it was filled in.

Either the database was locked or took too long, so that it may be sent again (503); or somebody
deleted meanwhile what it is about (409); or nothing shows that a page of ours sent it (403). All
may happen to any form, so they are answered here.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from newsletter.middleware import is_for_staff
from newsletter.refusals import page_before, speaks_json
from posts.readers import collect
from posts.readers.tickets import comes_from_here

logger = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds
# What SQLSTATE says of a write that another one was in the way of, or that took too long: lock not
# available, deadlock, serialization failure, query canceled, idle in transaction.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
STATES = frozenset({"55P03", "40P01", "40001", "57014", "25P03"})
# Of a server that goes, comes, or has too many clients.
CLASSES = ("08", "53", "57P")
LOCKS = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# A value that somebody typed, rather than a button or a key.
_TYPED = re.compile(r"\s|.{60}", re.DOTALL)


class UnsavedMiddleware:
    """Answer what stopped a view in the middle of its work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a view did not catch; called by Django."""
        if is_busy(error):
            return busy(request, error)
        is_form = request.method == "POST" and is_for_staff(request)
        if is_form and isinstance(error, ObjectDoesNotExist):
            return gone(request, error)
        return None


def is_busy(error: BaseException | None) -> bool:
    """Tell whether an error of the database comes of others who use it, so that the same may work
    a moment later: a lock, a limit of time, no connection."""
    cause = error.__cause__ if isinstance(error, Error) else None
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in LOCKS
    state = getattr(cause, "sqlstate", "")
    if state is None:  # of a server that is away psycopg knows none
        return isinstance(error, OperationalError | InterfaceError)
    return state in STATES or state.startswith(CLASSES)


def busy(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Return 503, and what was sent to be sent again."""
    logger.warning("The database was busy: %s %r: %s", request.method, request.path, error)
    return kept(request, gettext("The site is busy with other work just now."))


def kept(request: HttpRequest, words: str, retry_after: int = RETRY_AFTER) -> HttpResponse:
    """Return 503 with these words, and what was sent to be sent again after so many seconds."""
    if speaks_json(request):
        answer = _unstored(collect.refusal(503, "busy", words))
    else:
        can_send = _may_return(request) and not request.FILES
        answer = _answer(request, 503, {"words": words, "can_send": can_send})
    answer.headers["Retry-After"] = str(retry_after)
    return answer


def gone(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return 409, and what was typed to be copied."""
    logger.warning("Nothing is there any more: %r", request.path, exc_info=error)
    words = gettext("Somebody deleted this while you were at it.")
    return _answer(request, 409, {"words": words})


def unproven(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return 403, what to do, and what was typed to be copied; called by Django.

    Nothing here can be sent by a click: it may be another site that sent it.
    """
    logger.info("Nothing shows that a page of ours sent this: %r: %s", request.path, reason)
    words = gettext("This was not taken, because it may come from another site.")
    if speaks_json(request):
        return _unstored(collect.refusal(403, "csrf", words))
    may_show = comes_from_here(request) and _is_readable(request)
    fields = [sent for sent in _sent(request) if sent[2]] if may_show else []
    shown = {"words": words, "back": page_before(request), "fields": fields}
    return _unstored(render(request, "403_csrf.html", shown, status=403))


def _answer(request: HttpRequest, status: int, context: dict[str, Any]) -> HttpResponse:
    is_post = request.method == "POST"
    shown = {"is_post": is_post, "status": status, "for_staff": is_for_staff(request), **context}
    if _may_return(request):
        shown["fields"] = list(_sent(request))
    return _unstored(render(request, "unsaved.html", shown, status=status))


def _unstored(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _may_return(request: HttpRequest) -> bool:
    """Tell whether a form may come back: one that was read, that a page of ours sent where staff
    are asked, and that holds no password. Nothing is read here, since no limit may stand before."""
    is_ours = not is_for_staff(request) or getattr(request, "csrf_processing_done", False)
    return is_ours and _is_readable(request)


def _is_readable(request: HttpRequest) -> bool:
    if request.method != "POST" or not hasattr(request, "_post"):
        return False
    return not any("password" in name for name in request.POST)


def _sent(request: HttpRequest) -> Iterator[tuple[str, str, bool]]:
    """Yield name and value of what was sent, and whether somebody typed it."""
    for name, values in request.POST.lists():
        if name != "csrfmiddlewaretoken":
            yield from ((name, value, bool(_TYPED.search(value))) for value in values)
