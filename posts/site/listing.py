"""What the public lists read: rows of stored cards in the order of an index, and few numbers.

Counters include scheduled posts (see ``posts.publishing.counting``); here the ones still to come, a
short range of an index over dates, are subtracted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone

from links.models import Source
from posts.models import (
    Appearance,
    ArchiveMonth,
    Author,
    Authorship,
    Citation,
    LinkedItem,
    Post,
    RecurringSection,
    Section,
    Tag,
    TaggedPost,
)
from posts.prepared import Rows, prepared
from posts.publishing.counting import month_of
from posts.site.paging import PAGE_SIZE

CARD = "page__card"
RELATED_TAGS = 8
OWNERS = 24
MonthCount = tuple[date, int]
RowsOf = Callable[..., QuerySet[Any, Any]]
Listed = TaggedPost | Section | Citation | Appearance
# What lists each of them.
_BY: dict[type[Listed], str] = {
    TaggedPost: "tag",
    Section: "recurring",
    Citation: "source",
    Appearance: "link",
}
# After all that is to come.
_END = datetime(9999, 1, 1, tzinfo=UTC)
# Of a subquery: without a GROUP BY, so that no row is a zero.
_COUNT = Func(F("pk"), function="COUNT", output_field=IntegerField())


def read_as_text(moment: str) -> Coalesce:
    """Return a column of moments that SQLite's driver leaves as it is stored.

    It would parse each cell anew, 1 µs each; what is no bare column Django converts, and a prepared
    query each moment once.
    """
    return Coalesce(moment, moment)


# Posts of the site or a tag: rows of post columns, then publish time and id


def cards(at: datetime, *columns: str) -> QuerySet[Post, Any]:
    """Return all posts public at a moment, newest first, as rows of post columns (default: the
    stored card), publish time and id."""
    rows = Post.objects.published(at).newest_first()
    return rows.values_list(*(columns or (CARD,)), read_as_text("published_at"), "pk")


def opened(at: datetime) -> QuerySet[Post, Any]:
    """Return ``cards``, of the newest post as the home page opens it."""
    rows = Post.objects.published(at).newest_first()
    is_newest = Q(pk=Subquery(rows.values("pk")[:1]))
    part = Case(When(is_newest, then=F("page__opening")), default=F(CARD))
    return rows.values_list(part, read_as_text("published_at"), "pk")


def tagged(tag: int, at: datetime, *columns: str) -> QuerySet[TaggedPost, Any]:
    """Return the public posts of a tag as ``cards`` does."""
    paths = [f"content_object__{column}" for column in columns or (CARD,)]
    return _taggings(tag, at).values_list(*paths, read_as_text("date"), "content_object_id")


def of_tag(slug: str, at: datetime) -> QuerySet[TaggedPost, Any]:
    """Return the public posts of a tag as ``cards`` does, and with each what its page says of the
    tag: its key, name and description, and how many they are."""
    key = Subquery(Tag.objects.filter(slug=slug).values("pk")[:1])
    count = F("tag__post_count") - number_of(_coming(TaggedPost, at).filter(tag=key))
    said = ("tag", "tag__name", "tag__description", count)
    rows = _taggings(key, at)
    columns = (f"content_object__{CARD}", *said, read_as_text("date"), "content_object_id")
    return rows.values_list(*columns)


def _taggings(tag: int | Subquery, at: datetime) -> QuerySet[TaggedPost]:
    rows = TaggedPost.objects.filter(tag=tag, date__lte=at)
    return rows.order_by("-date", "-content_object_id")


def authored(author: int | OuterRef, at: datetime, *columns: str) -> QuerySet[Authorship, Any]:
    """Return the public posts of an author as ``cards`` does."""
    paths = [f"post__{column}" for column in columns or (CARD,)]
    rows = Authorship.objects.filter(author=author, date__lte=at).order_by("-date", "-post_id")
    return rows.values_list(*paths, read_as_text("date"), "post_id")


@prepared
def author_named(slug: str) -> QuerySet[Author, Any]:
    return Author.objects.filter(slug=slug).values_list("pk", "name", "bio_html", "url")


@cache
def newest(rows_of: RowsOf, count: int, *columns: str) -> Callable[..., Rows]:
    """Return a prepared query of the newest rows of ``cards`` and its like.

    It takes the arguments that these take before the columns.
    """
    return prepared(lambda *arguments: rows_of(*arguments, *columns)[:count])


def first_page(rows_of: RowsOf) -> Callable[..., Rows]:
    """Return a prepared query of a list's first page and one row more (``posts.site.paging``)."""
    return newest(rows_of, PAGE_SIZE + 1)


