"""What waits, runs, failed and why: the page of the background work."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, TaskResultStatus, task_backends
from django_tasks_db.models import get_date_max

from tasks.backends.database import DatabaseBackend
from tasks.models import PeriodicTask, StoredTask, Worker

EMPTY = "—"
# The word of a state, and the kind of the stylesheet that has its colour.
STATES = {
    TaskResultStatus.READY: (_("Waiting"), "scheduled"),
    TaskResultStatus.RUNNING: (_("Running"), "running"),
    TaskResultStatus.FAILED: (_("Failed"), "problem"),
    TaskResultStatus.SUCCESSFUL: (_("Done"), "published"),
}


class StateFilter(admin.SimpleListFilter):
    """Tasks by state."""

    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(state.lower(), word) for state, (word, _kind) in STATES.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[StoredTask]
    ) -> QuerySet[StoredTask]:
        state = (self.value() or "").upper()
        return queryset.filter(status=state) if state in STATES else queryset


class SeenActionForm(ActionForm):
    """Which action; and when the list was shown, since "all" are those that were there then."""

    shown_at = forms.CharField(
        label="",  # the list says that of hidden fields, too
        initial=lambda: timezone.now().isoformat(),
        widget=forms.HiddenInput,
        required=False,
    )


@admin.register(StoredTask)
class StoredTaskAdmin(admin.ModelAdmin):
    """Tasks, to look at and to run again."""

    list_display = ("name", "state", "attempt", "enqueued")
    list_filter = (StateFilter,)
    search_fields = ("task_path", "traceback", "args_kwargs")
    search_help_text = _("Searches names, arguments and errors.")
    ordering = ("-enqueued_at",)
    list_per_page = 50
    counted = ngettext_lazy("%(n)s task", "%(n)s tasks", "n")
    nothing = _("What is done in the background stands here.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("retry_selected",)
    action_form = SeenActionForm
    fields = ("state", "arguments", "attempt", "workers", "enqueued", "started",
              "ended", "result", "error")  # fmt: skip
    readonly_fields = fields

    # What a row shows

    @admin.display(description=_("task"), ordering="task_path")
    def name(self, task: StoredTask) -> SafeString:
        arguments = Truncator(self.arguments(task)).chars(90)
        words = '<span class="title">{}</span><span class="aside address">{} {}</span>'
        shown = "" if arguments == EMPTY else arguments
        return format_html(words, task.name, task.task_path, shown)

    @admin.display(description=_("status"), ordering="status")
    def state(self, task: StoredTask) -> SafeString:
        word, kind = STATES[TaskResultStatus(task.status)]
        return format_html(
            '<span class="state state-{}">{}</span>{}{}', kind, word, _when(task), _trouble(task)
        )

    @admin.display(description=_("arguments"))
    def arguments(self, task: StoredTask) -> str:
        parts = [_as_json(value) for value in task.args_kwargs["args"]]
        parts += [f"{name}={_as_json(value)}" for name, value in task.args_kwargs["kwargs"].items()]
        return ", ".join(parts) or EMPTY

    @admin.display(description=_("attempt"))
    def attempt(self, task: StoredTask) -> str:
        words = gettext("%(number)d of %(limit)d")
        numbers = {"number": task.attempts, "limit": task.limit}
        return words % numbers if task.attempts else EMPTY

    @admin.display(description=_("workers"))
    def workers(self, task: StoredTask) -> str:
        return ", ".join(task.worker_ids) or EMPTY

    @admin.display(description=_("enqueued"), ordering="enqueued_at")
    def enqueued(self, task: StoredTask) -> str:
        return _moment(task.enqueued_at)

    @admin.display(description=_("last started"), ordering="started_at")
    def started(self, task: StoredTask) -> str:
        return _moment(task.started_at)

    @admin.display(description=_("ended"), ordering="finished_at")
    def ended(self, task: StoredTask) -> str:
        return _moment(task.finished_at)

    @admin.display(description=_("result"))
    def result(self, task: StoredTask) -> str:
        return EMPTY if task.return_value is None else _as_json(task.return_value)

    @admin.display(description=_("last error"))
    def error(self, task: StoredTask) -> SafeString | str:
        if not task.traceback:
            return EMPTY
        return format_html('<pre class="document-shown" tabindex="0">{}</pre>', task.traceback)

    # Running again

    @admin.action(description=_("Run the selected tasks again, now"), permissions=["change"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[StoredTask]) -> None:
        """Run what failed, or waits for its time, now; leave the others as they are."""
        if seen_at := _moment_in(request.POST.get("shown_at", "")):
            newer = Q(enqueued_at__gt=seen_at) | Q(finished_at__gt=seen_at)
            queryset = queryset.exclude(newer)
        with transaction.atomic():
            again = [task for task in queryset if task.run_again()]
            for task in again:
                self.log_change(request, task, gettext_noop("Run again."))
        said = ngettext("%(n)d task will run again.", "%(n)d tasks will run again.", len(again))
        level = messages.SUCCESS if again else messages.INFO
        self.message_user(request, said % {"n": len(again)}, level)

    def save_model(
        self, request: HttpRequest, obj: StoredTask, form: forms.ModelForm[StoredTask], change: bool
    ) -> None:
        """Write nothing but the wish to run the task again: workers may be at the row."""
        if "_retry" in request.POST:
            obj.run_again()

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Write down what was wished."""
        return gettext_noop("Run again.") if "_retry" in request.POST else ""

    def response_change(self, request: HttpRequest, obj: StoredTask) -> HttpResponse:
        """Show the task with what became of it."""
        if obj.status == TaskResultStatus.READY:
            self.message_user(request, gettext("The task will run again."), messages.SUCCESS)
        else:
            self.message_user(request, gettext("The task runs, or ran, already."), messages.INFO)
        return HttpResponseRedirect(request.path)

    # The pages around

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add who works, and what is due when."""
        around = {
            "inline": not isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], DatabaseBackend),
            "workers": Worker.objects.alive().select_related("task"),
            "periodic": PeriodicTask.objects.filter(path__in=settings.PERIODIC_TASKS),
        }
        return super().changelist_view(request, {**around, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | TemplateResponse:
        """Offer to run again what can."""
        task = context.get("original")
        context["can_retry"] = bool(
            task
            and self.has_change_permission(request, task)
            and task.status in {TaskResultStatus.FAILED, TaskResultStatus.READY}
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: code enqueues tasks."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StoredTask | None = None) -> bool:
        """Nobody: tasks that ended long ago go by themselves."""
        return False


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _moment(value: Any) -> str:
    if value is None:
        return EMPTY
    return date_format(timezone.localtime(value), "DATETIME_FORMAT")


def _when(task: StoredTask) -> SafeString | str:
    """Return when a task ended, or until when it waits."""
    moment = _moment(task.finished_at)
    if task.status == TaskResultStatus.READY:
        waits = timezone.now() < task.run_after < get_date_max()
        moment = gettext("until %(moment)s") % {"moment": _moment(task.run_after)} if waits else ""
    elif task.finished_at is None:
        moment = ""
    return format_html('<span class="aside">{}</span>', moment)


def _trouble(task: StoredTask) -> SafeString | str:
    """Return the last line of a task's error."""
    if not task.trouble:
        return ""
    return format_html('<span class="trouble">{}</span>', Truncator(task.trouble).chars(120))


def _moment_in(text: str) -> datetime | None:
    """Return the moment that a form sent back; None for what is none."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else None
    return None
