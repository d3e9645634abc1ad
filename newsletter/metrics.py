"""`/metrics` for Prometheus: what waits, fails and gets old, asked of the database each time.

No counters of requests: each process of gunicorn would have its own, and say something else each
time. Whoever wants them counts lines of the log (`LOG_FORMAT=json`) or asks the proxy.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks import TaskResultStatus
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from links.models import Link, QueueEntry, Suggestion
from mailing.models import Delivery, Mailing
from newsletter import folders
from newsletter.doctor import Level, background, examine, files
from newsletter.doctor.probing import has_token
from newsletter.version import version
from posts.models import Post
from tasks.models import StoredTask, Worker

DONE, CANCELLED = Mailing.Status.DONE, Mailing.Status.CANCELLED
# What a check found, as a number.
LEVELS: Final = {None: 0, Level.NOTE: 1, Level.WARNING: 2, Level.ERROR: 3}


class Measure(NamedTuple):
    """A number with its name, its labels and what it means."""

    name: str
    means: str
    value: float
    labels: dict[str, str] = {}


def links() -> Iterator[Measure]:
    """Yield what waits for moderators and for checks."""
    waiting = QueueEntry.objects.filter(closed_at=None)
    yield Measure("queue_entries", "Links that wait for a decision", waiting.count())
    suggestions = Suggestion.objects.filter(status=Suggestion.Status.WAITING)
    yield Measure("suggestions", "Suggestions that wait for an answer", suggestions.count())
    due = Link.objects.filter(due_at__lte=timezone.now())
    yield Measure("checks_due", "Links whose check is due", due.count())


def posts() -> Iterator[Measure]:
    """Yield what readers will get."""
    yield Measure("issues_scheduled", "Issues to come", Post.objects.scheduled().count())
    stale = Post.objects.filter(stale_since__isnull=False)
    yield Measure("pages_stale", "Issues whose page waits to be made anew", stale.count())


def tasks() -> Iterator[Measure]:
    """Yield how the background work does."""
    states = {
        "waiting": StoredTask.objects.ready(),
        "running": StoredTask.objects.filter(status=TaskResultStatus.RUNNING),
        "failed": StoredTask.objects.failed(),
    }
    for state, rows in states.items():
        yield Measure("tasks", "Tasks by state", rows.count(), {"state": state})
    oldest = background.oldest() or timedelta()
    means = "Seconds for which a task has been waiting that could run"
    yield Measure("task_oldest_seconds", means, oldest.total_seconds())
    yield Measure("workers", "Workers that are alive", Worker.objects.alive().count())


def mail() -> Iterator[Measure]:
    """Yield how mail to readers does."""
    means = "Mails of mailings that are not done, by state"
    live = Delivery.objects.exclude(mailing__status__in=(DONE, CANCELLED))
    counted = dict(live.values_list("status").annotate(number=Count("pk")).order_by())
    for state in ("queued", "handed", "failed"):
        yield Measure("deliveries", means, counted.get(state, 0), {"state": state})
    overdue = Mailing.objects.filter(
        status=Mailing.Status.PLANNED, starts_at__lt=timezone.now() - timedelta(minutes=1)
    )
    yield Measure("mailings_overdue", "Mailings that should have begun", overdue.count())


def machine() -> Iterator[Measure]:
    """Yield what is left of the disks, and how old the last backup is."""
    for name, folder in folders.written():
        free = shutil.disk_usage(folders.nearest(folder)).free
        yield Measure("disk_free_bytes", "Room that is left", free, {"folder": name})
    age = files.backup_age()
    if age is not None:
        yield Measure("backup_age_seconds", "Age of the last backup", age.total_seconds())


def checks() -> Iterator[Measure]:
    """Yield what `doctor` finds."""
    means = "What a check found: 0 nothing, 1 a hint, 2 a warning, 3 a problem"
    for result in examine():
        if result.is_asked:
            yield Measure("check", means, LEVELS[result.level], {"check": result.check.name})
    yield Measure("version_info", "The version of the code", 1, {"version": version()})


# An app's measures are a function here, which asks the app's own verbs.
MEASURES: Final = (links, posts, tasks, mail, machine, checks)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer all measures to who has METRICS_TOKEN; 404 to everybody else."""
    if not has_token(request):
        raise Http404
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for family in MEASURES:
        for name, means, value, labels in family():
            if name not in gauges:
                gauges[name] = Gauge(f"newsletter_{name}", means, list(labels), registry=registry)
            gauge = gauges[name].labels(**labels) if labels else gauges[name]
            gauge.set(value)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_1_0_0)
