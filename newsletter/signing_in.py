"""Sign-ins: those that failed, as django-axes keeps them, and sessions that ended."""

from datetime import timedelta
from typing import Final

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tasks import task

# Long enough to look into what happened; they hold addresses of people.
KEPT: Final = timedelta(days=30)


@task()
def forget_failures_to_come() -> int:
    """Forget failures that lie ahead; return how many.

    While a clock was ahead they were written, and would lock an address out until then.
    """
    return AccessAttempt.objects.filter(attempt_time__gt=timezone.now()).delete()[0]


@task()
def forget_old_sign_ins() -> int:
    """Forget sign-ins, failed and not, after 30 days, and sessions that ended; return how many."""
    now = timezone.now()
    old = [rows.objects.filter(attempt_time__lt=now - KEPT) for rows in (AccessAttempt, AccessLog)]
    ended = Session.objects.filter(expire_date__lt=now)
    return sum(rows.delete()[0] for rows in (*old, ended))
