"""What the staff's pages need to know beyond their own rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext

from links.models import InboxEntry
from links.queue import Part, count_by_kind
from posts.admin.queue.desk import Looking, tabs
from posts.admin.states import in_state
from posts.models import Post

register = template.Library()


class Count(NamedTuple):
    """How many rows wait for somebody, and where they are listed."""

    name: str
    number: int | str
    url: str
    kind: str
    parts: Sequence[dict[str, Any]] = ()


@register.simple_tag
def site_name() -> str:
    """Return the site's name."""
    return str(settings.SITE_NAME)


@register.simple_tag(takes_context=True)
def waiting(context: dict[str, Any]) -> list[Count]:
    """Return what waits for this user: five counts, fewer without the right to see the rows."""
    user = context["request"].user
    counts: list[Count] = []
    if user.has_perm("posts.view_post"):
        counts += [
            _posts(gettext("Drafts"), "draft"),
            _posts(gettext("Scheduled"), "scheduled"),
            _posts(gettext("Posts with problems"), "problem"),
        ]
    if user.has_perm("links.change_queueentry") and user.has_perm("links.change_link"):
        counts.append(_links(user))
    if user.has_perm("links.view_inboxentry"):
        number = InboxEntry.objects.filter(done_at=None).count()
        url = reverse("admin:links_inboxentry_changelist")
        counts.append(Count(gettext("For the next issue"), number, url, "inbox"))
    return counts


def _posts(name: str, state: str) -> Count:
    number = in_state(Post.objects.all(), state).count()
    return Count(name, number, f"{reverse('admin:posts_post_changelist')}?state={state}", state)


def _links(user: User) -> Count:
    """Return how many links wait for a decision, and how many of each kind."""
    every, *kinds = tabs(Looking(Part()), count_by_kind(user))
    return Count(gettext("Links to decide"), every["count"], every["url"], "links", kinds)


@register.filter
def ours_first(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the apps of the admin with those that hold the site's content first."""
    order = {"posts": 0, "links": 1, "auth": 2}
    return sorted(apps, key=lambda app: order.get(app["app_label"], len(order)))
