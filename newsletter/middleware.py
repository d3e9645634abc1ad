"""Middleware that only the pages of staff need: public ones have no session, user or form."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

STAFF_PATHS = ("/admin/",)


class ForStaff:
    """Mixin: be there on the pages of staff, cost nothing on public ones."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(STAFF_PATHS):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class StaffSessionMiddleware(ForStaff, SessionMiddleware):
    """Sessions, for staff only."""


class StaffAuthenticationMiddleware(ForStaff, AuthenticationMiddleware):
    """``request.user``, for staff only."""


class StaffMessageMiddleware(ForStaff, MessageMiddleware):
    """Messages, for staff only."""
