"""What readers suggest: accepted into the inbox, or declined with a word to the reader."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.access import COLLECT, may
from links.admin import SHOWN, ReadOnly, addresses, ask, badge, day, selection
from links.decisions import BATCH
from links.models import Suggestion
from links.readers import accept, decline
from posts.admin.covered import Covered, summary
from posts.auditing import kept, record
from posts.messages import Message

Status = Suggestion.Status
COLOURS = {Status.WAITING: "scheduled", Status.ACCEPTED: "published", Status.DECLINED: "draft"}


class AnswerForm(forms.Form):
    """What the readers are told whose suggestions are declined."""

    answer = forms.CharField(
        label=_("answer"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown on the reader's status page."),
    )


class SuggestionForm(forms.ModelForm):
    """The answer, and by the button that was pressed what it says."""

    class Meta:
        model = Suggestion
        fields = ("answer",)
        widgets = {"answer": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        """Ask for a word to the reader when something is declined."""
        cleaned = super().clean() or self.cleaned_data
        if "_decline" in self.data and not (cleaned.get("answer") or "").strip():
            self.add_error("answer", gettext("Say why: the reader is told."))
        return cleaned


@admin.register(Suggestion)
class SuggestionAdmin(Covered, ReadOnly):
    """Suggestions, the latest first."""

    form = SuggestionForm
    list_display = ("name", "state", "covered", "day")
    list_filter = ("status", "created_at")
    search_fields = ("url", "title", "note", "email", "link__url")
    counted = ngettext_lazy("%(n)s suggestion", "%(n)s suggestions", "n")
    nothing = _("What readers suggest by the form on the site comes here.")
    next_step = (_("See the readers' form"), "posts:suggest")
    search_help_text = _("Searches addresses, titles and notes.")
    ordering = ("-created_at", "-id")
    actions = ("accept_selected", "decline_selected")
    acts_at_once = ("accept_selected",)
    change_form_template = "admin/links/suggestion/change_form.html"
    readonly_fields = ("visit", "title", "note", "email", "state", "covered", "page", "day")
    fields = ("visit", "title", "note", "covered", "email", "day", "state", "page", "answer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suggestion]:
        """Return suggestions with their links."""
        rows: QuerySet[Suggestion] = super().get_queryset(request)
        return rows.select_related("link")

    def get_fields(self, request: HttpRequest, obj: Suggestion | None = None) -> Any:
        """Leave out the address of somebody who left none."""
        return [name for name in self.fields if name != "email" or (obj and obj.email)]

    def get_readonly_fields(self, request: HttpRequest, obj: Suggestion | None = None) -> Any:
        """Keep the answer to what was accepted: the reader was told."""
        is_over = obj is not None and obj.status == Status.ACCEPTED
        return (*self.readonly_fields, "answer") if is_over else self.readonly_fields

    @admin.display(description=_("suggestion"), ordering="title")
    def name(self, row: Suggestion) -> SafeString:
        return summary(row)

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: Suggestion) -> SafeString:
        return badge(COLOURS[Status(row.status)], row.get_status_display())

    @admin.display(description=_("suggested"), ordering="created_at")
    def day(self, row: Suggestion) -> SafeString | str:
        return day(row.created_at)

    @admin.display(description=_("address"))
    def visit(self, row: Suggestion) -> SafeString:
        return format_html(
            '<a class="address" href="{}" rel="noopener noreferrer">{}</a>'
            '<br><a class="quiet" href="{}">{}</a>',
            row.url,
            row.url,
            reverse("admin:links_link_change", args=[row.link_id]),
            _("What is known of this link"),
        )

    @admin.display(description=_("the reader's page"))
    def page(self, row: Suggestion) -> SafeString:
        path = reverse("posts:suggestion", args=[row.token])
        return format_html('<a href="{}">{}</a>', path, _("See what the reader sees"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the way into the inbox to who may collect links."""
        row = context.get("original")
        if row is not None and may(request.user, COLLECT):
            words = urlencode({"url": row.url, "title": row.title, "note": row.note})
            context |= {"inbox_url": f"{reverse('admin:links_inboxentry_add')}?{words}"}
        return super().render_change_form(request, context, *args, **kwargs)

    # Answering

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that somebody answered a suggestion after a moment."""
        return Q(answered_at__gt=at)

    def save_model(
        self,
        request: HttpRequest,
        obj: Suggestion,
        form: forms.ModelForm[Suggestion],
        change: bool,
    ) -> None:
        """Do what the button says; Django's log has a row of it."""
        answer = form.cleaned_data["answer"]
        if "_accept" in request.POST:
            accept([obj], by=request.user, answer=answer)
        elif "_decline" in request.POST:
            decline([obj], by=request.user, answer=answer)
        obj.refresh_from_db()

    def response_change(self, request: HttpRequest, obj: Suggestion) -> HttpResponse:
        """Say what was done, and lead back to the list."""
        if "_accept" in request.POST:
            words = gettext("Accepted. It is in the inbox; the reader's page says so.")
        elif "_decline" in request.POST:
            words = gettext("Declined. The reader's page says why.")
        else:
            words = gettext("Nothing was decided: accept the suggestion, or decline it.")
        decided = {"_accept", "_decline"} & request.POST.keys()
        self.message_user(request, words, messages.SUCCESS if decided else messages.WARNING)
        return self.response_post_save_change(request, obj)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Write down what was answered."""
        answer = form.instance.answer
        if form.instance.status == Status.ACCEPTED:
            words = gettext_noop("Accepted into the inbox: %(answer)s")
            plain = Message(gettext_noop("Accepted into the inbox."))
            return [kept(Message(words, answer=answer) if answer else plain)]
        return [kept(Message(gettext_noop("Declined: %(why)s"), why=answer))]

    @admin.action(
        description=_("Accept the selected suggestions into the inbox"), permissions=["change"]
    )
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Suggestion]) -> None:
        """Approve the links and put them into the inbox."""
        rows = list(queryset.exclude(status=Status.ACCEPTED)[: BATCH + 1])
        if len(rows) > BATCH:
            words = gettext("Accept %(n)d suggestions at a time at most.") % {"n": BATCH}
            self.message_user(request, words, messages.ERROR)
        elif rows:
            with transaction.atomic():
                accept(rows, by=request.user)
                record(request, rows, Message(gettext_noop("Accepted into the inbox.")))
            words = ngettext(
                "Accepted. %(n)d suggestion is in the inbox now; the reader's page says so.",
                "Accepted. %(n)d suggestions are in the inbox now; the readers' pages say so.",
                len(rows),
            )
            self.message_user(request, words % {"n": len(rows)}, messages.SUCCESS)

    @admin.action(description=_("Decline the selected suggestions…"), permissions=["change"])
    def decline_selected(
        self, request: HttpRequest, queryset: QuerySet[Suggestion]
    ) -> HttpResponse | None:
        """Decline suggestions, once somebody said why."""
        form = AnswerForm(request.POST if "answer" in request.POST else None)
        if form.is_valid():
            self._decline(request, queryset, form.cleaned_data["answer"])
            return None
        count = queryset.count()
        return ask(
            self,
            request,
            title=gettext("Decline suggestions"),
            form=form,
            back=request.get_full_path(),
            consequence=gettext(
                "The links stay as they are; the readers who suggested them are told why they are"
                " not taken."
            ),
            button=ngettext("Decline %(n)s suggestion", "Decline %(n)s suggestions", count)
            % {"n": count},
            rows=addresses(queryset[:SHOWN]),
            hidden=selection("decline_selected", queryset.order_by().values_list("pk", flat=True)),
        )

    def _decline(self, request: HttpRequest, rows: QuerySet[Suggestion], answer: str) -> None:
        with transaction.atomic():
            declined = decline(list(rows), by=request.user, answer=answer)
            record(request, declined, Message(gettext_noop("Declined: %(why)s"), why=answer))
        words = ngettext(
            "%(n)d suggestion is declined; the reader's page says why.",
            "%(n)d suggestions are declined; the readers' pages say why.",
            len(declined),
        )
        self.message_user(request, words % {"n": len(declined)}, messages.SUCCESS)
