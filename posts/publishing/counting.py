"""Counters and dates kept on save, so that no public page counts rows.

They include scheduled posts, because nothing runs at the moment one becomes public; readers leave
out the few that are still to come (``posts.site.listing``), a short range of an index.

``ListCount`` holds how many rows a list has: the total of an index, what a part of the sitemap
(``block_of``) lists, or the posts in a language. A tag or source is in its lists from its first
post on, a recurring section from its second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import models
from django.db.models import Count, Max, Min, OuterRef, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from links.models import Source
from links.rows import insert, shift
from posts import publication
from posts.models import (
    ArchiveMonth,
    Citation,
    ListCount,
    Post,
    RecurringLink,
    RecurringSection,
    Section,
    Tag,
    TaggedPost,
)
from posts.prepared import in_lists, prepared, prepared_update
from posts.publishing import recurring
from posts.publishing.derived import Derived, derived_of
from posts.signals import pages_outdated

# A part of the sitemap: rows whose keys differ in the last digits only.
BLOCK: Final = 250
LANGUAGES: Final = "languages"
RECURS: Final = 2  # a heading is a recurring section from its second issue on; so are links
Part = tuple[str, str]
"""The name and part of a ``ListCount``."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one post adds to the counters, and the date under which; nothing while it is a draft."""

    post: int | None = None
    date: datetime | None = None
    language: str = ""
    links: int = 0
    tags: frozenset[int] = frozenset()
    sections: frozenset[int] = frozenset()
    sources: Mapping[int, int] = field(default_factory=dict)
    cited: frozenset[int] = frozenset()
    places: frozenset[tuple[Any, ...]] = frozenset()  # links with the item or section they stand in
    said: tuple[str, str] = ("", "")  # title and slug, by which pages of later posts name it


def month_of(moment: datetime) -> date:
    """Return the first day of the month a moment is in, in the site's time zone."""
    return timezone.localtime(moment).date().replace(day=1)


