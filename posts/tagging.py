"""Tags: found by any of their names, renamed and merged without breaking an address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from posts.models import Post, Tag, TagAlias, TaggedPost
from posts.naming import fold
from posts.prepared import prepared


@transaction.atomic(savepoint=False)
def find_or_create(names: Iterable[str]) -> list[Tag]:
    """Return the tags of these names in order, without repeats; unknown names become tags.

    A name is known by any spelling that differs in case or width only, and by any alias.
    """
    spelled = {key: name for name in names if (key := fold(name))}
    if not spelled:
        return []
    found = {tag.key: tag for tag in Tag.objects.filter(key__in=spelled)}
    aliases = TagAlias.objects.filter(key__in=spelled.keys() - found.keys()).select_related("tag")
    found |= {alias.key: alias.tag for alias in aliases}
    # In one order for all, so that two savers of the same new tags do not wait for each other.
    for key, name in sorted(spelled.items()):
        if key not in found:
            found[key] = _create(name)
    return list({found[key].pk: found[key] for key in spelled}.values())


def _create(name: str) -> Tag:
    """Create a tag; where somebody else does so just now, return theirs."""
    while True:
        tag = Tag(name=name, slug=_free_slug(name))
        try:
            with transaction.atomic():
                tag.save(force_insert=True)
            return tag
        except IntegrityError:
            theirs: Tag | None = Tag.objects.filter(key=fold(name)).first()
            if theirs is not None:
                return theirs
            if not Tag.objects.filter(slug=tag.slug).exists():
                raise


def _free_slug(name: str) -> str:
    tag = Tag(name=name)
    slug = tag.slugify(name)
    # An alias keeps its address, so a new tag may not take it.
    taken = set(TagAlias.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    tries = 0
    while slug in taken or Tag.objects.filter(slug=slug).exists():
        tries += 1
        slug = tag.slugify(name, tries + 1)
    return slug


def set_tags(post: Post, names: Iterable[str]) -> list[Tag]:
    """Make the tags of these names the post's, in this order, and return them."""
    tags = find_or_create(names)
    wanted = {tag.pk: place for place, tag in enumerate(tags)}
    current = {tag: (place, date) for tag, place, date in _taggings_of(post.pk)}
    if current == {pk: (place, post.listed_at) for pk, place in wanted.items()}:
        return tags
    if gone := current.keys() - wanted.keys():
        TaggedPost.objects.filter(content_object=post, tag__in=gone).delete()
    TaggedPost.objects.bulk_create(
        (
            TaggedPost(content_object=post, tag_id=pk, position=place, date=post.listed_at)
            for pk, place in wanted.items()
        ),
        update_conflicts=True,
        unique_fields=["content_object", "tag"],
        update_fields=["position", "date"],
    )
    return tags


@prepared
def _taggings_of(post: int) -> QuerySet[TaggedPost, Any]:
    rows: QuerySet[TaggedPost, Any] = TaggedPost.objects.filter(content_object=post)
    return rows.values_list("tag", "position", "date")


def tags_of(post: Post) -> list[Tag]:
    """Return the tags of a post, in their order."""
    taggings = TaggedPost.objects.filter(content_object=post).order_by("position")
    return [tagging.tag for tagging in taggings.select_related("tag")]
