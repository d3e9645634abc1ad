"""Further pages of lists have paths of their own, and what was a query once leads there."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.test import Client

from tests.builders import make_post, make_posts
from tests.posts.site.test_pages import read, step

pytestmark = pytest.mark.django_db

LISTS = (
    "/archive/2024/",
    "/tags/ai/",
    "/sections/preview/",
    "/sources/one.example.org/",
)


@pytest.fixture(scope="module", autouse=True)
def _more_than_a_page(shared_rows: None) -> None:
    make_posts(51, start=datetime(2024, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("path", LISTS)
def test_a_list_goes_on_below_its_own_path(client: Client, path: str) -> None:
    older = step(read(client, path), "next")
    assert older
    assert older.startswith(f"{path}older/")
    page = read(client, older)
    newer = step(page, "prev")
    assert newer
    assert newer.startswith(f"{path}newer/")
    assert read(client, newer).texts("main h3, main .card-title") == (
        read(client, path).texts("main h3, main .card-title")
    )
    assert page.value("link[rel=canonical]", "href").endswith(path)


@pytest.mark.parametrize("path", LISTS)
def test_what_was_a_query_leads_to_its_path(client: Client, path: str) -> None:
    older = step(read(client, path), "next") or ""
    key = older.removeprefix(path).strip("/").replace("/", "-")
    answer = client.get(f"{path}?page={key}&utm_source=mail")
    assert (answer.status_code, answer.headers["Location"]) == (301, older)
    assert client.get(f"{path}?page=older-1-1").status_code == 404
    assert client.get(f"{path}older/1-1/").status_code == 404


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("/sources/?order=name", "/sources/by/name/"),
        ("/sections/?order=recent", "/sections/by/recent/"),
        (f"/tags/?initial={quote('ㅍ')}", f"/tags/initial/{quote('ㅍ')}/"),
    ],
)
def test_orders_and_initials_have_paths(client: Client, query: str, path: str) -> None:
    make_post("One", tags=["평가"])
    make_post("Two", tags=["평가"])
    answer = client.get(query)
    assert (answer.status_code, answer.headers["Location"]) == (301, path)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/tags/older/x/",
        "/tags/by/use/",
        "/tags/ai/by/use/",
        "/sources/initial/a/",
        "/tags/initial/xyz/",
        "/tags/initial//",
        "/tags/ai/older/",
        "/tags/ai/older/99999999999999999999-1/",
        "/tags/ai/sideways/1-1/",
        "/sources/by/use/",
        "/sources/older/999999/",
        "/archive/2024/older/1/",
    ],
)
def test_nonsense_is_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_what_is_sought_stays_a_query(client: Client) -> None:
    page = read(client, "/sources/?q=example&order=name")
    assert "/sources/?order=recent&q=example" in page.values("main a", "href")
    assert "/sources/?q=example" in page.values("main a", "href")


def test_a_source_may_be_called_as_a_path_is(client: Client) -> None:
    make_post(body="- [One](https://github.com/older/1) and [two](https://github.com/by/recent)\n")
    assert client.get("/sources/github.com/older/").status_code == 200
    assert client.get("/sources/github.com/by/").status_code == 200