def block_of(pk: int) -> str:
    """Return the part of the sitemap that lists a row."""
    return str(pk // BLOCK)


def share_of(
    post: Post, derived: Derived | None = None, tags: Iterable[int] | None = None
) -> Share:
    """Return what a post adds to the counters; what is not given of its rows and of the keys of its
    tags is read."""
    if post.pk is None or post.listed_at is None:
        return Share()
    derived = derived or derived_of(post)
    if tags is None:
        taggings = TaggedPost.objects.filter(content_object=post).order_by()
        tags = taggings.values_list("tag", flat=True)
    anchors = {section.pk: section.anchor for section in derived.sections}
    listed = [place for place in derived.places if place.host_id is not None]
    return Share(
        post=post.pk,
        date=post.listed_at,
        language=post.language,
        links=post.link_count,
        tags=frozenset(tags),
        sections=frozenset(row.recurring_id for row in derived.sections if row.recurring_id),
        sources={source: count for source, count, _date in derived.citations},
        cited=frozenset(place.link_id for place in listed),
        places=frozenset((p.link_id, p.item_id, anchors[p.section_id]) for p in listed),
        said=(post.title, post.slug),
    )


# One post


def apply_change(before: Share, after: Share) -> None:
    """Move counters and dates from what a post added before to what it adds now."""
    moved = before.date != after.date
    tags = _steps(before.tags, after.tags, moved)
    sections = _steps(before.sections, after.sections, moved)
    sources = _source_steps(before.sources, after.sources, moved)
    shift(Tag, ("post_count",), tags)
    shift(RecurringSection, ("post_count",), sections)
    shift(Source, ("post_count", "link_count"), sources)
    # After the counters: those were moved in the order of their keys, so that all rows are ours.
    for some in in_lists(sections):
        _set_dates_of_sections(*some)
    for some in in_lists(sources):
        _set_dates_of_sources(*some)
    changes = Counter({("posts", block_of(after.post or before.post or 0)): _step(before, after)})
    changes.subtract(_languages(before))
    changes.update(_languages(after))
    for model, steps in ((Tag, tags), (RecurringSection, sections), (Source, sources)):
        changes.update(_list_changes(model, steps))
    links = {pk: step for pk, (step,) in _steps(before.cited, after.cited, moved).items()}
    new, gone = recurring.shift_links(links)
    changes.update(_links_changes(new, gone))
    _outdate_others(links, gone, before, after)
    _shift_lists(changes)
    _shift_months(before, after)


def note_share(instance: Post, **_kwargs: object) -> None:
    """Keep what a post adds to the counters until its rows are deleted, by whomever."""
    vars(instance)["_share"] = share_of(instance)


def discount(instance: Post, **_kwargs: object) -> None:
    """Take out of the counters, and of the site, what a post added that was just deleted."""
    apply_change(vars(instance).pop("_share"), Share())
    publication.move()


def _steps(before: frozenset[int], after: frozenset[int], moved: bool) -> dict[int, tuple[int]]:
    touched = before | after if moved else before ^ after
    return {pk: ((pk in after) - (pk in before),) for pk in touched}


def _source_steps(
    before: Mapping[int, int], after: Mapping[int, int], moved: bool
) -> dict[int, tuple[int, int]]:
    return {
        pk: ((pk in after) - (pk in before), after.get(pk, 0) - before.get(pk, 0))
        for pk in before.keys() | after.keys()
        if moved or before.get(pk) != after.get(pk)
    }


def _languages(share: Share) -> list[Part]:
    return [(LANGUAGES, share.language)] if share.language else []


def _step(before: Share, after: Share) -> int:
    return (after.date is not None) - (before.date is not None)


def set_dates(rows: models.QuerySet[Any], listed: type[Section] | type[Citation]) -> None:
    """Set when sections or sources were first and last seen, from the ends of an index."""
    rows.update(**_dates_of(listed))


@prepared_update
def _set_dates_of_sections(*keys: int) -> tuple[models.QuerySet[Any], dict[str, Any]]:
    return RecurringSection.objects.filter(pk__in=keys), _dates_of(Section)


@prepared_update
def _set_dates_of_sources(*keys: int) -> tuple[models.QuerySet[Any], dict[str, Any]]:
    return Source.objects.filter(pk__in=keys), _dates_of(Citation)


def _dates_of(listed: type[Section] | type[Citation]) -> dict[str, Any]:
    seen: Any = _dated(listed)
    return recurring.ends_of(seen.filter(**{_BY[listed]: OuterRef("pk")}))


_BY: dict[type[models.Model], str] = {Section: "recurring", Citation: "source", TaggedPost: "tag"}


def _dated(listed: type[models.Model]) -> models.QuerySet[Any]:
    """Return the rows that counters count."""
    once = {"repeat": 0, "recurring__isnull": False} if listed is Section else {}
    return listed._default_manager.filter(date__isnull=False, **once)


def recount_links(links: Collection[int], **_kwargs: object) -> None:
    """Count links anew that were keyed anew (receiver of ``links_united``)."""
    _shift_lists(_links_changes(*recurring.recount_links(links)))
    publication.move()


def _links_changes(new: Iterable[int], gone: Iterable[int]) -> Counter[Part]:
    changes = Counter(("links", block_of(pk)) for pk in new)
    changes.subtract(("links", block_of(pk)) for pk in gone)
    return changes


def _outdate_others(
    links: Collection[int], gone: Collection[int], before: Share, after: Share
) -> None:
    """Tell which pages no longer say rightly where a link of theirs was covered before, since a
    post that has it came, went, moved or was named otherwise.

    Other posts have none of the links that are not recurring, but of those that ceased to be
    (``gone``) one.
    """
    post = after.post or before.post or 0
    moved = {link for link, *_place in before.places ^ after.places}
    touched = set(links) | moved if before.said == after.said else before.cited | after.cited
    moments = {share.date for share in (before, after) if share.date is not None}
    if not touched or not moments or not _is_followed(post, min(moments)):
        return
    shared = {*gone, *recurring.recurring_among(touched)}
    outdated = {
        other
        for pk, other, date in recurring.turning_posts(shared.intersection(links), post)
        if _is_before(before, pk, date) != _is_before(after, pk, date)
    }
    for moment in moments:
        outdated |= recurring.posts_after(shared, post, moment)
    if outdated:
        pages_outdated.send(sender=Post, posts=Post.objects.filter(pk__in=outdated))


def _is_followed(post: int, date: datetime) -> bool:
    """Tell whether any other post comes after a date: seldom, where the newest issue is saved."""
    return bool(_followers(post, date))


@prepared
def _followers(post: int, date: datetime) -> models.QuerySet[Post, Any]:
    later = Post.objects.filter(status=Post.Status.PUBLISHED, published_at__gt=date)
    return later.exclude(pk=post).order_by().values_list("pk")[:1]


def _is_before(share: Share, link: int, date: datetime) -> bool:
    return link in share.cited and share.date is not None and share.date < date


def _shift_months(before: Share, after: Share) -> None:
    steps: dict[date, list[int]] = {}
    for share, sign in ((before, -1), (after, 1)):
        if share.date is not None:
            step = steps.setdefault(month_of(share.date), [0, 0])
            step[0], step[1] = step[0] + sign, step[1] + sign * share.links
    moved = [day for day in sorted(steps) if any(steps[day])]
    rows = {day: ArchiveMonth.objects.get_or_create(month=day)[0] for day in moved}
    changed = {rows[day].pk: steps[day] for day in moved}
    shift(ArchiveMonth, ("post_count", "link_count"), changed)


# How many rows a list has


def _parts(row: Any) -> Iterator[Part]:
    """Yield the lists that have a row which is used often enough."""
    if isinstance(row, Tag):
        yield from (("tags", block_of(row.pk)), ("initials", row.initial))
    elif isinstance(row, RecurringLink):
        yield "links", block_of(row.pk)
    elif isinstance(row, Source):
        yield "sources", block_of(row.pk)
        if row.parent_id is None:
            yield "hosts", ""
    elif not row.hidden:
        yield "sections", block_of(row.pk)


def _least(model: type[models.Model]) -> int:
    """Return how many posts a row needs to be listed."""
    return RECURS if model in {RecurringSection, RecurringLink} else 1


def _list_changes(model: type[Any], steps: Mapping[int, tuple[int, ...]]) -> Counter[Part]:
    """Return what rows add to lists that came into them, or left them, by steps just made."""
    changes: Counter[Part] = Counter()
    least = _least(model)
    changed = [pk for pk, step in steps.items() if step[0]]
    if changed:
        for row in model.objects.filter(pk__in=changed, post_count__in=(least - 1, least)):
            step = steps[row.pk][0]
            entered = step > 0 and row.post_count == least
            left = step < 0 and row.post_count == least - 1
            changes.update(dict.fromkeys(_parts(row), entered - left))
    return changes


def _shift_lists(changes: Mapping[Part, int]) -> None:
    steps = {part: step for part, step in sorted(changes.items()) if step}
    if not steps:
        return
    new = [(name, part, 0) for name, part in steps]
    insert(ListCount, ("name", "part", "count"), new, ignore_conflicts=True)
    names, parts = zip(*steps, strict=True)
    rows = ListCount.objects.filter(name__in=set(names), part__in=set(parts))
    keys = {(row.name, row.part): row.pk for row in rows if (row.name, row.part) in steps}
    shift(ListCount, ("count",), {keys[part]: (step,) for part, step in steps.items()})


def unlist(row: Tag | RecurringSection) -> None:
    """Take a stored row out of its lists: it goes, or something changes that they go by."""
    _shift_lists(dict.fromkeys(_parts(row), -1) if _is_used(row) else {})


def enlist(row: Tag | RecurringSection) -> None:
    """Put a stored row into the lists it belongs to."""
    _shift_lists(dict.fromkeys(_parts(row), 1) if _is_used(row) else {})


def _is_used(row: Tag | RecurringSection) -> bool:
    return row.post_count >= _least(type(row))


def recount_section(section: RecurringSection) -> int:
    """Count an unlisted section anew, and list it; return how many posts have it."""
    rows = RecurringSection.objects.filter(pk=section.pk)
    rows.update(post_count=_dated(Section).filter(recurring=section).count())
    set_dates(rows, Section)
    section.refresh_from_db()
    enlist(section)
    return section.post_count


def recount_tag(tag: Tag) -> None:
    """Count an unlisted tag anew, and list it."""
    Tag.objects.filter(pk=tag.pk).update(post_count=_dated(TaggedPost).filter(tag=tag).count())
    tag.refresh_from_db()
    enlist(tag)


# All posts


def recount() -> None:
    """Set every counter and date from the rows it counts."""
    for model, listed in ((Tag, TaggedPost), (RecurringSection, Section), (Source, Citation)):
        _set_all(model, _tallies(listed))
    recurring.recount_all_links()
    count_months()
    _set_lists()


def _tallies(listed: type[models.Model]) -> dict[int, dict[str, Any]]:
    """Return what the rows of posts say, by the key of the tag, section or source."""
    counted: dict[str, models.Aggregate] = {"post_count": Count("pk")}
    if listed is not TaggedPost:
        counted |= {"first_seen": Min("date"), "last_seen": Max("date")}
    if listed is Citation:
        counted |= {"link_count": Sum("link_count")}
    names = {f"new_{name}": value for name, value in counted.items()}
    rows = _dated(listed).order_by().values_list(_BY[listed]).annotate(**names)
    return {pk: dict(zip(counted, values, strict=True)) for pk, *values in rows}


def _set_all(model: type[Any], tallies: Mapping[int, Mapping[str, Any]]) -> None:
    none = _none(model)
    for row in model.objects.iterator():
        values = tallies.get(row.pk, none)
        if any(getattr(row, name) != value for name, value in values.items()):
            model.objects.filter(pk=row.pk).update(**values)


def _none(model: type[Any]) -> dict[str, Any]:
    fields = {field.name for field in model._meta.concrete_fields}
    zero = {"post_count": 0, "link_count": 0, "first_seen": None, "last_seen": None}
    return {name: value for name, value in zero.items() if name in fields}


def count_months() -> None:
    """Count the issues of each month anew, in the time zone that is active."""
    months = (
        Post.objects.filter(status=Post.Status.PUBLISHED)
        .annotate(month=TruncMonth("published_at"))
        .order_by()
        .values_list("month")
        .annotate(Count("pk"), Sum("link_count"))
    )
    ArchiveMonth.objects.all().delete()
    ArchiveMonth.objects.bulk_create(
        ArchiveMonth(month=month_of(month), post_count=posts, link_count=links)
        for month, posts, links in months
    )


def _set_lists() -> None:
    posts = Post.objects.filter(status=Post.Status.PUBLISHED).order_by()
    counts: Counter[Part] = Counter()
    for pk, language in posts.values_list("pk", "language"):
        counts.update([("posts", block_of(pk)), *([(LANGUAGES, language)] if language else [])])
    for model in (Tag, RecurringSection, Source, RecurringLink):
        for row in _used(model):
            counts.update(_parts(row))
    ListCount.objects.all().delete()
    ListCount.objects.bulk_create(
        ListCount(name=name, part=part, count=count)
        for (name, part), count in sorted(counts.items())
    )


def _used(model: type[Any]) -> Iterable[Any]:
    rows: Iterable[Any] = model.objects.filter(post_count__gte=_least(model)).iterator()
    return rows
