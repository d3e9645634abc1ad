"""What the public lists read: rows of stored cards in the order of an index, and few numbers.

Counters include scheduled posts (see ``posts.counting``); here the ones still to come, a short
range of an index over dates, are subtracted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from links.models import Source
from posts.counting import month_of
from posts.models import (
    ArchiveMonth,
    Citation,
    Post,
    RecurringSection,
    Section,
    Tag,
    TaggedPost,
    public,
)

RELATED_TAGS = 8
Listed = TaggedPost | Section | Citation
# How each of them leads to its post, and to what lists it.
PATHS: dict[type[Listed], tuple[str, str]] = {
    TaggedPost: ("content_object", "tag"),
    Section: ("post", "recurring"),
    Citation: ("post", "source"),
}
MonthCount = tuple[date, int]


CARD = "page__card"


def cards(*columns: str) -> QuerySet[Post, Any]:
    """Return all public posts, newest first, as rows of post columns (default: the stored card),
    publish time and id."""
    rows = Post.objects.published().newest_first()
    return rows.values_list(*(columns or (CARD,)), "published_at", "pk")


def tagged(tag: Tag, *columns: str) -> QuerySet[TaggedPost, Any]:
    """Return the public posts of a tag as ``cards`` does."""
    return _rows(TaggedPost.objects.filter(tag=tag), "content_object", columns)


def with_section(section: RecurringSection, *columns: str) -> QuerySet[Section, Any]:
    """Return the public posts that have a recurring section as ``cards`` does."""
    return _rows(Section.objects.filter(recurring=section, repeat=0), "post", columns)


def citing(source: Source, *columns: str) -> QuerySet[Citation, Any]:
    """Return the public posts that cite a source as ``cards`` does."""
    return _rows(Citation.objects.filter(source=source), "post", columns)


def _rows(rows: QuerySet[Any], post: str, columns: Sequence[str]) -> QuerySet[Any, Any]:
    paths = [f"{post}__{column}" for column in columns or (CARD,)]
    found = rows.filter(public(post=post)).order_by("-date", f"-{post}_id")
    return found.values_list(*paths, "date", f"{post}_id")


def related_tags(tag: Tag, posts: Sequence[int]) -> list[tuple[str, str]]:
    """Return (name, slug) of the tags that these posts, a page of the tag's, share most often."""
    rows = (
        TaggedPost.objects.filter(content_object__in=posts)
        .exclude(tag=tag)
        .order_by()
        .values_list("tag__name", "tag__slug")
    )
    return [pair for pair, _count in Counter(rows).most_common(RELATED_TAGS)]


def scheduled(listed: type[Listed]) -> dict[int, int]:
    """Return how many posts still to come each tag, section or source has."""
    post, by = PATHS[listed]
    return dict(_coming(listed, post).order_by().values_list(by).annotate(Count("pk")))


def _coming(listed: type[Listed], post: str) -> QuerySet[Any]:
    rows = listed._default_manager.filter(
        date__gt=timezone.now(), **{f"{post}__status": Post.Status.PUBLISHED}
    )
    return rows.filter(repeat=0, recurring__isnull=False) if listed is Section else rows


def with_public_count(rows: QuerySet[Any], listed: type[Listed]) -> QuerySet[Any]:
    """Annotate tags, sections or sources with ``public_count``: the posts readers see now."""
    post, by = PATHS[listed]
    coming = (
        _coming(listed, post)
        .filter(**{by: OuterRef("pk")})
        .order_by()
        .values(by)
        .annotate(count=Count("pk"))
        .values("count")
    )
    return rows.annotate(public_count=F("post_count") - Coalesce(Subquery(coming), 0))


def with_dates(rows: QuerySet[Any], listed: type[Listed]) -> QuerySet[Any]:
    """Annotate with ``public_count``, and with the moments ``first_seen`` and ``last_seen``."""
    post, by = PATHS[listed]
    seen = listed._default_manager.filter(public(post=post), **{by: OuterRef("pk")})
    return with_public_count(rows, listed).annotate(
        first_seen=Subquery(seen.order_by("date").values("date")[:1]),
        last_seen=Subquery(seen.order_by("-date").values("date")[:1]),
    )


def months() -> list[MonthCount]:
    """Return the first day and number of public posts of every month that has any, newest first."""
    coming = Counter(
        month_of(moment)
        for moment in Post.objects.scheduled().values_list("published_at", flat=True)
        if moment
    )
    counts = ArchiveMonth.objects.order_by("-month").values_list("month", "post_count")
    return [(day, left) for day, count in counts if (left := count - coming[day]) > 0]


def by_year(rows: Iterable[MonthCount]) -> dict[int, list[MonthCount]]:
    """Group months by year, in the order they come."""
    years: dict[int, list[MonthCount]] = {}
    for day, count in rows:
        years.setdefault(day.year, []).append((day, count))
    return years


def bounds(first: date, after: date) -> tuple[datetime, datetime]:
    """Return a span of days as moments in the site's time zone, the second one exclusive."""
    zone = timezone.get_default_timezone()
    start, end = (datetime.combine(day, time.min, zone) for day in (first, after))
    return start, end


def next_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
