"""Counters kept on save, so that no public page counts rows.

A counter includes scheduled posts, because nothing runs at the moment one becomes public; readers
subtract the few that are still to come (``scheduled_…``), which is a short range of an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from links.models import Source
from links.rows import shift
from posts.models import (
    ArchiveMonth,
    Citation,
    Post,
    RecurringSection,
    Section,
    Tag,
    TaggedPost,
)


@dataclass(frozen=True, slots=True)
class Share:
    """What one post adds to the counters; nothing while it is a draft."""

    tags: frozenset[int] = frozenset()
    sections: frozenset[int] = frozenset()
    sources: Mapping[int, int] = field(default_factory=dict)
    month: date | None = None
    links: int = 0


def month_of(moment: datetime) -> date:
    """Return the first day of the month a moment is in, in the site's time zone."""
    return timezone.localtime(moment).date().replace(day=1)


def share_of(post: Post) -> Share:
    """Return what the stored rows of a post add to the counters."""
    if post.pk is None or not post.is_counted or post.published_at is None:
        return Share()
    return Share(
        tags=_keys(TaggedPost.objects.filter(content_object=post), "tag"),
        sections=_keys(post.sections.exclude(recurring=None), "recurring"),
        sources=dict(post.citations.values_list("source", "link_count")),
        month=month_of(post.published_at),
        links=post.link_count,
    )


def _keys(rows: models.QuerySet[Any], name: str) -> frozenset[int]:
    return frozenset(rows.order_by().values_list(name, flat=True))


def apply_change(before: Share, after: Share) -> None:
    """Move the counters from what a post added before to what it adds now."""
    shift(Tag, ("post_count",), _steps(before.tags, after.tags))
    shift(RecurringSection, ("post_count",), _steps(before.sections, after.sections))
    shift(Source, ("post_count", "link_count"), _source_steps(before.sources, after.sources))
    if (before.month, before.links) != (after.month, after.links):
        _shift_month(before.month, -1, -before.links)
        _shift_month(after.month, 1, after.links)


def _steps(before: frozenset[int], after: frozenset[int]) -> dict[int, tuple[int]]:
    return {pk: ((pk in after) - (pk in before),) for pk in before ^ after}


def _source_steps(
    before: Mapping[int, int], after: Mapping[int, int]
) -> dict[int, tuple[int, int]]:
    return {
        pk: ((pk in after) - (pk in before), after.get(pk, 0) - before.get(pk, 0))
        for pk in before.keys() | after.keys()
        if before.get(pk) != after.get(pk)
    }


def _shift_month(month: date | None, posts: int, links: int) -> None:
    if month is None:
        return
    row, _created = ArchiveMonth.objects.get_or_create(month=month)
    shift(ArchiveMonth, ("post_count", "link_count"), {row.pk: (posts, links)})


def recount() -> None:
    """Set every counter from the rows it counts."""
    counted = Post.objects.filter(status=Post.Status.PUBLISHED)
    _set_counts(Tag.objects.all(), _tally(TaggedPost, "tag", content_object__in=counted))
    _set_counts(
        RecurringSection.objects.all(), _tally(Section, "recurring", post__in=counted, repeat=0)
    )
    _set_sources(counted)
    _set_months(counted)


def _tally(model: type[models.Model], name: str, **conditions: Any) -> dict[int, int]:
    rows = model._default_manager.filter(**conditions).exclude(**{name: None})
    return dict(rows.order_by().values_list(name).annotate(Count("pk")))


def _set_counts(rows: models.QuerySet[Any], counts: dict[int, int]) -> None:
    changed = [row for row in rows.iterator() if row.post_count != counts.get(row.pk, 0)]
    for row in changed:
        rows.filter(pk=row.pk).update(post_count=counts.get(row.pk, 0))


def _set_sources(counted: models.QuerySet[Post]) -> None:
    cited = Citation.objects.filter(post__in=counted).order_by().values_list("source")
    counts = {
        pk: (posts, links) for pk, posts, links in cited.annotate(Count("pk"), Sum("link_count"))
    }
    for source in Source.objects.iterator():
        posts, links = counts.get(source.pk, (0, 0))
        if (source.post_count, source.link_count) != (posts, links):
            Source.objects.filter(pk=source.pk).update(post_count=posts, link_count=links)


def _set_months(counted: models.QuerySet[Post]) -> None:
    months = (
        counted.annotate(month=TruncMonth("published_at"))
        .order_by()
        .values_list("month")
        .annotate(Count("pk"), Sum("link_count"))
    )
    ArchiveMonth.objects.all().delete()
    ArchiveMonth.objects.bulk_create(
        ArchiveMonth(month=month_of(month), post_count=posts, link_count=links)
        for month, posts, links in months
    )
