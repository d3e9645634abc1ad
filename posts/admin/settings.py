"""The settings of the site: one row, whose form says at the field what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.admin import OneRow
from posts import access, identity
from posts.admin.addresses import check_address, check_profiles
from posts.admin.checks import CheckPages
from posts.admin.fields import check_markdown
from posts.identity.colours import DARK, LIGHT, TEXT, Scheme, nearest, normal, weakest
from posts.identity.pictures import store_icons, store_logo
from posts.images import ImageError
from posts.models import MenuLink, SiteSettings
from posts.models.identity import THE_ROW
from posts.settling import settle, waiting
from posts.translating import translated

SCHEMES = {"accent": LIGHT, "accent_dark": DARK}
# Those of static/css/tokens.css.
DEFAULTS = {"accent": "#1b4b9b", "accent_dark": "#93b7f7"}
SEEN = "seen_revision"
# What a conflict compares.
FIELDS = (
    "name", "description", "language", "time_zone", "accent", "accent_dark", "ending", "profiles",
    "crawlers",
)  # fmt: skip


class PictureField(forms.FileField):
    """A picture, or a tick to take the one there is away."""

    widget = forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"})


class SettingsForm(forms.ModelForm):
    """What the owner sets; empty fields are as the environment says."""

    new_logo = PictureField(label=capfirst(_("logo")), required=False)
    no_logo = forms.BooleanField(label=capfirst(_("take the logo away")), required=False)
    new_icon = PictureField(label=capfirst(_("icon")), required=False)
    no_icon = forms.BooleanField(label=capfirst(_("take the icon away")), required=False)
    seen_revision = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = SiteSettings
        fields = FIELDS
        widgets = {
            "name": forms.TextInput(attrs={"class": "vTextField"}),
            "description": forms.TextInput(attrs={"class": "vTextField"}),
            "ending": forms.Textarea(attrs={"rows": 5}),
            "profiles": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.fields:
            return
        self.initial[SEEN] = self.instance.revision
        for name in gone_pictures(self.instance):
            del self.fields[name]
        language, zone = settings.LANGUAGE_CODE, settings.TIME_ZONE
        self._offer(
            "language", settings.LANGUAGES, dict(settings.LANGUAGES).get(language, language)
        )
        zones = identity.zone_choices([self.instance.time_zone])
        self._offer("time_zone", zones, identity.zone_words(zone))
        for name, words in self._help().items():
            self.fields[name].help_text = words
        now = identity.stored()
        if now.logo and self.instance.logo:
            self._show("new_logo", now.logo[0], now.name)
        if now.icons and self.instance.icons:
            self._show("new_icon", now.icons["32"], "")

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]], default: object) -> None:
        words = gettext("As set on the server: %(value)s")
        empty = ("", words % {"value": default})
        field = self.fields[name]
        self.fields[name] = forms.ChoiceField(
            label=field.label, choices=[empty, *choices], required=False
        )

    def _show(self, name: str, url: str, said: str) -> None:
        """Show the picture that there is below the field for another one."""
        words = self.fields[name].help_text
        shown = format_html('{}<br><img class="picture-shown" src="{}" alt="{}">', words, url, said)
        self.fields[name].help_text = shown

    def _help(self) -> dict[str, str]:
        said = gettext("Empty: %(value)s, as set on the server.")
        return {
            "name": said % {"value": settings.SITE_NAME},
            "description": said % {"value": settings.SITE_DESCRIPTION.rstrip(".")},
            "language": gettext("Of menus, dates and messages; issues have their own."),
            "time_zone": gettext("Dates and the months of the archive are counted in it."),
            "new_logo": gettext("Stands in the place of the name: PNG, JPEG, WebP or GIF."),
            "new_icon": gettext("For browsers and phones: square, 512 pixels wide or more."),
            "accent": gettext("Such as #1b4b9b: the colour of links and of the main button."),
            "accent_dark": gettext("Empty: made from the one for light pages."),
            "crawlers": gettext("Said in robots.txt and on every page; the polite ones comply."),
            "ending": gettext("Markdown; it stands below every issue."),
            "profiles": gettext(
                "One address a line. Services such as Mastodon check that the site names you."
            ),
        }

    # Checks

    def clean_accent(self) -> str:
        """Refuse a colour that cannot be read on light pages, and name the nearest that can."""
        return self._colour("accent")

    def clean_accent_dark(self) -> str:
        """Refuse a colour that cannot be read on dark pages, and name the nearest that can."""
        return self._colour("accent_dark")

    def _colour(self, name: str) -> str:
        text: str = self.cleaned_data[name].strip()
        if not text:
            return ""
        try:
            colour = normal(text)
        except ValueError:
            raise ValidationError(gettext("Write a colour as # and six digits: #1b4b9b.")) from None
        scheme = SCHEMES[name]
        if (has := weakest(colour, scheme)) < TEXT:
            raise ValidationError(_too_weak(colour, has, scheme))
        return colour

    def clean_profiles(self) -> str:
        """Refuse what is no address of a web page."""
        return check_profiles(self.cleaned_data["profiles"])

    def clean_ending(self) -> str:
        """Refuse a text that cannot be rendered."""
        return check_markdown(self.cleaned_data["ending"])

    def clean_new_logo(self) -> Any:
        """Store a logo, so that what is wrong with it stands at its field."""
        return self._picture("new_logo", store_logo)

    def clean_new_icon(self) -> Any:
        """Store an icon in all its sizes."""
        return self._picture("new_icon", store_icons)

    def _picture(self, name: str, store: Any) -> Any:
        upload = self.cleaned_data[name]
        if not upload:
            return None
        try:
            return store(upload.read(), upload.name)
        except ImageError as error:
            raise ValidationError(translated(error.args[0])) from error

    def clean(self) -> dict[str, Any]:
        """Refuse to save over what somebody else saved meanwhile, and say what that is."""
        cleaned = super().clean() or self.cleaned_data
        if self.data.get(SEEN, "") != self.instance.revision:
            stored = SiteSettings.objects.filter(pk=THE_ROW).values(*FIELDS).first() or {}
            theirs = [
                f"{self.fields[name].label}: {stored.get(name, '') or '—'}"
                for name in FIELDS
                if stored.get(name, "") != self.data.get(name, "").replace("\r\n", "\n")
            ]
            words = gettext(
                "Somebody saved the settings while you had them open. Yours stand below; saving"
                " again puts them in the place of: %(theirs)s"
            )
            self.add_error(None, words % {"theirs": "; ".join(theirs) or "—"})
            self.data = {**self.data.dict(), SEEN: self.instance.revision}  # type: ignore[attr-defined]
        return cleaned

    def save(self, commit: bool = True) -> SiteSettings:
        """Put the pictures into the row."""
        row: SiteSettings = self.instance
        for field, new, gone in (("logo", "new_logo", "no_logo"), ("icons", "new_icon", "no_icon")):
            if self.cleaned_data.get(new):
                setattr(row, field, self.cleaned_data[new])
            elif self.cleaned_data.get(gone):
                setattr(row, field, {})
        saved: SiteSettings = super().save(commit)
        return saved


def gone_pictures(row: SiteSettings) -> list[str]:
    """Return the ticks that would take a picture away that is not there."""
    return ["no_logo"] * (not row.logo) + ["no_icon"] * (not row.icons)


def _sample(form: Any, name: str, scheme: Scheme) -> dict[str, Any]:
    """Return how an accent looks on the pages of a scheme; as it is without one."""
    try:
        colour = normal(str(form[name].value() or ""))
    except ValueError:
        colour = _stand_in(form, scheme)
    return {
        "field": name,
        "colour": colour,
        "scheme": scheme,
        "contrast": int(weakest(colour, scheme) * 10) / 10,
        "words": gettext("On light pages") if scheme is LIGHT else gettext("On dark pages"),
    }


def _stand_in(form: Any, scheme: Scheme) -> str:
    """Return the colour of a scheme for which none is given."""
    if scheme is LIGHT:
        return DEFAULTS["accent"]
    try:
        return nearest(normal(str(form["accent"].value() or "")), DARK)
    except ValueError:
        return DEFAULTS["accent_dark"]


def _too_weak(colour: str, has: float, scheme: Scheme) -> str:
    words = gettext(
        "%(colour)s has a contrast of %(has).1f on %(where)s; text needs %(needs).1f to be read."
        " The nearest that passes is %(nearest)s."
    )
    return words % {
        "colour": colour,
        "has": int(has * 10) / 10,
        "where": gettext("light pages") if scheme is LIGHT else gettext("dark pages"),
        "needs": TEXT,
        "nearest": nearest(colour, scheme),
    }


class MenuLinkForm(forms.ModelForm):
    """A link in the masthead or the footer."""

    class Meta:
        model = MenuLink
        fields = ("place", "label", "address", "position")
        # On phones no heads of columns are seen.
        widgets = {
            "label": forms.TextInput(attrs={"class": "vTextField", "placeholder": _("words")}),
            "address": forms.TextInput(attrs={"class": "vTextField", "placeholder": "/about/"}),
        }

    def clean_address(self) -> str:
        """Refuse what is neither a path on this site nor a whole address."""
        return check_address(self.cleaned_data["address"])


class MenuLinkForms(forms.BaseInlineFormSet):
    """Rows of links, whose fields say what they are: the head of a column names none of them."""

    def add_fields(self, form: forms.ModelForm[Any], index: Any) -> None:
        """Name what there is, the box that deletes a row too."""
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = capfirst(field.label or "")


class MenuLinkInline(admin.TabularInline):
    """The links, in their order."""

    model = MenuLink
    form = MenuLinkForm
    formset = MenuLinkForms
    extra = 2
    max_num = 20

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether the user may see the settings."""
        return bool(request.user.has_perm("posts.view_sitesettings")) or self._may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether the user may change the settings, which their links are part of."""
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See above."""
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See above."""
        return self._may(request)

    @staticmethod
    def _may(request: HttpRequest) -> bool:
        return access.may(request.user, access.CHANGE_SETTINGS)


@admin.register(SiteSettings)
class SiteSettingsAdmin(CheckPages, OneRow):
    """One row, which is there from the first look on."""

    form = SettingsForm
    inlines = (MenuLinkInline,)
    change_form_template = "admin/posts/sitesettings/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: SiteSettings | None = None) -> Any:
        """Offer to take those pictures away that are there."""
        gone = gone_pictures(obj or SiteSettings())
        rows = (("new_logo", "no_logo"), ("new_icon", "no_icon"))
        pictures = [tuple(name for name in row if name not in gone) for row in rows]
        return (
            (None, {"fields": ("name", "description", "language", "time_zone", SEEN)}),
            (_("Look"), {"fields": (*pictures, "accent", "accent_dark"), "classes": ("look",)}),
            (_("Texts"), {"fields": ("ending", "profiles")}),
            (_("Machines"), {"fields": ("crawlers",)}),
        )

    def row(self) -> SiteSettings:
        """Return the row as it is stored now."""
        return SiteSettings.objects.filter(pk=THE_ROW).first() or SiteSettings(pk=THE_ROW)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the colours that are set, and how far the rebuilding of issues is."""
        form = context["adminform"].form
        context |= {
            "title": gettext("Site settings"),
            "subtitle": "",
            "show_save_and_continue": False,  # the page stays in any case
            "samples": [_sample(form, name, scheme) for name, scheme in SCHEMES.items()],
            "waiting": waiting(),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: Any, change: bool) -> None:
        """Store the row; nothing shows before ``save_related`` composes it."""
        access.check(request.user, access.CHANGE_SETTINGS)
        obj.save()

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say that it holds now, in the language that was chosen, and stay."""
        with identity.speaking(anew=True):
            said = gettext("Saved. Readers see it now.")
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_sitesettings_change", args=[self.key]))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Store the links, and let all of it hold."""
        with transaction.atomic():
            super().save_related(request, form, formsets, change)
            settle(by=request.user)
