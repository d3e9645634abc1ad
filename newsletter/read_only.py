"""READ_ONLY: readers read, and whoever would write is told in words.

For the time in which a database is copied, moved or changed. What a command does by hand is its own
matter; the worker waits (``run_tasks``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from newsletter.middleware import SAFE
from newsletter.refusals import Refusal, refuse
from newsletter.unsaved import kept

RETRY_AFTER = 300  # seconds


class ReadOnlyMiddleware:
    """Refuse what writes, with what was typed; and forms that nobody could send. 503.

    Behind the check for forgery, so that what comes back is what a page of ours sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.READ_ONLY:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Answer in the place of a view; called by Django."""
        if request.method not in {*SAFE, "OPTIONS"}:
            return kept(request, _words(), RETRY_AFTER)
        if getattr(view, "takes_form", False):
            words = gettext("Please come back in a quarter of an hour.")
            return refuse(request, Refusal(503, "read_only", _words(), words), RETRY_AFTER)
        return None


def _words() -> str:
    return gettext("The site is being worked on: it can be read, and nothing can be sent just now.")
