"""Tags renamed and merged: old names and addresses keep working, pages and counts are right."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from posts import access, publication
from posts.access import Actor
from posts.models import SLUG_LENGTH, Post, Tag, TagAlias, TaggedPost
from posts.naming import fold, tag_slug, with_suffix
from posts.publishing import counting, retag


class NameTaken(IntegrityError):
    """A tag cannot have this name or address (``field``: name or slug): another tag has it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


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
    return _retag(list(_posts_of([tag])))


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
    posts = list(_posts_of(merged))
    TagAlias.objects.filter(tag__in=merged).update(tag=into)
    for tag in merged:
        name, slug = tag.name, tag.slug
        # First the tag, then its alias: names are looked up among tags first.
        counting.unlist(tag)
        tag.delete()
        _remember(into, name, slug)
    return _retag(posts)


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


def _retag(posts: Collection[Post]) -> int:
    publication.move()
    for post in posts:
        retag(post)
    return len(posts)


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
