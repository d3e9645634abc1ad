"""Pending versions: what a published issue will say, saved beside what readers get.

One for each issue, which all its editors share. Nothing of it is public: pages, feeds, search,
exports and the identity of items know only what the issue says. Saving the issue settles it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from posts import access, publishing
from posts.access import Actor
from posts.documents import Issue
from posts.models import PendingVersion, Post

Log = Callable[[Post], object]


class Overtaken(Exception):
    """Somebody saved the issue, or its pending version, since this editor opened it."""


def pending_of(post: Post) -> PendingVersion | None:
    """Return the pending version of an issue."""
    return PendingVersion.objects.filter(post=post.pk).first() if post.pk else None


def save_for_later(
    post: Post,
    issue: Issue,
    *,
    slug: str,
    published_at: datetime,
    seen: tuple[int | None, str],
    by: Actor,
    log: Log | None = None,
) -> PendingVersion:
    """Make an issue what a published post says once the site is updated.

    ``seen`` are the version of the post and the edition of its pending version ("": none) that the
    editor saw. Raises Overtaken when either is another, Post.DoesNotExist and PermissionDenied.
    """
    access.check(by, access.CHANGE_PUBLIC)
    version, edition = seen
    with transaction.atomic():
        stored = Post.objects.select_for_update().get(pk=post.pk)
        before = _seen(stored, edition)
        if version not in (stored.version, before.based_on if before else None):
            raise Overtaken
        pending = PendingVersion(
            post=stored,
            header=issue.header,
            body=issue.body,
            slug=slug,
            published_at=published_at,
            based_on=version or stored.version,
            base=before.base if before and version == before.based_on else _digest(stored),
            saved_by=by if isinstance(by, User) else None,
            saved_at=timezone.now(),
        )
        pending.save()
        if log:
            log(stored)
    return pending


def settle(post: Post, edition: str) -> None:
    """Let go of a pending version that an issue is saved with; call it in that transaction.

    Raises Overtaken where somebody saved another one since.
    """
    if pending := _seen(post, edition):
        pending.delete()


def _seen(post: Post, edition: str) -> PendingVersion | None:
    """Return the pending version of an issue. Raises Overtaken where it is not this edition."""
    pending = pending_of(post)
    if (str(pending.edition) if pending else "") != edition:
        raise Overtaken
    return pending


def discard_pending(post: Post, edition: uuid.UUID, *, by: Actor, log: Log | None = None) -> bool:
    """Throw a pending version away; tell whether this edition was there.

    Raises PermissionDenied.
    """
    access.check(by, access.CHANGE_PUBLIC)
    with transaction.atomic():
        gone, _rows = PendingVersion.objects.filter(post=post.pk, edition=edition).delete()
        if gone and log:
            log(post)
    return bool(gone)


def values_of(pending: PendingVersion, post: Post) -> dict[str, Any]:
    """Return what differs in the form of a post that shows its pending version.

    Its editor has seen what readers get now, unless that says something else by now than when the
    pending version was begun.
    """
    written = Post(header=pending.header)
    metadata = publishing.with_metadata(written, pending.body, {}).metadata
    return {
        "title": metadata.title,
        "text": pending.body,
        "description": metadata.description,
        "tags": list(metadata.tags),
        "authors": [byline.name for byline in metadata.authors],
        "slug": pending.slug,
        "language": metadata.language,
        "translationkey": metadata.translationkey,
        "cover": metadata.cover,
        "updated": metadata.updated.date()
        if isinstance(metadata.updated, datetime)
        else metadata.updated,
        "published_at": pending.published_at,
        "seen_version": pending.based_on if is_overtaken(pending, post) else post.version,
        "seen_pending": str(pending.edition),
    }


def is_overtaken(pending: PendingVersion, post: Post) -> bool:
    """Tell whether readers get another text now than the one that a pending version changes."""
    return pending.based_on != post.version and pending.base != _digest(post)


def _digest(post: Post) -> str:
    return hashlib.sha256(post.document.encode()).hexdigest()
