"""The life of a task from enqueued to finished, who works, and when periodic tasks are due.

The library's row holds a task. What it does not know is here: another attempt after a failure,
and what becomes of a task whose worker was killed.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

from tasks.retrying import retries_of

logger = logging.getLogger(__name__)

# Of these the first that no other worker takes is taken.
CANDIDATES = 10

if TYPE_CHECKING:
    TaskRow = DBTaskResult[..., Any]
else:
    TaskRow = DBTaskResult


class WorkerLost(RuntimeError):
    """A worker did not renew its lease: it was killed, or cut off for too long."""


def name_of(path: str) -> str:
    """Return what the task of a path does, in words where the settings have some."""
    return str(settings.TASK_NAMES.get(path, path))


class StoredTaskQuerySet(DBTaskResultQuerySet):
    """Tasks by what becomes of them."""

    def claim(self, worker: Worker) -> StoredTask | None:
        """Take the next task that is due for a worker; None where there is none.

        Raises WorkerLost when the worker has no lease any more.
        """
        due: Iterable[StoredTask] = self.ready()[:CANDIDATES]  # type: ignore[assignment]
        for task in due:
            with transaction.atomic():
                if task.start(worker):
                    return task
        return None


class StoredTask(TaskRow):
    """A task with its attempts.

    Every change is conditional on the state that was read: of two who want to change a task, one
    does. Who lost a task, because it was given to another worker meanwhile, changes nothing.
    """

    objects = StoredTaskQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("task")
        verbose_name_plural = _("tasks")

    def __str__(self) -> str:
        return self.task_path

    @property
    def task(self) -> Any:
        """The task to run: where `MOVED_TASKS` says, if its module moved since it was stored."""
        self.task_path = settings.MOVED_TASKS.get(self.task_path, self.task_path)
        return super().task

    @property
    def attempts(self) -> int:
        """How often the task was begun; each attempt leaves the name of its worker."""
        return len(self.worker_ids)

    @property
    def name(self) -> str:
        """What the task does, in words."""
        return name_of(self.task_path)

    @property
    def trouble(self) -> str:
        """The last line of its last error."""
        return (self.traceback.strip().splitlines() or [""])[-1]

    @property
    def limit(self) -> int:
        """How often the task is tried."""
        return retries_of(self.task_path).attempts

    def start(self, worker: Worker) -> bool:
        """Begin an attempt; return whether this worker has it.

        Run inside a transaction. Raises WorkerLost when the worker has no lease any more.
        """
        started = self._change(
            status=TaskResultStatus.RUNNING,
            started_at=timezone.now(),
            worker_ids=[*self.worker_ids, worker.pk],
        )
        if started and not Worker.objects.filter(pk=worker.pk).update(task=self):
            raise WorkerLost(f"The lease of worker {worker.pk} ended.")
        return started

    def succeed(self, value: Any) -> bool:
        """Write down what a task returned; False if it was given to another worker meanwhile."""
        return self._change(
            status=TaskResultStatus.SUCCESSFUL,
            finished_at=timezone.now(),
            return_value=value,
            exception_class_path="",
            traceback="",
        )

    def fail(self, error: BaseException) -> bool:
        """Let a task run again later, or no more after its last attempt; False as in `succeed`.

        An error whose ``retry`` is False says that another attempt would end alike.
        """
        now, kind, retries = timezone.now(), type(error), retries_of(self.task_path)
        ending: dict[str, Any] = {"status": TaskResultStatus.FAILED, "finished_at": now}
        if self.attempts < retries.attempts and getattr(error, "retry", True):
            later = now + retries.delay_after(self.attempts)
            ending = {"status": TaskResultStatus.READY, "run_after": later}
        changed = self._change(
            exception_class_path=f"{kind.__module__}.{kind.__qualname__}",
            traceback="".join(format_exception(error)),
            **ending,
        )
        if changed and self.finished_at:
            words = "Task %s (%s) was given up after attempt %s"
            logger.error(words, self.pk, self.task_path, self.attempts)
        return changed

    def run_again(self) -> bool:
        """Let a task that failed, or waits for its time, run now with all its attempts."""
        if self.status not in {TaskResultStatus.FAILED, TaskResultStatus.READY}:
            return False
        return self._change(
            status=TaskResultStatus.READY,
            run_after=timezone.now(),
            finished_at=None,
            worker_ids=[],
        )

    def _change(self, **values: Any) -> bool:
        # Each attempt has a moment of its own at which it began: it tells them apart.
        as_read = StoredTask.objects.filter(
            pk=self.pk, status=self.status, started_at=self.started_at
        )
        if not as_read.update(**values):
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Workers by their leases."""

    def register(self) -> Worker:
        """Add this process."""
        name = f"{socket.gethostname()[:40]}:{os.getpid()}:{get_random_string(8)}"
        return self.create(pk=name, lease_until=next_lease())

    def alive(self) -> WorkerQuerySet:
        """Return those that hold a lease."""
        return self.filter(lease_until__gte=timezone.now())

    def expired(self) -> WorkerQuerySet:
        """Return those that did not renew their lease in time."""
        return self.filter(lease_until__lt=timezone.now())


def next_lease() -> datetime:
    """Return until when a worker that is seen now counts as alive."""
    return timezone.now() + timedelta(seconds=settings.TASK_LEASE)


class Worker(models.Model):
    """A process that runs tasks, one at a time, as long as it renews its lease."""

    id = models.CharField(primary_key=True, max_length=64)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    lease_until = models.DateTimeField(_("alive until"), db_index=True)
    # The task it began last.
    task = models.ForeignKey(
        StoredTask, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("task")
    )

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ("started_at",)

    def __str__(self) -> str:
        return self.pk

    def renew(self) -> None:
        """Prolong the lease, unless it ended and was noticed."""
        Worker.objects.filter(pk=self.pk).update(lease_until=next_lease())

    def bury(self) -> bool:
        """Remove a worker whose lease ended, and let its task run again; False if it is alive."""
        with transaction.atomic():
            same = Worker.objects.filter(pk=self.pk, lease_until=self.lease_until)
            if not same.delete()[0]:
                return False
            task = self.task
            if task and task.status == TaskResultStatus.RUNNING and task.worker_ids[-1] == self.pk:
                task.fail(WorkerLost(f"Worker {self.pk} was killed or lost its connection."))
            return True


class PeriodicTask(models.Model):
    """When a task of the setting PERIODIC_TASKS is due next."""

    path = models.CharField(_("task"), primary_key=True, max_length=200)
    next_at = models.DateTimeField(_("next"), db_index=True)

    class Meta:
        verbose_name = _("periodic task")
        verbose_name_plural = _("periodic tasks")
        ordering = ("path",)

    def __str__(self) -> str:
        return self.path

    @property
    def name(self) -> str:
        """What the task does, in words."""
        return name_of(self.path)
