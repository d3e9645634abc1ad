"""Tasks as rows of the database, which workers ask for every second."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db import connection
from django_tasks.utils import normalize_json
from django_tasks_db import DatabaseBackend as RowBackend


class DatabaseBackend(RowBackend):
    """The library's backend, and how its workers wait.

    A task is enqueued by the transaction that makes it necessary: both are committed, or neither.
    """

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Store the task; one of SINGLE_TASKS that waits as it is already is not stored again.

        In a transaction it is: whoever runs the waiting one may not see yet what is committed last.
        """
        is_single = task.module_path in settings.SINGLE_TASKS and task.run_after is None
        if is_single and not connection.in_atomic_block:
            given = normalize_json({"args": args, "kwargs": kwargs})
            if waiting := self._waiting(task.module_path, given):
                return waiting
        return super().enqueue(task, args, kwargs)

    @staticmethod
    def _waiting(path: str, given: Any) -> Any:
        """Return a task that is due and has the same arguments; None where there is none."""
        from tasks.models import StoredTask  # noqa: PLC0415 (the backend is there before models)

        same = StoredTask.objects.ready().filter(task_path=path, args_kwargs=given)
        row = same.first()
        return row and row.task_result

    # Seconds between two looks at the database while there is nothing to do.
    poll_interval = 1.0

    def wait(self) -> bool:
        """Wait for a second at most; return whether a task is known to have come."""
        time.sleep(1)
        return False
