"""Corrections: readers are told what was wrong, with its day; rows are kept."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from posts import publishing
from posts.models import Correction, Post
from tests.builders import make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ISSUE = "/posts/a-first-issue/"
TEXT = "The paper is by **Ann**, not by Bob & Co."


@pytest.fixture
def post() -> Post:
    return make_post()


def address(post: Post) -> str:
    return f"/admin/posts/post/{post.pk}/correct/"


@pytest.fixture
def signed_in(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


def test_readers_are_told_at_the_head_of_the_issue_and_in_feeds(
    client: Client, signed_in: Client, post: Post, editor: User
) -> None:
    before = client.get("/atom.xml").headers["ETag"]

    answer = signed_in.post(address(post), {"text": TEXT, "day": "2024-05-12"})

    assert answer.status_code == 302
    page = Page(client.get(ISSUE))
    assert "12 May 2024" in page.one(".corrections").text()
    assert page.one(".corrections p:last-child strong").text() == "Ann"
    assert client.get("/atom.xml").headers["ETag"] != before
    for path in ("/feed.xml", "/atom.xml", "/feed.json"):
        assert "not by Bob &amp; Co." in client.get(path).content.decode().replace(
            "&amp;amp;", "&amp;"
        )
    assert LogEntry.objects.get().user == editor
    assert "Correct" in Page(signed_in.get(f"/admin/posts/post/{post.pk}/change/")).text()


def test_the_page_leads_back_to_the_issue_and_offers_to_take_back_only_what_there_is(
    signed_in: Client, post: Post
) -> None:
    page = Page(signed_in.get(address(post)))
    form = f"/admin/posts/post/{post.pk}/change/"
    assert page.values(".breadcrumbs a", "href") == ["/admin/", "/admin/posts/post/", form]
    assert page.all("[name=take_back]") == []

    publishing.correct(post, TEXT, date(2024, 5, 12))

    assert len(Page(signed_in.get(address(post))).all("[name=take_back] option")) == 2


def test_a_correction_outlives_edits_and_rebuilding(client: Client, post: Post) -> None:
    publishing.correct(post, TEXT, date(2024, 5, 12))
    publishing.save_document(post, publishing.stored_issue(post))
    publishing.rebuild(post)

    assert "by Ann" in Page(client.get(ISSUE)).one(".corrections").text()


def test_what_is_taken_back_is_shown_no_more_and_stays_on_the_record(
    client: Client, signed_in: Client, post: Post
) -> None:
    row = publishing.correct(post, TEXT, date(2024, 5, 12))

    signed_in.post(address(post), {"text": "", "day": "2024-05-13", "take_back": str(row.pk)})

    assert not Page(client.get(ISSUE)).all(".corrections")
    assert Correction.objects.get().taken_back_at
    assert LogEntry.objects.count() == 1


def test_a_form_that_says_nothing_changes_nothing(signed_in: Client, post: Post) -> None:
    for sent in ({"text": " ", "day": "2024-05-12"}, {"text": TEXT, "day": "soon"}):
        answer = signed_in.post(address(post), sent)
        assert answer.status_code == 200
        assert Page(answer).all(".errorlist")
    assert not Correction.objects.exists()


def test_a_correction_is_in_the_language_of_the_site(client: Client, post: Post, settings) -> None:
    settings.LANGUAGE_CODE = "ko"
    publishing.correct(post, TEXT, date(2024, 5, 12))

    assert "정정" in Page(client.get(ISSUE)).one(".corrections").text()
    assert "2024년 5월 12일" in Page(client.get(ISSUE)).one(".corrections").text()
