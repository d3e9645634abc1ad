"""The API for programs: what readers see, page by page, as its own schema says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator

from links.decisions import decide
from links.models import Link
from posts import following, publishing
from posts.models import LinkedItem, Post
from posts.site.api import operations
from posts.throttling import Limit, Shares
from tests.builders import BODY, item, make_draft, make_post, make_posts, make_scheduled
from tests.reading import Page

pytestmark = pytest.mark.django_db

LISTS = {
    "/api/v1/posts": "Issues",
    "/api/v1/posts?tag=ai": "Issues",
    "/api/v1/items": "Items",
    "/api/v1/items?issue=a-first-issue": "Items",
    "/api/v1/items?section=preview": "Items",
    "/api/v1/links": "Links",
    "/api/v1/links?source=arxiv.org": "Links",
    "/api/v1/tags": "Tags",
    "/api/v1/sections": "Sections",
    "/api/v1/sources": "Sources",
    "/api/v1/search?q=find": "SearchResults",
    "/api/v1/search?q=find&order=date&limit=2": "SearchResults",
}
ANSWERS = {**LISTS, "/api/v1/posts/a-first-issue": "WholeIssue"}


@pytest.fixture(autouse=True)
def _nobody_asked_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Shares of the limit are kept by the process, whose database is emptied between tests."""
    operations.THROTTLE.forget()
    monkeypatch.setattr(operations, "SHARES", Shares("search"))
    yield
    operations.THROTTLE.forget()


def read(client: Client, path: str, status: int = 200, **headers: str) -> Any:
    response = client.get(path, headers=headers)
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    return json.loads(response.content)


def titles(client: Client, path: str) -> list[str]:
    return [row.get("title") or row["name"] for row in read(client, path)["results"]]


def test_every_answer_is_what_the_schema_says(client: Client) -> None:
    cover = "https://e.org/cover.png"
    make_post(description='Said & <done> "so"', cover=cover, update="2024-05-12")
    make_post("Another", BODY)
    schema = read(client, "/api/v1/openapi.json")
    assert schema["openapi"].startswith("3.1")
    for path, name in ANSWERS.items():
        found = read(client, path)
        Draft202012Validator({**schema, "$ref": f"#/components/schemas/{name}"}).validate(found)
        assert name == "WholeIssue" or found["results"], path
        expected = set(schema["components"]["schemas"][name]["properties"])
        assert set(found) == expected


def test_an_issue_is_there_with_its_headings_and_its_text(client: Client) -> None:
    make_post(tags=["Llama 3 평가"])
    found = read(client, "/api/v1/posts/a-first-issue")
    assert found["title"] == "A first issue"
    assert found["url"] == "https://news.example.org/posts/a-first-issue/"
    assert found["tags"][0]["name"] == "Llama 3 평가"
    assert [row["title"] for row in found["sections"]] == ["Preview", "Viewpoint 🤖", "Overview"]
    assert found["sections"][0]["url"].endswith("/posts/a-first-issue/#preview")
    assert 'href="https://one.example.org/a"' in found["content_html"]


def test_an_item_says_where_it_leads_and_where_it_stands(client: Client) -> None:
    post = make_post()
    found = read(client, "/api/v1/items?section=preview")["results"][0]
    row = item(post, "First find")
    assert found["id"] == str(row.uid)
    assert found["url"] == f"https://news.example.org{row.get_absolute_url()}"
    assert found["address"] == "https://one.example.org/a"
    assert (found["group"], found["section"]) == ("Topic one", "Preview")
    assert found["source"] == "one.example.org"


def test_an_item_says_whatever_stands_in_it(client: Client) -> None:
    odd = 'Said "so" \\ 100% {x} <b> 링크 \u2028 😀'
    post = make_post('An "odd" \\ issue', "## Preview\n\n- [x](https://odd.example.org/)\n")
    said = {"title": odd, "summary": f"{odd}\t\x01", "group": odd}
    LinkedItem.objects.filter(post=post).update(**said)
    (found,) = read(client, f"/api/v1/items?issue={post.slug}")["results"]
    assert {name: found[name] for name in said} == said
    assert found["issue"]["title"] == post.title


def test_nothing_is_told_that_readers_do_not_see(client: Client) -> None:
    post = make_post()
    make_draft("A draft", "- [Draft](https://draft.example.org/)\n", tags=["Draft tag"])
    make_scheduled("To come", "- [Coming](https://coming.example.org/)\n", tags=["Coming tag"])
    following.set_hidden([item(post, "First find")], True, reason="spam")
    decide(Link.objects.filter(url__contains="two."), "block", by=None, reason="spam")
    for row in Post.objects.filter(status="published"):
        publishing.rebuild(row)
    for path in ANSWERS:
        sent = client.get(path).content.decode()
        for word in ("raft", "oming", "one.example.org", "two.example.org", "First find"):
            assert word not in sent, (path, word)
    assert client.get("/api/v1/posts/a-draft").status_code == 404
    assert client.get("/api/v1/posts?tag=draft-tag").status_code == 404


def test_pages_follow_each_other_and_nothing_is_there_twice(client: Client) -> None:
    make_posts(7)
    seen, address = [], "/api/v1/posts?limit=3&tag=ai"
    while address:
        page = read(client, address)
        seen += [row["title"] for row in page["results"]]
        last, address = address, (page["next"] or "").removeprefix("https://news.example.org")
    assert seen == [f"Issue {number}" for number in range(7, 0, -1)]
    assert titles(client, read(client, last)["previous"].partition(".org")[2])[-1] == "Issue 2"


