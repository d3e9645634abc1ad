"""What the staff's pages need to know beyond their own rows."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from links.models import Link
from posts.admin.states import in_state
from posts.models import Post

register = template.Library()


class Count(NamedTuple):
    """How many rows wait for somebody, and where they are listed."""

    name: str
    number: int
    url: str
    kind: str


@register.simple_tag
def site_name() -> str:
    """Return the site's name."""
    return str(settings.SITE_NAME)


@register.simple_tag(takes_context=True)
def waiting(context: dict[str, Any]) -> list[Count]:
    """Return what waits for this user: four counts, fewer without the right to see the rows."""
    user = context["request"].user
    counts: list[Count] = []
    if user.has_perm("posts.view_post"):
        counts += [
            _posts(gettext("Drafts"), "draft"),
            _posts(gettext("Scheduled"), "scheduled"),
            _posts(gettext("Posts with problems"), "problem"),
        ]
    if user.has_perm("links.view_link"):
        number = Link.objects.filter(status=Link.Status.PENDING).count()
        url = f"{reverse('admin:links_link_changelist')}?status__exact=pending"
        counts.append(Count(gettext("Links to decide"), number, url, "links"))
    return counts


def _posts(name: str, state: str) -> Count:
    number = in_state(Post.objects.all(), state).count()
    return Count(name, number, f"{reverse('admin:posts_post_changelist')}?state={state}", state)


@register.filter
def ours_first(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the apps of the admin with those that hold the site's content first."""
    order = {"posts": 0, "links": 1, "auth": 2}
    return sorted(apps, key=lambda app: order.get(app["app_label"], len(order)))
