"""Saving a post: what is kept, what is derived, what survives an edit."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from links.decisions import decide
from links.models import Link
from posts.documents import parse_issue
from posts.models import (
    Appearance,
    Citation,
    LinkedItem,
    OldSlug,
    Post,
    PostPage,
    SearchEntry,
    Section,
    SectionEntry,
)
from posts.publishing import (
    EditConflict,
    publish,
    rebuild,
    save_document,
    stored_issue,
    with_metadata,
    withdraw,
)
from tests.builders import BODY, document, item, make_draft, make_post, make_scheduled, parsed

pytestmark = pytest.mark.django_db


def edit(post: Post, old: str, new: str) -> Post:
    """Save a post with one passage of its text changed."""
    assert old in post.document
    return save_document(post, parse_issue(post.document.replace(old, new).encode()))


def statements(post: Post, old: str, new: str) -> list[str]:
    """Return what the database is asked while a post is saved with one passage changed."""
    with CaptureQueriesContext(connection) as caught:
        edit(post, old, new)
    return [query["sql"] for query in caught.captured_queries]


def long_body(count: int) -> str:
    """Return a text of so many items, each with links of its own."""
    items = (f"- **Item {n}**: words [more](https://long.example.org/{n})" for n in range(count))
    return "\n".join(("## Overview", *items, ""))


# What is kept


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_document_is_stored_byte_for_byte(ending: str) -> None:
    data = ("\ufeff" + document(body=BODY + "\u2028 and  \n\n\n")).replace("\n", ending).encode()
    post = save_document(Post(), parse_issue(data))
    assert Post.objects.get(pk=post.pk).document.encode() == data


def test_a_saved_post_takes_its_metadata_from_the_header() -> None:
    header = {"description": "What it is about", "date": "2024-05-10", "update": "2024-05-11"}
    post = save_document(Post(), parsed("제목: 하나", language="ko", **header))
    assert (post.title, post.description, post.language) == ("제목: 하나", "What it is about", "ko")
    assert post.published_at == datetime(2024, 5, 10, tzinfo=UTC)
    assert post.revised_at == datetime(2024, 5, 11, tzinfo=UTC)
    assert list(post.tags.order_by("taggings__position").values_list("name", flat=True)) == [
        "Llama 3 평가",
        "AI",
    ]


def test_a_bare_date_is_midnight_in_the_time_zone_of_the_site(settings) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    post = save_document(Post(), parsed(date="2024-05-10"))
    assert post.published_at == datetime(2024, 5, 9, 15, tzinfo=UTC)


def test_a_header_that_says_draft_is_not_published() -> None:
    assert save_document(Post(), parsed(date="2024-05-10", draft="true")).status == "draft"


def test_a_new_post_without_a_date_stays_a_draft() -> None:
    post = save_document(Post(), parsed())
    assert (post.status, post.published_at) == ("draft", None)


def test_the_language_is_told_by_the_script_when_the_header_is_silent() -> None:
    korean = make_post(
        "하나", "오늘의 소식을 전해 드립니다. [자세히](https://example.org) 보세요.\n"
    )
    assert korean.language == "ko"
    assert make_post("One").language == "en"


# Slugs


def test_a_slug_keeps_its_script() -> None:
    assert make_post("LMSys의 Llama 3 평가 분석").slug == "lmsys의-llama-3-평가-분석"


def test_a_taken_slug_gets_the_date_appended() -> None:
    make_post("Same")
    assert make_post("Same").slug == "same-2024-05-10"
    assert make_post("Same").slug == "same-2024-05-10-2"


def test_a_slug_does_not_change_when_the_title_does() -> None:
    post = edit(make_post("Before"), 'title: "Before"', 'title: "After"')
    assert (post.title, post.slug) == ("After", "before")


def test_a_changed_slug_leaves_the_old_one_behind() -> None:
    post = edit(make_post("Before"), "tags:", "slug: other\ntags:")
    assert post.slug == "other"
    assert OldSlug.objects.get().slug == "before"


def test_a_slug_of_another_post_from_earlier_is_not_given_away() -> None:
    edit(make_post("Before"), "tags:", "slug: other\ntags:")
    assert make_post("Before").slug == "before-2024-05-10"


# What is derived


def test_items_carry_group_title_summary_and_main_link() -> None:
    found = item(make_post(), "First find")
    assert (found.group, found.summary) == ("Topic one", "what it is.")
    assert (found.url, found.anchor_text) == ("https://one.example.org/a", "Read more")
    assert found.section.heading == "Preview"
    assert found.link.source.name == "one.example.org"


def test_every_place_of_a_link_is_a_row() -> None:
    body = "See [a](https://a.example.org/) and [b](https://b.example.org/#x) and <https://a.example.org>.\n"
    post = make_post(body=body)
    assert list(post.appearances.values_list("url", flat=True)) == [
        "https://a.example.org/",
        "https://b.example.org/#x",
        "https://a.example.org",
    ]
    assert Link.objects.filter(appearances__post=post).distinct().count() == 2


def test_a_second_save_without_changes_writes_the_same_rows() -> None:
    post = make_post()
    before = snapshot(post)
    save_document(post, stored_issue(post))
    assert snapshot(post) == before


def test_rebuilding_gives_the_same_rows_and_the_same_bytes() -> None:
    post = make_post()
    before = snapshot(post)
    PostPage.objects.update(body=b"", card=b"")
    Appearance.objects.all().delete()
    LinkedItem.objects.update(title="", summary="", start_line=0)
    rebuild(Post.objects.get(pk=post.pk))
    assert [row[1:] for row in snapshot(post)["appearances"]] == [
        row[1:] for row in before["appearances"]
    ]
    for name in ("sections", "items", "page"):
        assert snapshot(post)[name] == before[name]


def snapshot(post: Post) -> dict[str, list]:
    return {
        "sections": list(post.sections.order_by("pk").values_list()),
        "items": list(post.items.order_by("pk").values_list()),
        "appearances": list(post.appearances.order_by("section", "position").values_list()),
        "citations": list(post.citations.order_by("source").values_list("source", "link_count")),
        "tags": list(post.taggings.order_by("position").values_list("tag", "date")),
        "page": [
            bytes(part) for part in PostPage.objects.values_list("card", "body").get(post=post)
        ],
    }


def test_sections_that_disappear_leave_no_row_behind() -> None:
    post = edit(make_post(), "## Overview", "Overview")
    assert list(post.sections.order_by("position").values_list("heading", flat=True)) == [
        "",
        "Preview",
        "Viewpoint 🤖",
    ]
    assert Section.objects.count() == 3


# Identity across edits


def test_rewording_a_title_keeps_the_item() -> None:
    post = make_post()
    before = item(post, "First find")
    edit(post, "**First find**", "**A find with other words**")
    assert item(post, "A find with other words").uid == before.uid


def test_inserting_items_above_keeps_the_items_below() -> None:
    post = make_post()
    before = {row.title: row.uid for row in post.items.all()}
    edit(
        post, "  - **First find**", "  - **New**: [n](https://new.example.org)\n  - **First find**"
    )
    after = {row.title: row.uid for row in post.items.all()}
    assert {title: after[title] for title in before} == before


def test_a_corrected_address_below_a_new_section_keeps_the_item() -> None:
    post = make_post()
    before = item(post, "Third find")
    corrected = post.document.replace("2405.04517", "2405.04518")
    text = corrected.replace("## Preview", "## First\n\nNew words.\n\n## Preview")
    save_document(post, parse_issue(text.encode()))
    assert item(post, "Third find").uid == before.uid


def test_moving_an_item_to_another_section_keeps_it_and_what_was_decided() -> None:
    post = make_post()
    moved = item(post, "Second find")
    LinkedItem.objects.filter(pk=moved.pk).update(hidden=True)
    line = "  - **Second find**: why it matters. [Read more](https://two.example.org/b)\n"
    text = post.document.replace(line, "")
    text = text.replace("- **Third find**", line.strip() + "\n- **Third find**")
    save_document(post, parse_issue(text.encode()))
    now = item(post, "Second find")
    assert (now.uid, now.section.heading, now.hidden) == (moved.uid, "Overview", True)


def test_removing_an_item_leaves_a_tombstone_and_bringing_the_text_back_brings_the_row_back() -> (
    None
):
    post = make_post()
    gone = item(post, "Second find")
    LinkedItem.objects.filter(pk=gone.pk).update(hidden=True)
    text = post.document
    line = "  - **Second find**: why it matters. [Read more](https://two.example.org/b)\n"
    save_document(post, parse_issue(text.replace(line, "").encode()))
    tombstone = LinkedItem.objects.get(pk=gone.pk)
    assert tombstone.removed_at is not None
    assert not tombstone.appearances.exists()
    save_document(post, parse_issue(text.encode()))
    back = item(post, "Second find")
    assert (back.pk, back.uid, back.hidden) == (gone.pk, gone.uid, True)


def test_tombstones_are_forgotten_after_ninety_days() -> None:
    post = make_post()
    edit(post, "  - **Second find**: why it matters. [Read more](https://two.example.org/b)\n", "")
    LinkedItem.objects.filter(removed_at__isnull=False).update(
        removed_at=timezone.now() - timedelta(days=91)
    )
    save_document(post, stored_issue(post))
    assert not LinkedItem.objects.filter(removed_at__isnull=False).exists()


# Decisions


def test_a_hidden_item_is_gone_from_page_and_counts_but_not_from_the_text() -> None:
    post = make_post()
    LinkedItem.objects.filter(pk=item(post, "Third find").pk).update(hidden=True)
    rebuild(post)
    post.refresh_from_db()
    assert b"Third find" not in bytes(post.page.body)
    assert "Third find" in post.document
    assert (post.item_count, post.link_count) == (4, 3)


def test_a_blocked_link_is_text_on_the_page() -> None:
    post = make_post()
    decide(Link.objects.filter(url__contains="one.example.org"), "block", by=None, reason="spam")
    post.refresh_from_db()
    assert b"one.example.org" not in bytes(post.page.body)
    assert b"First find" in bytes(post.page.body)
    assert post.link_count == 3


# Refusals


def test_a_text_the_renderer_refuses_is_kept_as_a_draft_that_says_why() -> None:
    bad = "fine\n\n" + "[" * 4000 + "\n"
    post = make_post(body=bad)
    assert post.status == "draft"
    assert "line 3" in post.problem
    assert post.document.endswith(bad)
    assert not PostPage.objects.filter(post=post).exists()


def test_mending_a_refused_text_brings_its_items_back() -> None:
    post = make_post()
    uid = item(post, "First find").uid
    good = post.document
    save_document(post, parse_issue((good + "[" * 4000).encode()))
    assert post.problem
    save_document(post, parse_issue(good.encode()))
    assert post.problem == ""
    assert item(post, "First find").uid == uid


def test_the_second_of_two_editors_is_refused_and_nothing_is_written() -> None:
    post = make_post()
    mine, theirs = Post.objects.get(pk=post.pk), Post.objects.get(pk=post.pk)
    save_document(theirs, parsed("Theirs"), expected_version=theirs.version)
    with pytest.raises(EditConflict) as conflict:
        save_document(mine, parsed("Mine"), expected_version=mine.version)
    assert conflict.value.current.title == "Theirs"
    assert Post.objects.get(pk=post.pk).title == "Theirs"


def test_a_loss_that_the_import_found_stays_until_the_text_is_edited() -> None:
    post = make_draft()
    Post.objects.filter(pk=post.pk).update(problem="line 3: a word is lost")
    rebuild(Post.objects.get(pk=post.pk))
    post.refresh_from_db()
    assert post.problem == "line 3: a word is lost"
    assert publish([post]) == []
    save_document(post, parsed())
    assert post.problem == ""


@pytest.mark.parametrize(
    "change", [rebuild, lambda post: withdraw([post]), lambda post: publish([post])]
)
def test_an_object_that_is_out_of_date_brings_no_old_text_back(change) -> None:
    post = make_post("Before")
    stale = Post.objects.get(pk=post.pk)
    edit(post, 'title: "Before"', 'title: "After"')
    change(stale)
    stored = Post.objects.get(pk=post.pk)
    assert stored.title == "After"
    assert 'title: "After"' in stored.document


@pytest.mark.parametrize("header", ["---\ntitle: One\n---", "Title: One"])
def test_a_body_under_a_header_without_line_ending_starts_on_its_own_line(header: str) -> None:
    issue = with_metadata(Post(header=header), "The body\n", {})
    assert (issue.metadata.title, issue.body) == ("One", "The body\n")


def test_tags_are_changed_under_the_keys_that_hold_tags(settings) -> None:
    settings.NEWSLETTER_TAG_KEYS = ["tags", "companies"]
    header = "---\ntitle: One\ntags: [a]\ncompanies: [b, c]\n---\n"
    issue = with_metadata(Post(header=header), "Text\n", {"tags": ["a", "c"]})
    assert issue.metadata.tags == ("a", "c")
    assert "companies: [c]" in issue.header


def test_a_new_header_takes_the_line_endings_of_the_text() -> None:
    issue = with_metadata(Post(), "One\r\nTwo\r\n", {"title": "T"})
    assert issue.header == issue.header.replace("\r\n", "\n").replace("\n", "\r\n")


# Publishing and withdrawing


def test_publishing_a_draft_makes_it_public_now() -> None:
    draft = make_draft()
    publish([draft])
    assert Post.objects.published().get() == draft


def test_publishing_keeps_the_time_a_draft_has() -> None:
    draft = make_draft(date="2024-05-10")
    publish([draft])
    assert draft.published_at == datetime(2024, 5, 10, tzinfo=UTC)


def test_a_post_with_a_problem_is_not_published() -> None:
    post = make_draft(body="[" * 4000)
    assert publish([post]) == []
    assert not Post.objects.published().exists()


@pytest.mark.parametrize("verb", [publish, withdraw])
def test_a_header_that_says_whether_it_is_a_draft_follows(
    verb: Callable[[list[Post]], list[Post]],
) -> None:
    is_draft = verb is publish
    post = make_post(status="draft" if is_draft else "published", draft=str(is_draft).lower())

    verb([post])

    post.refresh_from_db()
    assert f"draft: {str(not is_draft).lower()}" in post.header
    assert post.is_public() is is_draft


def test_withdrawing_hides_a_post_and_keeps_its_time() -> None:
    post = make_post()
    withdraw([post])
    assert not Post.objects.published().exists()
    assert post.published_at is not None


def test_a_scheduled_post_becomes_public_by_itself() -> None:
    post = make_scheduled()
    assert not Post.objects.published().exists()
    assert Post.objects.published(timezone.now() + timedelta(days=2)).get() == post


# What a save costs


def test_an_edit_asks_the_database_as_often_in_an_issue_twice_as_long() -> None:
    short, long = (make_post(str(count), long_body(count)) for count in (20, 40))
    asked = [
        len(statements(post, "**Item 7**: words", "**Item 7**: other")) for post in (short, long)
    ]
    assert asked[0] == asked[1]


def test_rows_that_say_the_right_thing_already_are_not_written() -> None:
    post = make_post(body=long_body(20))
    written = [sql for sql in statements(post, "title:", "title:") if not sql.startswith("SELECT")]
    for model in (Section, LinkedItem, Appearance, Citation, SectionEntry, SearchEntry, Link):
        table = f'"{model._meta.db_table}"'
        assert not [sql for sql in written if f"INTO {table}" in sql or f"FROM {table}" in sql]
