"""Build the search index: by a command, or by the worker after an upgrade that needs it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django_tasks import task

from posts import pages
from posts.models import Page, Post
from posts.publishing import reindex
from posts.publishing.turns import let_others_write
from posts.searching import building

# Posts that the worker puts into the index in one run: seconds, so that it can be stopped.
A_RUN = 50


def build(most: int | None = None, *, anew: bool = False) -> Iterator[int]:
    """Put the posts into the index that are not in it, each in a transaction; yield their keys.

    Whoever is stopped goes on where it was. ``anew`` begins with an empty index.
    """
    building.begin(anew=anew)
    keys = list(building.missing()[:most])
    for pk in keys:
        started = time.monotonic()
        reindex(Post(pk=pk))
        building.reached(pk)
        yield pk
        let_others_write(time.monotonic() - started)
    if not building.is_built() and not building.missing().exists():
        for page in Page.objects.order_by("pk"):
            pages.index(page)
        building.complete()


@task()
def build_search() -> int:
    """Go on building the search index, if it is not built; return how many posts were put in."""
    number = sum(1 for _pk in build(A_RUN))
    if number == A_RUN:
        build_search.enqueue()
    return number