# One issue, one tag, one section, one source


@prepared
def issue(slug: str, at: datetime) -> QuerySet[Post, Any]:
    """Return the stored parts of a public post's page, the links to its neighbours, and whether it
    has links that came back."""
    columns = [f"page__{column}" for column in ("head", "intro", "body", "outro")]
    returning = LinkedItem.objects.filter(post=OuterRef("pk"), returns=True)
    rows = Post.objects.published(at).filter(slug=slug)
    rows = rows.annotate(
        older=Subquery(_older()), newer=Subquery(_newer(at)), returns=Exists(returning)
    )
    columns += ["published_at", "language", "translations", "older", "newer", "returns"]
    return rows.values_list(*columns)


def _older() -> QuerySet[Post, Any]:
    """Return the link to what was public just before a post.

    As of that post's own time, not of now: of two upper bounds SQLite starts at the first, and
    would read every post that came since.
    """
    moment = OuterRef("published_at")
    rows = Post.objects.published(moment).filter(
        Q(published_at__lt=moment) | Q(pk__lt=OuterRef("pk"))
    )
    return rows.newest_first().values("page__older")[:1]


def _newer(at: datetime) -> QuerySet[Post, Any]:
    """Return the link to what became public just after a post."""
    moment = OuterRef("published_at")
    rows = Post.objects.published(at).filter(published_at__gte=moment)
    rows = rows.filter(Q(published_at__gt=moment) | Q(pk__gt=OuterRef("pk")))
    return rows.order_by("published_at", "pk").values("page__newer")[:1]


@prepared
def tag_named(slug: str, at: datetime) -> QuerySet[Tag, Any]:
    rows = with_public_count(Tag.objects.filter(slug=slug), TaggedPost, at)
    return rows.values_list("public_count", "pk", "name", "description")


@prepared
def section_named(slug: str, at: datetime) -> QuerySet[RecurringSection, Any]:
    """Return the numbers and dates of a recurring section."""
    rows = with_dates(RecurringSection.objects.filter(slug=slug, hidden=False), Section, at)
    return rows.values_list("public_count", "pk", "title", "first", "last")


@prepared
def source_named(name: str, at: datetime) -> QuerySet[Source, Any]:
    """Return the numbers and dates of a source, and the name of the host if it is an owner."""
    rows = with_dates(Source.objects.filter(name=name), Citation, at)
    columns = ("public_count", "pk", _links_of(at), "first", "last", "parent__name")
    return rows.values_list(*columns)


@prepared
def source_and_owners(name: str, at: datetime) -> QuerySet[Source, Any]:
    """Return the same of a source and, below a host, of its most cited owners, whose links are not
    counted; and the name of each."""
    itself = Source.objects.filter(name=name).order_by()
    owners = Source.objects.filter(parent=Subquery(itself.values("pk")[:1]), post_count__gt=0)
    cited = owners.order_by("-post_count", "pk").values("pk")[:OWNERS]
    # No OR, for which PostgreSQL would read all sources; and SQLite joins no parts with a limit.
    below = Source.objects.filter(pk__in=cited).order_by()
    shown = itself.values("pk").union(below.values("pk"), all=True)
    rows = with_dates(Source.objects.filter(pk__in=shown), Citation, at)
    rows = rows.order_by(F("parent").asc(nulls_first=True), "-post_count", "pk")
    links = Case(When(name=name, then=_links_of(at)), default=0)
    columns = ("public_count", "pk", links, "first", "last", "parent__name", "name")
    return rows.values_list(*columns)


def _links_of(at: datetime) -> Combinable:
    """Return how many links of a source are public."""
    coming = _coming(Citation, at).filter(source=OuterRef("pk")).order_by()
    links = coming.values("source").annotate(links=Sum("link_count")).values("links")
    return F("link_count") - Coalesce(Subquery(links), 0)


@prepared
def related_tags(tag: int, at: datetime) -> QuerySet[TaggedPost, Any]:
    """Return (name, slug) of the tags that the latest posts of a tag share most often with it."""
    posts = _taggings(tag, at).values("content_object_id")[:PAGE_SIZE]
    rows: QuerySet[TaggedPost, Any] = (
        TaggedPost.objects.filter(content_object__in=posts)
        .exclude(tag=tag)
        .values("tag")
        .annotate(shared=Count("pk"))
        .order_by("-shared", "tag__name")
        .values_list("tag__name", "tag__slug")[:RELATED_TAGS]
    )
    return rows


def public_row(rows: Rows) -> tuple[Any, ...]:
    """Return the tag, section or source found; raise Http404 for none, or one without posts.

    The first column is the number of public posts: one that only drafts have must not be told.
    """
    if not rows or rows[0][0] <= 0:
        raise Http404("Nothing public is listed here.")
    return rows[0]


