"""Addresses that get no mail whatever a form says: known by their digests alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from links.admin import moment
from mailing import access
from mailing.admin.bases import AddressList, whole_address
from mailing.admin.verbs import VERBS, carry_out
from mailing.models import Suppression


@admin.register(Suppression)
class SuppressionAdmin(AddressList):
    """Suppressions; those of erased readers can be undone here alone."""

    list_display = ("short", "reason", "note", "since")
    list_filter = ("reason",)
    search_fields = ("digest",)
    search_help_text = _("Finds an address that is typed whole.")
    ordering = ("-id",)
    sortable_by = ()
    counted = ngettext_lazy("%(n)s suppression", "%(n)s suppressions", "n")
    nothing = _("Addresses stand here once mail came back for good, or somebody called it spam.")
    change_form_template = "admin/mailing/suppression/change_form.html"
    fields = ("reason", "note", "since", "digest")
    readonly_fields = fields
    actions = None

    def find(self, request: HttpRequest, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        """Find a whole address, or a digest."""
        return queryset.filter(digest=whole_address(words) or words)

    @admin.display(description=_("digest"))
    def short(self, row: Suppression) -> str:
        return row.digest[:12]

    @admin.display(description=_("since"))
    def since(self, row: Suppression) -> Any:
        return moment(row.at)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer to undo it to whoever may."""
        row = context["original"]
        if access.may(request.user, access.UNSUPPRESS):
            context["undo_url"] = reverse("admin:mailing_suppression_undo", args=[row.pk])
        context |= {"title": str(row), "subtitle": ""}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks before one is undone."""
        view = self.admin_site.admin_view(self.undo_view)
        name = "mailing_suppression_undo"
        return [path("<int:object_id>/undo/", view, name=name), *super().get_urls()]

    def undo_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask why, and let the address subscribe again."""
        what = VERBS["unsuppress"]
        access.check(request.user, what.right)
        row = get_object_or_404(Suppression, pk=object_id)
        back = reverse("admin:mailing_suppression_change", args=[row.pk])
        gone = reverse("admin:mailing_suppression_changelist")
        return carry_out(self, request, row, what, back, gone)
