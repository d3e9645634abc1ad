"""Run each task where it is enqueued: for tests, and for sites without a worker."""

from __future__ import annotations

from typing import Any

from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import Task


class InlineTaskFailed(RuntimeError):
    """A task raised; its traceback is the message."""


class InlineBackend(ImmediateBackend):
    """The library's immediate backend, which neither defers a task nor hides its failure.

    There is no worker to try again and no page to look at: whoever enqueues has to hear of it.
    """

    supports_defer = True  # `run_after` is no promise of a moment, but of none earlier in a queue

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Run the task now. Raises InlineTaskFailed when it raises anything."""
        result = super().enqueue(task, args, kwargs)
        if result.status == TaskResultStatus.FAILED:
            raise InlineTaskFailed(result.errors[-1].traceback)
        return result
