"""Feeds by item: one entry for each link, known by what it is, whatever becomes of its issue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
import xmlschema
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

from posts import following
from posts.models import LinkedItem
from posts.publishing import rebuild, save_document
from tests.builders import BODY, item, make_draft, make_post, make_posts, make_scheduled, parsed

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

SCHEMAS = Path(__file__).parent / "schemas"
BY_ITEM = ["/items.xml", "/items-atom.xml", "/items.json"]
FEEDS = [
    *("/feed.xml", "/atom.xml", "/feed.json", *BY_ITEM),
    *(f"/tags/ai{path}" for path in BY_ITEM),
    *("/sections/preview/feed.xml", "/sections/preview/atom.xml", "/sections/preview/feed.json"),
    *("/sources/arxiv.org/feed.xml", "/sources/arxiv.org/atom.xml", "/sources/arxiv.org/feed.json"),
]
PODCAST = "## Listen\n- [An episode](https://cdn.example.org/1.MP3?x=1) of a *show*\n- [A](//[)\n"


def read(client: Client, path: str) -> list[dict[str, Any]]:
    """Return the entries of a feed as (id, title, link, tags) whatever its form."""
    sent = client.get(path).content
    if path.endswith(".json"):
        return [
            {
                "id": row["id"],
                "title": row["title"],
                "link": row.get("external_url", row["url"]),
                "tags": row.get("tags", []),
            }
            for row in json.loads(sent)["items"]
        ]
    return [
        {
            "id": row.id,
            "title": row.title,
            "link": row.link,
            "tags": [tag.term for tag in row.get("tags", [])],
        }
        for row in feedparser.parse(sent).entries
    ]


def check_xml(schema: str) -> Callable[[bytes], None]:
    return xmlschema.XMLSchema(str(SCHEMAS / schema)).validate


def check_json(sent: bytes) -> None:
    schema = json.loads((SCHEMAS / "feed.json").read_text())
    Draft202012Validator(schema).validate(json.loads(sent))


def test_every_feed_is_valid_in_its_form(client: Client) -> None:
    cover = "https://e.org/cover.png"
    make_post("A & B <c>", BODY + PODCAST, description="Said & <done>", cover=cover)
    checks = {"application/rss+xml": check_xml("rss.xsd"), "application/atom+xml":
              check_xml("atom.xsd"), "application/feed+json": check_json}  # fmt: skip
    for path in FEEDS:
        response = client.get(path)
        assert response.status_code == 200
        checks[response.headers["Content-Type"].partition(";")[0]](response.content)
        if not path.endswith(".json"):
            assert not feedparser.parse(response.content).bozo


@pytest.mark.parametrize("path", [*BY_ITEM, "/tags/ai/items.xml"])
def test_each_item_is_an_entry_with_its_address_and_the_tags_of_its_issue(
    client: Client, path: str
) -> None:
    post = make_post("One")
    make_post("Two", "- [Later](https://later.example.org/)\n", tags=["AI"])
    entries = read(client, path)
    assert [entry["title"] for entry in entries] == [
        "Later", "opening link", "First find", "Second find", "Third find", "No link here",
    ]  # fmt: skip
    first = entries[2]
    assert first["link"] == "https://one.example.org/a"
    assert first["id"] == item(post, "First find").uid.urn
    assert set(first["tags"]) == {"Llama 3 평가", "AI"}
    assert entries[0]["tags"] == ["AI"]


def test_a_tag_has_the_items_of_its_issues_alone(client: Client) -> None:
    make_post("One", tags=["AI"])
    make_post("Two", "- [Other](https://other.example.org/)\n", tags=["Rust"])
    assert [entry["title"] for entry in read(client, "/tags/rust/items.json")] == ["Other"]
    assert client.get("/tags/rust/items.xml").content.count(b"<item>") == 1


@pytest.mark.parametrize("path", BY_ITEM)
def test_nothing_that_readers_do_not_see_is_in_a_feed_by_item(client: Client, path: str) -> None:
    post = make_post()
    following.set_hidden([item(post, "First find")], True, reason="spam")
    make_draft("A draft", "- [Draft](https://draft.example.org/)\n")
    make_scheduled("To come", "- [Coming](https://coming.example.org/)\n")
    titles = [entry["title"] for entry in read(client, path)]
    assert titles == ["opening link", "Second find", "Third find", "No link here"]


@pytest.mark.parametrize("path", BY_ITEM)
def test_edits_moves_and_new_addresses_show_no_item_twice(client: Client, path: str) -> None:
    post = make_post()
    before = {entry["title"]: entry["id"] for entry in read(client, path)}
    moved = BODY.replace("## Overview\n", "## Renamed\n- [New](https://new.example.org/)\n")
    save_document(post, parsed("Called otherwise", moved, slug="moved"))
    corrected = moved.replace("what it is.", "what it was.").replace("2405.04517", "2405.04518")
    save_document(post, parsed("Called otherwise", corrected, slug="moved"))
    rebuild(post)
    after = {entry["title"]: entry["id"] for entry in read(client, path)}
    assert {title: after[title] for title in before} == before
    assert set(after) - set(before) == {"New"}


@pytest.mark.parametrize("path", BY_ITEM)
def test_a_feed_by_item_has_the_fifty_newest_in_the_order_of_their_issues(
    client: Client, path: str
) -> None:
    many = [f"- [Link {number}](https://e.org/{number})" for number in range(60)]
    first, second = make_posts(2)
    save_document(first, parsed("One", "\n".join(many)))
    save_document(second, parsed("Two", "- [New](https://e.org/new)\n- [Newer](https://e.org/n)\n"))
    titles = [entry["title"] for entry in read(client, path)]
    assert titles == ["New", "Newer", *(f"Link {number}" for number in range(48))]


@pytest.mark.parametrize("path", BY_ITEM)
def test_what_means_something_in_html_is_text_in_a_feed_by_item(client: Client, path: str) -> None:
    body = '- [“AT&T\'s” `<b>` 100% %s {0}](https://e.org/?a=1&b=2): \\\\ "1" \\< 2 & 글\n'
    make_post("Q & <A>", body)
    title, told = "“AT&T's” <b> 100% %s {0}", "\\ &quot;1&quot; &lt; 2 &amp; 글"
    place = f"{settings.SITE_URL}/posts/q-a/#{LinkedItem.objects.get().anchor}"
    text = f'<p>{told}</p><p><a href="{place}">Q &amp; &lt;A&gt;</a></p>'
    sent = client.get(path).content
    if path.endswith(".json"):
        shown = set(map(str, json.loads(sent)["items"][0].values()))
    else:
        shown = {element.text for element in ElementTree.fromstring(sent).iter()}
    assert {title, text} <= shown


def test_an_item_that_leads_to_a_file_to_play_brings_it_along(client: Client) -> None:
    make_post("One", PODCAST, cover="https://e.org/cover.png")
    entry = feedparser.parse(client.get("/items.xml").content).entries[0]
    address = "https://cdn.example.org/1.MP3?x=1"
    assert [(file.href, file.type) for file in entry.enclosures] == [(address, "audio/mpeg")]
    assert entry.media_thumbnail == [{"url": "https://e.org/cover.png"}]
    entry = json.loads(client.get("/items.json").content)["items"][0]
    assert entry["attachments"] == [{"url": address, "mime_type": "audio/mpeg"}]
    assert entry["image"] == "https://e.org/cover.png"


@pytest.mark.parametrize("path", ["/items.xml", "/tags/ai/items.json"])
def test_a_feed_by_item_that_did_not_change_is_not_sent_again(client: Client, path: str) -> None:
    post = make_post()
    etag = client.get(path).headers["ETag"]
    rebuild(post)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/items.xml", "/tags/ai/items.json", "/sections/preview/feed.xml"]
)
def test_a_feed_by_item_asks_no_more_of_a_larger_site(client: Client, path: str) -> None:
    counts = []
    for _ in range(2):
        make_posts(3)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4  # with that for the version of the site


def test_readers_are_told_where_feeds_by_item_are(client: Client) -> None:
    make_post()
    assert b"/items.xml" in client.get("/follow/").content
    assert b"/tags/ai/items.xml" in client.get("/tags/ai/").content
