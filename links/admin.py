"""Links and their sources, as moderators see them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from links.models import Decision, Link, Source
from links.moderating import decide

EMPTY = "—"
# What somebody who sets a status decides.
ACTIONS = {
    Link.Status.APPROVED: Decision.Action.APPROVE,
    Link.Status.BLOCKED: Decision.Action.BLOCK,
    Link.Status.PENDING: Decision.Action.RESTORE,
}
COLOURS = {"approved": "published", "pending": "scheduled", "blocked": "problem"}


class ReasonForm(forms.Form):
    """Why links are blocked."""

    reason = forms.CharField(
        label=_("reason"), max_length=500, help_text=_("For other staff; readers do not see it.")
    )


class LinkForm(forms.ModelForm):
    """What is decided about one link."""

    class Meta:
        model = Link
        fields = ("status", "reason")
        widgets = {"status": forms.RadioSelect}

    def clean(self) -> dict[str, Any]:
        """Ask for a reason when a link is blocked."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("status") == Link.Status.BLOCKED and not cleaned.get("reason"):
            self.add_error("reason", gettext("Say why the link is blocked."))
        return cleaned


class ReadOnly(admin.ModelAdmin):
    """Rows that nobody adds or deletes by hand."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: the row comes with the text that names it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: decisions and history hang on the row."""
        return False


@admin.register(Link)
class LinkAdmin(ReadOnly):
    """Links, approved and blocked wherever they stand."""

    form = LinkForm
    list_display: tuple[str, ...] = ("address", "host", "state", "reason", "seen")
    list_filter = ("status", "created_at")
    search_fields = ("url", "reason", "source__name")
    search_help_text = _("Searches addresses, hosts and reasons.")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    list_select_related = ("source",)
    actions = ("approve_selected", "block_selected", "reopen_selected")
    fields = ("visit", "status", "reason", "source", "seen")
    readonly_fields = ("visit", "source", "seen")

    @admin.display(description=_("address"), ordering="url")
    def address(self, link: Link) -> SafeString:
        return format_html('<span class="address">{}</span>', link.url)

    @admin.display(description=_("address"))
    def visit(self, link: Link) -> SafeString:
        return format_html(
            '<a class="address" href="{}" rel="noopener noreferrer">{}</a>', link.url, link.url
        )

    @admin.display(description=_("source"), ordering="source__name")
    def host(self, link: Link) -> str:
        return link.source.name if link.source else EMPTY

    @admin.display(description=_("status"), ordering="status")
    def state(self, link: Link) -> SafeString:
        return format_html(
            '<span class="state state-{}">{}</span>',
            COLOURS.get(link.status, "draft"),
            link.get_status_display(),
        )

    @admin.display(description=_("first seen"), ordering="created_at")
    def seen(self, link: Link) -> str:
        return date_format(link.created_at, pgettext("short date, Django format", "j M Y"))

    # Deciding

    @admin.action(description=_("Approve the selected links"), permissions=["change"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Approve links; blocked ones are shown again."""
        self._decide(request, queryset, Decision.Action.APPROVE)

    @admin.action(description=_("Put the selected links back to pending"), permissions=["change"])
    def reopen_selected(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Take a decision back."""
        self._decide(request, queryset, Decision.Action.RESTORE)

    @admin.action(description=_("Block the selected links…"), permissions=["change"])
    def block_selected(self, request: HttpRequest, queryset: QuerySet[Link]) -> HttpResponse | None:
        """Block links, once somebody said why."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            self._decide(request, queryset, Decision.Action.BLOCK, form.cleaned_data["reason"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Block links"),
            "opts": self.opts,
            "form": form,
            "links": queryset,
            "count": queryset.count(),
            "selected": request.POST.getlist("_selected_action"),
            "select_across": request.POST.get("select_across") == "1",
        }
        return render(request, "admin/links/link/block.html", context)

    def save_model(
        self, request: HttpRequest, obj: Link, form: forms.ModelForm[Link], change: bool
    ) -> None:
        """Write the decision, and every page it concerns."""
        if form.has_changed():
            action = ACTIONS[form.cleaned_data["status"]]
            decide([obj], action, by=request.user, reason=form.cleaned_data["reason"])

    def _decide(
        self, request: HttpRequest, links: QuerySet[Link], action: str, reason: str = ""
    ) -> None:
        decision = decide(list(links), action, by=request.user, reason=reason)
        count = decision.effects.count()
        words = ngettext("%(n)d link: %(done)s.", "%(n)d links: %(done)s.", count)
        said = words % {"n": count, "done": decision.get_action_display()}
        self.message_user(request, said, messages.SUCCESS if count else messages.INFO)


@admin.register(Source)
class SourceAdmin(ReadOnly):
    """Sites that are cited, for looking things up."""

    list_display = ("name", "post_count", "link_count", "created_at")
    search_fields = ("name",)
    ordering = ("-post_count", "name")
    fields = ("name", "post_count", "link_count", "created_at")
    readonly_fields = fields

    def has_change_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Nobody: sources follow from links."""
        return False
