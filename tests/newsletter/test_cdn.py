"""A CDN keeps public answers, and forgets by their keys what a change made wrong."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from links.models import Link
from links.signals import links_changed
from posts import publishing, purging, settling
from posts.models import Outdated, Post
from posts.publishing import save_document
from posts.purging import key_of, purge
from tests.builders import make_draft, make_post, make_posts, parsed

pytestmark = pytest.mark.django_db
Forgotten = Callable[[], set[str]]


@pytest.fixture(autouse=True)
def asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """A CDN: the keys that it was told to forget, by request."""
    settings.CDN_PURGE_URL = "https://cdn.example.org/purge"
    settings.CDN_PURGE_TOKEN = "secret"
    told: list[set[str]] = []

    def fetch(url: str, *, headers: dict[str, str], **_given: Any) -> Any:
        assert url == "https://cdn.example.org/purge"
        assert headers["Authorization"] == "Bearer secret"
        assert headers["Cache-Tag"].split(",") == headers["Surrogate-Key"].split(" ")
        told.append(set(headers["Surrogate-Key"].split()))
        return SimpleNamespace(status=HTTPStatus.OK)

    monkeypatch.setattr(purging, "fetch", fetch)
    return told


def keys_of(client: Client, path: str) -> set[str]:
    return set(client.get(path).headers["Surrogate-Key"].split())


@pytest.fixture
def outdated(asked: list[set[str]]) -> Callable[[], set[str]]:
    """Returns what the CDN was told to forget since it was called last."""

    def told() -> set[str]:
        purge.call()
        keys = set[str]().union(*asked)
        asked.clear()
        return keys

    return told


def test_answers_name_their_keys_and_how_long_a_cdn_may_keep_them(client: Client) -> None:
    make_post("One", tags=["AI"])
    assert keys_of(client, "/posts/one/") == {"site", key_of("one")}
    assert keys_of(client, "/posts/one.md") == {"site", key_of("one")}
    for path in ("/", "/archive/", "/tags/ai/", "/feed.xml", "/sitemap.xml"):
        assert keys_of(client, path) == {"site", "lists"}
    said = client.get("/").headers["Cache-Control"]
    assert said == "public, max-age=0, s-maxage=3600, stale-while-revalidate=30"


def test_nothing_is_kept_beyond_the_moment_of_a_scheduled_issue(client: Client) -> None:
    make_post(at=timezone.now() + timedelta(seconds=90))
    said = client.get("/").headers["Cache-Control"]
    assert 80 <= int(re.search(r"s-maxage=(\d+)$", said)[1]) <= 90


def test_without_a_cdn_nobody_keeps_anything_unasked(client: Client, settings: Settings) -> None:
    settings.CDN_PURGE_URL = ""
    post = make_post()
    response = client.get("/")
    assert response.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert "Surrogate-Key" not in response.headers
    publishing.withdraw([post])
    assert not Outdated.objects.exists()


def test_a_save_outdates_its_issue_the_lists_and_its_neighbours(outdated: Forgotten) -> None:
    posts = make_posts(4, start=datetime(2024, 1, 1, tzinfo=UTC))
    outdated()
    save_document(posts[1], parsed("Issue 2", "Other words.\n"))
    around = {key_of(post.slug) for post in posts[:3]}
    for act in (lambda: None, lambda: publishing.withdraw([posts[1]])):
        act()
        keys = outdated()
        # Another may follow that named it as where a link stood before.
        assert {"lists", *around} <= keys <= {"lists", *around, key_of(posts[3].slug)}


def test_an_old_address_and_the_neighbours_of_an_old_date_are_outdated_too(
    outdated: Forgotten,
) -> None:
    posts = make_posts(5, start=datetime(2024, 1, 1, tzinfo=UTC))
    outdated()
    moved = datetime(2030, 1, 1, tzinfo=UTC)
    save_document(posts[1], publishing.stored_issue(posts[1]), slug="elsewhere", published_at=moved)
    before = {key_of(slug) for slug in ("issue-1", "issue-2", "issue-3")}
    assert outdated() >= {key_of("elsewhere"), key_of("issue-5"), *before}


def test_a_draft_outdates_no_issue_that_readers_see(outdated: Forgotten) -> None:
    make_post("One")
    outdated()
    make_draft("Draft")
    assert outdated() == {"lists", key_of("draft")}


def test_an_issue_in_the_trash_outdates_its_page_and_its_neighbours(outdated: Forgotten) -> None:
    posts = make_posts(4, start=datetime(2024, 1, 1, tzinfo=UTC))
    outdated()
    publishing.delete(posts[1])
    assert outdated() >= {"lists", *(key_of(f"issue-{n}") for n in (1, 2, 3))}


def test_what_a_decision_changes_is_forgotten_when_the_page_follows(outdated: Forgotten) -> None:
    post = make_post("One", "- [Bad](https://bad.example.org/)\n")
    outdated()
    links = Link.objects.filter(url="https://bad.example.org/")
    links.update(standing=Link.Standing.BLOCKED)
    links_changed.send(sender=Link, links=links)
    assert outdated() >= {"lists"}
    publishing.rebuild(Post.objects.get(pk=post.pk))
    assert outdated() >= {"lists", key_of("one")}


def test_a_setting_of_the_site_outdates_everything(outdated: Forgotten) -> None:
    make_post()
    outdated()
    settling.settle()
    assert outdated() == {"site"}


def test_the_cdn_is_told_each_key_once_and_asked_again_where_it_refused(
    asked: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    Outdated.objects.bulk_create(Outdated(key=f"post-{n}") for n in [*range(150), *range(10)])
    ask = purging.fetch
    monkeypatch.setattr(purging, "fetch", lambda *_a, **_k: SimpleNamespace(status=503))
    with pytest.raises(RuntimeError, match="503"):
        purge.call()
    monkeypatch.setattr(purging, "fetch", ask)
    assert purge.call() == 150
    assert sorted(map(len, asked)) == [50, 100]
    assert purge.call() == 0
