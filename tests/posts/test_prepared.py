"""Queries that are compiled once find what the QuerySets they are made of find."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Func, QuerySet, TextField
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from posts.models import Post, PostPage
from posts.prepared import padded, prepared, prepared_update
from posts.site import listing, version
from tests.builders import LONG_AGO, make_draft, make_posts, make_scheduled
from tests.skips import lacks

pytestmark = pytest.mark.django_db


@prepared
def between(slug: str, start: datetime, end: datetime, least: int) -> QuerySet[Post, Any]:
    rows = Post.objects.filter(published_at__gt=start, published_at__lte=end, pk__gte=least)
    return rows.exclude(slug=slug).newest_first().values_list("title", "published_at", "pk")


def test_each_call_puts_its_own_arguments_into_the_query() -> None:
    first, second, third = make_posts(3)
    late = datetime(2025, 1, 1, tzinfo=UTC)
    assert [row[0] for row in between("issue-2", LONG_AGO, late, 0)] == ["Issue 3", "Issue 1"]
    assert [row[0] for row in between("none", first.published_at, late, 0)] == [
        "Issue 3",
        "Issue 2",
    ]
    assert [row[0] for row in between("none", LONG_AGO, second.published_at, second.pk)] == [
        "Issue 2"
    ]
    assert between("none", late, late, 0) == []
    assert third.title == "Issue 3"


def test_values_come_back_as_the_orm_gives_them() -> None:
    (post,) = make_posts(1)
    ((title, moment, pk),) = between("none", LONG_AGO, LONG_AGO + timedelta(days=9), 0)
    assert (title, moment, pk) == (post.title, post.published_at, post.pk)
    assert moment.tzinfo is not None


def test_a_query_may_have_percent_signs_of_its_own() -> None:
    @prepared
    def titled(slug: str) -> QuerySet[Post, Any]:
        said = Func(template="'100%%%%'", output_field=TextField())
        return Post.objects.filter(slug=slug).values_list("title", said)

    make_posts(1)
    assert titled("issue-1") == [("Issue 1", "100%")]


def test_a_query_finds_the_same_whether_somebody_looks_at_it_or_not() -> None:
    make_posts(2)
    alone = between("issue-2", LONG_AGO, datetime(2025, 1, 1, tzinfo=UTC), 0)
    with CaptureQueriesContext(connection) as queries:
        assert between("issue-2", LONG_AGO, datetime(2025, 1, 1, tzinfo=UTC), 0) == alone
    assert len(queries) == 1
    assert [row[0] for row in alone] == ["Issue 1"]


@prepared
def stored(key: int) -> QuerySet[Post, Any]:
    columns = ("uid", "published_at", "trashed_at", "item_count", "translations", "trash")
    return Post.objects.filter(pk=key).values_list(*columns, "page__body", "page__card", "title")


def test_values_of_every_kind_come_back_as_the_orm_gives_them() -> None:
    (post,) = make_posts(1)
    trash = {"slug": '모델 \\ "é"', "empty": ""}
    moment = datetime(2024, 5, 10, 9, 0, 0, 123, tzinfo=UTC)
    Post.objects.filter(pk=post.pk).update(
        trash=trash, translations=[{"a": 1}], published_at=moment
    )
    PostPage.objects.filter(post=post).update(body=bytes(range(256)))

    (row,) = stored(post.pk)
    (given,) = stored.__wrapped__(post.pk)  # type: ignore[attr-defined]

    assert row == given
    assert [type(value) for value in row] == [type(value) for value in given]
    assert trash in row
    assert bytes(range(256)) in row


def test_a_query_that_fails_raises_what_the_orm_raises() -> None:
    @prepared
    def broken(slug: str) -> QuerySet[Post, Any]:
        said = Func(template="no_such_function(1)", output_field=TextField())
        return Post.objects.filter(slug=slug).values_list(said)

    with transaction.atomic():
        with pytest.raises(DatabaseError, match="no_such_function"):
            broken("issue-1")
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            between("none", LONG_AGO, LONG_AGO, 0)


def test_an_argument_that_does_not_reach_the_query_is_an_error() -> None:
    @prepared
    def ignoring(slug: str, unused: int) -> QuerySet[Post, Any]:
        return Post.objects.filter(slug=slug).values_list("pk")

    with pytest.raises(TypeError, match="ignoring"):
        ignoring("a", 1)


@prepared
def titles(at: datetime, *keys: int) -> QuerySet[Post, Any]:
    return Post.objects.published(at).filter(pk__in=keys).order_by("pk").values_list("title")


def test_a_query_for_some_keys_finds_these_alone_however_many_they_are() -> None:
    posts, late = make_posts(23), datetime(2026, 1, 1, tzinfo=UTC)
    for some in (posts[:1], posts[1:4], posts[2:22], posts):
        found = titles(late, *padded([post.pk for post in some]))
        assert found == [(post.title,) for post in some]


def plans() -> int:
    """Return how often SQLite planned the query for the version of the site anew."""
    if connection.vendor != "sqlite":
        lacks("SQLite, whose own plans these are")
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT sql, reprep FROM sqlite_stmt")
        except OperationalError:
            lacks("an SQLite that tells of its statements")
        return sum(again for sql, again in cursor.fetchall() if 'SUM("posts_publication"' in sql)


@pytest.mark.one_database
def test_sqlite_plans_a_query_once_however_often_it_is_asked() -> None:
    version.look()
    before = plans()
    for _time in range(5):
        version.look()
    assert plans() - before <= 1


@prepared_update
def rename(key: int, uid: UUID, title: str) -> tuple[QuerySet[Post, Any], dict[str, Any]]:
    return Post.objects.filter(pk=key, uid=uid), {"title": title, "cover": "none"}


def test_an_update_that_is_compiled_once_changes_its_own_rows_alone() -> None:
    first, second = make_posts(2)

    assert rename(first.pk, first.uid, "One") == 1
    assert rename(second.pk, first.uid, "Two") == 0
    assert rename(second.pk, second.uid, "Two") == 1
    titles = Post.objects.order_by("pk").values_list("title", "cover")
    assert list(titles) == [("One", "none"), ("Two", "none")]


def test_the_first_page_of_a_list_is_the_list_from_the_start() -> None:
    make_posts(4)
    make_draft()
    make_scheduled()
    now = timezone.now()
    assert listing.first_page(listing.cards)(now) == list(listing.cards(now))


def test_looking_for_the_issue_before_does_not_start_at_the_newest_one() -> None:
    make_posts(3)
    with CaptureQueriesContext(connection) as queries:
        listing.issue("issue-2", timezone.now())
    older = queries[0]["sql"].partition('"older" AS')[2].partition("LIMIT 1")[0]
    assert older.count('"published_at" <= ') == 1


def test_a_month_has_one_upper_bound() -> None:
    first, last = date(2024, 5, 1), date(2024, 6, 1)
    rows = listing.between(*listing.span(first, last, timezone.now()))
    assert str(rows.query).count('"published_at" <') == 1
