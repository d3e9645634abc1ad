"""Kept answers, sent before Django begins: to find out that it has one takes it longer than asking
the database for the version of the site, and sending it.

Whether a request may be answered from a copy, and from which, Django alone decides: its host, its
scheme, its address, what it is compressed by. What it decided (``newsletter.copies``) is remembered
here by all parts of the request from which that followed. Who asks the same again is answered if
the site still is of that version, from the same copies, by the same code. In any other case, and
where the database does not answer, Django is asked.

Middleware that stands before the copies does not see what is answered here. Readers of feeds are
counted here, too; where the log has a line for each request, its middleware takes the notice away,
so that nothing is remembered (``newsletter.logs.requests``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.db import DatabaseError, close_old_connections

from mailing.counting import feeds
from newsletter.copies import NOTICE, Answer, Copies, Page
from posts.site.version import look

# Where servers and clients say what an answer follows from, beside what `_key` asks for.
PARTS = (
    "SCRIPT_NAME", "PATH_INFO", "wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST",
    "HTTP_X_FORWARDED_HOST", "SERVER_NAME", "SERVER_PORT", "HTTP_ACCEPT_ENCODING",
)  # fmt: skip
MOST, LONGEST = 500, 1000  # requests that are remembered, and characters of one
Key = tuple[str | None, ...]


class Known(NamedTuple):
    """What Django made of a request, and the copies that it has."""

    page: Page
    copies: Copies


class Shortcut:
    """A WSGI application that sends what is kept, and lets another one answer all else."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.known: dict[Key, Known] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        key = _key(environ)
        if key is None:
            return self.application(environ, start_response)
        answer = self._answer(key, environ)
        if answer is None:
            environ[NOTICE] = partial(self._remember, key)
            return self.application(environ, start_response)
        status = f"{answer.status.value} {answer.status.phrase}"
        start_response(status, list(answer.headers.items()))
        return [answer.body]

    def _answer(self, key: Key, environ: WSGIEnvironment) -> Answer | None:
        """Return the answer to a request that is remembered; None where Django has to be asked.

        Where the database does not answer, all is forgotten: of each request only Django waits.
        """
        known = self.known.get(key)
        try:
            return _answer(known, environ) if known else None
        except DatabaseError:
            self.known.clear()
            return None

    def _remember(self, key: Key, page: Page, copies: Copies) -> None:
        """Remember what a request asked for, if it was short; forget all where they are many."""
        if sum(len(part or "") for part in key) > LONGEST:
            return
        if len(self.known) >= MOST:
            self.known.clear()
        self.known[key] = Known(page, copies)


def _key(environ: WSGIEnvironment) -> Key | None:
    """Return all that an answer follows from; None if Django has to look at the request."""
    if (
        environ["REQUEST_METHOD"] != "GET"
        or environ.get("QUERY_STRING")
        or "HTTP_AUTHORIZATION" in environ
    ):
        return None
    return tuple(map(environ.get, PARTS))


def _answer(known: Known, environ: WSGIEnvironment) -> Answer | None:
    """Return an answer of the version that the site is of now; None where there is none."""
    given = environ.get("HTTP_IF_NONE_MATCH", "")
    if not given and known.page.name not in known.copies.kept:
        return None
    try:
        if look() != known.page.found:
            return None
        answer = known.copies.answer(known.page, given)
    finally:
        close_old_connections()  # as Django does after a request
    if answer:
        feeds.count(known.page.path, environ.get("HTTP_USER_AGENT", ""))
    return answer
