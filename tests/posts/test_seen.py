"""A decision about many rows is about those that were shown before it was confirmed."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from links import inbox, readers
from links.admin import read_seen, sign_seen
from links.decisions import decide
from links.models import Decision, InboxEntry, Link, Suggestion
from links.registering import register
from posts import publishing
from posts.models import LinkedItem, Post, RecurringSection
from tests.builders import BODY, item, make_draft, make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
LATE = "https://late.example.com/malware"


@pytest.fixture
def client(sign_in: SignIn, admin: User) -> Client:
    return sign_in(admin)


def ask(client: Client, noun: str, action: str, **given: Any) -> Page:
    """Choose an action for all rows of a list, and return the page that asks."""
    path = reverse(f"admin:{noun}_changelist")
    sent = {"action": action, "select_across": "1", "_selected_action": "0", "index": "0"}
    return Page(client.post(path, sent | given))


def confirm(client: Client, noun: str, asked: Page, **answers: str) -> str:
    """Send the page that asks, and return what is said then."""
    path = reverse(f"admin:{noun}_changelist")
    response = client.post(path, asked.fields("form.decision") | answers, follow=True)
    return " ".join(Page(response).texts(".messagelist li"))


@pytest.mark.parametrize("keys", [[], [7], [1, 2, 3, 500_000], list(range(5, 30_000, 7))])
def test_any_number_of_rows_fits_into_a_form(keys: list[int]) -> None:
    signed = sign_seen(reversed(keys))
    seen = read_seen(signed)
    assert seen is not None
    assert seen.keys == keys
    assert len(signed) < 1000


def test_what_the_site_did_not_sign_was_not_seen() -> None:
    assert read_seen("") is None
    assert read_seen(sign_seen([1]) + "x") is None


@pytest.mark.parametrize("action", ["approve", "block", "mark_broken", "restore"])
def test_all_links_are_those_of_the_page_that_asked(client: Client, action: str) -> None:
    make_post()
    asked = ask(client, "links_link", f"{action}_selected")
    late = register([LATE])[LATE]
    confirm(client, "links_link", asked, reason="spam")

    decided = set(Decision.objects.values_list("effects__object_id", flat=True))
    assert Decision.objects.count() == 1
    assert late.pk not in decided


def test_an_answer_that_comes_before_the_question_decides_nothing(client: Client) -> None:
    make_post()
    page = ask(client, "links_link", "block_selected", reason="spam", decide="1")
    assert page.all("form.decision")
    assert not Decision.objects.exists()


def test_a_link_that_somebody_else_decided_meanwhile_stays_and_is_named(
    client: Client, moderator: User
) -> None:
    make_post()
    link = Link.objects.get(url="https://one.example.org/a")
    asked = ask(client, "links_link", "approve_selected")
    decide([link], "mark_broken", by=moderator, reason="a wall")
    said = confirm(client, "links_link", asked)

    link.refresh_from_db()
    assert link.status == "pending"
    assert link.is_marked_broken
    assert "somebody changed it meanwhile: https://one.example.org/a" in said


def test_items_that_came_later_stay_as_they_are(client: Client) -> None:
    hidden = item(make_post(), "First find")
    asked = ask(client, "posts_linkeditem", "hide_selected")
    late = item(make_post("Later", "- **Late**: [words](https://late.example.com/)\n"), "Late")
    confirm(client, "posts_linkeditem", asked, reason="spam")
    assert set(LinkedItem.objects.filter(hidden=False)) == {late}

    shown = ask(client, "posts_linkeditem", "show_selected")
    assert LinkedItem.objects.filter(hidden=True, pk=hidden.pk).exists()
    LinkedItem.objects.filter(pk=late.pk).update(hidden=True)
    hidden_late = item(
        make_post("Last", "- **Last**: [words](https://last.example.com/)\n"), "Last"
    )
    LinkedItem.objects.filter(pk=hidden_late.pk).update(hidden=True)
    confirm(client, "posts_linkeditem", shown)
    assert set(LinkedItem.objects.filter(hidden=True)) == {hidden_late}


@pytest.mark.parametrize("action", ["publish", "delete"])
def test_issues_that_came_later_stay_as_they_are(client: Client, action: str) -> None:
    make_draft("Seen")
    asked = ask(client, "posts_post", f"{action}_selected")
    make_draft("Late")
    confirm(client, "posts_post", asked)
    assert list(Post.objects.filter(status="draft").values_list("title", flat=True)) == ["Late"]


def test_issues_that_came_later_are_not_withdrawn(client: Client) -> None:
    make_post("Seen")
    asked = ask(client, "posts_post", "withdraw_selected")
    make_post("Late")
    confirm(client, "posts_post", asked)
    assert list(Post.objects.published().values_list("title", flat=True)) == ["Late"]


def test_an_issue_that_somebody_rewrote_meanwhile_is_not_published_unseen(client: Client) -> None:
    draft, other = make_draft("Seen"), make_draft("Other")
    asked = ask(client, "posts_post", "publish_selected")
    publishing.save_document(draft, publishing.with_metadata(draft, "Another text.\n", {}))
    said = confirm(client, "posts_post", asked)
    assert list(Post.objects.published()) == [other]
    assert "somebody changed it meanwhile: Seen" in said


def test_a_deleted_issue_among_those_to_be_deleted_stops_nothing(client: Client) -> None:
    first, _second = make_draft("First"), make_draft("Second")
    asked = ask(client, "posts_post", "delete_selected")
    publishing.delete(first)
    said = confirm(client, "posts_post", asked)
    assert not Post.objects.exists()
    assert "1 is left alone" in said
    assert "1 issue lies in the trash now" in said


def test_sections_that_came_later_are_not_hidden(client: Client) -> None:
    make_post("One")
    make_post("Two")
    asked = ask(client, "posts_recurringsection", "hide_selected")
    make_post("Three", BODY.replace("## Preview", "## Late"))
    confirm(client, "posts_recurringsection", asked)
    shown = RecurringSection.objects.filter(hidden=False)
    assert list(shown.values_list("title", flat=True)) == ["Late"]


def test_suggestions_that_came_later_wait(client: Client) -> None:
    readers.suggest("https://seen.example.com/")
    accepted = ask(client, "links_suggestion", "accept_selected")
    readers.suggest(LATE)
    confirm(client, "links_suggestion", accepted)
    assert Suggestion.objects.get(status="waiting").url == LATE

    declined = ask(client, "links_suggestion", "decline_selected")
    readers.suggest("https://last.example.com/")
    confirm(client, "links_suggestion", declined, answer="Not for us.")
    assert Suggestion.objects.get(status="waiting").url == "https://last.example.com/"


def test_a_suggestion_that_somebody_declined_meanwhile_is_not_accepted(
    client: Client, moderator: User
) -> None:
    suggestion = readers.suggest("https://seen.example.com/")
    asked = ask(client, "links_suggestion", "accept_selected")
    readers.decline([suggestion], by=moderator, answer="Not for us.")
    confirm(client, "links_suggestion", asked)
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.answer) == ("declined", "Not for us.")


def test_links_collected_later_stay_in_the_inbox(client: Client, admin: User) -> None:
    inbox.gather("https://seen.example.com/", by=admin)
    asked = ask(client, "links_inboxentry", "finish_selected")
    inbox.gather(LATE, by=admin)
    confirm(client, "links_inboxentry", asked)
    assert InboxEntry.objects.get(done_at=None).url == LATE


def test_more_rows_than_anybody_looks_at_are_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_post()
    monkeypatch.setattr("links.admin.bases.MOST", 2)
    path = reverse("admin:links_link_changelist")
    sent = {"action": "approve_selected", "select_across": "1", "_selected_action": "0"}
    page = Page(client.post(path, sent, follow=True))
    assert "These are more than 2" in " ".join(page.texts(".messagelist li"))
    assert not Decision.objects.exists()
