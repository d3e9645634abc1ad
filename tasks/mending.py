"""What a clock that was ahead left behind: moments further away than any may be.

A clock that is put right brings back none of them by itself: a task would wait, and a killed worker
count as alive, for as long as the clock had been ahead. Clocks of two machines differ a little, so
what is only a little too far away is left alone.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import get_date_max

from tasks.models import StoredTask, Worker, next_lease

# No lease is longer than an hour, no task waits for another attempt for longer than some.
FARTHEST_LEASE = timedelta(hours=2)
FARTHEST_ATTEMPT = timedelta(days=1)


def mend_moments() -> None:
    """Let leases end when they should, and tasks that wait for another attempt run now."""
    now = timezone.now()
    leases = Worker.objects.filter(lease_until__gt=now + FARTHEST_LEASE)
    if leases.exists():  # an update of no row would wait for SQLite's lock, too
        leases.update(lease_until=next_lease())
    again = StoredTask.objects.filter(
        status=TaskResultStatus.READY,
        run_after__gt=now + FARTHEST_ATTEMPT,
        run_after__lt=get_date_max(),
    ).exclude(worker_ids=[])
    if again.exists():
        again.update(run_after=now)
