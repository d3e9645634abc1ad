"""Forget tasks that ended long ago."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus, task

from tasks.models import StoredTask

# A failure stays longer: somebody may still want to know why.
KEPT = {
    TaskResultStatus.SUCCESSFUL: timedelta(days=14),
    TaskResultStatus.FAILED: timedelta(days=90),
}


@task
def prune_finished_tasks() -> int:
    """Delete finished tasks after 14 days, failed ones after 90; return how many."""
    count = 0
    for status, age in KEPT.items():
        old = StoredTask.objects.filter(status=status, finished_at__lt=timezone.now() - age)
        count += old.delete()[0]
    return count
