"""Tags renamed and merged: old names and addresses keep working, pages and counts are right.

Lists and counts are so at once. What stands around the body of issues (the names of tags, and of
authors) is composed in the same transaction where it is on a few, and by the worker, each in one
of its own, where it is on many: a tag may be on a thousand, of which a large one takes 11 ms, and
SQLite lets one write at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_tasks import task

from posts import access, publication
from posts.access import Actor
from posts.models import SLUG_LENGTH, Post, Tag, TagAlias, TaggedPost
from posts.models.names import NameTaken
from posts.naming import fold, tag_slug, with_suffix
from posts.publishing import counting, retag
from posts.publishing.turns import let_others_write

FEW: Final = 20  # posts that are composed at once
A_RUN: Final = 25  # posts of one task: seconds, so that a worker can be stopped between two


@transaction.atomic
def rename(tag: Tag, name: str, slug: str = "", *, by: Actor = None) -> int:
    """Give a tag another name, and another address; return how many posts show it.

    ``slug`` '' makes the address from the name. The old name and address become aliases: issues
    that still write the old name get this tag, and the old address redirects. Raises NameTaken
    and PermissionDenied.
    """
    access.check(by, access.RENAME_TAGS)
    name = " ".join(name.split())
    slug = slug or tag_slug(name)[:SLUG_LENGTH]
    stored = Tag.objects.select_for_update().get(pk=tag.pk)
    if (stored.name, stored.slug) == (name, slug):
        return 0
    check_free(stored, name, slug)
    _take_back(stored, fold(name), slug)
    if (stored.key, stored.slug) != (fold(name), slug):
        _remember(stored, stored.name, stored.slug, new_slug=slug)
    counting.unlist(stored)
    stored.name, stored.slug = tag.name, tag.slug = name, slug
    stored.save(update_fields=["name", "key", "slug", "initial"])
    counting.enlist(stored)
    return name_anew(_posts_of([tag]).values_list("pk", flat=True))


@transaction.atomic
def merge(tags: Iterable[Tag], into: Tag, *, by: Actor = None) -> int:
    """Make one tag of several; return how many posts show it.

    The others' names and addresses, and the aliases they had, become aliases of ``into``.
    Raises PermissionDenied, and Tag.DoesNotExist when somebody merged ``into`` away meanwhile.
    """
    access.check(by, access.MERGE_TAGS)
    pks = {tag.pk for tag in tags} | {into.pk}
    locked = Tag.objects.select_for_update().in_bulk(sorted(pks))
    if locked.pop(into.pk, None) is None:
        raise Tag.DoesNotExist(into.pk)
    merged = [locked[pk] for pk in sorted(locked)]
    keys = list(_posts_of(merged).values_list("pk", flat=True))
    TagAlias.objects.filter(tag__in=merged).update(tag=into)
    stored = Tag.objects.get(pk=into.pk)
    counting.unlist(stored)
    for tag in merged:
        name, slug = tag.name, tag.slug
        counting.unlist(tag)
        _move_taggings(tag, into)
        # First the tag, then its alias: names are looked up among tags first.
        tag.delete()
        _remember(into, name, slug)
    counting.recount_tag(stored)
    return name_anew(keys)


def _move_taggings(tag: Tag, into: Tag) -> None:
    """Put one tag in the place of another on all posts, once where a post has both."""
    there = into.taggings.order_by().values("content_object")
    tag.taggings.filter(content_object__in=there).delete()
    tag.taggings.update(tag=into)


def check_free(tag: Tag, name: str, slug: str) -> None:
    """Raise NameTaken when another tag has this name or address, or had it."""
    key = fold(name)
    others, aliases = Tag.objects.exclude(pk=tag.pk), TagAlias.objects.exclude(tag=tag)
    if others.filter(key=key).exists() or aliases.filter(key=key).exists():
        raise NameTaken("name", _("Another tag is called so. Merge the two instead."))
    if others.filter(slug=slug).exists() or aliases.filter(slug=slug).exists():
        raise NameTaken("slug", _("Another tag has this address."))


def posts_touched(tags: Iterable[Tag]) -> int:
    """Return how many posts, drafts too, have one of the tags."""
    return _posts_of(tags).count()


def _posts_of(tags: Iterable[Tag]) -> QuerySet[Post]:
    tagged = TaggedPost.objects.filter(tag__in=list(tags)).order_by()
    return Post.objects.filter(pk__in=tagged.values("content_object")).order_by("pk")


def name_anew(posts: Iterable[int]) -> int:
    """Compose what names tags and authors on posts, by their keys: a few at once, more by the
    worker. Return how many there are."""
    publication.move()
    keys = list(posts)
    if len(keys) <= FEW:
        for post in Post.objects.filter(pk__in=keys).order_by("pk"):
            retag(post)
    else:
        for start in range(0, len(keys), A_RUN):
            retag_posts.enqueue(keys[start : start + A_RUN])
    return len(keys)


@task()
def retag_posts(keys: list[int]) -> int:
    """Compose anew what names tags and authors on posts; return how many are still there.

    May run any number of times, since it says what is so at that moment.
    """
    there = 0
    for pk in keys:
        started = time.monotonic()
        if post := Post.objects.filter(pk=pk).first():
            retag(post)
            there += 1
        let_others_write(time.monotonic() - started)
    return there


def _take_back(tag: Tag, key: str, slug: str) -> None:
    """Free a name and an address of the tag's aliases for the tag itself; the rest stays."""
    for alias in tag.aliases.filter(Q(key=key) | Q(slug=slug)):
        if (alias.key, alias.slug) == (key, slug):
            alias.delete()
            continue
        if alias.key == key:
            alias.key = _no_key(alias.slug)
        else:
            alias.slug = _no_slug(tag, slug)
        alias.save(update_fields=["key", "slug"])


def _remember(tag: Tag, name: str, slug: str, new_slug: str = "") -> None:
    """Keep a name and an address as an alias of a tag.

    An alias needs both. Where one of them is in use already (only the other one changed), it gets
    a stand-in that no name folds to and no visitor asks for.
    """
    key = fold(name)
    if TagAlias.objects.filter(key=key).exists():
        key = _no_key(slug)
    if slug == new_slug or TagAlias.objects.filter(slug=slug).exists():
        slug = _no_slug(tag, slug)
    TagAlias.objects.create(tag=tag, key=key, name=name, slug=slug)


def _no_key(slug: str) -> str:
    return f"/{slug}/"


def _no_slug(tag: Tag, slug: str) -> str:
    number = tag.aliases.count() + 1
    while TagAlias.objects.filter(slug=(made := _numbered(tag, slug, number))).exists():
        number += 1
    return made


def _numbered(tag: Tag, slug: str, number: int) -> str:
    return with_suffix(slug, f"was-{tag.pk}-{number}", SLUG_LENGTH)
