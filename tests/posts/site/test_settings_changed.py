"""Address, name and time zone of a site may change: what is stored of issues knows none of them."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from posts.models import PostPage
from posts.publishing.marks import CUT, STORED
from tests.builders import make_post
from tests.reading import Page

pytestmark = pytest.mark.django_db

PATHS = ("/posts/a-first-issue/", "/", "/archive/", "/tags/ai/")
FEEDS = ("/feed.xml", "/atom.xml", "/feed.json")
# Already the next day in Seoul.
LATE = datetime(2024, 5, 10, 20, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def issue() -> None:
    make_post(
        at=LATE, body="![A cat](/media/cat.png)\n\n## Finds\n- [One](https://one.example.org/)\n"
    )


@pytest.mark.parametrize("path", FEEDS)
def test_feeds_name_the_address_that_is_set_now(
    path: str, client: Client, settings: Settings
) -> None:
    before = client.get(path)
    settings.SITE_URL = "https://moved.example.net"

    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})

    text = after.content.decode()
    assert "https://moved.example.net/posts/a-first-issue/" in text
    assert "https://moved.example.net/media/cat.png" in text
    assert "news.example.org" not in text


def test_an_issue_names_the_address_and_the_name_that_are_set_now(
    client: Client, settings: Settings
) -> None:
    settings.SITE_URL = "https://moved.example.net"
    settings.SITE_NAME = "Finds & <Keeps>"

    page = Page(client.get("/posts/a-first-issue/"))

    canonical = page.one('link[rel="canonical"]').attributes["href"]
    assert canonical == "https://moved.example.net/posts/a-first-issue/"
    assert page.one("title").text() == "A first issue · Finds & <Keeps>"
    assert page.one('meta[property="og:site_name"]').attributes["content"] == "Finds & <Keeps>"


@pytest.mark.parametrize("path", PATHS)
def test_pages_show_the_day_in_the_time_zone_that_is_set_now(
    path: str, client: Client, settings: Settings
) -> None:
    assert "10 May 2024" in Page(client.get(path)).text()
    settings.TIME_ZONE = "Asia/Seoul"

    page = Page(client.get(path))

    times = [node.attributes["datetime"] for node in page.all("main time")]
    assert "2024-05-11T05:00:00+09:00" in times
    assert "11 May 2024" in page.text()


@pytest.mark.parametrize("path", [*PATHS, *FEEDS])
def test_nothing_that_was_left_open_reaches_readers(path: str, client: Client) -> None:
    sent = client.get(path).content
    assert not [
        mark for pair in STORED.items() for mark in (pair[0].encode(), pair[1]) if mark in sent
    ]
    assert CUT.encode() not in sent


def test_what_is_stored_of_an_issue_names_neither_the_site_nor_a_day() -> None:
    page = PostPage.objects.get()
    parts = [bytes(getattr(page, field.attname) or b"") for field in page._meta.fields
             if field.get_internal_type() == "BinaryField"]  # fmt: skip
    stored = b"".join(parts).decode()

    assert "news.example.org" not in stored
    assert "Newsletter" not in stored
    assert "10 May 2024</time>" not in stored
    assert "Friday" not in stored
