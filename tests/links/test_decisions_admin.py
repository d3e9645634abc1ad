"""The log of decisions: read by staff, changed by nobody, undone from there."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from links.decisions import decide
from links.models import Decision, Link
from posts.following import set_hidden
from tests.builders import item, make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
LOG = "/admin/links/decision/"
URL = "https://one.example.org/a"


@pytest.fixture
def client(sign_in: SignIn, moderator: User) -> Client:
    return sign_in(moderator)


def blocked(by: User | None = None) -> Decision:
    return decide(Link.objects.filter(url=URL), "block", by=by, reason="phishing")


def test_the_log_says_who_decided_what_and_why(client: Client, moderator: User) -> None:
    make_post()
    blocked(moderator)

    row = Page(client.get(LOG)).one("#result_list tbody tr").text()

    for words in ("moderator", "Blocked", URL, "phishing"):
        assert words in row


def test_a_decision_shows_what_it_changed(client: Client) -> None:
    make_post()

    page = Page(client.get(f"{LOG}{blocked().pk}/change/"))

    assert "Blocked" in page.one("#content").text()
    assert "shown → blocked" in page.one(".outline-links").text()


def test_a_decision_is_undone_from_its_page(client: Client, moderator: User) -> None:
    post = make_post()
    decision = blocked()

    assert "Undo" in Page(client.get(f"{LOG}{decision.pk}/undo/")).one("#content button").text()
    assert Decision.objects.count() == 1
    client.post(f"{LOG}{decision.pk}/undo/", {"reason": "a mistake"})

    undoing = Decision.objects.get(undoes=decision)
    assert (undoing.by, undoing.reason) == (moderator, "a mistake")
    assert URL in Page(Client().get(post.get_absolute_url())).values(".body a", "href")
    links = Page(client.get(f"{LOG}{decision.pk}/change/")).values("#content a", "href")
    assert not [address for address in links if address.endswith("undo/")]


def test_what_cannot_be_undone_says_so(client: Client) -> None:
    make_post()
    decision = blocked()
    client.post(f"{LOG}{decision.pk}/undo/", {})

    page = Page(client.post(f"{LOG}{decision.pk}/undo/", {}))

    assert "undone already" in " ".join(page.texts(".error-summary li"))


def test_hidden_items_are_shown_again_from_the_log(client: Client) -> None:
    post = make_post()
    set_hidden([item(post, "First find")], True, reason="twice")

    client.post(f"{LOG}{Decision.objects.get().pk}/undo/", {})

    assert not item(post, "First find").hidden


def test_an_editor_reads_the_log_and_undoes_nothing(sign_in: SignIn, editor: User) -> None:
    make_post()
    decision, client = blocked(), sign_in(editor)

    assert client.get(f"{LOG}{decision.pk}/change/").status_code == 200
    assert client.post(f"{LOG}{decision.pk}/undo/", {}).status_code == 403
    assert Decision.objects.count() == 1


def test_nobody_changes_or_deletes_a_decision(sign_in: SignIn, admin: User) -> None:
    make_post()
    decision, client = blocked(), sign_in(admin)

    for path in ("change", "delete"):
        assert client.post(f"{LOG}{decision.pk}/{path}/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("path", [LOG, "/admin/links/link/", "/admin/links/source/"])
def test_lists_take_as_many_queries_for_many_rows(client: Client, path: str) -> None:
    counts = []
    for number in range(2):
        make_post(
            f"Issue {number}", "\n\n".join(f"[x](https://h{number}{n}.example/)" for n in range(9))
        )
        for link in Link.objects.filter(status="pending"):
            decide([link], "approve", by=None)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts.append(len(queries))

    assert counts[0] == counts[1]
