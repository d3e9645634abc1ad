"""The page of search: what it says, what it takes, and what it never does."""

from __future__ import annotations

import json
from urllib.parse import quote_plus

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from posts.models import Post, SearchIndex
from posts.searching.excerpts import Marker
from tests.builders import item, make_post, make_posts
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("issue")]
NONSENSE = (
    "",
    " ",
    '"',
    '"""',
    "*",
    "-",
    "- - -",
    "-a",
    "^",
    ":",
    "tag:",
    'tag:"',
    "year:99999",
    "kind:none",
    "AND OR NOT NEAR(",
    "a" * 10_000,
    "a " * 5_000,
    "가" * 10_000,
    "(((((",
    "'; DROP TABLE posts_post; --",
    "\\",
    "' & | ! <-> :*",
    "{title} : x",
    "평",
    "=t1",
    "\x01\x02",
    "\U000e0001",
    "%s %(a)s %%",
)


def search_page(client: Client, query: str, **more: str) -> Page:
    return Page(client.get("/search/", {"q": query, **more}))


@pytest.mark.parametrize("query", NONSENSE, ids=lambda query: repr(query)[:20])
def test_nothing_that_is_typed_is_an_error(client: Client, query: str) -> None:
    for path in ("/search/", "/search/feed.xml", "/search/feed.json", "/search/suggest/"):
        assert client.get(path, {"q": query}).status_code == 200, path


def test_bytes_that_are_no_text_are_no_error(client: Client) -> None:
    assert client.get("/search/?q=%ED%A0%80%FF").status_code == 200


@pytest.mark.parametrize(
    "page", ["", "0", "x", "2", "0-", "-1", "9-1", "0-99999999999999999999", "0-0", "older-1-1"]
)
def test_a_page_that_is_none_is_404(client: Client, page: str) -> None:
    assert client.get("/search/", {"q": "find", "page": page}).status_code == 404


def test_an_order_that_is_none_is_404(client: Client) -> None:
    assert client.get("/search/", {"q": "find", "order": "random"}).status_code == 404


def test_a_row_leads_to_the_article_and_to_its_place_in_the_issue(
    client: Client, issue: Post
) -> None:
    page = search_page(client, "second find")
    assert page.values(".linked-title a", "href") == ["https://two.example.org/b"]
    assert page.values(".place", "href") == [item(issue, "Second find").get_absolute_url()]
    assert page.texts(".place") == ["A first issue"]
    assert page.texts(".found-rows mark") == ["Second", "find"]


def test_what_was_typed_and_what_was_found_is_escaped(client: Client) -> None:
    make_post("About <b>bold</b> tags", body="- `<script>` & more\n")
    page = search_page(client, 'bold <script>alert("x")</script>')
    assert not page.all("main script")
    page = search_page(client, "bold tags")
    assert page.texts(".linked-title") == ["About <b>bold</b> tags"]
    assert page.texts(".found-rows mark") == ["bold", "tags"]


def test_a_version_is_marked_by_the_number_it_begins_with(client: Client) -> None:
    make_post("Versions", body="- **Tool v16.2 out**: 16.2 and 1.16, 160.2, 16\n")
    assert search_page(client, "tool 16").texts(".found-rows mark") == [
        "Tool", "v16.2", "16.2", "16"
    ]  # fmt: skip


def test_what_is_written_with_a_hyphen_is_marked_as_a_whole(client: Client) -> None:
    make_post("Letters", body="- **Why e-mail lives**: emails, the open-source side of Node.js\n")
    for query, found in (
        ("email", ["e-mail", "emails"]),
        ("e-mail", ["e-mail", "emails"]),
        ("nodejs", ["Node.js"]),
        ("opensource", ["open-source"]),
    ):
        marked = search_page(client, f"{query} kind:item").texts(".found-rows mark")
        assert marked == found, query


def test_search_engines_keep_out(client: Client) -> None:
    answer = client.get("/search/", {"q": "find"})
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert Page(answer).value("meta[name=robots]", "content") == "noindex"
    assert "Disallow: /search/" in client.get("/robots.txt").content.decode()


