"""Many rows are written at once as the ORM would write them one by one."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from links.models import Link, Source
from links.rows import create, insert, rewrite, shift

pytestmark = pytest.mark.django_db


def sources(*names: str) -> list[Source]:
    return [Source(name=name, host=name) for name in names]


def test_objects_are_stored_as_they_are_with_the_defaults_of_their_fields() -> None:
    urls = ("https://example.org/1", "https://example.org/2")
    rows = [Link(key=Link.key_for(url), url=url) for url in urls]
    create(rows, "key")
    stored = Link.objects.order_by("url")
    names = [field.attname for field in Link._meta.concrete_fields]
    assert list(stored.values(*names)) == [
        {name: getattr(row, name) for name in names} for row in rows
    ]
    assert {link.status for link in stored} == {Link.Status.PENDING}


def test_created_objects_learn_their_keys_however_many_they_are() -> None:
    rows = sources(*(f"{number}.example" for number in range(1200)))
    create(rows, "name")
    assert {row.pk: row.name for row in rows} == dict(Source.objects.values_list("pk", "name"))


def test_rows_that_are_there_already_stay_as_they_are() -> None:
    create(sources("a.example"), "name")
    Source.objects.update(post_count=3)
    rows = sources("a.example", "b.example")
    create(rows, "name", ignore_conflicts=True)
    assert list(Source.objects.order_by("name").values_list("pk", "name", "post_count")) == [
        (rows[0].pk, "a.example", 3),
        (rows[1].pk, "b.example", 0),
    ]


def test_a_row_that_is_there_already_is_an_error_unless_it_is_expected() -> None:
    create(sources("a.example"), "name")
    with pytest.raises(IntegrityError), transaction.atomic():
        create(sources("b.example", "a.example"), "name")
    assert Source.objects.count() == 1


def test_nothing_to_write_asks_the_database_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        insert(Source, ("name",), [])
        create([], "name")
        rewrite([])
        shift(Source, ("post_count",), {})


def test_many_rows_are_one_statement(django_assert_num_queries) -> None:
    now = timezone.now()
    rows = [(f"{number}.example", "example", None, 0, 0, now) for number in range(300)]
    names = ("name", "host", "parent_id", "post_count", "link_count", "created_at")
    with django_assert_num_queries(1):
        insert(Source, names, rows)
    assert Source.objects.count() == 300


def test_counters_move_by_what_is_said_and_never_below_zero() -> None:
    first, second, third = (Source.objects.create(name=n, host=n, post_count=2) for n in "abc")
    shift(Source, ("post_count", "link_count"), {first.pk: (1, 5), second.pk: (-3, -1)})
    assert list(Source.objects.order_by("pk").values_list("pk", "post_count", "link_count")) == [
        (first.pk, 3, 5),
        (second.pk, 0, 0),
        (third.pk, 2, 0),
    ]


def test_the_given_values_are_rewritten_where_one_differs(django_assert_num_queries) -> None:
    parent = Source.objects.create(name="example.org", host="example.org")
    rows = [Source.objects.create(name=f"example.org/{n}", host="example.org") for n in range(3)]
    Source.objects.update(post_count=4)
    values = {"parent_id": parent.pk, "host": "example.org"}
    with django_assert_num_queries(1):
        rewrite((row, values) for row in rows[:2])
    with django_assert_num_queries(0):
        rewrite((row, values) for row in rows[:2])
    assert list(Source.objects.order_by("pk").values_list("parent", "post_count")) == [
        (None, 4),
        (parent.pk, 4),
        (parent.pk, 4),
        (None, 4),
    ]
