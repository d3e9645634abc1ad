"""The history of an issue in the admin: who saved what when, versions compared and named."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posts import publishing
from posts.models import Post, Revision
from posts.revising import Cause
from tests.builders import BODY, make_draft, make_post, parsed
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def client(editor: User, sign_in: SignIn) -> Client:
    return sign_in(editor)


def history(post: Post) -> str:
    return reverse("admin:posts_post_history", args=[post.pk])


def compare(post: Post, old: int, new: int, view: str = "") -> str:
    return f"{reverse('admin:posts_post_compare', args=[post.pk])}?from={old}&to={new}&view={view}"


def save(post: Post, body: str, **cause: Any) -> None:
    publishing.save_document(post, parsed("A draft", body), cause=Cause(**cause))


def test_the_history_says_who_did_what_and_what_changed(client: Client, editor: User) -> None:
    post = make_draft()
    save(post, BODY.replace("First find", "My find"), by=editor, note="A better name")
    publishing.publish([post], by=editor)
    client.post(reverse("admin:posts_post_previews", args=[post.pk]), {"decide": "1"})

    page = Page(client.get(history(post)))

    assert page.texts(".history-words") == [
        "Previews ended.", "Published.", "Saved.", "Saved.",
    ]  # fmt: skip
    assert page.texts(".history-note") == ["“A better name”"]
    assert page.texts(".history-change") == ["+1 −1 lines · Preview"]
    assert "editor" in page.one(".history-entry").text()


def test_a_note_that_is_given_with_a_save_stands_in_the_history(client: Client) -> None:
    post = make_draft()
    address = reverse("admin:posts_post_change", args=[post.pk])
    form = Page(client.get(address)).fields("#post_form")

    client.post(address, {**form, "title": "Another", "note": "Named anew", "_save": "1"})

    page = Page(client.get(history(post)))
    assert page.texts(".history-note") == ["“Named anew”"]
    assert page.texts(".history-words")[0] == "Changed title."
    assert Page(client.get(address)).fields("#post_form")["note"] == ""


def test_what_was_said_before_and_after_is_compared_by_words(client: Client) -> None:
    post = make_draft(body="- 모델을 발표했습니다 <b>\n\nAnother line\n")
    save(post, "- 모델을 발표하였습니다 <b>\n\nAnother line\n\nOne more\n")

    page = Page(client.get(compare(post, 1, 2)))

    assert page.texts("del mark") == ["했"]
    assert page.texts("ins mark") == ["하였"]
    assert [one.text().split(": ")[1] for one in page.all("ins.compare-line")] == [
        "- 모델을 발표하였습니다 <b>", "", "One more",
    ]  # fmt: skip
    beside = Page(client.get(compare(post, 2, 1, "beside")))
    assert beside.texts(".beside del mark") == ["했"]


def test_versions_that_are_not_kept_are_not_compared(client: Client) -> None:
    post = make_draft()
    for address in (compare(post, 1, 1), compare(post, 1, 9), compare(post, 0, 0)):
        answer = client.get(address, follow=True)
        assert "Choose two versions" in Page(answer).text()


def test_one_version_alone_is_compared_with_what_the_issue_says_now(client: Client) -> None:
    post = make_draft()
    for words in ("Two", "Three"):
        save(post, words)
    client.post(reverse("admin:posts_post_previews", args=[post.pk]), {"decide": "1"})

    page = Page(client.get(history(post)))
    assert page.values("input[checked]", "value") == ["3", "2"]
    base = reverse("admin:posts_post_compare", args=[post.pk])
    for query in ("?from=1", "?to=1", "?from=1&to=1"):
        assert page_title(client.get(base + query)) == "Versions 1 and 3"


def page_title(answer: Any) -> str:
    return Page(answer).one("#content h1, h1").text()


def test_a_restored_text_is_asked_about_first_and_saved_on_top(client: Client) -> None:
    post = make_post()
    before = post.document
    publishing.save_document(post, parsed("Another title", "Other words"))
    restore = reverse("admin:posts_post_restore", args=[post.pk, 1])

    asked = Page(client.get(restore))
    assert Post.objects.get().title == "Another title", "asking restores nothing"
    assert "Readers see the change at once" in asked.text()
    answer = client.post(restore, asked.fields("#content-main form"), follow=True)

    assert "version 3 says what version 1 said" in Page(answer).text()
    assert Post.objects.get().document == before
    again = client.post(restore, asked.fields("#content-main form"), follow=True)
    assert "Somebody saved the issue just now" in Page(again).text()
    assert Post.objects.get().version == 3


def test_a_name_stands_in_the_history_and_goes_again(client: Client) -> None:
    post = make_draft()
    name = reverse("admin:posts_post_name", args=[post.pk, 1])
    client.post(name, {"name": "As sent to Kim"})

    page = Page(client.get(history(post)))
    assert page.texts(".history-name") == ["As sent to Kim"]
    assert page.texts(".history-words")[0] == "Version 1 named."
    client.post(name, {"name": ""})
    assert not Page(client.get(history(post))).all(".history-name")


def test_a_version_shows_its_whole_document(client: Client) -> None:
    post = make_draft()
    before = post.document
    save(post, "Other words")
    page = Page(client.get(reverse("admin:posts_post_version", args=[post.pk, 1])))
    assert page.one(".document-shown").text() == before


def test_a_history_of_many_versions_has_pages_and_each_takes_as_many_queries(
    client: Client,
) -> None:
    post = make_draft()

    def grow(count: int) -> None:
        row = post.revisions.get(number=1)
        first = post.revisions.count() + 1
        Revision.objects.bulk_create(
            Revision(post=post, number=first + n, pieces=row.pieces, status="draft", who="kim")
            for n in range(count)
        )

    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(history(post)).status_code == 200
        return len(caught)

    grow(60)
    count()
    some = count()
    grow(400)
    assert count() == some
    page = Page(client.get(history(post) + "?page=2"))
    assert len(page.all(".history-entry")) == 25
    assert page.value("[rel=next]", "href") == "?page=3"
    last = Page(client.get(history(post) + "?page=19"))
    assert last.texts(".history-head a")[-1] == "Version 1"
    assert "from=1&to=2" in last.values(".history-acts a", "href")[-4]
