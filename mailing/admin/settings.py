"""The settings of mail: one row, whose form says at the field what is wrong."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.admin import OneRow
from mailing import bounces, settling
from mailing.forgetting import periods
from mailing.models import MailSettings


class MailSettingsForm(forms.ModelForm):
    """What the owner sets; empty fields are as the environment says."""

    class Meta:
        model = MailSettings
        fields = "__all__"  # noqa: DJ007 - whatever is not editable is not among them
        widgets = {
            "sender_name": forms.TextInput(attrs={"class": "vTextField"}),
            "postal_address": forms.Textarea(attrs={"rows": 3}),
            "welcome": forms.Textarea(attrs={"rows": 5}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.fields:
            return
        said = gettext("Empty: %(value)s, as the environment says.")
        self.fields["sender_address"].help_text = said % {"value": escape(settings.EMAIL_FROM)}
        self.fields["bounce_address"].help_text = gettext(
            "What cannot be delivered comes back to it; a plus and a word are added before the @."
        )

    def clean_is_on(self) -> bool:
        """Refuse to switch mail on where nothing could be sent, or nobody recognised."""
        is_on: bool = self.cleaned_data["is_on"]
        if not is_on or self.instance.is_on:
            return is_on
        if not settings.EMAIL:
            raise ValidationError(
                gettext("Name a server of mail first: EMAIL_URL in the environment of the site.")
            )
        if not self.instance.knows_addresses:
            raise ValidationError(gettext("Put the earlier ADDRESS_KEY back first."))
        return is_on

    def clean_sender_name(self) -> str:
        """Refuse what would end a header of a mail (RFC 5322)."""
        name: str = self.cleaned_data["sender_name"]
        if any(unicodedata.category(sign) == "Cc" for sign in name):
            raise ValidationError(gettext("Write the name on one line."))
        return name


@admin.register(MailSettings)
class MailSettingsAdmin(OneRow):
    """One row, which is there from the first look on."""

    form = MailSettingsForm
    change_form_template = "admin/mailing/mailsettings/change_form.html"
    fieldsets = (
        (None, {"fields": ("is_on",)}),
        (_("Sender"), {"fields": (
            "sender_name", "sender_address", "reply_to", "postal_address", "list_id",
            "bounce_address",
        )}),
        (_("How it is sent"), {"fields": ("hold_minutes", "unknown", "hourly_limit", "warm_up")}),
        (_("Readers"), {"fields": ("default_rhythm", "welcome", "reconfirm_years", "keep_days")}),
    )  # fmt: skip

    def row(self) -> MailSettings:
        """Return the row as it is stored now."""
        return MailSettings.current()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show what keeps mail from being sent, above the form."""
        row = context["original"]
        context |= {
            "title": gettext("The settings of mail"),
            "subtitle": "",
            "has_server": bool(settings.EMAIL),
            "knows_addresses": row.knows_addresses,
            "advice": bounces.advise(row),
            "periods": periods(),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: MailSettings, form: Any, change: bool) -> None:
        """Store the row, in Django's transaction; public pages get their forms, or lose them."""
        settling.settle(obj, by=request.user)
