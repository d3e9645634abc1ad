"""Tasks as rows of the database, announced to waiting workers through a queue in Redis."""

from __future__ import annotations

import logging
import time
from typing import Any

import django_rq
from django.core.checks import CheckMessage
from django.db import transaction
from django.utils.functional import cached_property
from django_tasks_rq import RQBackend
from redis.exceptions import RedisError
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.queue import Queue

from tasks.backends.database import DatabaseBackend

logger = logging.getLogger(__name__)


class RedisBackend(DatabaseBackend):
    """Rows are the truth; a job in Redis says at once that there is one more.

    A job that is lost, or a Redis that does not answer, costs a few seconds and no task.
    """

    poll_interval = 5.0

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.announcing = RQBackend(alias, params)
        self.is_down = False
        self.has_taken = False

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Store the task; announce it once it is committed."""
        result: Any = super().enqueue(task, args, kwargs)
        if task.run_after is None:
            transaction.on_commit(lambda: self._announce(task, result))
        return result

    def _announce(self, task: Any, result: Any) -> None:
        try:
            # The queue knows no priorities; rows do.
            self.announcing.enqueue(task.using(priority=0), result.args, result.kwargs)
        except RedisError:
            logger.warning("Redis does not answer; task %s waits in the database", result.id)

    def wait(self) -> bool:
        """Take one announcement; wait for it for a second at most."""
        self.has_taken = self._take(1)
        if self.is_down:
            time.sleep(1)
        return self.has_taken

    def settle(self) -> None:
        """Take the announcement of a task that a worker found by itself, if there is one."""
        if not self.has_taken and not self.is_down:
            self._take(None)
        self.has_taken = False

    def _take(self, seconds: int | None) -> bool:
        queue = self._queue
        try:
            popped = Queue.lpop([queue.key], seconds, connection=queue.connection)
            if popped:
                queue.connection.delete(Job.key_for(popped[1].decode()))
        except DequeueTimeout:
            popped = None
        except RedisError as error:
            if not self.is_down:
                logger.warning("Redis does not answer (%s); asking the database alone", error)
            self.is_down = True
            return False
        self.is_down = False
        return popped is not None

    @cached_property
    def _queue(self) -> Queue:
        return django_rq.get_queue()

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Return what is wrong with the settings of either library."""
        return [*super().check(**kwargs), *self.announcing.check(**kwargs)]
