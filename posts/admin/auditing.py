"""Audit rows: who did what, written in the transaction of what was done."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest


def record(request: HttpRequest, rows: Sequence[Model], message: str) -> None:
    """Write down a change of rows by the signed-in user."""
    if rows:
        LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, message)
