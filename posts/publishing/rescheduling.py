"""Give an issue that readers do not have another moment: its row, and the date in its header."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone

from posts import access
from posts.access import Actor
from posts.models import Post
from posts.publishing.saving import Log, save_document
from posts.publishing.texts import with_metadata
from posts.revising import Cause


class NotToCome(ValueError):
    """Readers have the issue already, or would have it at once."""


def reschedule(post: Post, at: datetime, *, by: Actor = None, log: Log | None = None) -> Post:
    """Move a scheduled issue, or a draft, to a moment; what is scheduled stays so.

    Raises PermissionDenied, NotToCome, EditConflict, Post.DoesNotExist, and DocumentError for a
    header that cannot be changed.
    """
    access.check(by, access.PUBLISH)
    stored = Post.objects.get(pk=post.pk)
    is_scheduled = stored.status == Post.Status.PUBLISHED
    if stored.is_public() or (is_scheduled and at <= timezone.now()):
        raise NotToCome
    return save_document(
        stored,
        with_metadata(stored, stored.body, {"date": header_date(at)}),
        status=stored.status,
        published_at=at,
        expected_version=stored.version,
        log=log,
        cause=Cause(by=by),
    )


def header_date(moment: datetime) -> date | datetime:
    """Return midnight as a day, as headers write it; any other moment with its offset."""
    local = timezone.localtime(moment).replace(microsecond=0)
    return local.date() if local.time() == time.min else local
