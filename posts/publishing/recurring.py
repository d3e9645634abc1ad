"""Links that several posts have: how many posts, since when, and which came back after long.

Kept on save, like the counters of `posts.publishing.counting`. Most links stand in one post and
have no row; so what a save costs is a look into an index for each link that it adds or drops.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Final

from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from links.models import Link
from links.rows import insert, shift
from posts.models import Appearance, LinkedItem, Post, RecurringLink
from posts.places import Place, latest_before
from posts.prepared import Change, in_lists, prepared, prepared_update
from posts.publishing.returning import FEW

RECURS: Final = 2
LONG: Final = timedelta(days=180)
"""A link that was in no post for so long is rediscovered by the next."""
FURNITURE: Final = 50
"""A link that more posts have than these is never rediscovered."""


def listed(**condition: Any) -> QuerySet[Appearance]:
    """Return the places of links that lists have: one of each link that readers see in a post."""
    return Appearance.objects.filter(date__isnull=False, **condition)


# Counters


def shift_links(steps: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """Move the counters of links (by key) by how many posts have them more; 0 where only a date
    changed. Return those that came to be recurring, and those that ceased to be."""
    old = recurring_among(steps)
    shift(RecurringLink, ("post_count",), {pk: (steps[pk],) for pk in old if steps[pk]})
    gone = _drop_rare(pk for pk in old if steps[pk] < 0)
    added = {pk for pk, step in steps.items() if step > 0} - set(old)
    new = [row for some in in_lists(added) for row in _tallies_of(*some)]
    insert(RecurringLink, ("link_id", "post_count", "first_seen", "last_seen"), new)
    kept = set(old) - set(gone)
    for some in in_lists(kept):
        _set_dates(*some)
    _set_returns([*kept, *(pk for pk, *_values in new)])
    return [pk for pk, *_values in new], gone


def recurring_among(links: Iterable[int]) -> list[int]:
    """Return which of those links (by key) several posts have."""
    return [pk for some in in_lists(links) for (pk,) in _recurring(*some)]


@prepared
def _recurring(*links: int) -> QuerySet[RecurringLink, Any]:
    return RecurringLink.objects.filter(pk__in=links).values_list("pk")


def _drop_rare(links: Iterable[int]) -> list[int]:
    """Delete the rows of those links (by key) that several posts have no more; return which."""
    if not (keys := list(links)):
        return []
    rare = RecurringLink.objects.filter(pk__in=keys, post_count__lt=RECURS)
    gone = list(rare.values_list("pk", flat=True))
    RecurringLink.objects.filter(pk__in=gone).delete()
    return gone


def recount_links(links: Collection[int]) -> tuple[list[int], list[int]]:
    """Count links (by key) anew whose places were moved; return what ``shift_links`` does."""
    rows = RecurringLink.objects.filter(pk__in=links)
    old = set(rows.values_list("pk", flat=True))
    rows.delete()
    found = list(_tallies(listed(link__in=links)))
    insert(RecurringLink, ("link_id", "post_count", "first_seen", "last_seen"), found)
    new = {pk for pk, *_values in found}
    _set_returns(new)
    return sorted(new - old), sorted(old - new)


def recount_all_links() -> None:
    """Set the rows of all links."""
    RecurringLink.objects.all().delete()
    found = list(_tallies(listed()))
    insert(RecurringLink, ("link_id", "post_count", "first_seen", "last_seen"), found)
    _set_returns([pk for pk, *_values in found])


def _tallies(rows: QuerySet[Appearance]) -> QuerySet[Appearance, Any]:
    """Return (key, posts, first and last date) of the links that several posts have."""
    counted = rows.order_by().values_list("link")
    counted = counted.annotate(posts=Count("post", distinct=True))
    return counted.filter(posts__gte=RECURS).annotate(Min("date"), Max("date"))


@prepared
def _tallies_of(*links: int) -> QuerySet[Appearance, Any]:
    return _tallies(listed(link__in=links))


@prepared_update
def _set_dates(*links: int) -> Change:
    """Set when links were first and last seen, from the ends of an index."""
    return RecurringLink.objects.filter(pk__in=links), ends_of(listed(link=OuterRef("pk")))


def ends_of(rows: QuerySet[Any]) -> dict[str, Any]:
    """Return when rows with a date were first and last seen, as an update takes it."""
    return {
        "first_seen": Subquery(rows.order_by("date").values("date")[:1]),
        "last_seen": Subquery(rows.order_by("-date").values("date")[:1]),
    }


def _set_returns(links: Collection[int]) -> None:
    """Set when links last came back after long, where that is another moment than before."""
    rows = [row for some in in_lists(links) for row in _known_returns(*some)]
    few = [pk for pk, posts, _returned in rows if posts <= FURNITURE]
    back = _last_returns(row for some in in_lists(few) for row in _dates_of(*some))
    changed: dict[datetime | None, list[int]] = defaultdict(list)
    for pk, _posts, returned in rows:
        if returned != back.get(pk):
            changed[back.get(pk)].append(pk)
    for moment, keys in changed.items():  # for a save its own, and few others
        for some in in_lists(keys):
            _came_back(moment, *some) if moment else _never_came_back(*some)


@prepared
def _known_returns(*links: int) -> QuerySet[RecurringLink, Any]:
    rows = RecurringLink.objects.filter(pk__in=links)
    return rows.values_list("pk", "post_count", "returned_at")


@prepared_update
def _came_back(at: datetime, *links: int) -> Change:
    return RecurringLink.objects.filter(pk__in=links), {"returned_at": at}


@prepared_update
def _never_came_back(*links: int) -> Change:
    return RecurringLink.objects.filter(pk__in=links), {"returned_at": None}


@prepared
def _dates_of(*links: int) -> QuerySet[Appearance, Any]:
    dated = listed(link__in=links).order_by("link", "date")
    return dated.values_list("link", "date").distinct()


def _last_returns(dated: Iterable[tuple[int, datetime]]) -> dict[int, datetime]:
    """Return when links last came back after long, of (link, date) in that order."""
    found = {}
    for link, rows in groupby(dated, key=lambda row: row[0]):
        for before, date in pairwise(date for _link, date in rows):
            if date - before >= LONG:
                found[link] = date
    return found


# What pages of issues say


def covered_before(post: Post, items: Iterable[Iterable[LinkedItem]]) -> dict[int, Place]:
    """Return the latest place of links (by key) of items that earlier posts have, too.

    What has more of them than a few is furniture. It follows from earlier posts alone, so that a
    page says the same whatever comes later. Items that are news say nothing.
    """
    keys = {row.link_id for rows in items for row in rows if row.link_id and not row.is_news}
    return covered_among(keys, post)


def covered_among(keys: Collection[int], post: Post) -> dict[int, Place]:
    """Return the latest place of those links (by key) that posts earlier than this one have, too;
    it may be new."""
    return latest_before(keys, post.published_at or timezone.now(), post if post.pk else None)


def turning_posts(links: Iterable[int], post: int) -> list[tuple[int, int, datetime]]:
    """Return links (by key) with another post and its date that says nothing of them any more once
    one more post has the link before it: the first after the few."""
    return [(*row,) for some in in_lists(links) for row in _turning_posts(post, *some)]


@prepared
def _turning_posts(post: int, *links: int) -> QuerySet[Link, Any]:
    others = listed(link=OuterRef("pk")).exclude(post=post).order_by("date", "pk")
    rows = Link.objects.filter(pk__in=links).order_by()
    rows = rows.annotate(
        other=Subquery(others.values("post")[FEW : FEW + 1]),
        date=Subquery(others.values("date")[FEW : FEW + 1]),
    )
    return rows.exclude(other=None).values_list("pk", "other", "date")


def posts_after(links: Iterable[int], post: int, at: datetime) -> set[int]:
    """Return the posts that come next after a moment, each of all that have one of the links (by
    key): their pages name the post itself, or the one before it, as where the link stood.

    After more than a few posts nothing is said of a link.
    """
    return {other for some in in_lists(links) for (other,) in _posts_after(post, at, *some)}


@prepared
def _posts_after(post: int, at: datetime, *links: int) -> QuerySet[Link, Any]:
    others = listed(link=OuterRef("pk")).exclude(post=post)
    earlier = others.filter(date__lt=at).order_by("-date")
    later = others.filter(date__gt=at).order_by("date", "pk")
    rows = Link.objects.filter(pk__in=links).order_by()
    rows = rows.annotate(other=Subquery(later.values("post")[:1])).exclude(other=None)
    rows = rows.annotate(more=Subquery(earlier.values("pk")[FEW : FEW + 1])).filter(more=None)
    return rows.values_list("other")
