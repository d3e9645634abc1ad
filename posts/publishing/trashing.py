"""The trash: posts that were deleted, for a while, with all that nobody could write again.

Their text, pictures, items and what was decided about those stay; what is derived for others to
see goes at once. ``Post.objects`` knows none of them, ``Post.everything.trashed()`` all.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from posts import access, crediting, pictures, publication, revising, searching, tagging
from posts.access import Actor
from posts.documents import Issue
from posts.models import Post, Revision, SectionEntry
from posts.publishing import counting, translations
from posts.publishing.addressing import free_slug
from posts.publishing.deriving import unlist
from posts.publishing.returning import mark_returns
from posts.publishing.saving import (
    Log,
    change,
    close_previews,
    keep,
    lock,
    next_version,
    rebuild_locked,
)
from posts.publishing.texts import Reading
from posts.revising import Cause
from posts.signals import issue_taken_back, review_overtaken

KEPT_FOR: Final = timedelta(days=30)
A_RUN: Final = 25


def delete(post: Post, *, by: Actor = None, log: Log | None = None) -> bool:
    """Put a post into the trash: a draft, without address, and gone from everything else.

    Tells whether it was there. Raises PermissionDenied.
    """
    access.check(by, access.DELETE)
    with transaction.atomic():
        if not lock(post):
            return False
        before, seen = counting.share_of(post), copy(post)
        last = revising.keep_before(post)
        _give_up(post)
        _take_down(post)
        counting.apply_change(before, counting.share_of(post))
        keep(post, Cause(Revision.Kind.TRASHED, by), last, log)
        publication.move([seen])
    return True


def recover(post: Post, *, by: Actor = None, log: Log | None = None) -> bool:
    """Take a post out of the trash, as a draft, at its address if nobody else took that.

    Tells whether it was there. Raises PermissionDenied.
    """
    access.check(by, access.DELETE)

    def act(post: Post, issue: Issue, reading: Reading) -> None:
        post.items.filter(removed_at=post.trashed_at).update(removed_at=None)
        name, wish = post.trash.get("source_name", ""), post.trash.get("slug", "")
        is_taken = Post.objects.filter(source_name=name or "/").exists()
        rebuild_locked(
            post,
            issue,
            reading,
            slug=free_slug(post, wish or post.title),
            source_name="" if is_taken else name,
            trashed_at=None,
            trash={},
            **next_version(post),
        )
        keep(post, Cause(Revision.Kind.RECOVERED, by), revising.last_of(post), log)

    return change(post, act, among=Post.everything.trashed())


def erase(post: Post, *, by: Actor = None, log: Log | None = None) -> bool:
    """Delete a post that lies in the trash for good, with the pictures that no other has; links and
    tags stay.

    Tells whether it was there. Raises PermissionDenied.
    """
    access.check(by, access.DELETE)
    with transaction.atomic():
        if not lock(post, Post.everything.trashed()):
            return False
        if log:
            log(post)
        images = list(post.images.all())
        post.delete()
        pictures.let_go(images)
    return True


@task()
def empty_trash() -> int:
    """Delete for good what has lain in the trash long enough, a few posts at a time; return how
    many. While there are more, leave them to another run."""
    due = Post.everything.trashed().filter(trashed_at__lt=timezone.now() - KEPT_FOR)
    posts = list(due.order_by("trashed_at")[:A_RUN])
    erased = sum(erase(post) for post in posts)
    if len(posts) == A_RUN and erased:
        empty_trash.enqueue()
    return erased


def leaves_at(post: Post) -> datetime | None:
    """Return when a post in the trash is deleted for good."""
    return post.trashed_at + KEPT_FOR if post.trashed_at else None


# Steps


def _give_up(post: Post) -> None:
    """Make a post's row one of the trash: what others may want to be called, it gives up."""
    kept = {"slug": post.slug, "source_name": post.source_name}
    for name, value in next_version(post).items():
        setattr(post, name, value)
    post.status, post.trash, post.trashed_at = Post.Status.DRAFT, kept, post.modified_at
    post.slug, post.source_name, post.stale_since = f"trash-{post.uid.hex}", "", None
    close_previews(post)
    issue_taken_back.send(sender=Post, post=post)
    if post.review_since:
        review_overtaken.send(sender=Post, post=post)
        post.review_since = None
    post.translations = []
    post.save()


def _take_down(post: Post) -> None:
    """Take what was derived of a post away from all who look for it elsewhere."""
    links = set(post.appearances.order_by().values_list("link", flat=True))
    post.appearances.all().delete()
    post.citations.all().delete()
    SectionEntry.objects.filter(item__post=post).delete()
    tagging.set_tags(post, ())
    crediting.credit(post, ())
    unlist(post)
    # As items whose text is gone, but each knows its section still.
    post.items.filter(removed_at=None).update(removed_at=post.trashed_at)
    mark_returns(links)
    searching.remove(post)
    translations.link({post.translation_key})
