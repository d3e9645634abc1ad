"""Issues that say the same in several languages: each knows the others, with their times.

They share a key, which their headers name. What each is told is stored with it, so that reading
one asks for nothing; whether the others are public, their times say when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from posts import publication
from posts.models import Post


def link(keys: Iterable[str]) -> None:
    """Tell the posts of each key which others there are, once what was saved is committed.

    Whoever saves a post holds its row: two who hold one each and write the other's would wait for
    each other for ever, and neither sees yet what the other saves.
    """
    if wanted := {key for key in keys if key}:
        transaction.on_commit(partial(_link, wanted), robust=True)


@transaction.atomic
def _link(keys: set[str]) -> None:
    """Tell the posts that are there now; one that is committed later tells them again."""
    shared = Post.objects.filter(translation_key__in=keys)
    locked = shared.order_by("pk").select_for_update(no_key=True)
    ours = set(locked.values_list("pk", flat=True))
    # Read after all are locked: some may have been saved while this waited.
    posts = list(shared.order_by("language", "pk"))
    told = [_tell(post, posts) for post in posts if post.pk in ours]
    if any(told):
        publication.move(posts)


def _tell(post: Post, posts: Iterable[Post]) -> bool:
    """Store which others there are; tell whether that is something else than before."""
    others = [_told(other) for other in posts if _is_other(post, other)]
    if post.translations == others:
        return False
    Post.objects.filter(pk=post.pk).update(translations=others)
    return True


def _is_other(post: Post, other: Post) -> bool:
    return (
        other.translation_key == post.translation_key
        and other.listed_at is not None
        and other.language != post.language
    )


def _told(post: Post) -> dict[str, str]:
    return {
        "language": post.language,
        "slug": post.slug,
        "title": post.title,
        "from": post.listed_at.isoformat() if post.listed_at else "",
    }


def unlink(instance: Post, **_signal: object) -> None:
    """Tell the others that a post is gone (receiver of ``post_delete``)."""
    link([instance.translation_key])
