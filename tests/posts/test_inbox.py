"""What staff collect for the next issue, and how it leaves the inbox again."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from links.decisions import decide
from links.inbox import gather
from links.models import Decision, InboxEntry, QueueEntry, Suggestion
from links.readers import suggesting
from posts.admin.inbox import as_item
from posts.publishing import rebuild
from posts.rendering import render_markdown
from tests.builders import make_draft, make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db

PRINTED = "https://one.example.org/a"
NEW = "https://new.example.org/story"
ADD = "/admin/links/inboxentry/add/"
LIST = "/admin/links/inboxentry/"
SUGGESTIONS = "/admin/links/suggestion/"


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    """A browser in which the editor is signed in."""
    return sign_in(editor)


@pytest.fixture
def desk(sign_in: SignIn, moderator: User) -> Client:
    """A browser in which the moderator is signed in."""
    return sign_in(moderator)


# Collecting


def test_an_editor_collects_a_link_with_a_note(client: Client, editor: User) -> None:
    client.post(ADD, {"url": NEW, "title": "A story", "note": "For Friday"})

    entry = InboxEntry.objects.get()
    assert (entry.link.url, entry.title, entry.note, entry.added_by) == (
        NEW,
        "A story",
        "For Friday",
        editor,
    )
    assert LogEntry.objects.get().user == editor
    row = Page(client.get(LIST)).one("#result_list tbody tr").text()
    assert "A story" in row
    assert "For Friday" in row


def test_what_was_added_is_said_shortly(client: Client) -> None:
    page = Page(client.post(ADD, {"url": NEW, "title": "A story"}, follow=True))
    assert page.texts(".messagelist") == ["Added: inbox entry “A story”."]


def test_the_form_is_filled_in_by_the_bookmarklet_and_nothing_is_stored(client: Client) -> None:
    page = Page(client.get(ADD, {"url": NEW, "title": "x" * 400, "note": "<b>"}))

    assert page.value("[name=url]", "value") == NEW
    assert page.value("[name=title]", "value") == "x" * 300
    assert page.one("[name=note]").text().strip() == "<b>"
    assert not InboxEntry.objects.exists()


def test_the_form_says_at_once_where_an_address_was_covered_before(client: Client) -> None:
    post = make_post("Last week", f"- [Story]({NEW})\n")
    said = Page(client.get(ADD, {"url": f"{NEW}?utm_source=x"})).one(".covered-before")
    assert "Last week" in said.text()
    assert post.get_absolute_url() in said.html
    assert not Page(client.get(ADD, {"url": "no address"})).all(".covered-before")


def test_who_cannot_answer_a_suggestion_reads_who_does_and_may_take_its_link(
    client: Client, desk: Client
) -> None:
    row = suggesting.suggest(NEW, title="A & B", note="Look?")
    page = Page(client.get(f"{SUGGESTIONS}{row.pk}/change/"))
    words = "Who decides about links accepts it or declines it"

    assert words in page.text()
    form = Page(client.get(page.value("#content p.help a", "href"))).fields("#inboxentry_form")
    assert (form["url"], form["title"], form["note"]) == (NEW, "A & B", "Look?")
    assert words not in Page(desk.get(f"{SUGGESTIONS}{row.pk}/change/")).text()


def test_a_link_is_in_the_inbox_once(client: Client) -> None:
    client.post(ADD, {"url": NEW, "title": "First"})
    page = client.post(ADD, {"url": f"{NEW}?utm_source=x", "title": "Second"}, follow=True)

    assert InboxEntry.objects.get().title == "First"
    assert "already" in Page(page).one(".messagelist").text()


def test_whoever_collects_is_told_where_it_was_covered(client: Client) -> None:
    make_post("An old issue")

    page = Page(client.post(ADD, {"url": PRINTED}, follow=True))

    said = page.one(".messagelist").text()
    assert "Covered before:" in said
    assert "An old issue" in said
    assert "An old issue" in page.one("#result_list tbody tr").text()


@pytest.mark.parametrize("url", ["", "no address", "mailto:me@example.org"])
def test_what_is_no_web_address_is_not_collected(client: Client, url: str) -> None:
    page = Page(client.post(ADD, {"url": url, "title": "Kept"}))

    assert page.texts(".field-url .errorlist li")
    assert page.value("[name=title]", "value") == "Kept"


def test_a_blocked_link_is_not_collected(client: Client, moderator: User) -> None:
    link = gather(NEW, by=moderator).entry.link
    InboxEntry.objects.all().delete()
    decide([link], "block", by=moderator, reason="Spam")

    errors = Page(client.post(ADD, {"url": NEW})).texts(".errorlist li")
    assert errors == ["This link is blocked: Spam"]
    assert not InboxEntry.objects.exists()


def test_the_words_of_an_entry_can_be_changed_and_its_address_stays(
    client: Client, editor: User
) -> None:
    entry = gather(NEW, by=editor).entry
    path = reverse("admin:links_inboxentry_change", args=[entry.pk])

    client.post(path, {"url": "https://other.example", "title": "Better", "note": "n"})

    entry.refresh_from_db()
    assert (entry.url, entry.title, entry.note) == (NEW, "Better", "n")


def test_how_to_collect_from_anywhere_is_explained_without_a_secret(client: Client) -> None:
    here = {"host": "testserver:8101"}  # not SITE_URL, where perhaps another site answers
    page = Page(client.get("/admin/links/inboxentry/anywhere/", headers=here))

    for bookmarklet in (page.value(".default", "href"), page.one("textarea").text()):
        assert bookmarklet.startswith("javascript:void(window.open(")
        assert f"http://testserver:8101{ADD}?url=" in bookmarklet
    assert "http://testserver:8101/collect/" in page.one("pre").text()


# Copying


def test_all_that_waits_is_copied_as_a_list(client: Client, editor: User) -> None:
    gather(NEW, by=editor, title="A [story] *here*", note="Why\nnot")
    gather("https://b.example.org/x_(y)", by=editor)
    done = gather("https://c.example.org/", by=editor).entry
    client.post(LIST, {"action": "finish_selected", "_selected_action": [done.pk]})

    text = Page(client.get("/admin/links/inboxentry/copy/")).one("textarea").text()

    assert text.split("\n") == [
        r"- [A \[story\] \*here\*](https://new.example.org/story): Why not",
        "- [https://b.example.org/x\\_(y)](<https://b.example.org/x_(y)>)",
        "",
    ]


def test_a_selection_is_copied(client: Client, editor: User) -> None:
    entry = gather(NEW, by=editor, title="This").entry
    gather("https://b.example.org/", by=editor, title="That")

    data = {"action": "copy_selected", "_selected_action": [entry.pk]}
    text = Page(client.post(LIST, data, follow=True)).one("textarea").text()

    assert "[This]" in text
    assert "[That]" not in text


@pytest.mark.parametrize(
    "title",
    ["plain", "a [b](c) `d` <e> *f* _g_ \\", "![x](y)", "1. [ ] x", "~~a~~ &lt;b&gt; &copy; {#c}"],
)
def test_copied_markdown_is_one_link_with_the_very_title(editor: User, title: str) -> None:
    entry = gather("https://b.example.org/x?a=(1)&b=2", by=editor, title=title).entry

    page = Page(render_markdown(as_item(entry)))

    assert page.values("[href]", "href") == ["https://b.example.org/x?a=(1)&b=2"]
    assert page.text().strip() == title


# Leaving


def test_a_link_leaves_the_inbox_when_it_is_printed(editor: User) -> None:
    gather(PRINTED, by=editor)
    other = gather(NEW, by=editor).entry

    make_draft()

    assert InboxEntry.objects.get(done_at=None) == other


def test_an_issue_that_has_the_link_already_does_not_take_it_again(
    editor: User, moderator: User
) -> None:
    post = make_post()
    entry = gather(PRINTED, by=editor).entry

    rebuild(post)
    decide([entry.link], "approve", by=moderator)

    assert InboxEntry.objects.get().done_at is None


def test_links_are_put_aside_and_put_back(client: Client, editor: User) -> None:
    entry = gather(NEW, by=editor).entry

    client.post(LIST, {"action": "finish_selected", "_selected_action": [entry.pk]})
    assert InboxEntry.objects.get().done_at
    assert "new.example.org" not in Page(client.get(LIST)).text()
    assert "new.example.org" in Page(client.get(LIST, {"done": "yes"})).one("#result_list").text()

    again = gather(NEW, by=editor).entry
    data = {"action": "reopen_selected", "_selected_action": [entry.pk]}
    client.post(f"{LIST}?done=all", data)
    assert InboxEntry.objects.get(done_at=None) == again
    again.delete()
    client.post(f"{LIST}?done=all", data)
    assert InboxEntry.objects.get().done_at is None
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("path", [LIST, SUGGESTIONS])
def test_a_list_of_twice_the_rows_takes_the_same_queries(
    desk: Client, editor: User, path: str, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    def fill(count: int) -> None:
        make_post(body="".join(f"- [x](https://a.example.org/{n})\n" for n in range(count)))
        for n in range(count):
            gather(f"https://a.example.org/{n}", by=editor)
            suggesting.suggest(f"https://a.example.org/{n}/b")

    fill(3)
    desk.get(path)
    with django_assert_max_num_queries(20) as few:
        desk.get(path)
    fill(9)
    with django_assert_num_queries(len(few.captured_queries)):
        desk.get(path)


# Suggestions


def test_a_moderator_accepts_a_suggestion(desk: Client, moderator: User) -> None:
    suggestion = suggesting.suggest(NEW, title="A story")
    path = reverse("admin:links_suggestion_change", args=[suggestion.pk])

    answer = desk.post(path, {"_accept": "1", "answer": "Gladly."}, follow=True)
    said = Page(answer).texts(".messagelist li")
    assert said == ["Accepted. It is in the inbox; the reader's page says so."]

    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.answer) == ("accepted", "Gladly.")
    assert InboxEntry.objects.get().added_by == moderator
    assert not QueueEntry.objects.filter(closed_at=None).exists()
    assert Decision.objects.get().by == moderator
    assert "Gladly." in LogEntry.objects.get().change_message


def test_a_moderator_declines_with_a_word_to_the_reader(desk: Client) -> None:
    suggestion = suggesting.suggest(NEW)
    path = reverse("admin:links_suggestion_change", args=[suggestion.pk])

    refused = Page(desk.post(path, {"_decline": "1", "answer": ""}))
    assert refused.texts(".field-answer .errorlist li")
    assert Suggestion.objects.get().status == "waiting"

    answer = desk.post(path, {"_decline": "1", "answer": "We had it."}, follow=True)
    assert Page(answer).texts(".messagelist li") == ["Declined. The reader's page says why."]
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.answer) == ("declined", "We had it.")
    assert "We had it." in LogEntry.objects.get().change_message


def test_selections_are_accepted_and_declined(desk: Client) -> None:
    rows = [suggesting.suggest(f"{NEW}/{n}") for n in range(4)]

    first = {"action": "accept_selected", "_selected_action": [row.pk for row in rows[:2]]}
    desk.post(SUGGESTIONS, first)
    second = {"action": "decline_selected", "_selected_action": [row.pk for row in rows[2:]]}
    asked = Page(desk.post(SUGGESTIONS, second))
    desk.post(SUGGESTIONS, {**second, "answer": "No."})

    assert "Decline 2 suggestions" in asked.texts(".decision button")
    statuses = Suggestion.objects.order_by("pk").values_list("status", "answer")
    assert list(statuses) == [("accepted", "")] * 2 + [("declined", "No.")] * 2
    assert InboxEntry.objects.count() == 2
    assert LogEntry.objects.count() == 4


def test_staff_see_where_a_suggestion_was_covered(desk: Client) -> None:
    make_post("An old issue")
    suggestion = suggesting.suggest(PRINTED)

    for path in (SUGGESTIONS, reverse("admin:links_suggestion_change", args=[suggestion.pk])):
        assert "An old issue" in Page(desk.get(path)).one("#content").text()
