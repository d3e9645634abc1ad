"""Many rows are written at once as the ORM would write them one by one."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from links.models import Link, Source
from links.rows import (
    change,
    find,
    insert,
    insert_objects,
    learn_keys,
    learn_newest_keys,
    make,
    rewrite,
    shift,
)

pytestmark = pytest.mark.django_db


def sources(*names: str) -> list[Source]:
    return make(Source, ({"name": name, "host": name} for name in names))


def links(*urls: str) -> list[Link]:
    return make(Link, ({"key": Link.key_for(url), "url": url} for url in urls))


def test_objects_are_stored_as_they_are_with_the_defaults_of_their_fields() -> None:
    rows = links("https://example.org/1", "https://example.org/2")
    insert_objects(rows)
    stored = Link.objects.order_by("url")
    names = [field.attname for field in Link._meta.concrete_fields if not field.primary_key]
    assert list(stored.values(*names)) == [
        {name: getattr(row, name) for name in names} for row in rows
    ]
    assert {link.status for link in stored} == {Link.Status.PENDING}


def test_objects_made_at_once_equal_those_made_one_by_one() -> None:
    (made,) = sources("example.org")
    usual = Source(name="example.org", host="example.org", created_at=made.created_at)
    names = [field.attname for field in Source._meta.concrete_fields]
    assert [getattr(made, name) for name in names] == [getattr(usual, name) for name in names]


def test_inserted_objects_learn_their_keys() -> None:
    rows = sources("b.example", "a.example")
    insert_objects(rows)
    learn_keys(rows, "name")
    assert {row.pk: row.name for row in rows} == dict(Source.objects.values_list("pk", "name"))


def test_inserted_objects_learn_the_newest_keys_in_their_order() -> None:
    insert_objects(sources("c.example"))
    rows = sources("b.example", "a.example")
    insert_objects(rows)
    learn_newest_keys(rows, Source.objects.values_list("pk", flat=True))
    assert {row.pk: row.name for row in rows} == dict(
        Source.objects.exclude(name="c.example").values_list("pk", "name")
    )


def test_stored_objects_are_found_by_the_values_of_one_attribute() -> None:
    names = [f"{number}.example" for number in range(1200)]
    insert_objects(sources(*names))
    found = find(Source, ("host",), "name", [*names, "missing.example"])
    assert {name: (row.name, row.host) for name, row in found.items()} == {
        name: (name, name) for name in names
    }


def test_what_was_not_asked_of_a_found_object_is_read_when_needed_and_stays_when_saved() -> None:
    Source.objects.create(name="a.example", host="a.example", post_count=3)
    row = find(Source, ("host",), "name", ["a.example"])["a.example"]
    row.host = "b.example"
    row.save()
    assert row.post_count == 3
    assert list(Source.objects.values_list("host", "post_count")) == [("b.example", 3)]


def test_an_object_tells_whether_values_changed_it() -> None:
    (row,) = sources("a.example")
    assert not change(row, {"name": "a.example", "post_count": 0})
    assert change(row, {"name": "a.example", "post_count": 3})
    assert (row.name, row.post_count) == ("a.example", 3)


def test_rows_that_are_there_already_stay_as_they_are_and_are_not_counted() -> None:
    insert_objects(sources("a.example"))
    Source.objects.update(post_count=3)
    assert insert_objects(sources("a.example", "b.example"), ignore_conflicts=True) == 1
    assert dict(Source.objects.values_list("name", "post_count")) == {
        "a.example": 3,
        "b.example": 0,
    }


def test_a_row_that_is_there_already_is_an_error_unless_it_is_expected() -> None:
    insert_objects(sources("a.example"))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_objects(sources("b.example", "a.example"))
    assert Source.objects.count() == 1


def test_nothing_to_write_asks_the_database_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert insert(Source, ("name",), []) == 0
        assert insert_objects([]) == 0
        rewrite([], ("host",))
        shift(Source, ("post_count",), {})


def test_many_rows_are_one_statement(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        insert_objects(sources(*(f"{number}.example" for number in range(300))))
    assert Source.objects.count() == 300


def test_counters_move_by_what_is_said_and_never_below_zero() -> None:
    first, second, third = (Source.objects.create(name=n, host=n, post_count=2) for n in "abc")
    shift(Source, ("post_count", "link_count"), {first.pk: (1, 5), second.pk: (-3, -1)})
    assert list(Source.objects.order_by("pk").values_list("pk", "post_count", "link_count")) == [
        (first.pk, 3, 5),
        (second.pk, 0, 0),
        (third.pk, 2, 0),
    ]


def test_only_the_named_attributes_are_rewritten() -> None:
    parent = Source.objects.create(name="example.org", host="example.org")
    row = Source.objects.create(name="example.org/a", host="example.org", post_count=4)
    row.parent_id, row.post_count = parent.pk, 9
    rewrite([row], ("parent_id",))
    row.refresh_from_db()
    assert (row.parent, row.post_count) == (parent, 4)
