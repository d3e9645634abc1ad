"""Pending versions: what a published issue will say, saved beside what readers get.

One for each issue, which all its editors share. Nothing of it is public: pages, feeds, search,
exports and the identity of items know only what the issue says. Saving the issue settles it. What
it said before is kept for a while, since forms may be open that show it.
"""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from posts import access, publishing, revising
from posts.access import Actor
from posts.documents import Issue, parse_issue
from posts.models import EarlierEdition, PendingVersion, Post

Log = Callable[[Post], object]
EDITIONS_KEPT: Final = timedelta(days=30)


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
) -> None:
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
        revising.keep_before(stored)
        _keep_earlier(before)
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


def settle(post: Post, edition: str) -> None:
    """Let go of a pending version that an issue is saved with; call it in that transaction.

    Raises Overtaken where somebody saved another one since.
    """
    if pending := _seen(post, edition):
        _keep_earlier(pending)
        pending.delete()


def _seen(post: Post, edition: str) -> PendingVersion | None:
    """Return the pending version of an issue. Raises Overtaken where it is not this edition."""
    pending = pending_of(post)
    if (str(pending.edition) if pending else "") != edition:
        raise Overtaken
    return pending


def discard_pending(post: Post, edition: uuid.UUID, *, by: Actor, log: Log | None = None) -> bool:
    """Throw a pending version away, with what it said before; tell whether this edition was there.

    Raises PermissionDenied.
    """
    access.check(by, access.CHANGE_PUBLIC)
    with transaction.atomic():
        gone, _rows = PendingVersion.objects.filter(post=post.pk, edition=edition).delete()
        if gone:
            EarlierEdition.objects.filter(post=post.pk).delete()
        if gone and log:
            log(post)
    return bool(gone)


def _keep_earlier(pending: PendingVersion | None) -> None:
    """Keep what a pending version says, before it says something else or is gone."""
    if pending:
        EarlierEdition.objects.create(
            edition=pending.edition,
            post_id=pending.post_id,
            data=zlib.compress((pending.header + pending.body).encode()),
            slug=pending.slug,
            published_at=pending.published_at,
            saved_by_id=pending.saved_by_id,
            saved_at=pending.saved_at,
        )


def earlier_edition(post: Post, edition: str) -> EarlierEdition | None:
    """Return what a pending version of an issue said before; None where that is not known."""
    with suppress(ValueError):
        return EarlierEdition.objects.filter(post=post.pk, edition=uuid.UUID(edition)).first()
    return None


def issue_of(earlier: EarlierEdition, name: str = "") -> Issue:
    """Return the issue that an earlier edition holds."""
    data = zlib.decompress(bytes(earlier.data))
    return parse_issue(data, name, tag_keys=settings.NEWSLETTER_TAG_KEYS)


def editions_since(pending: PendingVersion, at: datetime) -> list[PendingVersion | EarlierEdition]:
    """Return what was saved for later of an issue since a moment, the last one last."""
    rows = EarlierEdition.objects.filter(post=pending.post_id, saved_at__gt=at).order_by("saved_at")
    return [*rows.defer("data").select_related("saved_by"), pending]


@task()
def prune_editions() -> int:
    """Forget what pending versions said before long ago; return how many."""
    long_ago = timezone.now() - EDITIONS_KEPT
    return EarlierEdition.objects.filter(saved_at__lt=long_ago).delete()[0]


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
