"""Tokens with which staff collect links from scripts: their own, shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links import access
from links.admin import ask, badge, day
from links.inbox import issue_token
from links.models import ApiToken
from posts.publishing.describing import absolute


class TokenForm(forms.Form):
    """What a token is for, and for how long it works."""

    name = forms.CharField(label=_("name"), max_length=100, help_text=_("Where it is used."))
    days = forms.TypedChoiceField(
        label=_("works for"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
    )


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """A person's own tokens; the superuser sees and revokes all."""

    list_display = ("name", "owner", "made", "expiry", "used")
    ordering = ("-created_at", "-id")
    counted = ngettext_lazy("%(n)s token", "%(n)s tokens", "n")
    nothing = _("With a token, a script of yours puts links into the inbox.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = list_display
    readonly_fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Return the tokens that are the user's business."""
        rows: QuerySet[ApiToken] = super().get_queryset(request).select_related("user")
        return rows if request.user.is_superuser else rows.filter(user=request.user)  # type: ignore[misc]

    @admin.display(description=_("by"), ordering="user__username")
    def owner(self, token: ApiToken) -> str:
        return token.user.get_username()

    @admin.display(description=_("created"), ordering="created_at")
    def made(self, token: ApiToken) -> SafeString | str:
        return day(token.created_at)

    @admin.display(description=_("expires"), ordering="expires_at")
    def expiry(self, token: ApiToken) -> SafeString | str:
        if token.expires_at <= timezone.now():
            return badge("problem", _("Expired"))
        return day(token.expires_at)

    @admin.display(description=_("last used"), ordering="used_at")
    def used(self, token: ApiToken) -> SafeString | str:
        return day(token.used_at)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Nobody: another token is made instead."""
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask what a token is for, make it, and show it: no other page does."""
        access.check(request.user, access.MAKE_TOKENS)
        form = TokenForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return ask(
                self,
                request,
                title=gettext("Make a token"),
                form=form,
                back=reverse("admin:links_apitoken_changelist"),
                button=gettext("Save"),
            )
        lifetime = timedelta(days=form.cleaned_data["days"])
        with transaction.atomic():
            user = cast("User", request.user)
            token, text = issue_token(user, form.cleaned_data["name"], lifetime)
            self.log_addition(request, token, [{"added": {}}])
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("The new token"),
            "opts": self.opts,
            "token": token,
            "text": text,
            "endpoint": absolute(reverse("posts:collect")),
        }
        return render(request, "admin/links/apitoken/made.html", context)
