"""Redirects: written by hand, and as tables in and out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import StaffAdmin
from posts import access, publication, redirects
from posts.health.tabulating import csv_lines
from posts.models import Redirect
from posts.redirects import RedirectError

SHOWN = 20


class RedirectForm(forms.ModelForm):
    """An old path and where it leads."""

    class Meta:
        model = Redirect
        fields = ("old", "new", "kind")
        widgets = {name: forms.TextInput(attrs={"class": "vTextField"}) for name in ("old", "new")}

    def clean_old(self) -> str:
        """Refuse what is no path of this site."""
        try:
            return redirects.normal(self.cleaned_data["old"])
        except RedirectError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Refuse a target that leads nowhere, or back."""
        cleaned = super().clean() or self.cleaned_data
        try:
            cleaned["new"] = redirects.check_target(cleaned.get("new") or "")
            if "old" in cleaned:
                leads = redirects.targets(self.instance.pk)
                redirects.check_loop(cleaned["old"], cleaned["new"], leads)
        except RedirectError as error:
            self.add_error(error.field, str(error))
        return cleaned


class TableForm(forms.Form):
    """A table of redirects, pasted."""

    table = forms.CharField(
        label=_("table"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "document"}),
        help_text=_("A line each: old path, new address, 301 or 302 (without it: 301)."),
    )

    def clean_table(self) -> str:
        """Refuse a table with anything wrong in it, and say where."""
        self.rows, problems = redirects.read_csv(self.cleaned_data["table"])
        if problems:
            more = len(problems) - SHOWN
            said = [*problems[:SHOWN], *([gettext("And %(n)d more.") % {"n": more}] * (more > 0))]
            raise ValidationError(said)
        return str(self.cleaned_data["table"])


@admin.register(Redirect)
class RedirectAdmin(StaffAdmin):
    """Where old addresses lead; they are asked only where nothing else answers."""

    form = RedirectForm
    list_display = ("old", "new", "kind")
    list_filter = ("kind",)
    search_fields = ("old", "new")
    list_per_page = 100
    counted = ngettext_lazy("%(n)s redirect", "%(n)s redirects", "n")
    nothing = _("Old addresses, such as of a program used before, lead from here to new ones.")
    next_step = (_("Write a redirect"), "admin:posts_redirect_add")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/posts/redirect/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the tables."""
        view = self.admin_site.admin_view
        return [
            path("table/", view(self.table_view), name="posts_redirect_table"),
            path("file/", view(self.file_view), name="posts_redirect_file"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        """Store a redirect."""
        access.check(request.user, access.REDIRECT)
        with transaction.atomic():
            obj.save()
            publication.move()

    def delete_model(self, request: HttpRequest, obj: Redirect) -> None:
        """Delete a redirect."""
        redirects.remove([obj], by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Redirect]) -> None:
        """Delete the selected redirects."""
        redirects.remove(queryset, by=request.user)

    def file_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Send all redirects as CSV."""
        access.check(request.user, access.REDIRECT)
        rows = Redirect.objects.order_by("old").values_list("old", "new", "kind")
        lines = csv_lines(redirects.HEADER, rows.iterator())
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="redirects.csv"'
        return response

    def table_view(self, request: HttpRequest) -> HttpResponse:
        """Take a table of redirects: all of it, or nothing and what is wrong."""
        access.check(request.user, access.REDIRECT)
        form = TableForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self._take(request, form)
        title = gettext("Many redirects at once")
        context = {"title": title, "opts": self.opts, "form": form}
        shown = self.admin_site.each_context(request) | context
        return render(request, "admin/posts/redirect/table.html", shown)

    def _take(self, request: HttpRequest, form: TableForm) -> HttpResponse:
        with transaction.atomic():
            count = redirects.take(form.rows, by=request.user)
            words = ngettext("%(n)d redirect stored.", "%(n)d redirects stored.", count)
            said = words % {"n": count}
            LogEntry.objects.log_actions(
                request.user.pk,  # type: ignore[arg-type]
                Redirect.objects.filter(old__in=[row.old for row in form.rows])[:1],
                CHANGE,
                said,
            )
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_redirect_changelist"))
