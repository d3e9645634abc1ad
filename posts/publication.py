"""The version of the public site: pages, feeds and sitemaps are the same while it is.

Whatever changes something that a reader may get calls ``move`` in its own transaction: saving,
publishing, deleting, a decision, a tag or section renamed, a setting of the site. From the moment
of the commit on ``posts.site.version.current`` returns something else; and also from the moment at
which a scheduled issue is due, for which nothing has to run.

A move adds a row and locks none, so that two transactions never wait for each other here, whatever
else they hold and in whatever order. The version is the sum of the rows' random steps: each commit
raises it, of two in whatever order, and a site that was put back from a backup never comes to a
version again that stood for other pages.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.apps import apps
from django.apps.registry import Apps
from django.db import connection, transaction

from posts.models import Post, Publication
from posts.purging import outdate

STEP = 2**31  # so that the sum of 4 billion moves is a number for a database
FOLD = 64  # rows, at about which they become one


def move(posts: Iterable[Post] | None = None) -> None:
    """Give the public site another version, in the transaction of what changes it.

    ``posts`` are the issues whose own pages changed, beside lists; None says that any page may
    have. May be called at any place in that transaction, and more than once. It takes one INSERT.
    Raises TransactionManagementError outside of one: a change that is committed without its move
    would not be seen.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("move() belongs to the change's transaction")
    outdate(posts)
    row = Publication.objects.create(step=1 + secrets.randbelow(STEP))
    if row.pk % FOLD == 0:
        _fold(row)


def _fold(row: Publication) -> None:
    """Let one row stand for all that others have committed; the sum stays."""
    others = Publication.objects.exclude(pk=row.pk).select_for_update(skip_locked=True)
    steps = dict(others.values_list("pk", "step"))
    Publication.objects.filter(pk__in=steps).delete()
    Publication.objects.filter(pk=row.pk).update(step=row.step + sum(steps.values()))


def move_after_migrate(apps: Apps = apps, **_signal: object) -> None:
    """Move once tables are those of new code (receiver of ``post_migrate``)."""
    if Publication._meta.model_name in apps.all_models["posts"]:  # not so far back
        with transaction.atomic():
            move()
