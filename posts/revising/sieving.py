"""Which revisions stay: all of 30 days, then one a day for a year, then one a month.

Those with a name stay for good, those with which readers got an issue or lost it, and the latest.
Each revision is looked at twice in its life, when it is 30 days and when it is a year old: it goes
if a later one of the same issue is of the same day, or month. Then the pieces go that no revision
of the issue has any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from posts.models import Post, Revision, RevisionPiece

ALL_KEPT_FOR: Final = timedelta(days=30)
DAILY_KEPT_FOR: Final = timedelta(days=365)
A_RUN: Final = 500
"""Revisions that are looked at in one run."""

Period = Callable[[datetime], object]


def _day(moment: datetime) -> object:
    return timezone.localtime(moment).date()


def _month(moment: datetime) -> object:
    return timezone.localtime(moment).date().replace(day=1)


SIEVES: Final[tuple[tuple[Revision.Kept, timedelta, Period], ...]] = (
    (Revision.Kept.ALL, ALL_KEPT_FOR, _day),
    (Revision.Kept.DAILY, DAILY_KEPT_FOR, _month),
)


@task()
def sieve_revisions() -> int:
    """Sieve the revisions that are due, up to so many in one run; return how many went.

    While there are more, leave them to another run. It may be killed at any moment: each issue is a
    transaction of its own.
    """
    gone = seen = 0
    for kept, age, period in SIEVES:
        due = Revision.objects.filter(kept=kept, created_at__lt=timezone.now() - age)
        rows = due.order_by("created_at").values_list("post", "pk")[: A_RUN - seen]
        found = sorted(rows)
        seen += len(found)
        for post, group in groupby(found, key=lambda row: row[0]):
            gone += _sieve(post, {pk for _post, pk in group}, kept, period)
    if seen == A_RUN:
        sieve_revisions.enqueue()
    return gone


@transaction.atomic
def _sieve(post: int, due: set[int], kept: Revision.Kept, period: Period) -> int:
    """Sieve some revisions of a post, that nobody saves meanwhile; return how many went."""
    Post.everything.select_for_update().filter(pk=post).first()
    rows = Revision.objects.filter(post=post).order_by("-number").defer("pieces")
    later: set[object] = set()
    going = []
    for place, row in enumerate(rows):
        when = period(row.created_at)
        stays = row.name or row.turning or not place or when not in later
        if row.pk in due and not stays:
            going.append(row.pk)
        later.add(when)
    Revision.objects.filter(pk__in=due - set(going)).update(kept=kept + 1)
    if going:
        Revision.objects.filter(pk__in=going).delete()
        _drop_pieces(post)
    return len(going)


def _drop_pieces(post: int) -> None:
    """Delete the pieces that no revision of a post has any more."""
    used: set[bytes] = set()
    for row in Revision.objects.filter(post=post).only("pieces").iterator():
        used.update(row.digests)
    pieces = RevisionPiece.objects.filter(post=post).values_list("pk", "digest")
    RevisionPiece.objects.filter(pk__in=_unused(pieces, used)).delete()


def _unused(pieces: Iterable[tuple[int, bytes | memoryview]], used: set[bytes]) -> list[int]:
    return [pk for pk, digest in pieces if bytes(digest) not in used]
