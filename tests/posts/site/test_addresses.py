"""What public addresses have in common: who may ask for them, and what none of them takes."""

from urllib.parse import quote

import pytest
from django.test import Client

from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("issue")]

# What exists without any post.
ENTRANCES = (
    "/",
    "/archive/",
    "/follow/",
    "/search/",
    "/search/feed.xml",
    "/search/atom.xml",
    "/search/feed.json",
    "/search/suggest/",
    "/opensearch.xml",
    "/tags/",
    "/sections/",
    "/sources/",
    "/links/",
    "/links/rediscovered/",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/items.xml",
    "/items-atom.xml",
    "/items.json",
    "/sitemap.xml",
    "/sitemap-posts.xml",
    "/sitemap-pages.xml",
    "/sitemap-tags.xml",
    "/sitemap-sections.xml",
    "/sitemap-sources.xml",
    "/sitemap-links.xml",
    "/robots.txt",
    "/llms.txt",
    "/manifest.webmanifest",
    "/healthz",
    "/favicon.ico",
)
PAGES = (
    *ENTRANCES,
    "/posts/a-first-issue/",
    "/posts/a-first-issue.md",
    "/archive/2024/",
    "/archive/2024/05/",
    "/tags/ai/",
    f"/tags/{quote('llama-3-평가')}/",
    "/sections/preview/",
    "/sources/arxiv.org/",
    "/tags/ai/feed.xml",
    "/tags/ai/atom.xml",
    "/tags/ai/feed.json",
    "/tags/ai/items.xml",
    "/tags/ai/items-atom.xml",
    "/tags/ai/items.json",
    "/sections/preview/feed.xml",
    "/sections/preview/atom.xml",
    "/sections/preview/feed.json",
    "/sources/arxiv.org/feed.xml",
    "/sources/arxiv.org/atom.xml",
    "/sources/arxiv.org/feed.json",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_address_answers(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_address_answers_head_like_get(client: Client, path: str) -> None:
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_no_address_takes_a_post_request(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_no_public_page_depends_on_a_cookie(client: Client, path: str) -> None:
    response = client.get(path)
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.parametrize(
    "path",
    [
        "/archive/2023/",
        "/archive/0/",
        "/archive/10000/",
        "/archive/99999999999999999999/",
        "/archive/2024/13/",
        "/archive/2024/0/",
        "/archive/2024/06/",
        "/archive/2024/5/",
        "/archive/abc/",
        "/posts/none/",
        "/tags/none/",
        "/sections/none/",
        "/sources/none.example.org/",
        "/links/none/",
        "/tags/none/feed.xml",
        "/tags/none/items.xml",
        "/sitemap-none.xml",
        f"/sitemap-posts-{'9' * 5000}.xml",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "page",
    [
        "abc",
        "0",
        "-1",
        "99999999999999999999999999",
        "older-1",
        "older--1-1",
        "older-0-0",
        "newer-99999999999999999-1",
        "%00",
        "١",
        "",
    ],
)
@pytest.mark.parametrize(
    "path",
    ["/tags/ai/", "/sections/preview/", "/sources/arxiv.org/", "/archive/2024/05/", "/links/"],
)
def test_a_nonsense_page_is_404(client: Client, path: str, page: str) -> None:
    assert client.get(f"{path}?page={page}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/posts/a-first-issue/", "/nowhere"])
def test_pages_need_no_inline_script_and_no_inline_style(client: Client, path: str) -> None:
    response = client.get(path)
    page = Page(response)
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert not page.all("[style], style, script:not([src]):not([type='application/ld+json'])")
    assert page.all("script[src]")


def test_the_404_page_is_in_the_design_of_the_site(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "/archive/" in Page(response).values(".masthead a", "href")


def test_robots_may_read_everything_public(client: Client, settings) -> None:
    page = client.get("/robots.txt").content.decode()
    assert "Disallow: /admin/" in page
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in page
