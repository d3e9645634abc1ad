"""The indexes of tags, sections and sources, the page of a year, and the sitemap, when long."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from links.models import Source
from posts.models import Post, Publication
from posts.site import listing
from tests.builders import LONG_AGO, make_post, make_posts, make_scheduled
from tests.posts.site.test_pages import queries, read, step

pytestmark = pytest.mark.django_db

NAMES = [f"name {number:02}" for number in range(60)]


def make_many(count: int = 60) -> None:
    """Make two issues with that many tags, sections and sources."""
    names = NAMES[:count]
    body = "".join(
        f"## {name}\n\n- [x](https://{name.replace(' ', '')}.example/)\n\n" for name in names
    )
    for title in ("One", "Two"):
        make_post(title, body, tags=names)


def walk(client: Client, path: str, selector: str) -> list[list[str]]:
    """Return what the pages of a list show, page by page."""
    pages, at = [], path
    while at:
        page = read(client, at)
        pages.append(page.texts(selector))
        at = step(page, "next") or ""
    back = step(page, "prev")
    assert back
    assert read(client, back).texts(selector) == pages[-2]
    return pages


@pytest.mark.parametrize("path", ["/tags/", "/sections/", "/sources/"])
def test_a_long_index_shows_fifty_rows_and_the_rest_on_demand(client: Client, path: str) -> None:
    make_many()
    names = ".entries a, .entries-table th a"
    pages = walk(client, path, names)
    assert [len(page) for page in pages] == [50, 10]
    assert len({name for page in pages for name in page}) == 60
    assert read(client, path).texts(".facts span")[0].split()[0] == "60"


@pytest.mark.parametrize("path", ["/tags/", "/sections/", "/sources/"])
@pytest.mark.parametrize("page", ["older-0", "older", "newer-x", "older-1-1", "older-١", ""])
def test_a_nonsense_page_of_an_index_is_404(client: Client, path: str, page: str) -> None:
    make_many(3)
    assert client.get(f"{path}?page={page}").status_code == 404


@pytest.mark.parametrize("path", ["/sections/?order=x", "/sources/?order=x", "/tags/?initial=xyz"])
def test_a_nonsense_order_or_initial_is_404(client: Client, path: str) -> None:
    make_many(3)
    assert client.get(path).status_code == 404


def test_sources_are_ordered_by_use_date_or_name(client: Client) -> None:
    make_post("One", "[b](https://b.example/) [c](https://c.example/)", at=LONG_AGO)
    make_post("Two", "[c](https://c.example/)", at=LONG_AGO + timedelta(days=1))
    make_post("Three", "[a](https://a.example/)", at=LONG_AGO + timedelta(days=2))
    found = {
        order: read(client, f"/sources/{order}").texts(".entries-table th a")
        for order in ("", "by/recent/", "by/name/")
    }
    assert found[""][0] == "c.example"
    assert found["by/recent/"] == ["a.example", "c.example", "b.example"]
    assert found["by/name/"] == ["a.example", "b.example", "c.example"]


def test_sources_are_found_by_a_part_of_their_name(client: Client) -> None:
    make_post("One", "[b](https://blog.example/) [c](https://github.com/someone/c)")
    page = read(client, "/sources/?q=ONE")
    assert page.texts(".entries-table th a") == ["github.com/someone"]
    assert page.value("main input[name=q]", "value") == "one"
    assert "“nowhere”" in read(client, "/sources/?q=nowhere").one(".message").text()


def test_many_tags_are_reached_by_their_initial(client: Client) -> None:
    make_many()
    make_post("Korean", tags=["가나", "한글"])
    addresses = read(client, "/tags/").values(".initials a", "href")
    assert addresses == [f"/tags/initial/{quote(letter)}/" for letter in "ㄱㅎN"]
    assert read(client, addresses[0]).texts(".entries a") == ["가나"]


def test_numbers_leave_out_what_is_still_to_come(client: Client) -> None:
    make_many(3)
    paths = ("/tags/", "/sections/", "/sources/", "/sources/by/recent/", "/sitemap.xml")

    def shown() -> dict[str, list[bytes]]:
        # Their order is by what is stored.
        return {path: sorted(client.get(path).content.splitlines()) for path in paths}

    before = shown()
    body = "## New\n\n[x](https://new.example/)\n\n## name 01\n\n[x](https://name01.example/)\n"
    for title in ("To come", "To come, too"):
        make_scheduled(title, body, tags=["New", "name 01"])
    assert shown() == before


def test_an_index_reads_its_own_rows_alone_on_a_database_without_statistics(
    client: Client,
) -> None:
    if connection.vendor != "sqlite":
        return  # what is counted are the steps of SQLite's machine
    assert "sqlite_stat1" not in connection.introspection.table_names()
    make_many(3)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def cost(path: str) -> int:
        nonlocal steps
        steps = 0
        Publication.objects.all().delete()  # a few rows for each save, which become one
        connection.connection.set_progress_handler(count, 10)
        client.get(path)
        connection.connection.set_progress_handler(None, 0)
        return steps

    paths = ("/tags/", "/sections/", "/sources/", "/sitemap.xml", "/archive/2024/")
    few = {path: cost(path) for path in paths}
    make_posts(40, start=datetime(2024, 6, 1, tzinfo=UTC), body="Text.\n", tags=[])
    assert [path for path in paths[:4] if cost(path) > few[path] * 1.2] == []


def test_the_page_of_a_host_never_looks_through_all_sources() -> None:
    if connection.vendor != "postgresql":
        return  # SQLite uses an index for each part of an OR
    Source.objects.bulk_create(
        Source(name=f"{number}.example", post_count=1) for number in range(20_000)
    )
    with CaptureQueriesContext(connection) as asked:
        listing.source_and_owners("1.example", timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE links_source")
        cursor.execute(f"EXPLAIN {asked[0]['sql']}")
        assert not [step for (step,) in cursor.fetchall() if "Seq Scan on links_source" in step]


@pytest.mark.parametrize(
    "path", ["/sources/by/name/", "/sources/?q=name", "/tags/initial/N/", "/sections/"]
)
def test_an_index_takes_two_queries_however_many_rows(client: Client, path: str) -> None:
    make_many(3)
    assert queries(client, path) <= 2
    few = queries(client, path)
    make_many(9)
    assert queries(client, path) == few


def test_a_long_year_goes_on_by_pages(client: Client) -> None:
    make_posts(31, body="Text.\n", start=datetime(2024, 1, 1, tzinfo=UTC))
    pages = walk(client, "/archive/2024/", ".card-title")
    assert [title for page in pages for title in page] == [f"Issue {n}" for n in range(31, 0, -1)]


def sitemap(client: Client) -> str:
    """Return all parts of the sitemap: keys of rows, which go on from test to test, part them."""
    index = client.get("/sitemap.xml").content.decode()
    parts = re.findall("<loc>https?://[^/]+(.*?)</loc>", index)
    return "".join(client.get(part).content.decode() for part in parts)


def test_the_sitemap_names_every_public_address_in_parts(client: Client, settings) -> None:
    make_many(3)
    found = sitemap(client)
    for path in ("/posts/one/", "/tags/name-01/", "/sections/name-02/", "/sources/name00.example/"):
        assert f"<loc>{settings.SITE_URL}{path}</loc>" in found
    for no_part in ("posts-9", "posts-1", "posts-01", "posts-", "posts-x", "nothing"):
        assert client.get(f"/sitemap-{no_part}.xml").status_code == 404
    for query in ("p=9", "p=x", "p=-1"):
        assert client.get(f"/sitemap-posts.xml?{query}").status_code == 404
    assert client.get("/sitemap-posts.xml?p=1").headers["Location"] == "/sitemap-posts.xml"


def test_the_sitemap_writes_names_in_any_script_as_addresses_are_written(client: Client) -> None:
    for slug in ("링크-모음-2024", "naïve_été.1", "100%-a&b'c d~e", "日本🎌/x"):
        post = make_post(slug)
        Post.objects.filter(pk=post.pk).update(slug=slug)
        address = f"/posts/{quote(slug, safe='/~:@!$()*+,;=')}/</loc>"
        assert address in sitemap(client)
