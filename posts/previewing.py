"""Signed addresses under which a draft can be seen as readers will see it, for a while."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse

from posts.models import Page, Post

SALT = "posts.preview"
PAGES = "posts.preview.page"


class PreviewError(Exception):
    """A preview address that we did not make, or made for nothing that is here."""


class PreviewExpired(PreviewError):
    """A preview address that is older than ``PREVIEW_MAX_AGE``."""


def sign_preview(post: Post) -> str:
    """Return the path that shows a stored post to whoever holds it, until it expires, or until the
    post's previews are ended."""
    return reverse("posts:preview", args=[signing.dumps([post.pk, post.preview_round], salt=SALT)])


def preview_ends(token: str) -> datetime:
    """Return when a token of ours that was just read expires."""
    made = signing.b62_decode(token.split(":")[1])
    return datetime.fromtimestamp(made + settings.PREVIEW_MAX_AGE, UTC)


def read_preview(token: str) -> Post:
    """Return the post that a token was made for, with its page.

    Raises PreviewExpired when the token is too old, or has ended with its post or by somebody's
    wish; PreviewError when it is not ours, or the post has no page. Signatures are compared in
    constant time (``django.core.signing``).
    """
    try:
        value = signing.loads(token, salt=SALT, max_age=settings.PREVIEW_MAX_AGE)
    except signing.SignatureExpired as error:
        raise PreviewExpired from error
    except signing.BadSignature as error:
        raise PreviewError from error
    # Those of before there were rounds hold the key alone.
    pk, ended = value if isinstance(value, list) else (value, 0)
    post = Post.objects.filter(pk=pk).select_related("page").first()
    if post is None or post.preview_round != ended:
        raise PreviewExpired
    if not hasattr(post, "page"):
        raise PreviewError
    return post


def sign_page_preview(page: Page) -> str:
    """Return the path that shows a stored page to whoever holds it, until it expires."""
    return reverse("posts:preview-page", args=[signing.dumps(page.pk, salt=PAGES)])


def read_page_preview(token: str) -> Page:
    """Return the page that a token was made for. Raises PreviewExpired and PreviewError."""
    try:
        pk = signing.loads(token, salt=PAGES, max_age=settings.PREVIEW_MAX_AGE)
    except signing.SignatureExpired as error:
        raise PreviewExpired from error
    except signing.BadSignature as error:
        raise PreviewError from error
    page = Page.objects.filter(pk=pk).first()
    if page is None:
        raise PreviewExpired
    return page
