"""Audit rows: who did what, written in the transaction of what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest


def record(request: HttpRequest, rows: Sequence[Model], message: str, action: int = CHANGE) -> None:
    """Write down what the signed-in user did to rows. Raises PermissionDenied for nobody."""
    user = request.user.pk
    if user is None:
        raise PermissionDenied("Nobody is signed in.")
    if rows:
        LogEntry.objects.log_actions(user, rows, action, message)


def writing_down(request: HttpRequest, message: str) -> Callable[[Model], None]:
    """Return what writes down that the signed-in user did this to a row."""
    return lambda row: record(request, [row], message)
