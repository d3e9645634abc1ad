"""The queue of links that wait for a decision: plain views, and their entry in the menu."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext

from links import access
from links.admin import ReadOnly, Waiting
from links.models import QueueEntry
from links.queue import Part, count_by_kind
from posts.admin.queue.desk import Looking, tabs
from posts.admin.queue.views import urlpatterns


@admin.register(QueueEntry)
class QueueAdmin(ReadOnly):
    """The entry in the menu, and what it counts; ``views`` has the pages."""

    def has_change_permission(self, request: HttpRequest, obj: QueueEntry | None = None) -> bool:
        """Those who may work off the queue; who may not has no use for it."""
        return access.may(request.user, access.WORK_OFF_QUEUE)

    has_view_permission = has_change_permission

    def get_urls(self) -> list[URLPattern]:
        """Put the queue's pages in the place of a list and a form."""
        return [*urlpatterns, *super().get_urls()]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Return how many links wait for a decision, and how many of each kind."""
        every, *kinds = tabs(Looking(Part()), count_by_kind(cast("User", request.user)))
        return [Waiting(gettext("Links to decide"), every["count"], every["url"], "links", kinds)]
