"""Few threads work and many wait for clients: one that is slow keeps nobody else waiting.

The server lends a thread to each client. Such a thread is cheap while it only waits, for a head, a
body, or somebody to take an answer; so there may be hundreds. Django runs in a few others, which
keep a connection to the database each and are never lent to a client.
"""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from socket import SHUT_RD
from threading import Timer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings

STAFF = "/admin/"
PROBE = "/healthz"
PATIENCE = 30.0  # seconds for a body of a reader
PLAIN_NUMBER = re.compile("[0-9]{1,18}")


class Slots:
    """A WSGI application that lets another run in so many threads, and staff in as many."""

    def __init__(self, application: WSGIApplication, threads: int) -> None:
        self.application = application
        self.readers = ThreadPoolExecutor(threads, "readers")
        self.staff = ThreadPoolExecutor(threads, "staff")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request once its body is here; 408 where it never comes."""
        _stand_at_root(environ)
        if not receive(environ):
            late = HTTPStatus.REQUEST_TIMEOUT
            start_response(f"{late.value} {late.phrase}", [("Content-Length", "0")])
            return []
        path = environ["PATH_INFO"]
        if path == PROBE:  # which has a connection of its own
            return self.application(environ, start_response)
        slots = self.staff if path.startswith(STAFF) else self.readers
        return slots.submit(self.application, environ, start_response).result()


def _stand_at_root(environ: WSGIEnvironment) -> None:
    """Give back to the path what a header `SCRIPT_NAME` took from it.

    The site stands at the root of its host. gunicorn takes that header from the proxy it trusts,
    and so from any client whose headers the proxy hands on.
    """
    environ["PATH_INFO"] = environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]
    environ["SCRIPT_NAME"] = ""


def receive(environ: WSGIEnvironment) -> bool:
    """Wait for a small body and put it in the place of its stream; return whether it came.

    What may be larger than a reader's Django reads by itself, and of staff alone.
    """
    length = stated_length(environ) or 0  # one that cannot be read Django refuses
    if not 0 < length <= settings.MOST_BYTES:
        return True
    late = Timer(PATIENCE, _end, [environ])
    late.start()
    try:
        body = environ["wsgi.input"].read(length)
    finally:
        late.cancel()
    environ["wsgi.input"] = BytesIO(body)
    return len(body) == length


def stated_length(environ: WSGIEnvironment) -> int | None:
    """Return the bytes that a request says it brings, or None if not in plain digits."""
    stated = environ.get("CONTENT_LENGTH") or "0"
    return int(stated) if PLAIN_NUMBER.fullmatch(stated) else None


def _end(environ: WSGIEnvironment) -> None:
    """Let nothing more come of a client, where the server tells its connection."""
    with suppress(OSError):  # gone already
        if connection := environ.get("gunicorn.socket"):
            connection.shutdown(SHUT_RD)