def test_facets_narrow_a_search_down_and_can_be_taken_away(client: Client) -> None:
    page = search_page(client, "find")
    assert page.texts(".facet h3") == ["Tags", "Sections", "Sources"]
    links = {node.text().strip(): node.attributes["href"] for node in page.all(".facet a")}
    assert links["Llama 3 평가"] == "/search/?q=" + quote_plus('find tag:"Llama 3 평가"')
    narrowed = Page(client.get(links["two.example.org"]))
    assert narrowed.texts(".linked-title") == ["Second find"]
    assert narrowed.values(".chosen a", "href") == ["/search/?q=find"]


def test_counts_of_facets_are_what_choosing_them_finds(client: Client) -> None:
    make_post("Two", tags=("AI", "Only here"))
    page = search_page(client, "find")
    for row in page.all(".facet li"):
        link, count = row.css_first("a"), row.css_first(".count")
        narrowed = Page(client.get(link.attributes["href"]))
        assert narrowed.texts(".found-total")[0].split()[0] == count.text()


@pytest.mark.parametrize(("most", "told"), [(-1, "over {}"), (0, "{}"), (1, "{}")])
def test_results_are_counted_up_to_a_number(
    client: Client, monkeypatch: pytest.MonkeyPatch, most: int, told: str
) -> None:
    total = int(search_page(client, "find").texts(".found-total")[0].split()[0])
    monkeypatch.setattr("posts.searching.finding.MOST_COUNTED", total + most)
    page = search_page(client, "find")
    shown = told.format(min(total, total + most))
    assert page.texts(".found-total") == [f"{shown} results"]


def test_of_more_results_than_are_counted_the_newest_say_how_to_narrow_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_posts(3)
    monkeypatch.setattr("posts.searching.finding.MOST_COUNTED", 4)
    monkeypatch.setattr("posts.searching.finding.SAMPLE", 2)
    page = search_page(client, "find")
    assert page.texts(".found-total") == ["over 4 results"]
    assert page.texts(".facets .note") == ["Counted among the newest 2."]
    assert {int(count) for count in page.texts(".facet .count")} <= {1, 2}


def test_all_results_are_reached_page_by_page(client: Client) -> None:
    make_posts(12)
    page = search_page(client, "find")
    total = int(page.texts(".found-total")[0].split()[0])
    places = page.values(".place", "href")
    while following := page.all(".steps a[rel~=next]"):
        page = Page(client.get(following[0].attributes["href"]))
        assert page.all(".steps a:not([rel~=next])")
        places += page.values(".place", "href")
    assert len(places) == len(set(places)) == total


def test_newest_first_is_by_date(client: Client) -> None:
    make_post("Older find", body="Nothing.", at=None)
    rows = search_page(client, "find", order="date").values("time", "datetime")
    assert rows == sorted(rows, reverse=True)


def test_an_empty_result_says_what_to_try(client: Client) -> None:
    page = search_page(client, "find tag:Nowhere")
    assert "tag:Nowhere" in page.texts(".message")[0]
    assert "fewer or shorter words" in page.texts(".message")[0]
    assert "source:github.com" in page.texts(".search-words code")


def test_without_a_query_it_says_what_can_be_typed(client: Client) -> None:
    assert "source:github.com" in search_page(client, "").text()
    assert "add a word to look for" in search_page(client, "-find").text()


def test_a_search_that_is_too_long_is_cut_with_a_word_about_it(client: Client) -> None:
    words = " ".join(f"w{number}" for number in range(50))
    assert "too long" in search_page(client, words).texts(".note")[0]


def test_an_index_that_is_being_built_is_told(client: Client) -> None:
    SearchIndex.objects.update(built_to=0)
    assert "being built" in search_page(client, "find").texts(".note")[0]


def test_a_search_that_takes_too_long_ends_with_a_word_about_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: object, **_more: object) -> None:
        raise OperationalError("interrupted")

    monkeypatch.setattr("posts.searching.search", interrupted)
    answer = client.get("/search/", {"q": "find"})
    assert answer.status_code == 503
    assert "takes too long" in Page(answer).text()


