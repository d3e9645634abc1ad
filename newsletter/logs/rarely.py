"""What is written down, where strangers could fill the log with it."""

from __future__ import annotations

import logging
import time

# Suspicious requests, what they say about the proxies in front, and what is no HTTP.
CAUSED_BY_STRANGERS = ("django.security", "newsletter.security")
NO_HTTP = ("gunicorn.error", "Invalid request from")
SECONDS = 3600.0


class Rarely(logging.Filter):
    """Let what any request may cause through once an hour, by its kind and without its traceback.

    An owner has to know of it once (a host that is missing from ALLOWED_HOSTS, a proxy that is not
    counted); a line for each request would only bury it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._quiet_until: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to write a record."""
        if not (record.name.startswith(CAUSED_BY_STRANGERS) or _is_no_http(record)):
            return True
        now, kind = time.monotonic(), f"{record.name}:{record.lineno}"
        if now < self._quiet_until.get(kind, now):
            return False
        self._quiet_until[kind] = now + SECONDS
        record.exc_info = None
        return True


def _is_no_http(record: logging.LogRecord) -> bool:
    """Tell whether gunicorn writes that it could not read a request."""
    logger, beginning = NO_HTTP
    return record.name == logger and str(record.msg).startswith(beginning)
