"""Run background tasks."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends

from tasks.backends.database import DatabaseBackend
from tasks.working import Loop

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Command(BaseCommand):
    help = (
        "Run background tasks, and enqueue periodic ones when they are due, until SIGTERM or"
        " Ctrl-C; the task that runs then is finished first. As many of these as one likes may"
        " run at once, on any machine. A worker that is killed loses nothing: its task runs again."
        " Examples: `manage.py run_tasks`, `manage.py run_tasks --once`."
    )

    stopping = False
    parent: int | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due, then end")
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="end when this process, which starts it, ends"
        )

    def handle(self, *args: Any, once: bool, parent: int | None, **options: Any) -> None:
        backend = task_backends[DEFAULT_TASK_BACKEND_ALIAS]
        if not isinstance(backend, DatabaseBackend):
            raise CommandError("TASKS=immediate runs tasks where they are enqueued: none wait.")
        self.parent = parent
        for number in STOPPING:
            signal.signal(number, self._stop)
        if settings.READ_ONLY:
            self.stdout.write("READ_ONLY is set: tasks wait until it is taken away.")
            self._wait(once=once)
            return
        self.stdout.write("Waiting for tasks." if not once else "Running what is due.")
        Loop(backend, self._is_going, once=once).work()
        self.stdout.write("Ended.")

    def _stop(self, number: int, _frame: Any) -> None:
        self.stopping = True
        # Who cannot wait asks again, and ends the process in the middle of its task.
        signal.signal(number, signal.SIG_DFL)

    def _wait(self, *, once: bool) -> None:
        """Do nothing until told to stop: whoever supervises this would start it again and again."""
        while not once and self._is_going():
            time.sleep(1)

    def _is_going(self) -> bool:
        return not self.stopping and self.parent in {None, os.getppid()}
