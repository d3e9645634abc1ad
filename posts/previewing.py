"""Signed addresses under which a draft can be seen as readers will see it, for a while."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse

from posts.models import Post

SALT = "posts.preview"


class PreviewError(Exception):
    """A preview address that we did not make, or made for nothing that is here."""


class PreviewExpired(PreviewError):
    """A preview address that is older than ``PREVIEW_MAX_AGE``."""


def sign_preview(post: Post) -> str:
    """Return the path that shows a stored post to whoever holds it, until it expires."""
    return reverse("posts:preview", args=[signing.dumps(post.pk, salt=SALT)])


def preview_ends(token: str) -> datetime:
    """Return when a token of ours that was just read expires."""
    made = signing.b62_decode(token.split(":")[1])
    return datetime.fromtimestamp(made + settings.PREVIEW_MAX_AGE, UTC)


def read_preview(token: str) -> int:
    """Return the key of the post that a token was made for.

    Raises PreviewExpired when the token is too old, PreviewError when it is not ours. Signatures
    are compared in constant time (``django.core.signing``).
    """
    try:
        value = signing.loads(token, salt=SALT, max_age=settings.PREVIEW_MAX_AGE)
    except signing.SignatureExpired as error:
        raise PreviewExpired from error
    except signing.BadSignature as error:
        raise PreviewError from error
    if not isinstance(value, int):
        raise PreviewError
    return value
