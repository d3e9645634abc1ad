"""Authors described, renamed and merged: old names and addresses keep working."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from posts import access, publication
from posts.access import Actor
from posts.models import Author, AuthorAlias, Post
from posts.models.names import NameTaken
from posts.naming import fold
from posts.publishing import retag
from posts.rendering import render_markdown


def check_free(author: Author, name: str, slug: str) -> None:
    """Raise NameTaken when another author has this name or address, or had it."""
    others, aliases = (
        Author.objects.exclude(pk=author.pk),
        AuthorAlias.objects.exclude(author=author.pk),
    )
    key = fold(name)
    if others.filter(key=key).exists() or aliases.filter(key=key).exists():
        raise NameTaken("name", _("Another author is called so. Merge the two instead."))
    if slug and (others.filter(slug=slug).exists() or aliases.filter(slug=slug).exists()):
        raise NameTaken("slug", _("Another author has this address."))


@transaction.atomic
def describe(author: Author, *, by: Actor = None) -> Author:
    """Store what is said of an author, under the name and the address it has now.

    Headers that write the old name keep this author, and the old address redirects. Raises
    NameTaken, PermissionDenied and MarkdownLimitError.
    """
    access.check(by, access.DESCRIBE_AUTHORS)
    check_free(author, author.name, author.slug)
    stored = Author.objects.select_for_update().get(pk=author.pk)
    author.bio_html = render_markdown(author.bio) if author.bio.strip() else ""
    author.save()
    author.aliases.filter(key=author.key).delete()
    author.aliases.filter(slug=author.slug).delete()
    if stored.key != author.key:
        AuthorAlias.objects.create(author=author, key=stored.key)
    if stored.slug != author.slug:
        AuthorAlias.objects.create(author=author, slug=stored.slug)
    if (stored.name, stored.slug) != (author.name, author.slug):
        _compose(Post.objects.filter(authorships__author=author))
    publication.move()
    return author


@transaction.atomic
def merge(authors: Iterable[Author], into: Author, *, by: Actor = None) -> int:
    """Make one author of several; return how many posts name the others.

    Raises PermissionDenied, and Author.DoesNotExist when somebody merged ``into`` away meanwhile.
    """
    access.check(by, access.DESCRIBE_AUTHORS)
    pks = {author.pk for author in authors} | {into.pk}
    locked = Author.objects.select_for_update().in_bulk(sorted(pks))
    if locked.pop(into.pk, None) is None:
        raise Author.DoesNotExist(into.pk)
    posts = list(Post.objects.filter(authorships__author__in=locked).distinct().order_by("pk"))
    AuthorAlias.objects.filter(author__in=locked).update(author=into)
    for author in locked.values():
        key, slug = author.key, author.slug
        author.delete()
        AuthorAlias.objects.create(author=into, key=key, slug=slug)
    publication.move()
    return _compose(posts)


def _compose(posts: Iterable[Post]) -> int:
    """Let posts name their authors as they are called now; return how many."""
    count = 0
    for post in posts:
        retag(post)
        count += 1
    return count
