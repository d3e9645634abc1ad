"""The links of a source and the items of a section: the library that all issues make up."""

import json
from collections.abc import Iterable
from datetime import timedelta
from importlib import import_module
from xml.etree import ElementTree

import pytest
from django.apps import apps as django_apps
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from links.decisions import decide
from links.models import Decision, Link, Source
from posts.curating import merge
from posts.documents import parse_issue
from posts.following import set_hidden
from posts.models import Appearance, LinkedItem, Post, RecurringSection, SectionEntry
from posts.publishing import publish, rebuild, save_document, withdraw
from posts.site import library
from tests.builders import (
    LONG_AGO,
    item,
    make_draft,
    make_post,
    make_posts,
    make_scheduled,
    parsed,
)
from tests.posts.site.test_indexes import walk
from tests.posts.site.test_pages import queries, read

pytestmark = pytest.mark.django_db

TITLES = ".linked-title"
BODY = """An [opening](https://a.example/opening).

## Tools

- **Llama 3**: is out. [Blog](https://a.example/llama) and [paper](https://arxiv.org/abs/1), long.
- **Rust**: is *fine*. [Read](https://github.com/rust-lang/rust), [again](https://a.example/llama) x
- Without a link.
"""


def test_words_of_an_item_without_a_link_are_said_once(client: Client) -> None:
    make_posts(2, body="## Tools\n\n- [A link](https://a.example/)\n- Without a link.\n")
    page = read(client, "/sections/tools/")
    assert page.texts(TITLES) == ["A link", "Without a link."] * 2
    assert page.texts(".linked-line") == []
    found = read(client, "/search/?q=without")
    assert found.texts(TITLES) == ["Without a link."] * 2
    assert found.texts(".linked-line") == []
    rows = client.get("/api/v1/items?section=tools").json()["results"]
    assert {row["title"]: row["summary"] for row in rows} == {"A link": "", "Without a link.": ""}


def test_words_that_are_too_long_for_a_title_go_on_below_it(client: Client) -> None:
    words = "One after the other, words are said of what has no link, until nobody reads on, " * 2
    make_posts(1, body=f"## Tools\n\n- {words}and end.\n")
    for path in ("/sections/tools/", "/search/?q=nobody"):
        page = read(client, path)
        title, line = page.texts(TITLES)[0], page.texts(".linked-line")[0]
        assert title.endswith("…")
        assert line.startswith("…")
        said = f"{title[:-1]} {line[1:]}"
        assert f"{words}and end.".startswith(said.removesuffix("…"))
        assert len(said) > 140


def test_a_source_lists_its_links_with_their_places(client: Client) -> None:
    post = make_post(body=BODY)
    page = read(client, "/sources/a.example/")
    assert page.texts(TITLES) == ["opening", "Llama 3"]
    assert page.values(f"{TITLES} a", "href") == [
        "https://a.example/opening",
        "https://a.example/llama",
    ]
    assert page.texts(".linked-line") == ["is out. Blog and paper, long."]
    assert (
        page.values(".place", "href")[1] == f"/posts/a-first-issue/#{item(post, 'Llama 3').anchor}"
    )
    assert page.texts(".place") == ["A first issue"] * 2
    assert page.values(".card-date time", "datetime")[0].startswith("2024-05-10")


def test_what_a_moderator_marked_broken_is_marked_in_every_list(
    client: Client, moderator: User
) -> None:
    make_post(body=BODY)
    links = Link.objects.filter(url="https://a.example/llama")
    decide(links, "mark_broken", by=moderator, reason="gone")

    for path in ("/sources/a.example/", "/sections/tools/"):
        assert "Llama 3 (link broken)" in read(client, path).texts(TITLES)
    assert "Llama 3 (link broken)" in read(client, "/").texts(".brief-title")
    assert "Llama 3 (link broken)" in client.get("/sections/tools/feed.xml").content.decode()
    decide(links, "restore", by=moderator)
    assert "link broken" not in client.get("/sections/tools/").content.decode()
    assert "link broken" not in client.get("/").content.decode()