def test_a_client_that_searches_without_end_has_to_wait(client: Client, settings) -> None:
    settings.SEARCHES_HOURLY = 2
    eager = {"REMOTE_ADDR": "192.0.2.7"}
    assert [client.get("/search/?q=a", **eager).status_code for _ in range(3)] == [200, 200, 429]
    assert 0 < int(client.get("/search/?q=a", **eager).headers["Retry-After"]) <= 3600
    assert client.get("/search/?q=a", REMOTE_ADDR="192.0.2.8").status_code == 200


def test_a_page_asks_no_more_when_there_is_twice_as_much(client: Client) -> None:
    make_posts(12)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/search/", {"q": "find"}, REMOTE_ADDR="192.0.2.9")
        return len(asked)

    queries()
    before = queries()
    make_posts(12)
    assert queries() == before


def test_a_page_asks_no_more_where_hits_have_sections_and_sources_too(client: Client) -> None:
    """Their names are read with those of tags."""
    for number in (1, 2):
        make_post(f"Plain {number}", "Text.\n", tags=[f"Tag {number}"])
        body = f"## Part {number}\n- [A find](https://host{number}.example.org/)\n"
        for title in ("Rich", "Richer"):
            make_post(f"{title} {number}", body, tags=[f"Tag {number}"])

    def queries(sought: str) -> int:
        # Others have not used up the share of searches that a client has of a process.
        own = {"REMOTE_ADDR": "192.0.2.10"}
        client.get("/search/", {"q": sought}, **own)
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/search/", {"q": sought}, **own).content
        assert (b"section%3A" in page) == (b"source%3A" in page) == (sought == "find")
        return len(asked)

    assert queries("find") == queries("plain")


def test_feeds_follow_a_search(client: Client, issue: Post) -> None:
    place = item(issue, "Second find").get_absolute_url()
    for name in ("feed.xml", "atom.xml"):
        text = client.get(f"/search/{name}", {"q": "second find"}).content.decode()
        assert place in text
        assert "https://two.example.org/b" in text
        assert f"/search/{name}?q=second" in text
    feed = client.get("/search/feed.json", {"q": "second find"}).json()
    assert [row["external_url"] for row in feed["items"]] == ["https://two.example.org/b"]
    assert feed["home_page_url"].endswith("/search/?q=second+find")


@pytest.mark.parametrize("form", ["feed.xml", "atom.xml", "feed.json"])
def test_a_feed_of_a_search_looks_for_no_words_to_mark(
    client: Client, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def never(*_of: object) -> None:
        raise AssertionError("words were marked that no feed shows")

    monkeypatch.setattr(Marker, "title", never)
    monkeypatch.setattr(Marker, "excerpt", never)
    response = client.get(f"/search/{form}", {"q": "second find"})
    assert b"https://two.example.org/b" in response.content


def test_suggestions_name_tags_sections_sources_and_titles(client: Client) -> None:
    make_post("A second one")  # a heading is a section from its second issue on

    def suggested(typed: str) -> list[str]:
        answer = client.get("/search/suggest/", {"q": typed})
        assert answer.headers["Content-Type"] == "application/x-suggestions+json"
        back, values, labels = json.loads(answer.content)
        assert (back, len(values)) == (typed, len(labels))
        return values

    assert 'tag:"Llama 3 평가"' in suggested("평가")
    assert "section:Preview" in suggested("prev")
    assert "source:two.example.org" in suggested("two.ex")
    assert "A first issue" in suggested("a fir")
    assert suggested("nothing of the kind") == []
    # What is typed stands for itself.
    assert suggested("prev%ew") == suggested("prev_ew") == []


def test_browsers_learn_how_to_search(client: Client) -> None:
    assert Page(client.get("/")).value("link[rel=search]", "href") == "/opensearch.xml"
    text = client.get("/opensearch.xml").content.decode()
    assert "https://news.example.org/search/?q={searchTerms}" in text


def test_every_page_has_one_box_to_search(client: Client) -> None:
    for path in ("/", "/archive/", "/search/", "/nowhere"):
        assert len(Page(client.get(path)).all("form[role=search] input[data-search]")) == 1, path
