"""The addresses of posts: which are free, and those that redirect."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from posts.models import SLUG_LENGTH, OldSlug, Post
from posts.naming import first_free, unicode_slug, with_suffix
from posts.prepared import prepared


def slug_taken(post: Post, slug: str) -> bool:
    """Tell whether another post has this slug, or had it: its old address still redirects."""
    own = post.pk or 0
    return bool(_called(slug, own) or _once_called(slug, own))


@prepared
def _called(slug: str, but: int) -> QuerySet[Post, Any]:
    return Post.objects.filter(slug=slug).exclude(pk=but).values_list("pk")


@prepared
def _once_called(slug: str, but: int) -> QuerySet[OldSlug, Any]:
    return OldSlug.objects.filter(slug=slug).exclude(post=but).values_list("pk")


def free_slug(post: Post, wish: str) -> str:
    """Return a slug like a wish that no other post has, or had: with its day, then a number."""

    def is_taken(slug: str) -> bool:
        return slug != post.slug and slug_taken(post, slug)

    slug = unicode_slug(wish)[:SLUG_LENGTH].strip("-") or "post"
    if not is_taken(slug):
        return slug
    if post.published_at:
        day = timezone.localtime(post.published_at).date().isoformat()
        slug = with_suffix(slug, day, SLUG_LENGTH)
    return first_free(slug, is_taken, SLUG_LENGTH)


def keep_address(post: Post, old_slug: str) -> None:
    """Let the address a post had before redirect, and that of now lead to it alone."""
    if old_slug and old_slug != post.slug:
        OldSlug.objects.get_or_create(slug=old_slug, defaults={"post": post})
        OldSlug.objects.filter(slug=post.slug).delete()
