"""What machines are told of an issue: schema.org, oEmbed, a hub for feeds, the sitemap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import feedparser
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from links.decisions import decide
from links.models import Link
from posts import following
from posts.models import Tag
from posts.retagging import rename
from posts.site import announcing
from tests.builders import item, make_draft, make_post, make_posts, make_scheduled
from tests.links.servers import Reply, Site, serving
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def described(client: Client, path: str = "/posts/a-first-issue/") -> dict[str, dict[str, Any]]:
    """Return what an issue's page says in schema.org's words, by type."""
    found = json.loads(Page(client.get(path)).one('script[type="application/ld+json"]').text())
    return {part["@type"]: part for part in found["@graph"]}


def test_an_issue_describes_itself_its_items_and_the_way_to_it(client: Client) -> None:
    post = make_post(tags=["AI"], description="About it", cover="https://e.org/c.png")
    found = described(client)
    article = found["NewsArticle"]
    assert article["headline"] == "A first issue"
    assert article["url"] == "https://news.example.org/posts/a-first-issue/"
    assert article["datePublished"] == "2024-05-10T09:00:00+00:00"
    assert article["publisher"]["name"] == "Newsletter"
    assert (article["keywords"], article["image"]) == (["AI"], "https://e.org/c.png")
    listed = found["ItemList"]["itemListElement"]
    assert [row["position"] for row in listed] == [1, 2, 3, 4, 5]
    assert listed[1]["name"] == "First find"
    place = item(post, "First find").get_absolute_url()
    assert listed[1]["item"] == f"https://news.example.org{place}"
    assert [row["name"] for row in found["BreadcrumbList"]["itemListElement"]] == [
        "Newsletter", "Archive", "A first issue",
    ]  # fmt: skip


def test_every_list_says_to_search_engines_what_it_is(client: Client) -> None:
    make_posts(2)
    link = Link.key_for("https://arxiv.org/abs/2405.04517")[:16]
    paths = (
        "/archive/", "/archive/2024/", "/archive/2024/05/", "/tags/", "/tags/ai/", "/sections/",
        "/sections/preview/", "/sources/", "/sources/arxiv.org/", "/links/",
        "/links/rediscovered/", f"/links/{link}/",
    )  # fmt: skip
    described = {
        path: "".join(Page(client.get(path)).values('meta[name="description"]', "content"))
        for path in paths
    }
    assert len({*described.values(), ""}) == len(paths) + 1, described
    assert described["/archive/"] == "Archive · Newsletter: 2 issues"
    assert described["/tags/ai/"] == "AI · Newsletter: 2 issues"
    assert not [text for text in described.values() if "<" in text or "\n" in text]


def test_nothing_written_ends_the_script_and_nothing_withheld_is_in_it(
    client: Client, settings: Settings
) -> None:
    evil = '</script><script>alert("1")</script><!-- &'
    settings.SITE_NAME = f"The {evil}"
    post = make_post(f"A first issue {evil}", tags=["T"], slug="a-first-issue")
    following.set_hidden([item(post, "First find")], True, reason="spam")
    rename(Tag.objects.get(name="T"), evil)
    response = client.get("/posts/a-first-issue/")
    assert b"<script>alert" not in response.content
    found = described(client)
    assert found["NewsArticle"]["headline"] == f"A first issue {evil}"
    assert found["NewsArticle"]["publisher"]["name"] == f"The {evil}"
    assert found["NewsArticle"]["keywords"] == [evil]
    names = [row["name"] for row in found["ItemList"]["itemListElement"]]
    assert "First find" not in names
    assert names == ["opening link", "Second find", "Third find", "No link here"]


def test_the_page_of_an_issue_leads_to_its_oembed(client: Client) -> None:
    make_post("한글 제목", slug="한글-제목")
    page = Page(client.get("/posts/한글-제목/"))
    (address,) = page.values('link[type="application/json+oembed"]', "href")
    response = client.get(address.removeprefix("https://news.example.org"))
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    found = json.loads(response.content)
    assert (found["version"], found["type"], found["title"]) == ("1.0", "link", "한글 제목")
    assert found["provider_name"] == "Newsletter"
    thumbnail = found["thumbnail_url"].removeprefix("https://news.example.org")
    assert client.get(thumbnail).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 404),
        ("url=https://news.example.org/posts/a-draft/", 404),
        ("url=https://news.example.org/archive/", 404),
        ("url=https://elsewhere.example.org/posts/a-first-issue/", 404),
        ("url=//[", 404),
        ("url=https://news.example.org/posts/a-first-issue/&format=xml", 501),
        ("url=https://news.example.org/posts/a-first-issue/", 200),
    ],
)
def test_oembed_knows_public_issues_and_json_alone(client: Client, query: str, status: int) -> None:
    make_post()
    make_draft()
    assert client.get(f"/oembed?{query}").status_code == status


# A hub


@pytest.fixture
def hub(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A hub that this site announces its feeds to."""
    with serving() as site:
        settings.WEBSUB_HUB = site.url("/hub", "hub.example.org")
        site.replies["POST /hub"] = Reply(204, "")

        def told(url: str, **given: Any) -> Any:
            async def once() -> Any:
                async with site.make_fetcher() as fetcher:
                    return await fetcher.fetch(url, **given)

            return asyncio.run(once())

        monkeypatch.setattr(announcing, "fetch", told)
        yield site


def topics(site: Site) -> list[str]:
    return [parse_qs(form)["hub.url"][0] for form in site.forms]


def test_feeds_of_the_site_name_their_hub(client: Client, settings: Settings) -> None:
    settings.WEBSUB_HUB = "https://hub.example.org/"
    make_post(tags=["AI"])
    for path in ("/feed.xml", "/atom.xml", "/items.xml", "/items-atom.xml"):
        links = {
            link.rel: link.href for link in feedparser.parse(client.get(path).content).feed.links
        }
        assert links["hub"] == "https://hub.example.org/"
        assert links["self"] == f"https://news.example.org{path}"
    feed = json.loads(client.get("/feed.json").content)
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example.org/"}]
    # Of the others nobody tells it.
    assert b"hub.example.org" not in client.get("/tags/ai/feed.xml").content


def test_the_hub_is_told_of_what_is_new_and_of_nothing_twice(hub: Site) -> None:
    post = make_post()
    assert announcing.announce.call()
    assert topics(hub)[:2] == [
        "https://news.example.org/feed.xml", "https://news.example.org/atom.xml",
    ]  # fmt: skip
    assert len(topics(hub)) == len(announcing.TOPICS)
    assert not announcing.announce.call()
    decide(Link.objects.filter(url__contains="two."), "block", by=None, reason="spam")
    following.rebuild_stale.call()
    assert post.is_public()
    assert announcing.announce.call()


def test_a_scheduled_issue_is_announced_when_its_time_comes(hub: Site) -> None:
    announcing.announce.call()
    make_scheduled()
    assert not announcing.announce.call()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert announcing.announce.call()


def test_a_hub_that_fails_is_told_again(hub: Site) -> None:
    make_post()
    hub.replies["POST /hub"] = Reply(503)
    with pytest.raises(RuntimeError, match="503"):
        announcing.announce.call()
    hub.replies["POST /hub"] = Reply(202)
    assert announcing.announce.call()


# The sitemap


def test_the_sitemap_dates_a_scheduled_issue_by_its_time(client: Client) -> None:
    post = make_scheduled()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        sent = client.get("/sitemap-posts.xml").content
    (day,) = [node.text for node in ElementTree.fromstring(sent).iter() if "lastmod" in node.tag]
    assert day == post.published_at.date().isoformat()
