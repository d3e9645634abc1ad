"""How the index is built: post by post, to be gone on with after a stop; whether it is there."""

from __future__ import annotations

from typing import Any, Final

from django.apps import apps
from django.apps.registry import Apps
from django.db import transaction
from django.db.models import QuerySet

from posts import publication
from posts.models import Post, SearchEntry, SearchIndex
from posts.searching.engines import engine
from posts.searching.indexing import remove
from posts.searching.tokens import VERSION

_ROW: Final = 1


def prepare(apps: Apps = apps, **_signal: Any) -> None:
    """Begin an index after tables were made or emptied (receiver of ``post_migrate``).

    One of a site without posts is complete; that of others is to be built.
    """
    if SearchIndex._meta.model_name not in apps.all_models["posts"]:
        return  # tables of earlier code
    if not SearchEntry.objects.exists():
        with transaction.atomic():
            engine().clear()
            begun = None if not Post.objects.exists() else 0
            SearchIndex.objects.get_or_create(
                pk=_ROW, defaults={"version": VERSION, "built_to": begun}
            )


def forget(instance: Post, **_signal: Any) -> None:
    """Take a post out of the index that is about to be deleted, by whomever."""
    remove(instance)


def begin(*, anew: bool = False) -> None:
    """Begin to build the index where it is not begun by the rules of now, or ``anew``."""
    with transaction.atomic():
        row = SearchIndex.objects.select_for_update().filter(pk=_ROW).first()
        if anew or row is None or row.version != VERSION:
            engine().clear()
            begun = {"version": VERSION, "built_to": 0}
            SearchIndex.objects.update_or_create(pk=_ROW, defaults=begun)
            publication.move(())


def missing() -> QuerySet[Post, int]:
    """Return the keys of the posts that are still to be put into the index, in order."""
    row = SearchIndex.objects.filter(pk=_ROW).first()
    if row is None or row.built_to is None:
        return Post.objects.none().values_list("pk", flat=True)
    return Post.objects.filter(pk__gt=row.built_to).order_by("pk").values_list("pk", flat=True)


def is_built() -> bool:
    """Tell whether all posts are in the index, whatever the rules of now."""
    return SearchIndex.objects.filter(pk=_ROW, built_to=None).exists()


def reached(post: int) -> None:
    """Note the last post that was put into the index; others may be further already."""
    SearchIndex.objects.filter(pk=_ROW, built_to__lt=post).update(built_to=post)


@transaction.atomic
def complete() -> None:
    """Note that all posts are in the index."""
    if SearchIndex.objects.filter(pk=_ROW, built_to__isnull=False).update(built_to=None):
        publication.move(())
