"""The site of the staff: its name, the order of its menu, and what waits on its first page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django_tasks_db.models import DBTaskResult
from taggit.models import Tag as UnusedTag

from links.models import InboxEntry, Link, QueueEntry
from posts.models import Post

# The apps that hold the site's content come first; the others by their names.
FIRST = ("posts", "links", "auth")
# Whose rows wait for somebody, in the order of the first page: their admins count them.
WAITING = (Post, QueueEntry, InboxEntry)
# Tables of libraries that staff have no use for, or see on a page of ours.
UNUSED = frozenset({UnusedTag, DBTaskResult})


class StaffSite(AdminSite):
    """Django's admin under the site's name, with what waits for whoever looks."""

    site_header = site_title = settings.SITE_NAME

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register models, but for those in UNUSED."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        shown = [model for model in models if model not in UNUSED]
        super().register(shown, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the apps with those that hold the site's content first."""
        order = {label: place for place, label in enumerate(FIRST)}
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: order.get(app["app_label"], len(order)))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show what waits, and where to begin, above the menu."""
        return super().index(request, {**self._desk(request), **(extra_context or {})})

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the same above the menu of one app."""
        context = {**self._desk(request), **(extra_context or {})}
        return super().app_index(request, app_label, context)

    def _desk(self, request: HttpRequest) -> dict[str, Any]:
        admins: list[Any] = [self.get_model_admin(model) for model in WAITING]
        return {
            "waiting": [
                count
                for model_admin in admins
                if model_admin.has_view_permission(request)
                for count in model_admin.waiting(request)
            ],
            "may_write": self.get_model_admin(Post).has_add_permission(request),
            "may_see_links": self.get_model_admin(Link).has_view_permission(request),
        }
