"""Tasks as rows of the database, announced to waiting workers through a queue in Redis."""

from __future__ import annotations

import logging
import time
from functools import partial
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

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Store the task; announce it once it is committed."""
        result: Any = super().enqueue(task, args, kwargs)
        if task.run_after is None:
            # The queue knows no priorities; rows do.
            plain = task.using(priority=0)
            announce = partial(self.announcing.enqueue, plain, args, kwargs)
            transaction.on_commit(announce, robust=True)
        return result

    def wait(self) -> bool:
        """Take one announcement; wait for it for a second at most."""
        queue = self._queue
        try:
            _key, name = Queue.lpop([queue.key], 1, connection=queue.connection)
            queue.connection.delete(Job.key_for(name.decode()))
        except DequeueTimeout:
            return False
        except RedisError:
            logger.warning("Redis does not answer; asking the database alone", exc_info=True)
            time.sleep(1)
            return False
        return True

    @cached_property
    def _queue(self) -> Queue:
        return django_rq.get_queue()

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Return what is wrong with the settings of either library."""
        return [*super().check(**kwargs), *self.announcing.check(**kwargs)]
