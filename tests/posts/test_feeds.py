"""Feeds: valid, whole, and cheap to ask again."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from links.decisions import decide
from links.models import Link
from posts import following
from posts.models import Author, RecurringSection, SiteSettings, Tag
from posts.publishing import marks, save_document, stored_issue
from posts.settling import settle
from tests.builders import LONG_AGO, make_post, make_posts, parsed
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
WILD = 'A bell \x07, an [address](https://a.example.org/?a=1&b=2 "that ends ]]> a section").\n'


def test_rss_carries_the_whole_issue(client: Client, settings) -> None:
    make_post("A & B <c>", description="What it is about", tags=["Llama 3 평가"])
    response = client.get("/feed.xml")
    assert response.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    channel = ElementTree.fromstring(response.content).find("channel")
    entry = channel.find("item")
    assert channel.findtext("title") == settings.SITE_NAME
    assert entry.findtext("title") == "A & B <c>"
    assert entry.findtext("description") == "What it is about"
    assert entry.findtext("category") == "Llama 3 평가"
    assert entry.findtext("link").startswith(settings.SITE_URL)
    assert parsedate_to_datetime(entry.findtext("pubDate")) == datetime(2024, 5, 10, 9, tzinfo=UTC)
    assert 'href="https://one.example.org/a"' in entry.findtext(CONTENT)


def test_atom_carries_the_whole_issue(client: Client, settings) -> None:
    make_post("A & B <c>", update="2024-05-12")
    response = client.get("/atom.xml")
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(response.content)
    entry = feed.find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "A & B <c>"
    assert entry.findtext(f"{ATOM}updated") == "2024-05-12T00:00:00+00:00"
    assert 'href="https://one.example.org/a"' in entry.findtext(f"{ATOM}content")


def test_json_feed_carries_the_whole_issue(client: Client, settings) -> None:
    make_post('A "quoted" title')
    response = client.get("/feed.json")
    assert response.headers["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(response.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["title"] == 'A "quoted" title'
    assert 'href="https://one.example.org/a"' in feed["items"][0]["content_html"]


@pytest.mark.parametrize("path", ["/feed.xml", "/atom.xml"])
def test_no_text_breaks_the_xml(client: Client, path: str) -> None:
    make_post("A title", WILD)
    page = ElementTree.fromstring(client.get(path).content)
    assert "that ends ]]" in "".join(page.itertext())


def test_no_text_breaks_the_json(client: Client) -> None:
    make_post("One", WILD)
    make_post("Two", WILD)
    assert (
        "that ends ]]" in json.loads(client.get("/feed.json").content)["items"][1]["content_html"]
    )


@pytest.mark.parametrize("path", ["/feed.xml", "/atom.xml", "/feed.json"])
def test_pictures_of_the_site_have_whole_addresses_in_feeds(
    client: Client, settings, path: str
) -> None:
    post = make_post("A title", "![Ours](/media/a.png) ![Theirs](//cdn.example.org/b.png)\n")
    sent = client.get(path).content.decode().replace("\\", "")
    assert f'src="{settings.SITE_URL}/media/a.png"' in sent
    assert 'src="https://cdn.example.org/b.png"' in sent
    assert 'src="/media/a.png"' in client.get(post.get_absolute_url()).content.decode()


FEEDS = ["/feed.xml", "/atom.xml", "/feed.json", "/tags/ai/feed.xml"]


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_that_did_not_change_is_not_sent_again(client: Client, path: str) -> None:
    post = make_post()
    etag = client.get(path).headers["ETag"]
    save_document(post, stored_issue(post))
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_a_feed_is_not_sent_again_for_what_only_the_page_of_an_issue_says(client: Client) -> None:
    earlier = make_post("Earlier", at=LONG_AGO - timedelta(days=1), tags=["Other"])
    later = make_post("Later", tags=["AI"])
    etag = client.get("/tags/ai/feed.xml").headers["ETag"]
    save_document(earlier, parsed("Named otherwise", tags=["Other"]))
    following.rebuild_stale.call()
    assert b"Named otherwise" in client.get(later.get_absolute_url()).content
    again = client.get("/tags/ai/feed.xml", headers={"If-None-Match": etag})
    assert again.status_code == 304


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_is_sent_again_as_soon_as_a_link_in_it_is_blocked(client: Client, path: str) -> None:
    make_post()
    etag = client.get(path).headers["ETag"]
    decide(Link.objects.filter(url__contains="one.example.org"), "block", by=None, reason="spam")
    response = client.get(path, headers={"If-None-Match": etag})
    assert response.status_code == 200
    assert b"one.example.org" not in response.content


def test_a_feed_holds_the_latest_twenty(client: Client) -> None:
    make_posts(25)
    items = json.loads(client.get("/feed.json").content)["items"]
    assert [entry["title"] for entry in items] == [f"Issue {n}" for n in range(25, 5, -1)]


def test_feeds_of_an_empty_site_are_valid(client: Client) -> None:
    assert ElementTree.fromstring(client.get("/feed.xml").content).find("channel/item") is None
    assert ElementTree.fromstring(client.get("/atom.xml").content).find(f"{ATOM}entry") is None
    assert json.loads(client.get("/feed.json").content)["items"] == []


# Addresses, identities, escapes

EVERYWHERE = """See [about](/about/), [other](other.html), [below](#finds),
[theirs](//b.example.org/x)
and [mail](mailto:me@example.org), [none](//[) and a note[^1].

## Finds
- **First**: what it is. [Read more](https://one.example.org/a) ![Ours](/media/a.png)

[^1]: A note.
"""


def bodies(client: Client) -> dict[str, str]:
    """The text of the latest issue in each form of feed."""
    rss = ElementTree.fromstring(client.get("/feed.xml").content)
    atom = ElementTree.fromstring(client.get("/atom.xml").content)
    entry = json.loads(client.get("/feed.json").content)["items"][0]
    return {
        "rss": rss.findtext(f"channel/item/{CONTENT}"),
        "atom": atom.findtext(f"{ATOM}entry/{ATOM}content"),
        "json": entry["content_html"],
    }


def identities(client: Client) -> list[str | None]:
    rss = ElementTree.fromstring(client.get("/feed.xml").content).find("channel/item")
    atom = ElementTree.fromstring(client.get("/atom.xml").content).find(f"{ATOM}entry")
    entry = json.loads(client.get("/feed.json").content)["items"][0]
    assert rss is not None
    assert atom is not None
    assert rss.find("guid[@isPermaLink='false']") is not None
    return [rss.findtext("guid"), atom.findtext(f"{ATOM}id"), entry["id"]]


def test_every_address_in_a_feed_is_whole(client: Client, settings: Settings) -> None:
    url = settings.SITE_URL + make_post("Relative", EVERYWHERE).get_absolute_url()
    wanted = [
        f"{settings.SITE_URL}/about/", f"{url}other.html", f"{url}#finds",
        "https://b.example.org/x", "mailto:me@example.org", f"{url}#fn-1",
        "https://one.example.org/a",
    ]  # fmt: skip
    for body in bodies(client).values():
        page = Page(body)
        assert page.values("a", "href") == wanted
        assert page.values("img", "src") == [f"{settings.SITE_URL}/media/a.png"]


def test_feeds_hold_what_the_author_wrote_and_nothing_that_only_the_page_needs(
    client: Client,
) -> None:
    make_post("Relative", EVERYWHERE)
    for body in bodies(client).values():
        nodes = Page(body).all("body *")
        assert [node.html for node in nodes if node.tag == "a" and not node.text()] == []
        assert {name for node in nodes for name in node.attributes} == {"href", "src", "alt"}


def test_an_issue_is_the_same_to_feed_readers_under_another_address(
    client: Client, settings: Settings
) -> None:
    post = make_post("First")
    before = identities(client)
    save_document(post, parsed("Second", slug="second"))
    settings.SITE_URL = "https://moved.example.net"

    assert post.get_absolute_url() == "/posts/second/"
    assert identities(client) == before == [post.uid.urn] * 3


def test_what_the_site_is_called_holds_nothing_that_xml_does_not_allow(client: Client) -> None:
    SiteSettings.objects.create(name="a\x08b", description="c\x01\uffffd")
    settle()

    for path in ("/feed.xml", "/atom.xml", "/items.xml", "/items-atom.xml", "/opensearch.xml"):
        texts = "".join(ElementTree.fromstring(client.get(path).content).itertext())
        assert "ab" in texts, path
    assert client.get("/llms.txt").content.startswith(b"# ab\n\n> cd\n")


def test_what_a_feed_is_called_holds_nothing_that_xml_does_not_allow(client: Client) -> None:
    odd = "a\x01b\ufffec\x0b"
    body = f"## {odd}\n\n- **One**: [x](https://a.example/)\n"
    make_post("One", body, tags=[json.dumps(odd)], author=json.dumps(odd))
    lists = [f"/{kind}/{row.slug}/" for kind, row in (
        ("tags", Tag.objects.get()),
        ("authors", Author.objects.get()),
        ("sections", RecurringSection.objects.get()),
    )]  # fmt: skip

    for path in (f"{of}{form}.xml" for of in lists for form in ("feed", "atom")):
        title = ElementTree.fromstring(client.get(path).content)[0]
        assert "abc" in "".join(title.itertext()), path


def test_a_description_is_text_also_for_readers_who_take_it_for_html(client: Client) -> None:
    description = "How Vec<T> & <b>x</b> &amp; work"
    make_post("Vec<T> explained", description=json.dumps(description))
    rss = ElementTree.fromstring(client.get("/feed.xml").content).find("channel/item")

    assert unescape(rss.findtext("description")) == description
    atom = ElementTree.fromstring(client.get("/atom.xml").content).find(f"{ATOM}entry")
    assert atom.findtext(f"{ATOM}summary") == description
    assert json.loads(client.get("/feed.json").content)["items"][0]["summary"] == description


MARKS = [*marks.STORED, *map(bytes.decode, marks.STORED.values())]


@pytest.mark.parametrize("mark", MARKS, ids=range(len(MARKS)))
def test_nobody_can_write_what_is_left_open(client: Client, mark: str) -> None:
    guessed = mark.replace(marks.CUT[4:], "0" * 16).replace(marks.SITE_URL[8:24], "0" * 16)
    text = f"a{guessed}b"
    post = make_post(text, f"{text}\n\n## {text}\n- [{text}](https://one.example.org/)\n", tags=[])

    shown = "a\ufffdb" if len(guessed) == 1 else text
    for path in (post.get_absolute_url(), "/", "/archive/"):
        page = client.get(path).content.decode()
        assert page.count("</html>") == 1
        assert shown.replace("\ufffd", "") in page.replace("\ufffd", "")
    for body in bodies(client).values():
        assert "https://one.example.org/" in body
