"""Find at the start what would fail at night."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string
from django_tasks.base import Task


@checks.register
def check_periodic_tasks(**_options: Any) -> list[checks.CheckMessage]:
    """Return an error for each path in PERIODIC_TASKS that names no task."""
    return [
        checks.Error(f"PERIODIC_TASKS names {path!r}, which is no task.", id="tasks.E001")
        for path in settings.PERIODIC_TASKS
        if not _is_task(path)
    ]


def _is_task(path: str) -> bool:
    try:
        return isinstance(import_string(path), Task)
    except ImportError:
        return False
