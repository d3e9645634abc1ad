"""Failed sign-ins, as django-axes keeps them."""

from axes.models import AccessAttempt
from django.utils import timezone
from django_tasks import task


@task()
def forget_failures_to_come() -> int:
    """Forget failures that lie ahead; return how many.

    While a clock was ahead they were written, and would lock an address out until then.
    """
    return AccessAttempt.objects.filter(attempt_time__gt=timezone.now()).delete()[0]
