"""Below an issue: others on its subject, and its links that other issues had before or since."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from links.decisions import decide
from links.models import Link
from posts.models import LinkedItem, Post
from posts.publishing import delete, rebuild, save_document, withdraw
from posts.publishing.returning import FEW, mark_returns
from posts.site.ending import RELATED, RETURNS
from tests.builders import LONG_AGO, make_post, make_posts, make_scheduled, parsed
from tests.posts.site.test_pages import queries
from tests.reading import Page

pytestmark = pytest.mark.django_db

SHARED = "## Finds\n- [Seen again](https://again.example.org/story): a word.\n"


def ending(client: Client, post: Post) -> Page:
    return Page(client.get(post.get_absolute_url()))


def issue(number: int, body: str = SHARED, **header: object) -> Post:
    return make_post(f"Issue {number}", body, at=LONG_AGO + timedelta(days=number), **header)


def test_a_link_that_came_back_leads_to_where_it_stood_before_and_since(client: Client) -> None:
    first, second = issue(1, tags=[]), issue(2, tags=[])

    for here, there in ((first, second), (second, first)):
        page = ending(client, here)
        links = page.values(".came-back a", "href")
        own, other = here.items.get(), there.items.get()
        assert links == [f"#{own.anchor}", other.get_absolute_url()]
        assert page.texts(".came-back a") == ["Seen again", there.title]


def test_an_issue_asks_no_more_when_its_links_came_back(client: Client) -> None:
    first = issue(1)
    alone = queries(client, first.get_absolute_url())
    issue(2)
    page = ending(client, first)
    assert page.all(".came-back a")
    assert page.all(".ending .card-title")
    assert queries(client, first.get_absolute_url()) == alone == 2


def test_the_latest_that_had_a_link_come_first(client: Client) -> None:
    posts = [issue(number, tags=["AI"]) for number in range(1, FEW + 1)]
    page = ending(client, posts[2])
    others = [post.title for post in posts if post != posts[2]][::-1]
    assert page.texts(".came-back a")[1::2] == others[:RETURNS]
    assert page.texts(".ending .card-title") == others[:RELATED]


def test_what_readers_do_not_see_did_not_come_back(client: Client) -> None:
    first = issue(1, tags=[])
    assert ending(client, first).all(".ending") == []
    make_scheduled("To come", SHARED, tags=[])
    assert ending(client, first).all(".ending") == []

    second = issue(2, tags=[])
    assert ending(client, first).all(".ending")
    withdraw([second])
    assert ending(client, first).all(".ending") == []


def test_a_blocked_link_did_not_come_back(client: Client) -> None:
    first, _second = issue(1, tags=[]), issue(2, tags=[])
    decide(Link.objects.filter(url__contains="again"), "block", by=None, reason="spam")
    assert ending(client, first).all(".ending") == []


def test_an_issue_in_another_language_is_none_that_had_its_links_before(client: Client) -> None:
    english, korean = (
        issue(number, tags=["AI"], language=language, translationkey="one")
        for number, language in enumerate(("en", "ko"))
    )

    for post in (english, korean):
        assert ending(client, post).all(".ending") == []
    assert not LinkedItem.objects.filter(returns=True).exists()

    other = issue(3, tags=["AI"])
    for post in (english, korean):
        page = ending(client, post)
        assert page.texts(".came-back a") == ["Seen again", other.title]
        assert page.texts(".ending .card-title") == [other.title]
    assert len(ending(client, other).all(".came-back li")) == 2


def test_a_link_of_every_issue_is_none_that_came_back(client: Client) -> None:
    posts = [issue(number, tags=[]) for number in range(FEW + 1)]
    assert ending(client, posts[0]).all(".ending") == []
    assert not LinkedItem.objects.filter(returns=True).exists()


def test_it_does_not_matter_which_issue_was_saved_last(client: Client) -> None:
    twice = SHARED + "- [Once more](https://again.example.org/story)\n"
    first = issue(0, twice, tags=[])
    posts = [issue(number, tags=[]) for number in range(1, FEW)]
    for last in (first, posts[-1]):
        rebuild(last)
        assert not LinkedItem.objects.filter(returns=True).exists()

    save_document(posts[-1], parsed("Issue", "No link.\n"))
    assert LinkedItem.objects.filter(returns=True).count() == FEW
    for post in posts[:-1]:
        delete(post)
    assert not LinkedItem.objects.filter(returns=True).exists()


def test_marking_what_came_back_takes_as_much_however_many_items_have_no_link() -> None:
    if connection.vendor != "sqlite":
        return  # what is counted are the steps of SQLite's machine
    first, _second = issue(1, f"{SHARED}- [Once](https://once.example.org/)\n"), issue(2)
    links = set(first.items.values_list("link", flat=True))

    def cost() -> int:
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        connection.connection.set_progress_handler(count, 10)
        mark_returns(links)
        connection.connection.set_progress_handler(None, 0)
        return steps

    before = cost()
    issue(3, "".join(f"- Item {number}, without a link\n" for number in range(300)))
    assert cost() <= before * 1.2


def test_an_item_that_has_no_link_any_more_did_not_come_back() -> None:
    first, second = issue(1), issue(2)
    assert LinkedItem.objects.filter(returns=True).count() == 2
    save_document(second, parsed("Issue 2", "## Finds\n- Seen again: a word.\n"))
    assert not LinkedItem.objects.filter(returns=True).exists()
    assert first.items.get().link is not None


def test_an_issue_ends_with_the_latest_on_its_rarest_subject(client: Client) -> None:
    make_posts(5, tags=["AI"])
    old = issue(10, "Text.\n", tags=["AI", "Type"])
    new = issue(11, "Text.\n", tags=["Type", "AI", "Alone"])

    page = ending(client, new)
    assert page.texts(".ending h2") == ["More about Type"]
    assert page.texts(".ending .card-title") == [old.title]
    assert ending(client, old).texts(".ending .card-title") == [new.title]


def test_an_issue_asks_no_more_however_many_there_are(client: Client) -> None:
    issue(1)
    issue(2)
    client.get("/posts/issue-1/")
    before = queries(client, "/posts/issue-1/")
    for number in range(3, 6):
        issue(number)
    assert queries(client, "/posts/issue-1/") == before == 2
