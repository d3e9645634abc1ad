"""The inbox beside the text of an issue: what waits there, as items in the form of the house."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from links.access import SEE_INBOX, may
from links.models import InboxEntry, Link
from links.normalizing import host_of
from posts.admin.writing.pasting import PastingPages, named_place
from posts.inserting import HouseForm, escape_address, house_form_of, waiting
from posts.models import Post
from posts.numbers import number_in
from posts.places import NAMED, Place
from posts.slots import PANELS, Panel


class InboxPages(PastingPages):
    """What the inbox beside the text asks for while somebody writes."""

    def get_urls(self) -> list[URLPattern]:
        """Add the list of what waits."""
        view = self.admin_site.admin_view(require_safe(self.inbox_view))
        return [path("inbox/", view, name="posts_post_inbox"), *super().get_urls()]

    def inbox_view(self, request: HttpRequest) -> JsonResponse:
        """Send a page of entries that wait."""
        given = request.GET
        page, post = number_in(given.get("page", "1")), number_in(given.get("post"))
        found = waiting(given.get("q", "")[:200], given.get("only", ""), page, by=request.user)
        form = house_form_of(post)
        rows = [_row(entry, form, found.places.get(entry.link_id, [])) for entry in found.entries]
        return JsonResponse({"entries": rows, "more": found.more})


def _row(entry: InboxEntry, form: HouseForm, places: list[Place]) -> dict[str, Any]:
    link = entry.link
    title = entry.title or link.title
    return {
        "id": entry.pk,
        "title": title or link.url,
        "host": host_of(link.url),
        "note": entry.note,
        "state": "" if link.standing == Link.Standing.SHOWN else link.get_standing_display(),
        "covered": [named_place(place) for place in places[:NAMED]],
        "markdown": form.item(title, link.url, entry.note),
        # By these it is known that the text has it already.
        "addresses": list(dict.fromkeys((escape_address(link.url), link.url, entry.url))),
    }


def _shown(request: HttpRequest, post: Post | None) -> dict[str, Any] | None:
    return {"post": post} if may(request.user, SEE_INBOX) else None


PANELS.add(
    Panel(
        "inbox",
        _("Inbox"),
        "admin/posts/post/panels/inbox.html",
        _shown,
        place=30,
        scripts=tuple(f"js/admin/writing/{name}.js" for name in ("placing", "inbox", "pasted")),
        styles=("css/admin/writing-inbox.css",),
    )
)