# How many, and when


def with_public_count(rows: QuerySet[Any], listed: type[Listed], at: datetime) -> QuerySet[Any]:
    """Annotate tags, sections, sources or links with ``public_count``: the posts readers see then.

    What has no post to come is told by when it was seen last; of tags that is not stored.
    """
    coming = _coming(listed, at).filter(**{_BY[listed]: OuterRef("pk")})
    shown: Combinable = F("post_count") - number_of(coming)
    if listed is not TaggedPost:
        past = When(last_seen__lte=at, then=F("post_count"))
        shown = Case(past, default=shown, output_field=IntegerField())
    counted: QuerySet[Any] = rows.annotate(public_count=shown)
    return counted


def with_dates(rows: QuerySet[Any], listed: type[Listed], at: datetime) -> QuerySet[Any]:
    """Annotate with ``public_count``, and with ``first`` and ``last``: when it was seen by then.

    What was stored is right unless posts are still to come.
    """
    seen = _rows_of(listed).filter(date__lte=at, **{_BY[listed]: OuterRef("pk")})
    last = Subquery(seen.order_by("-date").values("date")[:1])
    stored = When(last_seen__lte=at, then=F("last_seen"))
    shown = Case(stored, default=last, output_field=DateTimeField())
    counted = with_public_count(rows, listed, at)
    dated: QuerySet[Any] = counted.annotate(first=read_as_text("first_seen"), last=shown)
    return dated


def only_to_come(
    rows: QuerySet[Any], listed: type[Listed], at: datetime, least: int = 1
) -> QuerySet[Any]:
    """Return the tags, sections or sources that lists count, but that readers do not see yet."""
    coming = _coming(listed, at).order_by().values(_BY[listed])
    if listed is Appearance:  # found by the few posts to come: no index begins with their date
        coming = coming.filter(post__in=Post.objects.scheduled(at).order_by().values("pk"))
    else:  # the end tells SQLite that these are few: by its own guess it looks tag by tag instead
        coming = coming.filter(date__lt=_END)
    used = rows.filter(pk__in=coming, post_count__gte=least)
    found: QuerySet[Any] = with_public_count(used, listed, at)
    coming_alone: QuerySet[Any] = found.filter(public_count__lt=least)
    return coming_alone


def number_of(rows: QuerySet[Any]) -> Subquery:
    """Return the number of rows of a subquery."""
    return Subquery(rows.order_by().annotate(number=_COUNT).values("number"))


def _coming(listed: type[Listed], at: datetime) -> QuerySet[Any]:
    return _rows_of(listed).filter(date__gt=at)


def _rows_of(listed: type[Listed]) -> QuerySet[Any]:
    once = {"repeat": 0, "recurring__isnull": False} if listed is Section else {}
    return listed._default_manager.filter(**once)


@prepared
def _months(at: datetime) -> QuerySet[Any, Any]:
    """Return (first day, nothing, number) of the posts of each month, newest first, and (nothing,
    moment, 1) of each post to come."""
    no_day, no_moment = Value(None, DateField()), Value(None, DateTimeField())
    counted = ArchiveMonth.objects.order_by().values_list("month", no_moment, "post_count")
    coming = Post.objects.scheduled(at).order_by().values_list(no_day, "published_at", Value(1))
    return counted.union(coming, all=True).order_by("-month")


def months(at: datetime) -> list[MonthCount]:
    """Return the first day and number of public posts of every month that has any, newest first."""
    rows = _months(at)
    coming = Counter(month_of(moment) for _day, moment, _one in rows if moment)
    return [(day, left) for day, _no, count in rows if day and (left := count - coming[day]) > 0]


def by_year(rows: Iterable[MonthCount]) -> dict[int, list[MonthCount]]:
    """Group months by year, in the order they come."""
    years: dict[int, list[MonthCount]] = {}
    for day, count in rows:
        years.setdefault(day.year, []).append((day, count))
    return years


def between(start: datetime, end: datetime) -> QuerySet[Post, Any]:
    """Return ``cards`` from one moment to another; the other must not be in the future."""
    return cards(end).filter(published_at__gte=start)


def span(first: date, last: date, at: datetime) -> tuple[datetime, datetime]:
    """Return when the months of two days begin and end, in the site's time zone; not after ``at``.

    One upper bound, for the same reason as in ``_older``.
    """
    zone = timezone.get_default_timezone()
    start, end = (datetime.combine(day, time.min, zone) for day in (first, next_month(last)))
    return start, min(at, end - timedelta.resolution)


def next_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
