"""Counters say what the rows say, after every kind of change."""

import pytest

from links.models import Source
from posts.models import ArchiveMonth, LinkedItem, Post, RecurringSection, Tag
from posts.publishing import delete, publish, rebuild, save_document, withdraw
from posts.publishing.counting import recount
from tests.builders import BODY, item, make_draft, make_post, make_posts, make_scheduled, parsed

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


def test_deleting_a_post_leaves_links_and_tags() -> None:
    post = make_post()
    delete(post)
    assert not Post.objects.exists()
    assert Tag.objects.count() == 2
    assert Source.objects.filter(post_count=0).count() == 4
