"""Issues that say the same in several languages: each knows the others, with their times.

They share a key, which their headers name. What each is told is stored with it, so that reading
one asks for nothing; whether the others are public, their times say when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable

from posts.models import Post


def link(keys: Iterable[str]) -> None:
    """Tell the posts of each key which others there are."""
    for key in {key for key in keys if key}:
        posts = list(Post.objects.filter(translation_key=key).order_by("language", "pk"))
        for post in posts:
            told = [_told(other) for other in posts if _is_other(post, other)]
            if post.translations != told:
                Post.objects.filter(pk=post.pk).update(translations=told)


def _is_other(post: Post, other: Post) -> bool:
    return other.listed_at is not None and other.language != post.language


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
