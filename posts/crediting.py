"""Crediting posts to the authors whom their headers name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from posts.documents.metadata import Byline
from posts.models import SLUG_LENGTH, Author, AuthorAlias, Authorship, Post
from posts.naming import first_free, fold, unicode_slug
from posts.prepared import prepared


def credit(post: Post, bylines: Sequence[Byline]) -> list[Author]:
    """Make the authors of these names the post's, in this order, and return them; unknown names
    become authors."""
    authors = find_or_create(bylines)
    wanted = {author.pk: place for place, author in enumerate(authors)}
    current = {author: (place, date) for author, place, date in _authorships_of(post.pk)}
    if current == {pk: (place, post.listed_at) for pk, place in wanted.items()}:
        return authors
    if gone := current.keys() - wanted.keys():
        Authorship.objects.filter(post=post, author__in=gone).delete()
    Authorship.objects.bulk_create(
        [
            Authorship(post=post, author_id=pk, position=place, date=post.listed_at)
            for pk, place in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["post", "author"],
        update_fields=["position", "date"],
    )
    return authors


@prepared
def _authorships_of(post: int) -> QuerySet[Authorship, Any]:
    return Authorship.objects.filter(post=post).values_list("author", "position", "date")


def find_or_create(bylines: Sequence[Byline]) -> list[Author]:
    """Return the authors of these names in order, without repeats."""
    named = {key: byline for byline in bylines if (key := fold(byline.name))}
    if not named:
        return []
    found = {author.key: author for author in Author.objects.filter(key__in=named)}
    aliases = AuthorAlias.objects.filter(key__in=named.keys() - found.keys())
    found |= {alias.key or "": alias.author for alias in aliases.select_related("author")}
    for key, byline in sorted(named.items()):
        if key not in found:
            found[key] = _create(byline)
    return list({found[key].pk: found[key] for key in named}.values())


def _create(byline: Byline) -> Author:
    """Create an author; where somebody else does so just now, return theirs."""
    while True:
        author = Author(name=byline.name, url=byline.url, slug=free_slug(byline.name))
        try:
            with transaction.atomic():
                author.save(force_insert=True)
            return author
        except IntegrityError:
            theirs = Author.objects.filter(key=fold(byline.name)).first()
            if theirs is not None:
                return theirs
            if not Author.objects.filter(slug=author.slug).exists():
                raise


def free_slug(name: str) -> str:
    """Return the slug of a name that no author has, or had."""

    def is_taken(slug: str) -> bool:
        rows = (Author.objects, AuthorAlias.objects)
        return any(known.filter(slug=slug).exists() for known in rows)

    return first_free(unicode_slug(name)[: SLUG_LENGTH - 8] or "author", is_taken, SLUG_LENGTH)
