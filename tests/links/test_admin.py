"""Decisions about links: made in the admin, seen wherever the link stands, written down."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from links.decisions import ReasonMissing, decide
from links.models import Decision, Link, Source
from links.signals import links_changed
from posts import publishing
from posts.models import Post
from tests.builders import BODY, make_draft, make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
LINKS = "/admin/links/link/"
URL = "https://one.example.org/a"


@pytest.fixture
def client(sign_in: SignIn, moderator: User) -> Client:
    return sign_in(moderator)


def link() -> Link:
    return Link.objects.get(url=URL)


def change() -> str:
    return reverse("admin:links_link_change", args=[link().pk])


def decide_page() -> str:
    return reverse("admin:links_link_decide", args=[link().pk])


def page_of(post: Post) -> str:
    return Client().get(post.get_absolute_url()).content.decode()


def block(client: Client, reason: str = "spam") -> None:
    data = {"action": "block_selected", "_selected_action": [link().pk], "reason": reason}
    client.post(LINKS, data)


def test_a_blocked_link_loses_its_address_wherever_it_stands(client: Client) -> None:
    one = make_post("One")
    two = make_post("Two", "Elsewhere, [the same](https://one.example.org/a).\n")

    block(client)

    for post in (one, two):
        assert URL not in page_of(post)
    assert "Read more" in page_of(one)
    assert "the same" in page_of(two)
    assert (link().status, link().reason) == ("blocked", "spam")


def test_an_approved_link_is_shown_again(client: Client) -> None:
    post = make_post()
    block(client)

    client.post(LINKS, {"action": "approve_selected", "_selected_action": [link().pk]})

    assert URL in page_of(post)
    assert (link().status, link().reason) == ("approved", "")


def test_a_decision_can_be_taken_back(client: Client) -> None:
    make_post()
    block(client)

    client.post(LINKS, {"action": "restore_selected", "_selected_action": [link().pk]})

    assert link().status == "pending"


def test_blocking_asks_for_a_reason_first(client: Client) -> None:
    make_post()
    data = {"action": "block_selected", "_selected_action": [link().pk]}

    page = Page(client.post(LINKS, data))

    assert link().status == "pending"
    assert URL in page.one(".decision").text()
    assert len(page.all("input[name=reason]")) == 1
    again = Page(client.post(LINKS, data | {"reason": " "}))
    assert again.texts(".errorlist")
    assert link().status == "pending"


def test_a_link_is_decided_on_its_own_page(client: Client) -> None:
    post = make_post()

    refused = client.post(decide_page(), {"action": "block", "decide": "1", "reason": " "})
    assert Page(refused).texts(".errorlist")
    client.post(decide_page(), {"action": "block", "decide": "1", "reason": "malware"})

    assert URL not in page_of(post)
    assert link().reason == "malware"
    assert str(Decision.objects.get()) == f"Blocked: {URL}"


def test_a_button_on_the_page_of_a_link_decides_about_it(client: Client) -> None:
    make_post()

    page = Page(client.get(change()))
    button = page.one(".verbs button").attributes
    client.post(button["formaction"], {button["name"]: button["value"]})

    assert (button["value"], link().status) == ("approve", "approved")
    assert len(page.all("#content-main form")) == 1, "browsers drop a form in another"


def test_every_decision_is_written_down_with_who_and_why(client: Client, moderator: User) -> None:
    make_post()

    block(client, "a reason")

    decision = Decision.objects.get()
    assert (decision.by, decision.action, decision.reason) == (moderator, "block", "a reason")
    assert decision.effects.get().target == link()


def test_a_decision_stands_and_the_worker_makes_the_page_that_could_not_be_made_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, run_waiting_tasks: Callable[[], int]
) -> None:
    post = make_post()

    def fail(_post: Post) -> None:
        raise RuntimeError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "rebuild", fail)
        block(client)
    assert link().status == "blocked"
    assert URL in page_of(post)

    run_waiting_tasks()
    assert URL not in page_of(post)


def test_deciding_the_same_again_rebuilds_nothing(client: Client) -> None:
    make_post()
    block(client)
    heard: list[object] = []

    def listen(**_signal: object) -> None:
        heard.append(_signal)

    links_changed.connect(listen)
    try:
        block(client)
    finally:
        links_changed.disconnect(listen)

    assert heard == []
    assert [decision.effects.count() for decision in Decision.objects.all()] == [0, 1]


def test_blocking_without_a_reason_is_refused_in_code_too() -> None:
    make_post()

    with pytest.raises(ReasonMissing):
        decide([link()], "block", by=None, reason="  ")


def test_blocked_links_are_not_counted(client: Client) -> None:
    post = make_post()
    source = Source.objects.get(name="one.example.org")
    assert source.post_count == 1

    block(client)

    source.refresh_from_db()
    post.refresh_from_db()
    assert (source.post_count, post.link_count) == (0, 3)


def test_drafts_follow_too(client: Client) -> None:
    draft = make_draft()

    block(client)
    publishing.publish([draft])

    assert URL not in page_of(draft)


def test_links_are_found_by_address_host_and_reason(client: Client) -> None:
    make_post()
    block(client, "phishing")

    def found(query: str) -> list[str]:
        page = Page(client.get(f"{LINKS}?{query}"))
        return [node.text() for node in page.all("#result_list tbody th .address")]

    assert found("q=one.example") == [URL]
    assert found("q=phishing") == [URL]
    assert found("status__exact=blocked") == [URL]
    assert len(found("status__exact=pending")) == 3


def test_a_link_says_where_it_stands(client: Client) -> None:
    make_post("One")
    make_post("Two", f"{BODY}\n\nOnce [more]({URL}).\n")

    page = Page(client.get(change()))

    places = [node.text(strip=True) for node in page.all(".outline-links li")]
    assert len(places) == 3
    assert places[0].startswith("Two")
    assert "Preview" in places[0]
    assert "In 2 issues of 10 May 2024." in page.one("#content").text()
    listed = Page(client.get(f"{LINKS}?q=one.example"))
    assert listed.one("td.field-issues").text() == "2"
