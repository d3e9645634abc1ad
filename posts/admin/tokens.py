"""Tokens with which staff collect links from scripts: their own, shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.admin import badge, day
from links.inbox import issue_token
from links.models import ApiToken
from posts.publishing.composing import absolute


class TokenForm(forms.ModelForm):
    """What a token is for, and for how long it works."""

    days = forms.TypedChoiceField(
        label=_("works for"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
    )

    class Meta:
        model = ApiToken
        fields = ("name",)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """A person's own tokens; the superuser sees and revokes all."""

    form = TokenForm
    list_display = ("name", "owner", "made", "expiry", "used")
    ordering = ("-created_at", "-id")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = ("name", "days")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Return the tokens that are the user's business."""
        rows: QuerySet[ApiToken] = super().get_queryset(request).select_related("user")
        return rows if request.user.is_superuser else rows.filter(user=request.user)  # type: ignore[misc]

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Ask for little; show what is known of a token that there is."""
        return ("name", "owner", "made", "expiry", "used") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return ("owner", "made", "expiry", "used") if obj else ()

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

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer one way to go on: to the page that shows the token."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Any, form: forms.ModelForm[ApiToken], change: bool
    ) -> None:
        """Make the token; its text goes to the next page and nowhere else."""
        lifetime = timedelta(days=form.cleaned_data["days"])
        made, obj.text = issue_token(request.user, form.cleaned_data["name"], lifetime)  # type: ignore[arg-type]
        obj.pk, obj.user, obj.expires_at = made.pk, made.user, made.expires_at

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token: this page is the only place where it can be had."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("The new token"),
            "opts": self.opts,
            "token": obj,
            "endpoint": absolute(reverse("posts:collect")),
        }
        return render(request, "admin/links/apitoken/made.html", context)
