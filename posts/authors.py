"""Authors described, renamed and merged: old names and addresses keep working."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from posts import access, publication
from posts.access import Actor
from posts.models import Author, AuthorAlias, Authorship, Post
from posts.models.names import NameTaken
from posts.naming import fold
from posts.prose import prose
from posts.retagging import name_anew


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
    author.bio_html = prose(author.bio)
    author.save()
    _take_back(author)
    if stored.key != author.key:
        AuthorAlias.objects.create(author=author, key=stored.key)
    if stored.slug != author.slug:
        AuthorAlias.objects.create(author=author, slug=stored.slug)
    if (stored.name, stored.slug) != (author.name, author.slug):
        name_anew(_posts_of([author]))
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
    posts = _posts_of(locked.values())
    AuthorAlias.objects.filter(author__in=locked).update(author=into)
    for _pk, author in sorted(locked.items()):
        key, slug = author.key, author.slug
        _move_authorships(author, into)
        # First the author, then the alias: names are looked up among authors first.
        author.delete()
        AuthorAlias.objects.create(author=into, key=key, slug=slug)
    return name_anew(posts)


def _move_authorships(author: Author, into: Author) -> None:
    """Put one author in the place of another on all posts, once where a post has both."""
    there = into.authorships.values("post")
    author.authorships.filter(post__in=there).delete()
    author.authorships.update(author=into)


def _take_back(author: Author) -> None:
    """Free the name and the address of an author among the aliases; what else they keep stays."""
    author.aliases.filter(key=author.key).update(key=None)
    author.aliases.filter(slug=author.slug).update(slug=None)
    author.aliases.filter(key=None, slug=None).delete()


def _posts_of(authors: Iterable[Author]) -> list[int]:
    """Return the keys of the posts of authors, drafts too, in order."""
    rows = Authorship.objects.filter(author__in=list(authors))
    posts = Post.objects.filter(pk__in=rows.values("post")).order_by("pk")
    return list(posts.values_list("pk", flat=True))
