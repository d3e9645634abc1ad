"""Build the search index: by a command, or by the worker after an upgrade that needs it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from posts import pages, publication
from posts.models import Page, Post
from posts.publishing import reindex
from posts.publishing.turns import let_others_write
from posts.searching import building

logger = logging.getLogger(__name__)

# Posts that the worker puts into the index in one run: seconds, so that it can be stopped.
A_RUN = 50


class NotIndexed(RuntimeError):
    """Posts that could not be put into the index; they are marked to be rebuilt."""

    retry = False  # the build went on behind them


def build(most: int | None = None, *, anew: bool = False) -> Iterator[tuple[int, bool]]:
    """Put the posts into the index that are not in it, each in a transaction; yield their keys,
    and whether it worked.

    Whoever is stopped goes on where it was. ``anew`` begins with an empty index. A post that cannot
    be put in stops no other: it is marked as stale, so that the worker tries to rebuild it.
    """
    building.begin(anew=anew)
    keys = list(building.missing()[:most])
    for pk in keys:
        started = time.monotonic()
        is_indexed = _is_indexed(pk)
        building.reached(pk)
        yield pk, is_indexed
        let_others_write(time.monotonic() - started)
    if keys:
        with transaction.atomic():
            publication.move(())
    if not building.is_built() and not building.missing().exists():
        for page in Page.objects.order_by("pk"):
            pages.index(page)
        building.complete()


def _is_indexed(pk: int) -> bool:
    """Put a post into the index; tell whether it worked."""
    try:
        reindex(Post(pk=pk))
    except Exception:
        logger.exception("Post %d could not be put into the search index", pk)
        Post.objects.filter(pk=pk).update(stale_since=timezone.now())
        return False
    return True


def check(done: dict[int, bool]) -> None:
    """Raise NotIndexed when some of the posts could not be put into the index."""
    if failed := [pk for pk, is_indexed in done.items() if not is_indexed]:
        raise NotIndexed(f"These posts could not be put into the search index: {failed}")


@task()
def build_search() -> int:
    """Go on building the search index, if it is not built; return how many posts were tried.

    While there are more, leaves them to another run; the settings keep it to one at a time. Raises
    NotIndexed for those that could not be put in.
    """
    done = dict(build(A_RUN))
    if len(done) == A_RUN:
        build_search.enqueue()
    check(done)
    return len(done)
