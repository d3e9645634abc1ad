"""All that somebody typed and did not save, in whatever issue; only they see it."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from links.admin import StaffAdmin, moment
from posts import access
from posts.admin.writing.copies import COPIES, COPY, address_of
from posts.models import WorkingCopy
from posts.models.drafting import WorkingCopyQuerySet

# Characters of a text that are looked at for the line that it begins with.
BEGINNING = 400


class UnsavedPages(StaffAdmin):
    """The list of working copies; the start page and the form name the latest alone."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(require_safe(self.unsaved_view))
        return [path(f"{COPIES}all/", view, name="posts_post_unsaved"), *super().get_urls()]

    def unsaved_view(self, request: HttpRequest) -> HttpResponse:
        """List what whoever looks typed and did not save, newest first; there are never many."""
        access.check(request.user, access.WRITE)
        copies = unsaved_of(request.user.pk).annotate(beginning=Left("text", BEGINNING))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Unsaved texts"),
            "opts": self.opts,
            "copies": [_shown(copy) for copy in copies],
        }
        return render(request, "admin/posts/post/unsaved.html", context)


def unsaved_of(editor: Any) -> WorkingCopyQuerySet:
    """Return what an account typed and did not save, newest first, as far as it is named."""
    mine = WorkingCopy.objects.unsaved().filter(editor=editor).select_related("post")
    return mine.only("title", "kept_at", "post__title", "post__trashed_at")


def called(copy: WorkingCopy) -> str:
    """Return what a copy is called."""
    return copy.title or (copy.post.title if copy.post else gettext("New issue"))


def _shown(copy: Any) -> dict[str, Any]:
    lines = (line.strip() for line in copy.beginning.split("\n"))
    return {
        "key": copy.key,
        "name": called(copy),
        "when": moment(copy.kept_at),
        "beginning": next(filter(None, lines), ""),
        "address": address_of(copy),
        "compared_address": f"{reverse('admin:posts_post_copy')}?{COPY}={copy.key}",
    }
