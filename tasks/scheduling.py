"""Enqueue periodic tasks: once per period, however many workers look."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tasks.models import PeriodicTask


def register_periodic_tasks() -> None:
    """Give each task of PERIODIC_TASKS a row; a new one is due at once.

    A period that became shorter holds from now on, not from the end of the long one.
    """
    now = timezone.now()
    rows = [PeriodicTask(path=path, next_at=now) for path in settings.PERIODIC_TASKS]
    PeriodicTask.objects.bulk_create(rows, ignore_conflicts=True)
    for path, seconds in settings.PERIODIC_TASKS.items():
        end = now + timedelta(seconds=seconds)
        PeriodicTask.objects.filter(path=path, next_at__gt=end).update(next_at=end)


def enqueue_due_tasks() -> int:
    """Enqueue the periodic tasks that are due; return how many this worker enqueued.

    Periods that passed while no worker ran count as one. A task whose last run has not ended is
    left out this time: it would only wait behind itself.
    """
    now = timezone.now()
    due = PeriodicTask.objects.filter(path__in=settings.PERIODIC_TASKS, next_at__lte=now)
    return sum(_enqueue(row, now) for row in due.select_related("last"))


@transaction.atomic
def _enqueue(row: PeriodicTask, now: datetime) -> bool:
    same = PeriodicTask.objects.filter(pk=row.pk, next_at=row.next_at)
    if not same.update(next_at=_following(row, now)):
        return False
    if row.last and not row.last.finished_at:
        return False
    result = import_string(row.path).enqueue()
    PeriodicTask.objects.filter(pk=row.pk).update(last=result.id)
    return True


def _following(row: PeriodicTask, now: datetime) -> datetime:
    """Return the first moment after now that is whole periods from the row's."""
    period = timedelta(seconds=settings.PERIODIC_TASKS[row.path])
    passed = (now - row.next_at) // period
    return row.next_at + (passed + 1) * period
