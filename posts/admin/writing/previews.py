"""An issue that is being written, as readers would get it: answers for the scripts of its form."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import StaffAdmin
from posts import access
from posts.admin.fields import split_tags
from posts.models import Post
from posts.proofs import Asked, answer, drafted, known_of, web_frame
from posts.rendering import MarkdownLimitError
from posts.slots import PANELS, PREVIEWS, Panel
from posts.translating import translated

UNREADABLE = (
    AttributeError, KeyError, OverflowError, RecursionError, StopIteration, TypeError, ValueError,
)  # fmt: skip
"""What a request raises that no script of ours sends."""


class ProofPages(StaffAdmin):
    """Proofs of what is in the form; nothing is stored."""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses that the scripts ask."""
        view = self.admin_site.admin_view
        return [
            path("proof/", view(require_POST(self.proof_view)), name="posts_post_proof"),
            path("proof/known/", view(require_POST(self.known_view)), name="posts_post_known"),
            *super().get_urls(),
        ]

    def proof_view(self, request: HttpRequest) -> HttpResponse:
        """Return sections that changed, or all; or the whole in another form than the site's."""
        return _answered(request, _proved)

    def known_view(self, request: HttpRequest) -> HttpResponse:
        """Return what is known of addresses, and of the issue beside its text."""
        return _answered(request, _known)


def _answered(
    request: HttpRequest, work: Callable[[dict[str, Any]], dict[str, Any]]
) -> HttpResponse:
    """Answer what a script of the form sent, as JSON."""
    if not access.may(request.user, access.CHANGE):
        access.check(request.user, access.WRITE)
    if request.content_type != "application/json":
        return HttpResponseBadRequest()
    try:
        sent = json.loads(request.body)
        access.check(request.user, access.CHANGE if sent["post"] else access.WRITE)
        return JsonResponse(work(sent))
    except MarkdownLimitError as error:
        return JsonResponse({"problem": [error.line, translated(error.reason)]})
    except UNREADABLE:
        return HttpResponseBadRequest()


def _proved(sent: dict[str, Any]) -> dict[str, Any]:
    asked, name = _asked(sent), sent["form"]
    if name == "web":
        return answer(asked)
    return {"page": next(entry.page for entry in PREVIEWS if entry.name == name)(drafted(asked))}


def _asked(sent: dict[str, Any]) -> Asked:
    page = sent["page"]
    post = Post(
        title=page["title"][:500],
        description=page["description"],
        language=page["language"],
        cover=page["cover"],
        published_at=_moment(page["at"]),
    )
    tags, authors = split_tags(page["tags"]), split_tags(page["authors"])
    may_have_header = not sent["header"]
    return Asked.read(sent, post, tags=tags, authors=authors, may_have_header=may_have_header)


def _moment(text: str) -> datetime | None:
    return timezone.make_aware(datetime.fromisoformat(text)) if text else None


def _known(sent: dict[str, Any]) -> dict[str, Any]:
    post = Post.objects.filter(pk=sent["post"]).first() if sent["post"] else None
    urls, paths = ([one + "" for one in sent[name]] for name in ("addresses", "pictures"))
    return known_of(post or Post(), urls, paths)


def _panel(_request: HttpRequest, post: Post | None) -> dict[str, Any]:
    return {
        "frame": web_frame(),
        "forms": list(PREVIEWS),
        "proof": reverse("admin:posts_post_proof"),
        "known": reverse("admin:posts_post_known"),
        "has_header": bool(post and post.header.strip("\ufeff \t\r\n")),
    }


PANELS.add(
    Panel(
        "preview",
        _("Preview"),
        "admin/posts/post/panels/preview.html",
        _panel,
        place=10,
        scripts=("js/admin/writing/proof.js", "js/admin/writing/preview.js"),
        styles=("css/admin/writing-preview.css",),
    )
)