def test_what_a_source_lists_is_what_it_counts(client: Client) -> None:
    make_post(body=BODY)
    facts = read(client, "/sources/a.example/").texts(".facts span")
    assert facts[:2] == ["1 issue", "2 links"]


def test_a_further_link_of_an_item_is_called_after_both(client: Client) -> None:
    make_post(body=BODY)
    assert read(client, "/sources/arxiv.org/").texts(TITLES) == ["Llama 3 · paper"]


def test_what_an_owner_has_its_host_has(client: Client) -> None:
    make_post(body=BODY)
    for path in ("/sources/github.com/", "/sources/github.com/rust-lang/"):
        assert read(client, path).texts(TITLES) == ["Rust"], path


def test_a_section_lists_its_items_newest_issue_first(client: Client) -> None:
    make_post("One", BODY)
    make_post(
        "Two", "## TOOLS!\n\n- **Zig**: [x](https://z.example/)\n", at=LONG_AGO + timedelta(1)
    )
    page = read(client, "/sections/tools/")
    assert page.texts(TITLES) == ["Zig", "Llama 3", "Rust", "Without a link."]
    assert page.texts(".card-facts .tag")[:2] == ["z.example", "a.example"]
    assert page.texts(".facts span")[0] == "2 issues"
    # One without a link leads to its place.
    assert page.values(f"{TITLES} a", "href")[-1].startswith("/posts/one/#item-")


NESTED = """# Part

- [Zero](https://a.example/0)

## Chapter

### Official

- [One](https://a.example/1)

#### Notes

- [Two](https://a.example/2)

### Tools

- [Three](https://a.example/3)

## Events

- [Four](https://a.example/4)
"""
BY_SECTION = {
    "part": ["Zero", "One", "Two", "Three", "Four"],
    "chapter": ["One", "Two", "Three"],
    "official": ["One", "Two"],
    "notes": ["Two"],
    "tools": ["Three"],
    "events": ["Four"],
}


def by_section(client: Client, names: Iterable[str] = BY_SECTION) -> dict[str, list[str]]:
    return {name: read(client, f"/sections/{name}/").texts(TITLES) for name in names}


def test_a_section_lists_what_stands_under_its_subheadings(client: Client) -> None:
    post = make_post(body=NESTED)
    assert by_section(client) == BY_SECTION
    assert read(client, "/sections/chapter/").texts(".facts span")[0] == "1 issue"
    feed = json.loads(client.get("/sections/chapter/feed.json").content)["items"]
    assert [entry["title"] for entry in feed] == BY_SECTION["chapter"]

    set_hidden([item(post, "Two")], True, reason="x")
    assert by_section(client, ["part", "notes"]) == {
        "part": ["Zero", "One", "Three", "Four"],
        "notes": [],
    }
    withdraw([post])
    assert not SectionEntry.objects.exists()


def test_a_subheading_that_moves_takes_its_items_along(client: Client) -> None:
    post = make_post(body=NESTED)
    body = NESTED.replace("### Tools", "## Tools").replace("- [Two]", "- [Too]")
    save_document(post, parsed(body=body))
    assert by_section(client, ["chapter", "tools", "notes"]) == {
        "chapter": ["One", "Too"],
        "tools": ["Three"],
        "notes": ["Too"],
    }


def test_a_heading_below_its_own_name_lists_its_items_once(client: Client) -> None:
    make_post(body="## Tools\n\n### Tools!\n\n- [One](https://a.example/1)\n")
    assert read(client, "/sections/tools/").texts(TITLES) == ["One"]


def test_merged_with_its_subheading_a_section_lists_items_once(client: Client) -> None:
    make_post(body=NESTED)
    chapter, *others = (
        RecurringSection.objects.get(key=key) for key in ("chapter", "official", "notes")
    )
    merge(others, chapter)
    assert by_section(client, ["chapter"]) == {"chapter": BY_SECTION["chapter"]}
    rows = set(SectionEntry.objects.values_list("recurring", "item", "date"))
    rebuild(Post.objects.get())
    assert set(SectionEntry.objects.values_list("recurring", "item", "date")) == rows


