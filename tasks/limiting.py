"""How long a task may take: one that never ends would keep its worker from all others."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from django.conf import settings


class TaskTooLong(BaseException):
    """A task took too long. No Exception: tasks that go on after one must not go on after it."""


def limit_of(path: str) -> float:
    """Return the seconds that a task may take; 0: any number."""
    return float(settings.TASK_LIMITS.get(path, settings.TASK_LIMIT))


@contextmanager
def limited(path: str) -> Generator[None]:
    """Raise TaskTooLong in the block of a task when its time is up.

    By a signal, which the main thread alone gets: that is where a worker runs tasks. What waits in
    a library of C (a query to SQLite) hears of it when it returns.
    """
    seconds = limit_of(path)
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: Any) -> None:
        raise TaskTooLong(f"The task took longer than {seconds:g} seconds.")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
