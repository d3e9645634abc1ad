"""What a worker does: take tasks, run them, renew its lease, look after the others.

Killed at any moment a worker leaves either a task that nobody began, or one that names it: when
its lease has ended, another worker lets that task run again. So a task may run more than once,
and has to be written so that this does no harm.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django_tasks import TaskContext
from django_tasks.signals import task_finished, task_started
from django_tasks.utils import normalize_json

from tasks.backends.database import DatabaseBackend
from tasks.limiting import TaskTooLong, limited
from tasks.mending import mend_moments
from tasks.models import StoredTask, Worker, WorkerLost
from tasks.scheduling import enqueue_due_tasks, register_periodic_tasks

logger = logging.getLogger(__name__)

# Seconds between two looks at what is due and who is lost, and after trouble with the database.
UPKEEP_INTERVAL = 1.0
PAUSE = 5.0


def run(task: StoredTask) -> None:
    """Run a task that was claimed, and write down how it ended.

    A task that wants to end its process (SystemExit), or takes longer than it may, has failed like
    any other.
    """
    try:
        with limited(task.task_path):
            value = _call(task)
    except (Exception, SystemExit, TaskTooLong) as error:
        words = "Task %s (%s) failed in attempt %s of %s"
        logger.warning(words, task.pk, task.task_path, task.attempts, task.limit, exc_info=True)
        if not connection.in_atomic_block:
            close_old_connections()  # perhaps it failed of one
        _tell(task, kept=task.fail(error))
    else:
        _tell(task, kept=task.succeed(value))


def _call(task: StoredTask) -> Any:
    """Return what a task returns, as JSON knows it."""
    result: Any = task.task_result
    function = result.task
    task_started.send(type(function.get_backend()), task_result=result)
    context = [TaskContext(task_result=result)] if function.takes_context else []
    return normalize_json(function.call(*context, *result.args, **result.kwargs))


def _tell(task: StoredTask, *, kept: bool) -> None:
    """Tell whoever listens, the library's log among them, what ended for good."""
    if not kept:
        logger.warning("Task %s (%s) was given to another worker", task.pk, task.task_path)
    elif task.finished_at:
        with suppress(ImportError):  # which then is what it failed of
            result: Any = task.task_result
            task_finished.send(type(result.task.get_backend()), task_result=result)


def run_waiting() -> int:
    """Run all tasks that are due, here and now; return how many. For tests of what tasks do."""
    worker = Worker.objects.register()
    count = 0
    while task := StoredTask.objects.claim(worker):
        run(task)
        count += 1
    worker.delete()
    return count


def bury_lost_workers() -> int:
    """Let the tasks of workers that were killed run again; return the number of workers."""
    return sum(worker.bury() for worker in Worker.objects.expired().select_related("task"))


@contextmanager
def leased() -> Generator[Worker]:
    """Be a worker: hold a lease, renewed in a thread, until the block ends.

    After an exception the worker stays, so that what it had begun is found when its lease ends.
    """
    worker = Worker.objects.register()
    ended = Event()
    renewing = Thread(target=_renew, args=(worker, ended), name="lease", daemon=True)
    renewing.start()
    try:
        yield worker
    finally:
        ended.set()
        renewing.join()
    worker.delete()


def _renew(worker: Worker, ended: Event) -> None:
    while not ended.wait(settings.TASK_LEASE / 4):
        close_old_connections()
        try:
            worker.renew()
        except Error:
            logger.warning("The lease of worker %s could not be renewed", worker, exc_info=True)
    connection.close()


class Loop:
    """Work until told to stop.

    `going` is asked between tasks; `once` ends the work when nothing is due.
    """

    def __init__(
        self, backend: DatabaseBackend, going: Callable[[], bool], *, once: bool = False
    ) -> None:
        self.backend = backend
        self.going = going
        self.once = once
        self.next_upkeep = 0.0

    def work(self) -> None:
        """Run tasks; who lost the lease goes on as another worker.

        With `once`, trouble with the database is raised, else waited out.
        """
        register_periodic_tasks()
        while self.going():
            try:
                with leased() as worker:
                    self._work_as(worker)
            except WorkerLost:
                logger.warning("Going on as another worker", exc_info=True)
            except Error:
                if self.once:
                    raise
                logger.exception("Going on as another worker in %s seconds", PAUSE)
                connection.close()
                time.sleep(PAUSE)
            else:
                return

    def _work_as(self, worker: Worker) -> None:
        while self.going():
            close_old_connections()
            self._look_after_others()
            task = StoredTask.objects.claim(worker)
            if task:
                run(task)
            elif self.once:
                return
            else:
                self._rest()

    def _look_after_others(self) -> None:
        if time.monotonic() >= self.next_upkeep:
            mend_moments()
            enqueue_due_tasks()
            bury_lost_workers()
            self.next_upkeep = time.monotonic() + UPKEEP_INTERVAL

    def _rest(self) -> None:
        until = time.monotonic() + self.backend.poll_interval
        while self.going() and time.monotonic() < until and not self.backend.wait():
            pass
