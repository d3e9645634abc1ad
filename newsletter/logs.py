"""What is written down, where strangers could fill the log with it."""

from __future__ import annotations

import logging
import time

# Suspicious requests, and what they say about the proxies in front.
CAUSED_BY_STRANGERS = ("django.security", "newsletter.security")
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
        if not record.name.startswith(CAUSED_BY_STRANGERS):
            return True
        now, kind = time.monotonic(), f"{record.name}:{record.lineno}"
        if now < self._quiet_until.get(kind, now):
            return False
        self._quiet_until[kind] = now + SECONDS
        record.exc_info = None
        return True
