"""Which checks run before an issue is published, and which of them hold it: a page of its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from links.admin import StaffAdmin, ask
from posts import access
from posts.auditing import record
from posts.messages import Message
from posts.models import SiteSettings
from posts.models.identity import THE_ROW
from posts.preflight import levels, set_levels
from posts.slots import CHECKS, Level

WORDS = {
    Level.OFF: _("is not looked for"),
    Level.WARN: _("is remarked on"),
    Level.STOP: _("holds an issue until somebody says why it is published all the same"),
}


class LevelsForm(forms.Form):
    """The level of each check, as a field of its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(level.value, words) for level, words in WORDS.items()]
        now = levels()
        for check in CHECKS:
            field = forms.ChoiceField(label=check.title, choices=choices)
            field.initial = now[check.name].value
            self.fields[check.name] = field


class CheckPages(StaffAdmin):
    """The page of the checks, which belongs to the settings of the site."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.checks_view)
        return [path("checks/", view, name="posts_sitesettings_checks"), *super().get_urls()]

    def checks_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the level of each check, and store it."""
        access.check(request.user, access.CHANGE_SETTINGS)
        back = reverse("admin:posts_sitesettings_change", args=[THE_ROW])
        form = LevelsForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._store(request, form)
            return HttpResponseRedirect(back)
        return ask(
            self,
            request,
            form=form,
            back=back,
            title=gettext("Checks before publishing"),
            consequence=gettext(
                "They look at an issue while it is written, before it is published, and when"
                " check_posts runs."
            ),
            button=gettext("Save"),
        )

    def _store(self, request: HttpRequest, form: LevelsForm) -> None:
        with transaction.atomic():
            set_levels({n: Level(v) for n, v in form.cleaned_data.items()}, by=request.user)
            names = ", ".join(form.changed_data)
            said = Message(gettext_noop("Checks before publishing: %(names)s."), names=names)
            if names:
                record(request, [SiteSettings.objects.get(pk=THE_ROW)], said)
        self.message_user(request, gettext("The checks are set."), messages.SUCCESS)
