"""Tell those who run the site what was given up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django_tasks import TaskResultStatus, task

from tasks.models import StoredTask
from tasks.pruning import KEPT

# A mail names as many; the page has all.
NAMED = 50


@task()
def report_failures() -> int:
    """Mail to ADMINS what failed since the last report; return how much. May run at any time."""
    failed = StoredTask.objects.failed().filter(finished_at__gte=_last_report())
    count = failed.count()
    if not (count and settings.ADMINS and settings.EMAIL):
        return 0
    latest = cast(Iterable[StoredTask], failed.order_by("-finished_at")[:NAMED])
    with import_string(settings.SITE_IDENTITY)() as site:
        said = gettext("This failed in the background, and is not tried again by itself:")
        subject = gettext("%(site)s: what failed") % {"site": site.name}
        names = [f"- {task.name}: {task.trouble}" for task in latest]
    page = settings.SITE_URL + reverse("admin:tasks_storedtask_changelist") + "?state=failed"
    addresses = [address for _name, address in settings.ADMINS]
    text = "\n".join([said, "", *names, "", page, ""])
    send_mail(" ".join(subject.split()), text, site.sender, addresses)
    return count


def _last_report() -> datetime:
    """Return when the last run that ended well began, by a clock that was not ahead."""
    now = timezone.now()
    done = StoredTask.objects.successful().filter(task_path=report_failures.module_path)
    last: datetime | None = done.filter(started_at__lte=now).aggregate(last=Max("started_at"))[
        "last"
    ]
    return last or now - KEPT[TaskResultStatus.FAILED]
