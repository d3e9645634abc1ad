"""Counters say what the rows say, after every kind of change."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from links.models import Source
from posts.models import ArchiveMonth, LinkedItem, ListCount, Post, RecurringSection, Tag
from posts.publishing import delete, publish, rebuild, retag, save_document, withdraw
from posts.publishing.counting import recount
from posts.retagging import merge, rename
from tests.builders import (
    BODY,
    LONG_AGO,
    item,
    make_draft,
    make_post,
    make_posts,
    make_scheduled,
    parsed,
)

pytestmark = pytest.mark.django_db


def counters() -> dict[str, dict[str, object]]:
    """Return all counters that are not zero."""
    return {
        "tags": dict(Tag.objects.filter(post_count__gt=0).values_list("key", "post_count")),
        "sections": dict(
            RecurringSection.objects.filter(post_count__gt=0).values_list("key", "post_count")
        ),
        "sources": {
            name: (posts, links)
            for name, posts, links in Source.objects.filter(post_count__gt=0).values_list(
                "name", "post_count", "link_count"
            )
        },
        "months": {
            str(month): (posts, links)
            for month, posts, links in ArchiveMonth.objects.filter(post_count__gt=0).values_list(
                "month", "post_count", "link_count"
            )
        },
    }


def counted_again() -> dict[str, dict[str, object]]:
    recount()
    return counters()


def test_a_published_post_counts_once_everywhere() -> None:
    make_post()
    assert counters() == {
        "tags": {"ai": 1, "llama 3 평가": 1},
        "sections": {"preview": 1, "viewpoint": 1, "overview": 1},
        "sources": {
            "opening.example.org": (1, 1),
            "one.example.org": (1, 1),
            "two.example.org": (1, 1),
            "arxiv.org": (1, 1),
        },
        "months": {"2024-05-01": (1, 4)},
    }


def test_a_draft_counts_nowhere() -> None:
    make_draft()
    assert counters() == {"tags": {}, "sections": {}, "sources": {}, "months": {}}


def test_counters_follow_every_change() -> None:
    first, second, third = make_posts(3)
    make_scheduled()
    draft = make_draft()
    save_document(
        first, parsed("Other", "## Overview\nA [link](https://new.example.org).\n", tags=["B"])
    )
    assert counters() == counted_again()
    withdraw([second])
    assert counters() == counted_again()
    publish([draft, second])
    assert counters() == counted_again()
    delete(third)
    assert counters() == counted_again()
    LinkedItem.objects.filter(pk=item(second, "Third find").pk).update(hidden=True)
    rebuild(second)
    assert counters() == counted_again()


def test_counters_follow_a_post_that_moves_to_another_month() -> None:
    post = make_post()
    publish([post], at=post.published_at.replace(month=7))
    assert counters()["months"] == {"2024-07-01": (1, 4)}


def test_a_heading_twice_in_a_post_counts_once() -> None:
    make_post(body=BODY + "\n## Preview\n\nAgain.\n")
    assert RecurringSection.objects.get(key="preview").post_count == 1
    assert counters() == counted_again()


def test_counters_follow_posts_that_are_deleted_past_the_site() -> None:
    first, *_others = make_posts(4)
    first.delete()
    Post.objects.filter(pk__in=list(Post.objects.values_list("pk", flat=True)[:2])).delete()
    make_draft().delete()
    assert counters() == counted_again()


def test_deleting_a_post_leaves_links_and_tags() -> None:
    post = make_post()
    delete(post)
    assert not Post.objects.exists()
    assert Tag.objects.count() == 2
    assert Source.objects.filter(post_count=0).count() == 4


# All of them, after any number of changes


def stored() -> dict[str, object]:
    """Return every counter and date, and how many rows each list has."""
    columns = {
        Tag: ("key", "post_count"),
        RecurringSection: ("key", "post_count", "first_seen", "last_seen"),
        Source: ("name", "post_count", "link_count", "first_seen", "last_seen"),
        ArchiveMonth: ("month", "post_count", "link_count"),
        ListCount: ("name", "part", "count"),
    }
    return {
        model.__name__: {row[:-1]: row for row in rows_of(model, names)}
        for model, names in columns.items()
    }


def rows_of(model: type[models.Model], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Return the rows of a table in which something is counted."""
    rows = model._default_manager.order_by(*names[:2]).values_list(*names)
    return [row for row in rows if row[1 if "count" in names[1] else 2]]


def change(chance: random.Random) -> None:
    """Do to some post something that editors, moderators or time do."""
    posts = list(Post.objects.order_by("pk"))
    post = chance.choice(posts)
    moment = timezone.now() + timedelta(days=chance.randrange(-400, 10))
    tags = chance.sample(["AI", "가나", "한글", "Rust", "9 lives"], 2)
    hosts = chance.sample(["a.example", "b.example", "github.com/one", "github.com/two"], 2)
    body = "".join(f"## Part {chance.randrange(4)}\n\n- [x](https://{host}/x)\n" for host in hosts)
    what = chance.randrange(8)
    if what < 2:
        make_post(f"Post {chance.random()}", body, at=moment, tags=tags)
    elif what == 2:
        save_document(post, parsed("Saved", body, tags=tags))
    elif what == 3:
        publish([post], at=moment)
    elif what == 4:
        withdraw([post])
    elif what == 5 and len(posts) > 3:
        delete(post)
    elif what == 6:
        rename(chance.choice(list(Tag.objects.all())), f"Tag {chance.random()}")
        retag(post)
    else:
        merge(Tag.objects.all()[:2], chance.choice(list(Tag.objects.all())))


@pytest.mark.parametrize("seed", range(2))
def test_what_is_stored_is_what_is_there_after_any_changes(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    make_posts(3)
    for _ in range(25):
        change(chance)
        kept = stored()
        recount()
        assert kept == stored()


def test_a_text_that_turns_out_to_be_a_draft_is_in_no_list() -> None:
    post = Post()
    save_document(post, parsed(), published_at=LONG_AGO, find_problem=lambda *_: "lost a word")
    assert post.status == Post.Status.DRAFT
    assert not any(rows.exclude(date=None).exists() for rows in (post.sections, post.citations))
    assert not any(stored().values())


def test_dates_are_those_of_the_first_and_the_last_issue() -> None:
    make_posts(3)
    source = Source.objects.get(name="arxiv.org")
    assert (source.first_seen, source.last_seen) == (
        LONG_AGO + timedelta(days=1),
        LONG_AGO + timedelta(days=3),
    )
