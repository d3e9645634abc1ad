"""Public answers are kept, and nobody ever gets one that is not right any more."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import brotli
import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as NoConnection

from newsletter import copies, release
from newsletter.copies import MOST_ASKED, Copies, Copy
from posts import publication, publishing
from posts.models import Post
from posts.previewing import sign_preview
from posts.publishing import save_document
from posts.publishing.correcting import correct
from posts.site import views
from posts.site.version import Found
from tests.builders import (
    BODY,
    LONG_AGO,
    item,
    make_draft,
    make_post,
    make_scheduled,
    parsed,
)
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db

ADDRESSES = (
    "/",
    "/posts/a-first-issue/",
    "/posts/a-first-issue.md",
    "/archive/",
    "/archive/2024/",
    "/archive/2024/05/",
    "/tags/",
    "/tags/ai/",
    "/tags/ai/feed.xml",
    "/sources/",
    "/sources/by/name/",
    "/sources/?q=org",
    "/sources/arxiv.org/",
    "/follow/",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/sitemap.xml",
    "/sitemap-posts.xml",
    "/robots.txt",
    "/llms.txt",
)
FRESH = "public, max-age=0, must-revalidate"


@pytest.fixture(autouse=True)
def kept(settings: Settings) -> None:
    settings.PAGE_CACHE = 4


def etag_of(client: Client, path: str) -> str:
    etag: str = client.get(path).headers["ETag"]
    return etag


def queries(ask: Callable[[], Any]) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as captured:
        return ask(), len(captured)


# What every public answer says


def test_addresses_and_versions_have_tags_of_their_own(client: Client) -> None:
    make_post()
    tags = {etag_of(client, path) for path in ADDRESSES}
    assert len(tags) == len(ADDRESSES)
    with transaction.atomic():
        publication.move()
    assert not tags & {etag_of(client, path) for path in ADDRESSES}


def test_what_did_not_change_is_not_sent_again(client: Client) -> None:
    post = make_post()
    before = etag_of(client, "/follow/")
    save_document(post, parsed("Another title"))
    for _ in range(2):
        answer = client.get("/follow/", headers={"If-None-Match": before})
        assert (answer.status_code, answer.headers["ETag"]) == (304, before)


# An issue's page says itself what makes it another one, without going through its body.
CHANGES: dict[str, Callable[[Post], object]] = {
    "its text": lambda post: save_document(post, parsed(body=BODY.replace("Hello", "Good day", 1))),
    "its title": lambda post: save_document(post, parsed("Another title")),
    "a later issue": lambda _post: make_post("Later", at=timezone.now(), tags=[]),
    "the link to an earlier issue": lambda _post: make_post(
        "Earlier", at=LONG_AGO - timedelta(days=1), tags=[]
    ),
    "more on its subject": lambda post: make_post(
        "Later", at=timezone.now(), tags=[tag.name for tag in post.tags.all()]
    ),
    "what was wrong": lambda post: correct(post, "It was Tuesday.", LONG_AGO.date()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_issue_is_sent_again_whatever_of_its_page_changed(client: Client, change: str) -> None:
    post = make_post()
    made = client.get("/posts/a-first-issue/")
    with transaction.atomic():
        publication.move()
    known = {"If-None-Match": made.headers["ETag"]}
    assert client.get("/posts/a-first-issue/", headers=known).status_code == 304
    CHANGES[change](post)
    answer = client.get("/posts/a-first-issue/", headers=known)
    assert answer.status_code == 200
    assert answer.content != made.content


def test_what_is_not_here_is_not_kept(client: Client) -> None:
    answer = client.get("/posts/nowhere/")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == FRESH
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("setting", ["SITE_NAME", "LANGUAGE_CODE", "TIME_ZONE", "READERS_FORMS"])
def test_settings_are_part_of_the_tag(client: Client, settings: Settings, setting: str) -> None:
    make_post()
    before = etag_of(client, "/")
    values = {"LANGUAGE_CODE": "ko", "TIME_ZONE": "Asia/Seoul", "READERS_FORMS": False}
    setattr(settings, setting, values.get(setting, "Another name"))
    assert etag_of(client, "/") != before


def test_new_code_is_part_of_the_tag(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = etag_of(client, "/")
    monkeypatch.setattr(release, "FOLDERS", ("newsletter",))
    release.release.cache_clear()
    after = etag_of(client, "/")
    release.release.cache_clear()
    assert after != before


def test_new_code_sends_feeds_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_post()
    known = {"If-None-Match": etag_of(client, "/feed.xml")}
    assert client.get("/feed.xml", headers=known).status_code == 304
    monkeypatch.setattr(release, "FOLDERS", ("newsletter",))
    release.release.cache_clear()
    answer = client.get("/feed.xml", headers=known)
    release.release.cache_clear()
    assert answer.status_code == 200


# What is kept


def test_a_page_that_was_read_before_costs_one_query(client: Client) -> None:
    make_post()
    first, asked = queries(lambda: client.get("/tags/ai/"))
    again, asked_again = queries(lambda: client.get("/tags/ai/"))
    assert again.content == first.content
    assert dict(again.headers) == dict(first.headers)
    assert (asked > 1, asked_again) == (True, 1)


@pytest.mark.parametrize(
    ("asked", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("GZIP", "gzip"),
        ("identity", ""),
        ("br;q=0.0, gzip;q=0.000", ""),
        ("", ""),
    ],
)
def test_a_page_is_compressed_as_it_was_asked_for(client: Client, asked: str, coding: str) -> None:
    make_post()
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[coding]
    plain = client.get("/").content
    for _ in range(2):
        answer = client.get("/", headers={"Accept-Encoding": asked})
        assert answer.headers.get("Content-Encoding", "") == coding
        assert unpack(answer.content) == plain
        assert int(answer.headers["Content-Length"]) == len(answer.content)


@pytest.mark.parametrize("path", ["/?x=1", "/api/v1/posts?tag=ai", "/search/?q=first"])
def test_what_is_asked_with_a_query_is_kept_once_it_is_asked_again(
    client: Client, path: str
) -> None:
    make_post()
    made, first = queries(lambda: client.get(path))
    _again, second = queries(lambda: client.get(path))
    third, asked = queries(lambda: client.get(path))
    assert first > 1
    assert second > 1
    assert asked == 1
    assert third.content == made.content
    assert client.get(path, headers={"If-None-Match": made.headers["ETag"]}).status_code == 304


def test_queries_of_a_crawler_are_not_kept(client: Client) -> None:
    make_post()
    client.get("/")
    for number in range(3):
        for page in range(3):
            _made, asked = queries(lambda of=3 * number + page: client.get(f"/?x={of}"))
            assert asked > 1
    _again, asked = queries(lambda: client.get("/"))
    assert asked == 1


def test_a_save_shows_in_what_is_asked_with_a_query(client: Client) -> None:
    make_post()
    for _time in range(3):
        client.get("/api/v1/posts?tag=ai")
    make_post("Another", tags=["AI"])
    assert "Another" in client.get("/api/v1/posts?tag=ai").content.decode()


def test_queries_that_were_asked_once_are_forgotten_when_they_are_many() -> None:
    copies, found = Copies(1000), Found("1", "0")
    assert not copies.is_asked_again("first", found)
    assert copies.is_asked_again("first", found)
    for number in range(MOST_ASKED):
        copies.is_asked_again(str(number), found)
    assert len(copies.asked) <= MOST_ASKED
    assert not copies.is_asked_again("first", found)


def test_headers_that_protect_are_on_kept_pages(client: Client) -> None:
    make_post()
    for _ in range(2):
        headers = client.get("/").headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_kept_page_is_refused_to_another_host(client: Client) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_cookies_of_staff_make_no_difference(client: Client, sign_in: SignIn, admin: User) -> None:
    make_post()
    read = client.get("/posts/a-first-issue/")
    assert sign_in(admin).get("/posts/a-first-issue/").content == read.content


# What is not


def test_forms_with_tickets_are_for_one_reader(client: Client) -> None:
    anchor = item(make_post(), "First find").anchor.removeprefix("item-")
    for path in ("/suggest/", f"/report/?item={anchor}"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers
        assert client.get(path).content != answer.content


def test_previews_are_never_kept(client: Client) -> None:
    post = make_draft("Secret")
    path = sign_preview(post)
    assert client.get(path).headers["Cache-Control"] == "private, no-store"
    publishing.end_previews(post)
    assert client.get(path).status_code != 200


@pytest.mark.parametrize("header", ["Vary", "Cache-Control", "Content-Encoding"])
def test_a_view_that_says_otherwise_is_left_alone(header: str) -> None:
    answer = HttpResponse("One", headers={header: "Accept"})
    assert copies._marked(answer, "", {}) is None
    assert answer.headers[header] == "Accept"
    assert "ETag" not in answer.headers


def test_an_answer_with_a_cookie_is_left_alone() -> None:
    answer = HttpResponse("One")
    answer.set_cookie("name", "value")
    assert copies._marked(answer, "", {}) is None


# Right at every moment


def test_a_save_shows_at_once(client: Client) -> None:
    post = make_post()
    assert b"A first issue" in client.get("/").content
    save_document(post, parsed("Another title"))
    assert b"Another title" in client.get("/").content
    publishing.withdraw([post])
    assert b"Another title" not in client.get("/").content
    assert client.get("/posts/a-first-issue/").status_code == 404


def test_a_scheduled_issue_shows_in_the_very_moment(client: Client) -> None:
    post = make_scheduled("Due")
    moment = timedelta(microseconds=1)
    assert post.published_at
    for at, status in (
        (post.published_at - moment, 404),
        (post.published_at, 200),
        (post.published_at - moment, 404),
    ):
        with time_machine.travel(at, tick=False):
            assert client.get("/posts/due/").status_code == status
            assert (b"Due" in client.get("/").content) == (status == 200)
            assert (b"Due" in client.get("/feed.xml").content) == (status == 200)


def test_what_is_saved_while_a_page_is_made_does_not_stay_hidden(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post()
    page = views.page

    def overtaken(*args: Any, **kwargs: Any) -> HttpResponse:
        made = page(*args, **kwargs)
        save_document(post, parsed("Saved meanwhile"))
        return made

    monkeypatch.setattr(views, "page", overtaken)
    assert b"A first issue" in client.get("/").content
    monkeypatch.setattr(views, "page", page)
    answer = client.get("/")
    assert b"Saved meanwhile" in answer.content
    assert client.get("/").content == answer.content


# Bounds

ROOM = 16 * (1024 + 100)  # for sixteen copies of a hundred bytes


def copy(size: int = 100) -> Copy:
    return Copy("digest", {}, b"x" * size)


def test_copies_fill_no_more_than_their_room() -> None:
    room = Copies(ROOM)
    for number in range(100):
        room.keep(str(number), copy())
        room.get("0")
    assert room.used == ROOM
    assert room.kept.keys() == {"0", *map(str, range(85, 100))}  # what was asked for last


def test_copies_of_an_older_version_of_the_site_leave_the_memory() -> None:
    room = Copies(ROOM)
    room.turn_to(Found("1", ""))
    room.keep("page", copy())
    room.turn_to(Found("1", ""))
    assert room.get("page") == copy()
    room.turn_to(Found("2", ""))
    assert (room.kept, room.used) == ({}, 0)


def test_a_save_leaves_nothing_of_before_in_the_memory(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Copies(2**20)
    monkeypatch.setattr(copies, "Copies", lambda _size: room)
    post = make_post()
    for path in ADDRESSES:
        client.get(path)
    assert len(room.kept) > 1
    save_document(post, parsed("Another title"))
    client.get("/")
    assert len(room.kept) == 1


def test_a_huge_page_is_not_kept() -> None:
    room = Copies(ROOM)
    room.keep("huge", copy(101))
    assert room.get("huge") is None


# Redis


def shared() -> Copies:
    room = Copies(ROOM)
    room.shared = cache
    return room


def test_processes_share_what_they_made() -> None:
    one, other = shared(), shared()
    one.keep("page", copy())
    assert other.get("page") == copy()


def test_a_crawler_does_not_fill_redis() -> None:
    room = shared()
    for number in range(100):
        room.keep(str(number), copy())
    found = [number for number in range(100) if cache.get(str(number))]
    assert found == list(range(16))


def test_a_redis_that_is_away_is_asked_once(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": "redis://127.0.0.1:1/0"}}
    make_post()
    asked: list[str] = []

    class Away:
        """A Redis that counts who asks it."""

        def get(self, key: str) -> None:
            asked.append(key)
            cache.get(key)  # raises

    monkeypatch.setattr(copies, "caches", {"default": Away()})
    with pytest.raises(NoConnection):
        cache.get("anything")
    assert [client.get(path).status_code for path in ("/", "/archive/", "/")] == [200, 200, 200]
    assert len(asked) == 1