def test_an_upgrade_lists_what_saving_lists() -> None:
    make_posts(2, body=NESTED)
    make_draft(body=NESTED)
    hidden = item(make_post("Three", BODY), "Rust")
    set_hidden([hidden], True, reason="x")
    rows = set(SectionEntry.objects.values_list("recurring", "item", "date"))
    SectionEntry.objects.all().delete()
    migration = import_module("posts.migrations.0014_section_entries")
    migration.enter_items(django_apps, None)
    assert set(SectionEntry.objects.values_list("recurring", "item", "date")) == rows


def test_links_that_readers_do_not_get_are_in_no_list(client: Client, moderator: User) -> None:
    post = make_post(body=BODY)
    decide(
        Link.objects.filter(url__contains="llama"), Decision.Action.BLOCK, by=moderator, reason="x"
    )
    assert read(client, "/sources/a.example/").texts(TITLES) == ["opening"]
    assert b"https://a.example/llama" not in client.get("/sections/tools/").content
    set_hidden([item(post, "Rust")], True, by=moderator, reason="x")
    assert read(client, "/sections/tools/").texts(TITLES) == ["Llama 3", "Without a link."]
    assert client.get("/sources/github.com/").status_code == 404


def test_a_decision_shows_before_the_issues_are_made_again(client: Client) -> None:
    post = make_post(body=BODY)
    Link.objects.filter(url__contains="llama").update(standing=Link.Standing.HELD)
    LinkedItem.objects.filter(pk=item(post, "Rust").pk).update(hidden=True)
    assert read(client, "/sources/a.example/").texts(TITLES) == ["opening"]
    assert read(client, "/sections/tools/").texts(TITLES) == ["Llama 3", "Without a link."]
    assert not read(client, "/sources/github.com/").texts(TITLES)


def test_a_replaced_link_leads_where_it_leads_now(client: Client) -> None:
    make_post(body=BODY)
    Link.objects.filter(url__contains="llama").update(replacement_url="https://b.example/new")
    assert "https://b.example/new" in read(client, "/sections/tools/").values(f"{TITLES} a", "href")


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
def test_drafts_and_issues_to_come_are_in_no_list(client: Client, make) -> None:
    make_post(body=BODY)
    paths = ("/sources/a.example/", "/sections/tools/", "/sources/a.example/feed.xml")
    before = {path: client.get(path).content for path in paths}
    make("Secret", BODY)
    assert {path: client.get(path).content for path in paths} == before


def dates() -> set[object]:
    places = Appearance.objects.filter(host__isnull=False)
    items = LinkedItem.objects.values_list("date", flat=True)
    return {*places.values_list("date", flat=True), *items}


def test_rows_of_lists_follow_their_issue() -> None:
    post = make_post(body=BODY)
    assert dates() == {LONG_AGO}
    withdraw([post])
    assert dates() == {None}
    moment = timezone.now() - timedelta(days=1)
    publish([post], at=moment)
    assert dates() == {moment}
    save_document(post, parse_issue(post.document.replace("Rust", "Zig").encode()))
    assert dates() == {moment}
    broken = parse_issue(("[" * 300).encode())
    save_document(Post.objects.get(pk=post.pk), broken)
    assert dates() == {None}


@pytest.mark.parametrize("path", ["/sources/a.example/", "/sections/tools/"])
def test_a_long_list_goes_on_by_pages(client: Client, path: str) -> None:
    lines = "".join(f"- **Find {n:02}**: [x](https://a.example/{n})\n" for n in range(40))
    make_posts(3, body=f"## Tools\n\n{lines}")
    pages = walk(client, path, ".linked")
    assert [len(rows) for rows in pages] == [50, 50, 20]
    assert len({row for rows in pages for row in rows}) == 120
    titles = read(client, path).texts(TITLES)
    assert titles == [f"Find {n:02}" for n in (*range(40), *range(10))]


