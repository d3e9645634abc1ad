"""The address at which somebody without an account sees an issue: one for each, ended at will."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from posts import access
from posts.models import Post, ShareAddress
from posts.publishing import Log

DAYS = (3, 7, 14, 30)


def check_asking(post: int, by: User | None) -> None:
    """Lock an issue, and raise PermissionDenied for who may not bring it through a review: what is
    no draft is for those who publish. None is whoever holds the share address."""
    locked = Post.objects.select_for_update().get(pk=post)
    access.check(by, access.of_issue(access.ASK_REVIEW, locked.status))


def share(post: Post, *, by: User, days: int = 14, log: Log | None = None) -> ShareAddress:
    """Give an issue its share address for so many days from now, the one it has or a new one.

    One that has ended never comes back: another takes its place. Raises PermissionDenied.
    """
    now = timezone.now()
    until = now + timedelta(days=days)
    with transaction.atomic():
        check_asking(post.pk, by)
        row = ShareAddress.objects.filter(post=post).first()
        if row is None or not row.is_open(now):
            row = row or ShareAddress(post=post)
            row.token, row.made_by, row.made_at = secrets.token_urlsafe(), by, now
        row.expires_at, row.ended_at = until, None
        row.save()
        if log:
            log(post)
    return row


def open_share(post: Post) -> ShareAddress | None:
    """Return the address that shows an issue now, if it has one."""
    row = ShareAddress.objects.filter(post=post).select_related("made_by").first()
    return row if row and row.is_open() else None


def shared_issue(token: str) -> ShareAddress | None:
    """Return the address with this token, its issue and its page; it may have ended."""
    rows = ShareAddress.objects.select_related("post", "post__page")
    return rows.filter(token=token, post__trashed_at=None).first()
