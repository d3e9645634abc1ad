"""What is in the index: what readers see, from the moment of the save or the decision on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from links.decisions import decide
from links.models import Link
from posts import curating, pages, publishing, reindexing, retagging
from posts.following import rebuild_stale, set_hidden
from posts.models import Page, Post, Publication, RecurringSection, SearchEntry, SearchIndex, Tag
from posts.reindexing import build_search
from posts.searching import checks, index_page, is_complete, keys, remove_page, search, tokens
from tests.builders import BODY, LONG_AGO, item, make_draft, make_post, make_scheduled, parsed

pytestmark = pytest.mark.django_db


def found(query: str) -> set[str]:
    """Return the paths of what a query finds."""
    return {hit.url for hit in search(query).hits}


def test_an_item_is_found_at_its_place() -> None:
    post = make_post()
    (hit,) = search("second find").hits
    assert hit.url == item(post, "Second find").get_absolute_url()
    assert hit.address == "https://two.example.org/b"
    assert (hit.kind, hit.post, hit.item) == ("item", post, item(post, "Second find"))


def test_an_issue_is_found_by_title_description_tags_and_opening() -> None:
    post = make_post(description="Something about otters")
    for query in ("first issue", "otters", "llama 3 평가", "begin with"):
        assert post.get_absolute_url() in found(query), query


def test_a_section_is_found_by_its_heading_and_its_prose() -> None:
    post = make_post()
    assert f"{post.get_absolute_url()}#viewpoint" in found("thought without")
    assert f"{post.get_absolute_url()}#overview" in found("overview")


def test_further_anchors_groups_and_hosts_find_an_item() -> None:
    place = item(make_post(), "First find").get_absolute_url()
    for query in ("read more what it is", "topic one", "one.example.org"):
        assert place in found(query), query


def test_what_was_cut_out_of_a_text_is_found_no_more() -> None:
    post = make_post()
    body = BODY.replace("Second find", "Seventh wonder")
    publishing.save_document(post, parsed(body=body))
    assert not found("second find")
    assert found("seventh wonder")


def test_an_unchanged_item_keeps_its_row() -> None:
    post = make_post()
    before = set(SearchEntry.objects.values_list("key", flat=True))
    publishing.save_document(post, parsed(body=BODY + "- One more\n"))
    assert before < set(SearchEntry.objects.values_list("key", flat=True))


def test_issues_and_pages_of_one_minute_have_rows_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_NUMBER_BITS", 0)  # as if there were more of them than numbers
    posts = [make_post(f"Otter {number}", at=LONG_AGO) for number in range(3)]
    for number in range(2):
        index_page(f"/about-{number}/", number, LONG_AGO, "Otter", "A page.")
    before = set(SearchEntry.objects.values_list("key", flat=True))
    assert len({key >> keys.PLACE_BITS for key in before}) == 5
    assert {post.get_absolute_url() for post in posts} < found("otter")
    for post in posts:
        publishing.save_document(post, parsed(f"Otter {post.pk}"))
    assert len(found("otter")) == 5
    assert len({*SearchEntry.objects.values_list("key", flat=True)} ^ before) == 0


def test_what_shares_a_minute_is_found_at_once() -> None:
    now = timezone.now()
    for number in (63, 63 + 64):  # the last of a minute, which one of them has
        index_page(f"/about-{number}/", number, now, "Otter", "A page.")
    with time_machine.travel(now, tick=False):
        assert found("otter") == {"/about-63/", "/about-127/"}


def test_drafts_withdrawn_and_deleted_issues_are_not_found() -> None:
    make_draft()
    assert not found("find")
    post = make_post()
    assert found("find")
    publishing.withdraw([post])
    assert not found("find")
    publishing.publish([post])
    assert found("find")
    post.delete()
    assert not found("find")
    assert not SearchEntry.objects.exists()


def test_a_scheduled_issue_is_found_from_its_second_on() -> None:
    post = make_scheduled()
    due = post.published_at
    before = search("find", at=due - timedelta(seconds=1))
    assert (before.total, len(before.hits)) == (0, 0)
    assert search("find", at=due).total > 0


def test_a_hidden_item_is_not_found_until_it_is_shown_again(moderator: User) -> None:
    row = item(make_post(), "Second find")
    set_hidden([row], True, by=moderator, reason="off topic")
    assert not found("second find")
    set_hidden([row], False, by=moderator)
    assert found("second find")


def test_a_blocked_link_leads_nowhere_and_finds_nothing_by_its_host(moderator: User) -> None:
    post = make_post()
    link = Link.objects.get(url="https://two.example.org/b")
    decide([link], "block", by=moderator, reason="spam")
    assert not found("source:two.example.org")
    assert not found("two.example.org")
    (hit,) = search("second find").hits
    assert (hit.address, hit.source) == ("", "")
    assert hit.url == item(post, "Second find").get_absolute_url()


def test_a_renamed_and_a_merged_tag_find_their_issues(moderator: User) -> None:
    path = make_post(tags=("Lamas", "Other")).get_absolute_url()
    retagging.rename(Tag.objects.get(name="Lamas"), "Alpacas", by=moderator)
    assert path in found("alpacas") & found("tag:Alpacas") & found("tag:Lamas")
    assert path not in found("lamas")
    retagging.merge([Tag.objects.get(name="Alpacas")], Tag.objects.get(name="Other"), by=moderator)
    assert path in found("tag:Other") & found("tag:alpacas")


def test_a_merged_section_has_the_items_of_both(moderator: User) -> None:
    place = item(make_post(), "Second find").get_absolute_url()
    preview, overview = (RecurringSection.objects.get(key=key) for key in ("preview", "overview"))
    curating.merge([preview], overview, by=moderator)
    assert place in found("section:overview second") & found("section:preview second")


def test_a_hidden_section_filters_nothing(moderator: User) -> None:
    make_post()
    curating.set_hidden(RecurringSection.objects.filter(key="preview"), True, by=moderator)
    assert not found("section:preview find")
    facets = search("find").facets["section"]
    assert [value.value for value in facets] == ["Overview"]


def test_a_long_text_is_found_to_its_end() -> None:
    words = " ".join(f"{number}th" for number in range(5_000))
    make_post(body=f"## Long\n\n{words} finis\n\n- A [link](https://example.org/)\n")
    assert found("finis")
    assert found("4999th finis")


def test_a_word_repeated_without_end_does_no_harm() -> None:
    make_post(body=f"## Long\n\n{'echo ' * 700}silence\n")
    assert found("echo")
    assert found("silence")


def test_another_kind_of_document_can_be_put_in_and_taken_out() -> None:
    index_page("/about/", 1, timezone.now(), "About us", "We collect otters.")
    (hit,) = search("otters").hits
    assert (hit.kind, hit.url, hit.post) == ("page", "/about/", None)
    index_page("/about/", 1, timezone.now(), "About us", "We collect badgers.")
    assert not found("otters")
    remove_page("/about/")
    assert not SearchEntry.objects.exists()


def test_a_page_of_the_owner_is_found_while_readers_see_it() -> None:
    page = Page(title="About", slug="about", text="We collect *otters*.", status="published")
    pages.save(page)
    assert found("otter") == {"/about/"}
    page.slug = "us"
    pages.save(page)
    assert found("otter") == {"/us/"}
    call_command("rebuild_search", verbosity=0)
    assert found("otter") == {"/us/"}
    page.status = "draft"
    pages.save(page)
    assert not found("otter")
    page.status = "published"
    pages.save(page)
    pages.delete(page)
    assert not found("otter")


# Built anew


def rows() -> list[tuple[object, ...]]:
    """Return all rows of the index."""
    return list(SearchEntry.objects.order_by("key").values_list())


def test_rebuilding_gives_the_same_index() -> None:
    make_post()
    make_post("Another", tags=("One", "Two"))
    before = rows()
    call_command("rebuild_search", verbosity=0)
    assert rows() == before
    assert is_complete()
    assert found("second find")


def test_an_upgraded_site_says_that_its_index_is_not_complete_and_the_worker_builds_it() -> None:
    make_post()
    SearchIndex.objects.update(version=0)
    results = search("second find")
    assert not results.is_complete
    assert [warning.id for warning in checks.check_index(["default"])] == ["posts.W001"]
    build_search.enqueue()
    assert search("second find").is_complete
    assert checks.check_index(["default"]) == []
    assert found("second find")


def test_a_save_before_the_index_is_built_does_no_harm() -> None:
    SearchIndex.objects.update(version=0)
    make_post()
    assert not SearchEntry.objects.exists()
    build_search.enqueue()
    assert found("second find")


def test_a_build_that_was_stopped_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [make_post(f"Number {number}") for number in range(3)]
    SearchIndex.objects.update(built_to=posts[0].pk)
    built: list[Post] = []
    monkeypatch.setattr("posts.reindexing.reindex", built.append)
    call_command("rebuild_search", "--continue", verbosity=0)
    assert [post.pk for post in built] == [post.pk for post in posts[1:]]


def test_a_post_that_cannot_be_indexed_stops_no_other_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posts = [make_post(f"Number {number}") for number in range(3)]
    SearchIndex.objects.update(version=0)
    build_search.call()
    SearchIndex.objects.update(version=0)
    reindex = reindexing.reindex

    def fail_once(post: Post) -> None:
        if post.pk == posts[0].pk:
            raise RuntimeError("no room")
        reindex(post)

    monkeypatch.setattr("posts.reindexing.reindex", fail_once)
    with pytest.raises(reindexing.NotIndexed, match=f"{posts[0].pk}"):
        build_search.call()
    paths = [post.get_absolute_url() for post in posts]
    assert is_complete()
    assert found("number") == set(paths[1:])
    rebuild_stale.call()
    assert found("number") == set(paths)


def test_a_run_moves_the_site_once_however_many_posts_it_indexes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(4):
        make_post(f"Number {number}")
    SearchIndex.objects.update(built_to=0)
    monkeypatch.setattr("posts.reindexing.A_RUN", 3)
    monkeypatch.setattr(build_search.__class__, "enqueue", lambda *_: None)
    before = Publication.objects.latest("pk").pk
    assert build_search.call() == 3
    # Not by their number: now and then one row comes to stand for all.
    assert Publication.objects.latest("pk").pk == before + 1


@pytest.mark.django_db(transaction=True)
def test_the_worker_builds_in_one_chain(
    monkeypatch: pytest.MonkeyPatch, run_waiting_tasks: Callable[[], int]
) -> None:
    for number in range(5):
        make_post(f"Number {number}")
    run_waiting_tasks()
    SearchIndex.objects.update(built_to=0)
    monkeypatch.setattr("posts.reindexing.A_RUN", 2)
    build_search.enqueue()
    build_search.enqueue()
    assert run_waiting_tasks() == 3
    assert is_complete()


def test_rules_have_a_version() -> None:
    assert SearchIndex.objects.get().version == tokens.VERSION


@pytest.mark.parametrize("way", ["undo", "create"])
def test_an_upgrade_of_the_index_has_the_worker_build_it(way: str) -> None:
    make_post()
    connection.check_constraints()  # so that PostgreSQL lets go of its index
    migration = import_module("posts.migrations.0041_smaller_search")
    getattr(migration, way)(apps, connection.schema_editor())
    migration.create(apps, connection.schema_editor())
    assert not is_complete()
    call_command("rebuild_search", "--continue", verbosity=0)
    assert is_complete()
    assert found("second find")
