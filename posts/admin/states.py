"""What an editor calls the state of a post, in one word with one colour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from posts.messages import Message
from posts.models import Post, PostQuerySet

STATES = {
    "draft": _("Draft"),
    "review": _("In review"),
    "scheduled": _("Scheduled"),
    "published": _("Published"),
    "withdrawn": _("Withdrawn"),
    "problem": _("Problem"),
}


# What the history of a post says of a new state.
NOW = {
    "draft": Message(gettext_noop("Now a draft.")),
    "review": Message(gettext_noop("Now in review.")),
    "scheduled": Message(gettext_noop("Now scheduled.")),
    "published": Message(gettext_noop("Now published.")),
    "withdrawn": Message(gettext_noop("Now withdrawn.")),
    "problem": Message(gettext_noop("Now a draft with a problem.")),
}


def state_of(post: Post) -> str:
    """Return the key of STATES that describes a post now."""
    return post.state()


class StateFilter(admin.SimpleListFilter):
    """Posts by state."""

    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return STATES.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        state = self.value()
        if state in STATES and isinstance(queryset, PostQuerySet):
            return queryset.in_state(state)
        return queryset
