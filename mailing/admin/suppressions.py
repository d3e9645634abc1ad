"""Addresses that get no mail whatever a form says: known by their digests alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import ask, moment
from mailing import access, bounces
from mailing.addresses import AddressError, checked, digest_of
from mailing.admin.bases import MailList
from mailing.admin.verbs import WhyForm
from mailing.models import Suppression
from posts.admin.auditing import record
from posts.messages import Message


@admin.register(Suppression)
class SuppressionAdmin(MailList):
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a whole address, or a digest."""
        words = search_term.strip()
        if not words:
            return queryset, False
        return queryset.filter(digest=_digest(words)), False

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
        access.check(request.user, access.UNSUPPRESS)
        row = Suppression.objects.filter(pk=object_id).first()
        if row is None:
            raise Http404
        form = WhyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            with transaction.atomic():
                why = form.cleaned_data["reason"]
                said = Message(gettext_noop("Suppression undone: %(why)s"), why=why)
                record(request, [row], said)
                bounces.lift(row.digest, by=request.user, reason=why)
            self.message_user(request, gettext("The suppression is undone."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:mailing_suppression_changelist"))
        return ask(
            self,
            request,
            form=form,
            back=reverse("admin:mailing_suppression_change", args=[row.pk]),
            title=gettext("Undo the suppression"),
            consequence=gettext(
                "Who bounced gets mail again; who left or called it spam has to subscribe anew."
            ),
            button=gettext("Undo the suppression"),
        )


def _digest(words: str) -> str:
    try:
        return digest_of(checked(words))
    except AddressError:
        return words
