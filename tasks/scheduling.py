"""Enqueue periodic tasks: once per period, however many workers look."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tasks.models import PeriodicTask, StoredTask


def register_periodic_tasks() -> None:
    """Give each task of PERIODIC_TASKS a row; a new one is due at once."""
    now = timezone.now()
    rows = [PeriodicTask(path=path, next_at=now) for path in settings.PERIODIC_TASKS]
    PeriodicTask.objects.bulk_create(rows, ignore_conflicts=True)


def enqueue_due_tasks() -> int:
    """Enqueue the periodic tasks that are due; return how many this worker enqueued.

    Periods that passed while no worker ran count as one. A task of which a run waits or has not
    ended, whoever enqueued it, is left out this time: it would only wait behind itself.
    """
    now = timezone.now()
    rows = PeriodicTask.objects.filter(path__in=settings.PERIODIC_TASKS)
    return sum(_enqueue(row, now) for row in rows if _is_due(row, now))


def _is_due(row: PeriodicTask, now: datetime) -> bool:
    """Tell whether a task is due: its moment has come, or lies further away than it may.

    A clock was ahead, or the period was longer. Of two machines whose clocks differ each would
    enqueue the task if one period were enough.
    """
    return not now < row.next_at <= now + 2 * _period(row)


@transaction.atomic
def _enqueue(row: PeriodicTask, now: datetime) -> bool:
    same = PeriodicTask.objects.filter(pk=row.pk, next_at=row.next_at)
    if not same.update(next_at=_following(row, now)):
        return False
    if StoredTask.objects.filter(task_path=row.path, finished_at=None).exists():
        return False
    import_string(row.path).enqueue()
    return True


def _following(row: PeriodicTask, now: datetime) -> datetime:
    """Return the first moment after now that is whole periods from the row's."""
    period = _period(row)
    passed = (now - row.next_at) // period
    return row.next_at + (passed + 1) * period


def _period(row: PeriodicTask) -> timedelta:
    return timedelta(seconds=settings.PERIODIC_TASKS[row.path])
