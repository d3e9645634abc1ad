"""How often a task is tried, and after how long again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Retries:
    """So many attempts; seconds before the second at the longest, and between any two."""

    attempts: int
    backoff: int
    longest: int = 3600

    def delay_after(self, attempt: int) -> timedelta:
        """Return how long to wait after the failure of an attempt, counted from 1.

        Doubles with each attempt; a random half to whole of it, so that what failed together does
        not come again together.
        """
        most = min(self.backoff * 2 ** (attempt - 1), self.longest)
        return timedelta(seconds=most * random.uniform(0.5, 1))  # noqa: S311


def retries_of(path: str) -> Retries:
    """Return what holds for the task of a path: TASK_RETRIES, or what holds for all."""
    if given := settings.TASK_RETRIES.get(path):
        return Retries(**given)
    return Retries(settings.TASK_ATTEMPTS, settings.TASK_BACKOFF)
