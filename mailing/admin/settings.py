"""The mail settings: one row, whose form says at the field what is wrong."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import OneRow, badge
from mailing import access, bounces, sending, settling
from mailing.addresses import GROUPS, AddressError, checked, group_of
from mailing.admin.addresses import AddressField
from mailing.admin.trying import TestForm, taken_words, to_oneself
from mailing.composing import sender
from mailing.forgetting import periods
from mailing.models import MailSettings, Subscriber
from mailing.settling import limits_of
from posts.translating import translated

HELP: Final = {
    "is_on": _("Public pages get their forms, and issues can be sent."),
    "sender_name": _("Empty: the name of the site."),
    "reply_to": _("Where it goes when a reader answers a mail; empty: to the sender."),
    "hold_minutes": _("For so long nothing leaves, and a mailing can be stopped."),
    "unknown": _("A connection may break just when a mail is handed over: a few in a year."),
    "default_rhythm": _("Readers choose another one as they like."),
    "welcome": _("Stand in the mail that comes once somebody has confirmed."),
    "keep_days": _("Then they are erased; that they left, and when, stays under a digest."),
}
# A service as ``mailing.addresses`` names it, or a domain; then how many.
_LIMIT: Final = re.compile(r"([^\s:=]+)[\s:=]+(\d{1,7})\Z")


class LimitsField(forms.CharField):
    """Limits of receiving services, one on a line."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 3, "spellcheck": "false", "placeholder": "naver 300"}
        super().__init__(required=False, widget=forms.Textarea(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> dict[str, int]:
        """Return how many mails in an hour each service gets at most."""
        lines = [line.strip() for line in (super().clean(value) or "").splitlines()]
        found = {}
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            match = _LIMIT.match(line)
            group = _group(match[1]) if match else ""
            if not match or not group or not int(match[2]):
                words = gettext("Line %(n)d: write a service and a number, such as naver 300.")
                raise ValidationError(words % {"n": number})
            found[group] = int(match[2])
        return found


def _group(name: str) -> str:
    """Return the service that a name or a domain means; "" for neither."""
    name = name.lower()
    if name in GROUPS:
        return name
    try:
        return group_of(checked(f"x@{name}"))
    except AddressError:
        return ""


class MailSettingsForm(forms.ModelForm):
    """What the owner sets; empty fields are as the environment says."""

    limits = LimitsField(label=_("Limits of single services"))

    class Meta:
        model = MailSettings
        fields = "__all__"  # noqa: DJ007 - whatever is not editable is not among them
        field_classes = dict.fromkeys(
            ("sender_address", "reply_to", "bounce_address"), AddressField
        )
        widgets = {
            "sender_name": forms.TextInput(attrs={"class": "vTextField"}),
            "postal_address": forms.Textarea(attrs={"rows": 3}),
            "welcome": forms.Textarea(attrs={"rows": 5}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.fields:
            return
        for name, words in HELP.items():
            self.fields[name].help_text = words
        self.fields["limits"].help_text = gettext(
            "Mails in an hour, one service on a line: %(services)s, or a domain."
        ) % {"services": ", ".join(GROUPS)}
        self.initial["limits"] = "\n".join(f"{name} {n}" for name, n in limits_of().items())
        said = gettext("Empty: %(value)s, as set on the server.")
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
        (_("How it is sent"), {"fields": (
            "hold_minutes", "unknown", "hourly_limit", "warm_up", "limits",
        )}),
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
            "title": gettext("Mail settings"),
            "subtitle": "",
            "has_server": bool(settings.EMAIL),
            "knows_addresses": row.knows_addresses,
            "advice": bounces.advise(row),
            "periods": periods(),
            "state": _state(row),
            "show_save_and_continue": False,  # the page stays in any case
            "sample": to_oneself(request),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add what sends a mail to see whether one arrives."""
        view = self.admin_site.admin_view(require_POST(self.try_view))
        return [path("try/", view, name="mailing_mailsettings_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """Send a mail by the settings as they are stored, and say what the server said."""
        access.check(request.user, access.CHANGE_SETTINGS)
        form = TestForm(request.POST)
        if not form.is_valid():
            self.message_user(request, str(form.errors["address"][0]), messages.ERROR)
        else:
            self._try(request, form.cleaned_data["address"])
        return self._page()

    def _try(self, request: HttpRequest, address: str) -> None:
        try:
            sending.send_sample(address, by=request.user)
        except sending.CannotSend as error:
            self.message_user(request, translated(error.words), messages.ERROR)
        else:
            self.message_user(request, taken_words(address), messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: MailSettings, form: Any, change: bool) -> None:
        """Store the row, in Django's transaction; public pages get their forms, or lose them."""
        settling.settle(obj, limits=form.cleaned_data["limits"], by=request.user)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say what holds now, and stay: there is no list to go back to."""
        missing = len(bounces.advise(obj))
        words = ngettext(
            "What is still to be done stands at the top: %(n)d thing.",
            "What is still to be done stands at the top: %(n)d things.",
            missing,
        )
        more = f" {words % {'n': missing}}" if missing else ""
        said = gettext("Saved. %(state)s") % {"state": _state_words(obj)}
        self.message_user(request, f"{said}{more}", messages.SUCCESS)
        return self._page()

    def _page(self) -> HttpResponse:
        """Lead to the page, at whose top it is said what was done."""
        way = reverse("admin:mailing_mailsettings_change", args=[self.key])
        return HttpResponseRedirect(way)


def _state(row: MailSettings) -> SafeString:
    """Return whether readers get mail now, as a word with its colour and a sentence."""
    colour, word = ("published", gettext("On")) if row.is_open else ("draft", gettext("Off"))
    return format_html("{} {}", badge(colour, word), _state_words(row))


def _state_words(row: MailSettings) -> str:
    if not row.is_open:
        return gettext("Mail is off: nobody can subscribe, and nothing is sent.")
    count = Subscriber.objects.receiving().count()
    words = ngettext(
        "Mail is on: %(n)d subscriber gets it, from %(sender)s.",
        "Mail is on: %(n)d subscribers get it, from %(sender)s.",
        count,
    )
    name, address = sender(row)
    return words % {"n": count, "sender": f"{name} <{address}>"}