def test_a_list_takes_three_queries_however_many_rows(client: Client) -> None:
    paths = [
        f"/{kind}/{name}"
        for kind in ("sources/a.example", "sources/github.com", "sections/tools", "sections/part")
        for name in ("", "feed.xml", "atom.xml", "feed.json")
    ]
    body = f"# Part\n\n{BODY}"
    make_posts(2, body=body)
    few = {path: queries(client, path) for path in paths}
    make_posts(6, body=body, start=LONG_AGO + timedelta(days=9))

    assert {path: queries(client, path) for path in paths} == few
    assert max(few.values()) <= 3


def test_a_prepared_list_says_what_its_query_says() -> None:
    make_post(body=BODY)
    now = timezone.now()
    for rows_of, of in (
        (library.items_of, RecurringSection.objects.get(key="tools")),
        (library.links_of_host, Source.objects.get(name="a.example")),
        (library.links_of_owner, Source.objects.get(name="github.com/rust-lang")),
    ):
        assert library.first(rows_of)(of.pk, now) == list(rows_of(of.pk, now))


# Feeds


def test_feeds_have_the_links_of_a_source(client: Client, settings) -> None:
    post = make_post(body=BODY, title="<Issue> & more")
    place = f"{settings.SITE_URL}/posts/issue-more/#{item(post, 'Llama 3').anchor}"
    rss = ElementTree.fromstring(client.get("/sources/a.example/feed.xml").content)
    entries = rss.findall("channel/item")
    assert [entry.findtext("title") for entry in entries] == ["opening", "Llama 3"]
    assert entries[1].findtext("link") == "https://a.example/llama"
    assert entries[1].findtext("guid").startswith("urn:uuid:")
    assert entries[1].findtext("description") == (
        f'<p>is out. Blog and paper, long.</p><p><a href="{place}">&lt;Issue&gt; &amp; more</a></p>'
    )
    found = json.loads(client.get("/sources/a.example/feed.json").content)["items"]
    assert [entry["id"] for entry in found] == [entry.findtext("guid") for entry in entries]
    assert (found[1]["url"], found[1]["external_url"]) == (place, "https://a.example/llama")


def test_feeds_have_the_items_of_a_section(client: Client) -> None:
    post = make_post(body=BODY)
    atom = ElementTree.fromstring(client.get("/sections/tools/atom.xml").content)
    name = "{http://www.w3.org/2005/Atom}"
    entries = atom.findall(f"{name}entry")
    assert [entry.findtext(f"{name}title") for entry in entries] == [
        "Llama 3", "Rust", "Without a link."
    ]  # fmt: skip
    assert entries[0].findtext(f"{name}id") == item(post, "Llama 3").uid.urn


def test_a_feed_that_has_not_changed_is_not_sent_again(client: Client) -> None:
    make_post(body=BODY)
    etag = client.get("/sections/tools/feed.xml").headers["ETag"]
    again = {"if-none-match": etag}
    assert client.get("/sections/tools/feed.xml", headers=again).status_code == 304
    make_post("Two", BODY)
    assert client.get("/sections/tools/feed.xml", headers=again).status_code == 200


def test_control_characters_are_in_no_feed(client: Client) -> None:
    make_post(body="## Tools\n\n- **A \x0b thing**: [x](https://a.example/)\n")
    ElementTree.fromstring(client.get("/sections/tools/feed.xml").content)


def test_rows_show_braces_and_markup_as_they_are_written(client: Client) -> None:
    make_post(body="- **{0} {x} &lt;b>**: }{ &amp; [read](https://a.example/)", title="{1} <i>")
    page = read(client, "/sources/a.example/")
    assert page.texts(TITLES) == ["{0} {x} <b>"]
    assert page.texts(".linked-line") == ["}{ &"]
    assert page.texts(".place") == ["{1} <i>"]


def test_a_list_names_the_feeds_of_the_site_and_then_its_own(client: Client) -> None:
    make_post(body=BODY)
    feeds = read(client, "/sources/a.example/").values('link[rel="alternate"]', "href")
    names = ("feed.xml", "atom.xml", "feed.json")
    assert feeds == [f"{at}{name}" for at in ("/", "/sources/a.example/") for name in names]
