"""An issue as readers will see it, for whoever holds an address of it, below a bar that says so."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from posts.models import Post
from posts.previewing import PreviewError, PreviewExpired, preview_ends, read_preview
from posts.site.own_pages import private
from posts.site.shell import article_page, page


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """A post, draft or not, for whoever holds its signed address."""
    try:
        post, until = read_preview(token), preview_ends(token)
    except PreviewExpired:
        return over()
    except PreviewError as error:
        raise Http404("No preview has this address.") from error
    return previewed(request, post, until)


def previewed(
    request: HttpRequest, post: Post, until: datetime, ending: bytes = b"", status: int = 200
) -> HttpResponse:
    """Return the page of an issue as it is saved, below the bar of a preview; ``ending`` stands
    below it."""
    stored = post.page
    parts = [bytes(part) for part in (stored.head, stored.intro, stored.body, stored.outro)]
    bar = {
        "state": post.state(),
        "published_at": post.published_at,
        "saved_at": post.modified_at,
        "until": until,
        "address": request.build_absolute_uri(request.path),
        "form_url": reverse("admin:posts_post_change", args=[post.pk]),
        "public_url": post.get_absolute_url(),
        "is_shared": bool(ending),
    }
    response = private(article_page(parts, post.published_at, preview=bar, ending=ending))
    response.status_code = status
    return response


def over() -> HttpResponse:
    """Say that a preview has ended."""
    return private(page("preview_over", {}, status=410))
