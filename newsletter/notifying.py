"""Of what staff can be told by mail (``notices``), asked of the apps that know it."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from links.models import Report, Suggestion
from newsletter.doctor import Level, examine
from notices.kinds import Kind, add
from posts.access import CHANGE_SETTINGS
from posts.models import Post
from tasks.models import StoredTask


def _suggestions(since: datetime, until: datetime) -> list[str]:
    waiting = Suggestion.objects.filter(status=Suggestion.Status.WAITING)
    new = waiting.filter(created_at__gt=since, created_at__lte=until)
    return [f"{one.title} {one.url}".strip() for one in new.order_by("created_at")]


def _reports(since: datetime, until: datetime) -> list[str]:
    new = Report.objects.filter(created_at__gt=since, created_at__lte=until)
    rows = new.select_related("link").order_by("created_at")
    return [f"{one.get_kind_display()}: {one.link.url} {one.note}".strip() for one in rows]


def _tasks(since: datetime, until: datetime) -> list[str]:
    failed = StoredTask.objects.failed().filter(finished_at__gt=since, finished_at__lte=until)
    rows: list[StoredTask] = list(failed.order_by("finished_at"))  # type: ignore[arg-type]
    return [f"{one.name}: {one.trouble}" for one in rows]


def _problems(since: datetime, until: datetime) -> list[str]:
    stopped = Post.objects.filter(modified_at__gt=since, modified_at__lte=until).exclude(problem="")
    return [f"{post.title}: {post.problem}" for post in stopped.order_by("modified_at")]


def _state(_since: datetime, _until: datetime) -> list[str]:
    return [
        f"{finding.wrong} {finding.remedy}"
        for result in examine()
        for finding in result.findings
        if finding.level is Level.ERROR
    ]


def register() -> None:
    """Let people choose these kinds."""
    for kind in KINDS:
        add(kind)


KINDS = (
    Kind(
        "suggestions",
        _("Suggestions of readers"),
        ("links.view_suggestion",),
        lambda: reverse("admin:links_suggestion_changelist") + "?status__exact=waiting",
        _suggestions,
    ),
    Kind(
        "reports",
        _("Links that readers report"),
        ("links.view_queueentry",),
        lambda: reverse("admin:links_queueentry_changelist"),
        _reports,
    ),
    Kind(
        "problems",
        _("Issues that could not be published"),
        ("posts.publish_post",),
        lambda: reverse("admin:posts_post_changelist") + "?state=problem",
        _problems,
    ),
    Kind(
        "tasks",
        _("Work in the background that failed for good"),
        CHANGE_SETTINGS,
        lambda: reverse("state"),
        _tasks,
    ),
    Kind(
        "state",
        _("Problems of the site"),
        CHANGE_SETTINGS,
        lambda: reverse("state"),
        _state,
    ),
)
