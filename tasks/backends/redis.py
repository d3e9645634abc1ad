"""Tasks as rows of the database, and a bell in Redis for workers who wait for one."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import transaction
from redis import Redis
from redis.exceptions import RedisError

from tasks.backends.database import DatabaseBackend

logger = logging.getLogger(__name__)

KEY = "newsletter:tasks"
# Each ring wakes one worker. More than these would only make workers look in vain later.
MOST_RINGS = 64
# Seconds that whoever enqueues waits for Redis, and for which a Redis that is down is left alone.
PATIENCE = 0.5
DOWN_FOR = 30.0


class Bell:
    """A list in Redis: a ring is pushed, and wakes the first worker who waits for one.

    A Redis that does not answer is logged once, until it answers again. Whoever rings may be
    answering a request: of all of them one in half a minute waits for it, and for half a second.
    """

    def __init__(self, url: str) -> None:
        self.ringing = Redis.from_url(
            url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=None
        )
        self.waiting = Redis.from_url(url, socket_connect_timeout=1, socket_timeout=5, retry=None)
        self.is_down = False
        self.asked_again_at = 0.0

    def ring(self) -> None:
        """Wake a worker who waits, or else the next one who would."""
        if self.is_down and time.monotonic() < self.asked_again_at:
            return
        self.asked_again_at = time.monotonic() + DOWN_FOR
        with self._trouble_logged_once(), self.ringing.pipeline() as commands:
            commands.lpush(KEY, "")
            commands.ltrim(KEY, 0, MOST_RINGS - 1)
            commands.execute()

    def wait(self) -> bool:
        """Wait for a ring for a second at most; return whether there was one."""
        ring = None
        with self._trouble_logged_once():
            ring = self.waiting.blpop([KEY], timeout=1)
        if self.is_down:
            time.sleep(1)
        return ring is not None

    @contextmanager
    def _trouble_logged_once(self) -> Generator[None]:
        try:
            yield
        except RedisError as error:
            if not self.is_down:
                logger.warning("Redis does not answer (%s); asking the database alone", error)
            self.is_down = True
        else:
            self.is_down = False


@cache
def bell_at(url: str) -> Bell:
    """Return the one bell that all threads of this process share."""
    return Bell(url)


class RedisBackend(DatabaseBackend):
    """Rows are the truth; the bell only says at once that there is one more.

    A ring that is lost costs a few seconds and no task.
    """

    poll_interval = 5.0

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.bell = bell_at(self.options["url"])

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Store the task; ring once it is committed."""
        result: Any = super().enqueue(task, args, kwargs)
        if task.run_after is None:
            transaction.on_commit(self.bell.ring)
        return result

    def wait(self) -> bool:
        """Wait for a second at most; return whether a task is known to have come."""
        return self.bell.wait()
