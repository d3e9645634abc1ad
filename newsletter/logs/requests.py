"""A line for each request, where the log is JSON: what was asked, by whom, what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django_structlog import signals
from django_structlog.middlewares.request import RequestMiddleware as Base
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from newsletter.copies import NOTICE
from newsletter.logs.discreet import HIDDEN, without_secrets
from newsletter.security import client_address

HEADER = "X-Request-ID"
# What routes call a part of an address that opens a door.
SECRETS = frozenset({"token", "key", "signed", "uidb36", "uidb64", "secret"})


class RequestMiddleware(Base):
    """django-structlog's, which numbers requests, with an address that nobody can read or use.

    Its number goes back in a header, so that whoever writes about an answer can name it. The
    client is a keyed digest of its address: lines of one belong together and name nobody.
    """

    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.LOG_FORMAT != "json":
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def prepare(self, request: HttpRequest) -> None:
        """Begin a request; called by django-structlog."""
        clear_contextvars()
        request.META.pop(NOTICE, None)  # the next one like it has a line, too
        vars(request)["began"] = time.perf_counter()
        super().prepare(request)
        bind_contextvars(client=_digest(client_address(request)))

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """End a request; called by django-structlog."""
        response.headers[HEADER] = get_contextvars().get("request_id", "")
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return method and path, without query and without what opens a door."""
        path = request.path
        if match := request.resolver_match:
            for name, value in match.kwargs.items():
                if name in SECRETS and isinstance(value, str) and value:
                    path = path.replace(value, HIDDEN)
        return f"{request.method} {without_secrets(path)}"


def _digest(address: str) -> str:
    return salted_hmac("newsletter.logs", address, algorithm="sha256").hexdigest()[:16]


@receiver(signals.bind_extra_request_finished_metadata)
@receiver(signals.bind_extra_request_failed_metadata)
def add_duration(request: HttpRequest, log_kwargs: dict[str, Any], **_signal: Any) -> None:
    """Add how many milliseconds the site needed."""
    began = vars(request).get("began", time.perf_counter())
    log_kwargs["ms"] = round((time.perf_counter() - began) * 1000, 1)