def test_items_come_in_pages_too(client: Client) -> None:
    make_posts(2)
    page = read(client, "/api/v1/items?limit=6")
    rest = read(client, page["next"].partition(".org")[2])
    ids = [row["id"] for row in (*page["results"], *rest["results"])]
    assert len(ids) == len(set(ids)) == 10
    assert rest["next"] is None


def test_old_names_lead_to_what_became_of_them(client: Client) -> None:
    post = make_post()
    publishing.save_document(post, publishing.stored_issue(post), slug="moved")
    assert read(client, "/api/v1/posts/a-first-issue")["slug"] == "moved"


def test_a_search_finds_what_the_page_of_search_finds(client: Client) -> None:
    make_post()
    found = read(client, "/api/v1/search?q=first+find")["results"]
    assert found[0]["title"] == "First find"
    assert found[0]["address"] == "https://one.example.org/a"
    pages = [read(client, "/api/v1/search?q=find&limit=2")]
    while pages[-1]["next"]:
        pages.append(read(client, pages[-1]["next"].partition(".org")[2]))
    urls = [row["url"] for page in pages for row in page["results"]]
    assert len(urls) == len(set(urls)) > 2


@pytest.fixture
def within_an_hour() -> Iterator[None]:
    """Let no hour begin during a test: limits are those of an hour."""
    with time_machine.travel(timezone.now().replace(minute=30), tick=False):
        yield


@pytest.mark.usefixtures("within_an_hour")
def test_searches_have_a_limit_of_their_own(client: Client, settings) -> None:
    settings.SEARCHES_HOURLY = 60
    answers = [client.get("/api/v1/search?q=x").status_code for _ in range(61)]
    assert answers[-1] == 429


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/v1/search", "q"),
        ("/api/v1/search?q=x&order=best", "order"),
        ("/api/v1/search?q=x&page=nonsense", "page"),
        ("/api/v1/posts?limit=0", "limit"),
        ("/api/v1/posts?limit=ten", "limit"),
        ("/api/v1/items?limit=101", "limit"),
        ("/api/v1/posts?page=nonsense", "page"),
        ("/api/v1/items?page=older-1-1", "page"),
        ("/api/v1/tags?page=2", "page"),
        ("/api/v1/links?page=older-999", "page"),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, path: str, parameter: str) -> None:
    make_post()
    error = read(client, path, 422)["error"]
    assert error["parameter"] == parameter
    assert parameter in error["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/posts/",
        "/api/v1/posts/none",
        "/api/v1/posts?tag=none",
        "/api/v1/items?section=none",
    ],
)
def test_what_is_not_there_is_said_as_json(client: Client, path: str) -> None:
    error = read(client, path, 404)["error"]
    assert error["message"]
    assert error["code"] in ("address", "missing")


@pytest.mark.parametrize("path", [*ANSWERS, "/api/v1/nothing", "/api/v1/openapi.json"])
def test_programs_of_every_site_may_ask_and_none_may_change(client: Client, path: str) -> None:
    make_post()
    response = client.get(path, headers={"Origin": "https://other.example.org"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    head = client.head(path)
    assert (head.status_code, head.content) == (response.status_code, b"")
    asked = client.options(path, headers={"Origin": "https://other.example.org"})
    assert asked.status_code == 204
    assert "GET" in asked.headers["Access-Control-Allow-Methods"]
    refused = client.post(path, {"title": "x"})
    assert refused.status_code == 405
    assert json.loads(refused.content)["error"]["code"] == "method"
    assert not response.cookies


@pytest.mark.usefixtures("within_an_hour")
def test_who_asks_too_often_is_told_when_to_come_back(client: Client, settings) -> None:
    settings.API_HOURLY = 60
    make_post()
    answers = [client.get("/api/v1/tags") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert json.loads(answers[-1].content)["error"]["code"] == "rate"
    assert client.get("/api/v1/tags", REMOTE_ADDR="203.0.113.9").status_code == 200


@pytest.mark.usefixtures("within_an_hour")
def test_the_limit_holds_for_all_workers_together() -> None:
    limit = Limit(120, operations.THROTTLE.WINDOW)
    workers = [Shares("api"), Shares("api")]
    answered = [workers[number % 2].wait("client", limit) == 0 for number in range(130)]
    assert sum(answered) == 120


def test_few_requests_write_anything(client: Client, settings) -> None:
    settings.API_HOURLY = 3600
    make_post()
    client.get("/api/v1/tags")
    with CaptureQueriesContext(connection) as queries:
        for _ in range(50):
            client.get("/api/v1/tags")
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]


def test_a_larger_site_is_asked_no_more(client: Client) -> None:
    counts: list[dict[str, int]] = []
    for _ in range(2):
        make_posts(2)
        make_post()
        counts.append({})
        for path in ANSWERS:
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            counts[-1][path] = len(queries)
            cache.clear()
    assert counts[0] == counts[1]
    for path, count in counts[0].items():
        assert count <= 3 or "search" in path, path  # which asks step by step


def test_the_documentation_is_a_page_of_the_site_without_a_script_of_others(client: Client) -> None:
    response = client.get("/api/v1/docs")
    page = Page(response)
    assert response.status_code == 200
    for path in ("/api/v1/posts", "/api/v1/posts/{slug}", "/api/v1/items", "/api/v1/sources"):
        assert path in page.text()
    assert all(url.startswith("/") for url in page.values("script[src]", "src"))
    assert not page.all("script:not([src])")
    assert "unsafe" not in response.headers["Content-Security-Policy"]
