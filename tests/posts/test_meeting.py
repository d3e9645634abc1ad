"""Two editors who save one issue: what they changed goes together, or both are asked about."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from posts.models import Post, Revision
from tests.builders import BODY, make_draft, make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(editor: User, sign_in: SignIn) -> Client:
    return sign_in(editor)


@pytest.fixture
def other(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def address(post: Post) -> str:
    return reverse("admin:posts_post_change", args=[post.pk])


def opened(client: Client, post: Post) -> dict[str, str]:
    return Page(client.get(address(post))).fields("#post_form")


def send(client: Client, post: Post, form: dict[str, str], **changes: str) -> Any:
    answer = client.post(address(post), form | {"_save": "1"} | changes)
    post.refresh_from_db()
    return answer


def reworded(old: str, new: str) -> str:
    assert old in BODY
    return BODY.replace(old, new).replace("\n", "\r\n")


def told(client: Client, post: Post) -> Page:
    return Page(client.get(address(post)))


# What goes together


def test_changes_of_two_places_are_both_saved_and_said(client: Client, other: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=reworded("Third find", "Their find"), title="Their title")

    answer = send(client, post, mine, text=reworded("First find", "My find"), tags="Mine")

    assert answer.status_code == 302
    assert "Their find" in post.body
    assert "My find" in post.body
    assert post.title == "Their title"
    assert [tagging.tag.name for tagging in post.taggings.all()] == ["Mine"]
    assert post.revisions.get(number=3).kind == Revision.Kind.MERGED
    page = told(client, post)
    assert "admin saved this issue while you were writing" in page.text()
    link = page.value(".messagelist a[href*=compare]", "href")
    assert link.endswith("?from=1&to=2")
    assert "Their find" in Page(client.get(link)).text()
    assert "My find" not in Page(client.get(link)).text()


def test_a_third_editor_is_merged_with_both_before(client: Client, other: Client) -> None:
    post = make_post()
    mine = opened(client, post)
    send(other, post, opened(other, post), text=reworded("Third find", "Their find"))
    send(other, post, opened(other, post), title="Their title")

    send(client, post, mine, text=reworded("First find", "My find"))

    assert "Their find" in post.body
    assert "My find" in post.body
    assert post.title == "Their title"


def test_line_endings_that_a_browser_sends_change_no_line(client: Client, other: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=reworded("Third find", "Their find"))
    send(client, post, mine, text=reworded("First find", "My find"))

    both = BODY.replace("First find", "My find").replace("Third find", "Their find")
    assert post.document.endswith(both)


def test_the_same_change_by_both_is_saved_once(client: Client, other: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=reworded("First find", "Our find"), title="Ours")

    assert (
        send(client, post, mine, text=reworded("First find", "Our find"), title="Ours").status_code
        == 302
    )
    assert post.title == "Ours"
    assert post.body.count("Our find") == 1


@pytest.mark.parametrize(
    ("pressed", "words"),
    [
        ({"_publish": "1"}, "It was published meanwhile"),
        ({"_schedule": "1", "published_at": "2030-01-01T08:00"}, "It was scheduled meanwhile"),
    ],
)
def test_saving_a_draft_that_became_more_is_asked_about(
    client: Client, other: Client, pressed: dict[str, str], words: str
) -> None:
    post = make_draft()
    mine, theirs = opened(client, post), opened(other, post)
    other.post(address(post), theirs | pressed)

    answer = send(client, post, mine, text=reworded("First find", "My find"))

    assert answer.status_code == 409
    assert words in Page(answer).one(".conflict").text()
    assert "My find" not in post.body
    assert send(client, post, Page(answer).fields("#post_form")).status_code == 302
    assert "My find" in post.body


def test_what_a_check_holds_of_a_merge_stays_in_the_form(client: Client, other: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=reworded("Third find", "Their find"))

    answer = send(client, post, mine, text=reworded("First find", "[My find](https://one.example/"))

    assert "Their find" in post.body
    assert "[My find](" not in post.body
    form = Page(answer).fields("#post_form")
    assert "Their find" in form["text"]
    assert "[My find](" in form["text"]
    assert send(client, post, form, override="It is meant so").status_code == 302
    assert post.revisions.latest("number").kind == Revision.Kind.MERGED


# What clashes


def test_a_line_that_both_changed_is_asked_about(client: Client, other: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=reworded("First find", "Their find"))
    before = post.document

    answer = send(client, post, mine, text=reworded("First find", "My find"))

    assert answer.status_code == 409
    assert post.document == before
    page = Page(answer)
    assert page.texts("#conflict-title") == ["Two people edited this issue"]
    (own,), (others,) = page.texts("[data-mine]"), page.texts("[data-theirs]")
    assert "My find" in own
    assert "Their find" in others
    text = page.fields("#post_form")["text"]
    sign = page.fields("#post_form")["clash_sign"]
    assert f"<<<<<<< editor {sign}\r\n" in text
    assert f">>>>>>> admin {sign}\r\n" in text
    assert "My find" in text
    assert "Their find" in text


def test_marks_are_not_saved_and_what_was_chosen_is(client: Client, other: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=reworded("First find", "Their find"))
    refused = Page(send(client, post, mine, text=reworded("First find", "My find")))
    again = refused.fields("#post_form")

    answer = send(client, post, again)
    assert "two versions stand here" in Page(answer).one(".field-text .errorlist").text()
    assert "My find" not in post.body
    again = Page(answer).fields("#post_form")
    assert "two versions stand here" in Page(send(client, post, again)).text()

    assert send(client, post, again, text=reworded("First find", "Chosen")).status_code == 302
    assert "Chosen" in post.body
    assert post.version == 3


def test_a_field_that_both_changed_is_asked_about(client: Client, other: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, title="Theirs", description="Their words")

    answer = send(client, post, mine, title="Mine", text=reworded("First find", "My find"))

    assert answer.status_code == 409
    page = Page(answer)
    assert page.texts(".conflict tbody td") == ["Mine", "Theirs"]
    assert page.fields("#post_form")["title"] == "Mine"
    assert page.fields("#post_form")["description"] == "Their words"
    assert send(client, post, page.fields("#post_form")).status_code == 302
    assert (post.title, post.description) == ("Mine", "Their words")


def test_what_nobody_read_as_a_whole_is_not_published(client: Client, other: Client) -> None:
    post = make_draft()
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=reworded("Third find", "Their find"))

    answer = client.post(
        address(post), mine | {"text": reworded("First find", "My find"), "_publish": "1"}
    )

    assert answer.status_code == 409
    assert "Nothing clashes" in Page(answer).one(".conflict").text()
    form = Page(answer).fields("#post_form")
    assert "My find" in form["text"]
    assert "Their find" in form["text"]
    client.post(address(post), form | {"_publish": "1"})
    post.refresh_from_db()
    assert post.is_public()


def test_another_tab_of_ones_own_is_called_that(client: Client) -> None:
    post = make_post()
    mine, theirs = opened(client, post), opened(client, post)
    send(client, post, theirs, text=reworded("First find", "The other tab"))

    page = Page(send(client, post, mine, text=reworded("First find", "This tab")))

    assert page.texts("#conflict-title") == ["You saved this issue in another tab"]
    assert "heirs" not in page.one(".conflict").text()


def test_without_the_version_that_was_opened_both_texts_are_shown(
    client: Client, other: Client
) -> None:
    post = make_post(body="One line\n")
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text="Theirs\n", title="Their title")
    post.revisions.filter(number=1).delete()

    answer = send(client, post, mine, text="Mine\n")

    assert answer.status_code == 409
    page = Page(answer)
    assert page.texts(".diff .ours") == ["Yours: Mine"]
    assert page.texts(".diff .theirs") == ["Theirs: Theirs"]
    assert page.fields("#post_form")["text"] == "Mine\r\n"
    assert "Their title" in page.one(".conflict table").text()
    assert send(client, post, page.fields("#post_form")).status_code == 302
    assert post.body == "Mine\n"


def test_marks_that_a_text_quotes_are_part_of_it(client: Client, other: Client) -> None:
    post = make_draft()
    quoted = "```\n<<<<<<< HEAD\nOne\n=======\nTwo\n>>>>>>> main\n```\n"
    mine, theirs = opened(client, post), opened(other, post)
    send(other, post, theirs, text=f"{quoted}\nTheirs\n")
    assert post.body == f"{quoted}\nTheirs\n"

    clash = Page(send(client, post, mine, text=f"{quoted}\nMine\n")).fields("#post_form")

    assert clash["clash_sign"]
    assert send(client, post, clash, text=f"{quoted}\nBoth\n").status_code == 302
    assert post.body == f"{quoted}\nBoth\n"
