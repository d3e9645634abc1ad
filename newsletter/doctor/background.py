"""Background work: whether somebody does it, and what waits or failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, TaskResultStatus, task_backends
from django_tasks_db.models import get_date_max

from newsletter.doctor.findings import Check, Finding, note, problem, warning
from posts.models import Post
from tasks.backends.database import DatabaseBackend
from tasks.models import StoredTask, Worker, name_of

# A worker takes what is due within seconds; a long task may keep it for some minutes.
PATIENCE = timedelta(minutes=15)
LATE = timedelta(hours=2)
LONG = timedelta(hours=6)
LATELY = timedelta(days=7)


def is_waiting() -> bool:
    """Tell whether tasks wait for a worker, rather than run where they are enqueued."""
    return isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], DatabaseBackend)


def _worker() -> Iterator[Finding]:
    if settings.READ_ONLY:
        wrong = gettext("The site is read-only: nothing can be saved, and tasks wait.")
        yield warning(wrong, gettext("Take READ_ONLY away when the work is done."))
        return
    if is_waiting() and not Worker.objects.alive().exists():
        wrong = gettext(
            "No worker runs: nothing is done in the background, no mail leaves, no link is"
            " checked and no backup is taken."
        )
        remedy = gettext(
            "Start one: `systemctl start newsletter-worker`, or `manage.py run_tasks` under a"
            " supervisor that starts it again."
        )
        yield problem(wrong, remedy)
    if not is_waiting() and not settings.DEBUG:
        wrong = gettext(
            "TASKS=immediate: nothing is done from time to time, such as checking links, taking"
            " backups and forgetting old sign-ins."
        )
        remedy = gettext("Set TASKS=database and run a worker.")
        yield (warning if settings.BACKUP_DIR else note)(wrong, remedy)


def oldest() -> timedelta | None:
    """Return for how long a task has been waiting that could run now; None where none does."""
    ready = StoredTask.objects.ready().order_by("enqueued_at")
    now = timezone.now()
    rows = ready.values_list("enqueued_at", "run_after")[:50]
    return max((now - _since(*row) for row in rows), default=None)


def _since(enqueued_at: datetime, run_after: datetime) -> datetime:
    """Return since when a task could run: when it was enqueued, or later where it had to wait."""
    return enqueued_at if run_after >= get_date_max() else max(enqueued_at, run_after)


def _in_words(time: timedelta) -> str:
    """Return a time in its largest unit, such as "2 days"."""
    now = timezone.now()
    return timesince(now - time, now, depth=1)


def _waiting() -> Iterator[Finding]:
    waits = oldest() if is_waiting() else None
    if waits and waits > PATIENCE:
        words = gettext("A task has been waiting for %(time)s.")
        remedy = gettext(
            "See under Upkeep › Tasks what runs; start more workers where tasks are long."
        )
        kind = problem if waits > LATE else warning
        yield kind(words % {"time": _in_words(waits)}, remedy)


def _running() -> Iterator[Finding]:
    running: Any = StoredTask.objects.filter(
        status=TaskResultStatus.RUNNING, started_at__lt=timezone.now() - LONG
    )
    for task in running[:3]:
        words = gettext("A task has been running for %(time)s: %(name)s.")
        runs = _in_words(timezone.now() - task.started_at)
        remedy = gettext("Start the worker anew: the task runs again by itself.")
        yield warning(words % {"time": runs, "name": task.name}, remedy)


def _failed() -> Iterator[Finding]:
    now = timezone.now()
    failed = StoredTask.objects.failed().filter(finished_at__range=(now - LATELY, now))
    paths = list(failed.order_by("-finished_at").values_list("task_path", flat=True)[:100])
    if paths:
        words = ngettext(
            "%(n)d task failed in the last seven days: %(names)s.",
            "%(n)d tasks failed in the last seven days: %(names)s.",
            len(paths),
        )
        names = ", ".join(dict.fromkeys(name_of(path) for path in paths))
        remedy = gettext("See under Upkeep › Tasks what they failed of, and run them again.")
        yield warning(words % {"n": len(paths), "names": names}, remedy)


def _pages() -> Iterator[Finding]:
    late = Post.objects.filter(stale_since__lt=timezone.now() - LATE).count()
    if late:
        words = ngettext(
            "%(n)d issue has been waiting for hours to be made anew: readers see it as it was.",
            "%(n)d issues have been waiting for hours to be made anew: readers see them as they"
            " were.",
            late,
        )
        remedy = gettext("The worker makes them; `manage.py rebuild_posts` does at once.")
        yield warning(words % {"n": late}, remedy)


CHECKS: Final = (
    Check("worker", _("Worker"), _worker, 30, needs_database=True),
    Check("waiting", _("Oldest task"), _waiting, 31, needs_database=True),
    Check("running", _("Running tasks"), _running, 32, needs_database=True),
    Check("failed", _("Failed tasks"), _failed, 33, needs_database=True),
    Check("pages", _("Stored pages"), _pages, 34, needs_database=True),
)
