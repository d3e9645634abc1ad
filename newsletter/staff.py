"""The site of the staff: its name, and its menu. Its first page is ``newsletter.desk``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult
from taggit.models import Tag as UnusedTag

from links.models import (
    ApiToken,
    Decision,
    InboxEntry,
    Link,
    QueueEntry,
    Source,
    SourceRule,
    Suggestion,
)
from mailing.models import Mailing, MailSettings, Subscriber, Suppression
from newsletter.factors.adapter import passkeys_work
from newsletter.factors.pages import SignIn
from newsletter.lists import staff_list
from newsletter.version import version
from posts import identity
from posts.access import CHANGE_SETTINGS, may
from posts.models import (
    Author,
    IssueTemplate,
    LinkedItem,
    Page,
    Picture,
    Post,
    RecurringSection,
    Redirect,
    Section,
    SiteSettings,
    Tag,
)

# The menu: what is written, what is linked, and then whatever else has a table.
GROUPS: Sequence[tuple[Any, Sequence[type[Model]]]] = (
    (
        _("Issues"),
        (Post, Picture, LinkedItem, Section, RecurringSection, Tag, Author, IssueTemplate),
    ),
    (
        _("Links"),
        (InboxEntry, Suggestion, QueueEntry, Link, Source, SourceRule, Decision, ApiToken),
    ),
    (_("Mail"), (Mailing, Subscriber, Suppression, MailSettings)),
    (_("Site"), (SiteSettings, Page, Redirect)),
    (_("Upkeep"), (User, Group)),
)
# Tables of libraries that staff have no use for, or see on a page of ours.
UNUSED = frozenset({UnusedTag, DBTaskResult, Authenticator, EmailAddress, EmailConfirmation})


class StaffSite(AdminSite):
    """Django's admin under the site's name, in the order of work."""

    index_title = _("This week")
    empty_value_display = "—"  # as links.admin.EMPTY  # type: ignore[assignment]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a name and a password, as Django's site does; what follows is up to factors."""
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("desk"))
        context = {
            **self.each_context(request),
            "title": gettext("Log in"),
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            "can_reset": bool(settings.EMAIL),
            "passkeys_work": passkeys_work(),
            **(extra_context or {}),
        }
        if not {"next"} & (request.GET.keys() | request.POST.keys()):
            context["next"] = reverse("desk")
        request.current_app = self.name
        return cast(HttpResponse, SignIn.as_view(extra_context=context)(request))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what all pages of staff show: the name of the site as it is set now."""
        name = identity.current().name
        return super().each_context(request) | {
            "site_title": name,
            "site_header": name,
            "version": version(),
            "may_see_state": may(request.user, CHANGE_SETTINGS),
        }

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register models, but for those in UNUSED. The lists of all are ours."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        shown = [model for model in models if model not in UNUSED]
        super().register(shown, admin_class, get_changelist=staff_list, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the groups of the menu: tables in the order of work, and the pages beside them."""
        apps = super().get_app_list(request, app_label)
        tables = {table["model"]: table for app in apps for table in app["models"]}
        groups = [
            (name, [tables.pop(model) for model in models if model in tables])
            for name, models in GROUPS
        ]
        groups[-1][1].extend(tables.values())
        return [
            {"name": name, "models": [page for row in rows for page in self._pages(request, row)]}
            for name, rows in groups
            if rows
        ]

    def _pages(self, request: HttpRequest, table: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a table, and the pages that its admin has beside it for whoever asks."""
        beside = getattr(self.get_model_admin(table["model"]), "pages", None)
        pages = list(beside(request)) if beside else []
        if table["model"] is SiteSettings and may(request.user, CHANGE_SETTINGS):
            pages.append((gettext("State of the site"), reverse("state")))
        return [table, *({"name": name, "admin_url": url} for name, url in pages)]
