"""What readers get at every public address."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from links.decisions import decide
from links.models import Decision, Link
from posts.documents import parse_issue
from posts.models import Post, Tag, TagAlias
from posts.publishing import publish, save_document, withdraw
from tests.builders import (
    BODY,
    item,
    make_draft,
    make_post,
    make_posts,
    make_scheduled,
)

pytestmark = pytest.mark.django_db

PAGES = (
    "/",
    "/posts/a-first-issue/",
    "/archive/",
    "/archive/2024/",
    "/archive/2024/05/",
    "/tags/",
    "/tags/ai/",
    f"/tags/{quote('llama-3-평가')}/",
    "/sections/",
    "/sections/preview/",
    "/sources/",
    "/sources/arxiv.org/",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/tags/ai/feed.xml",
    "/tags/ai/atom.xml",
    "/tags/ai/feed.json",
    "/sections/preview/feed.xml",
    "/sections/preview/atom.xml",
    "/sections/preview/feed.json",
    "/sources/arxiv.org/feed.xml",
    "/sources/arxiv.org/atom.xml",
    "/sources/arxiv.org/feed.json",
    "/sitemap.xml",
    "/sitemap-posts.xml",
    "/sitemap-pages.xml",
    "/sitemap-tags.xml",
    "/sitemap-sections.xml",
    "/sitemap-sources.xml",
    "/robots.txt",
    "/healthz",
)
# What exists without any post.
ALWAYS = frozenset(
    path
    for path in PAGES
    if path
    in (
        "/",
        "/archive/",
        "/tags/",
        "/sections/",
        "/sources/",
        "/feed.xml",
        "/atom.xml",
        "/feed.json",
        "/robots.txt",
        "/healthz",
    )
    or path.startswith("/sitemap")
)


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_every_address_answers(client: Client, path: str) -> None:
    make_post()
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_address_answers_head_like_get(client: Client, path: str) -> None:
    make_post()
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_no_address_takes_a_post_request(client: Client, path: str) -> None:
    make_post()
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_no_public_page_depends_on_a_cookie(client: Client, path: str) -> None:
    make_post()
    response = client.get(path)
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.parametrize("path", PAGES)
def test_without_any_post_there_are_entrances_and_nothing_else(client: Client, path: str) -> None:
    assert client.get(path).status_code == (200 if path in ALWAYS else 404)


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
@pytest.mark.parametrize("path", PAGES)
def test_drafts_and_future_posts_are_nowhere(client: Client, path: str, make) -> None:
    make("A first issue", BODY.replace("First find", "Secret find"))
    response = client.get(path)
    assert response.status_code == (200 if path in ALWAYS else 404)
    for secret in ("A first issue", "a-first-issue", "Secret find", "Llama", "arxiv.org"):
        assert secret not in response.content.decode() or secret in path


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
@pytest.mark.parametrize("path", PAGES)
def test_drafts_and_future_posts_change_no_page_of_a_public_one(
    client: Client, path: str, make
) -> None:
    make_post()
    before = client.get(path).content
    make("Secret words")
    assert client.get(path).content == before


def test_a_scheduled_post_appears_when_its_time_has_come(client: Client, time_machine) -> None:
    make_scheduled()
    time_machine.move_to(timezone.now() + timedelta(days=2))
    for path in ("/", "/posts/to-come/", "/archive/", "/tags/ai/", "/feed.xml"):
        assert "To come" in text(client, path), path
    assert "1 issue" in text(client, "/tags/ai/")


def test_a_withdrawn_post_is_gone_from_every_page_at_once(client: Client) -> None:
    post = make_post()
    publish([post])
    withdraw([post])
    assert client.get("/posts/a-first-issue/").status_code == 404
    assert "A first issue" not in text(client, "/")
    assert "A first issue" not in text(client, "/feed.xml")


# Issue


def test_the_page_of_an_issue_shows_all_of_it(client: Client) -> None:
    post = make_post(description="What it is about")
    page = text(client, "/posts/a-first-issue/")
    assert "<h1>A first issue</h1>" in page
    assert "What it is about" in page
    assert 'datetime="2024-05-10T09:00:00' in page
    assert 'href="https://one.example.org/a"' in page
    assert 'href="/tags/ai/"' in page
    assert f'id="{item(post, "First find").anchor}"' in page
    assert 'id="preview"' in page
    assert '<article class="post" lang="en">' in page


def test_an_issue_names_its_neighbours(client: Client) -> None:
    make_posts(3)
    page = text(client, "/posts/issue-2/")
    assert "Issue 1" in page
    assert "Issue 3" in page


def test_posts_of_the_same_moment_are_all_reached_by_the_pager(client: Client) -> None:
    for title in ("One", "Two", "Three"):
        make_post(title)
    assert 'href="/posts/one/"' in text(client, "/posts/two/")
    assert 'href="/posts/three/"' in text(client, "/posts/two/")
    assert 'href="/posts/two/"' in text(client, "/posts/one/")


def test_an_old_slug_redirects_for_good(client: Client) -> None:
    post = make_post()
    text_ = post.document.replace("tags:", "slug: 새-주소\ntags:")
    save_document(post, parse_issue(text_.encode()))
    response = client.get("/posts/a-first-issue/")
    assert (response.status_code, response.headers["Location"]) == (
        301,
        f"/posts/{quote('새-주소')}/",
    )


def test_an_old_slug_of_a_withdrawn_post_does_not_redirect(client: Client) -> None:
    post = make_post()
    text_ = post.document.replace("tags:", "slug: other\ntags:")
    save_document(post, parse_issue(text_.encode()))
    withdraw([post])
    assert client.get("/posts/a-first-issue/").status_code == 404


def test_a_slug_typed_in_decomposed_form_finds_the_post(client: Client) -> None:
    make_post("한글 제목")
    decomposed = quote("한글-제목".encode())
    assert client.get(f"/posts/{decomposed}/").status_code == 200


def test_markup_in_titles_is_shown_as_text_everywhere(client: Client) -> None:
    make_post("<b>Bold</b> & more", tags=["<i>tag</i>"])
    for path in ("/", "/posts/bboldb-and-more/", "/archive/", "/tags/"):
        response = client.get(path)
        assert "<b>Bold" not in response.content.decode()
        assert "<i>tag" not in response.content.decode()


# Home


def test_home_opens_the_latest_issue_and_lists_the_recent_ones(client: Client) -> None:
    make_posts(14)
    page = text(client, "/")
    assert 'class="opening-title"><a href="/posts/issue-14/"' in page
    assert page.count('class="card"') == 12
    assert "First find" in page


def test_home_without_posts_says_so(client: Client) -> None:
    assert "There is no issue yet." in text(client, "/")


# Archive


def test_the_archive_counts_years_and_months(client: Client) -> None:
    make_posts(3)
    make_post("Later", at=datetime(2025, 1, 2, tzinfo=UTC))
    page = text(client, "/archive/")
    assert "4 issues" in page
    assert 'href="/archive/2024/"' in page
    assert 'href="/archive/2025/01/"' in page


def test_the_months_of_the_archive_follow_the_time_zone_of_the_site(client, settings) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    make_post(at=datetime(2024, 5, 31, 16, tzinfo=UTC))
    assert client.get("/archive/2024/06/").status_code == 200
    assert client.get("/archive/2024/05/").status_code == 404
    assert "A first issue" in text(client, "/archive/2024/")


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
        "/tags/none/feed.xml",
        "/sitemap-none.xml",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    make_post()
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
    "path", ["/tags/ai/", "/sections/preview/", "/sources/arxiv.org/", "/archive/2024/05/"]
)
def test_a_nonsense_page_is_404(client: Client, path: str, page: str) -> None:
    make_post()
    assert client.get(f"{path}?page={page}").status_code == 404


def test_older_and_newer_pages_show_every_issue_once(client: Client) -> None:
    make_posts(70)
    seen: list[str] = []
    path: str | None = "/tags/ai/"
    steps = []
    while path:
        page = text(client, path)
        steps.append(path)
        seen += titles(page)
        path = link(page, "next")
    assert seen == [f"Issue {number}" for number in range(70, 0, -1)]
    back = link(page, "prev")
    assert back
    assert titles(text(client, back)) == [f"Issue {number}" for number in range(40, 10, -1)]
    assert len(steps) == 3


def titles(page: str) -> list[str]:
    return [row.split("<")[0] for row in page.split('/">')[1:] if row.startswith("Issue ")]


def link(page: str, rel: str) -> str | None:
    steps = page.partition('<nav class="steps"')[2].partition("</nav>")[0]
    if f'rel="{rel}"' not in steps:
        return None
    return steps.partition(f'rel="{rel}" href="')[2].partition('"')[0].replace("&amp;", "&")


# Tags, sections, sources


def test_a_tag_page_says_how_many_and_what_is_related(client: Client) -> None:
    make_posts(2)
    page = text(client, "/tags/ai/")
    assert "2 issues" in page
    assert "Llama 3 평가" in page
    assert titles(page) == ["Issue 2", "Issue 1"]


def test_a_tag_of_another_case_is_the_same_tag(client: Client) -> None:
    make_post("One", tags=["AI"])
    make_post("Two", tags=["ai"])
    assert Tag.objects.count() == 1
    assert "2 issues" in text(client, "/tags/ai/")


def test_an_alias_of_a_tag_redirects(client: Client) -> None:
    make_post()
    TagAlias.objects.create(key="ki", name="KI", slug="ki", tag=Tag.objects.get(key="ai"))
    response = client.get("/tags/ki/")
    assert (response.status_code, response.headers["Location"]) == (301, "/tags/ai/")


def test_the_index_of_tags_groups_by_initial(client: Client) -> None:
    make_post(tags=["쌍둥이", "가나다", "Zig", "앱", "3D", "★"])
    page = text(client, "/tags/")
    places = [page.index(f">{initial}</h2>") for initial in ("ㄱ", "ㅅ", "ㅇ", "Z", "0-9")]
    assert places == sorted(places)


def test_only_headings_that_come_back_are_recurring_sections(client: Client) -> None:
    make_post("One")
    assert "Preview" not in text(client, "/sections/")
    make_post("Two", BODY + "\n## Once only\n\nText.\n")
    page = text(client, "/sections/")
    assert "Preview" in page
    assert "Once only" not in page


def test_a_section_is_the_same_with_and_without_its_decoration(client: Client) -> None:
    make_post("One")
    make_post("Two", "### VIEWPOINT\n\nAnother thought.\n")
    assert "2 issues" in text(client, "/sections/viewpoint/")


def test_a_source_page_says_when_it_was_first_and_last_cited(client: Client) -> None:
    make_posts(2)
    page = text(client, "/sources/arxiv.org/")
    assert 'datetime="2024-05-11' in page
    assert 'datetime="2024-05-12' in page


SHARED = """- **First**: [one](https://github.com/rust-lang/rust) and [more](https://github.com/rust-lang/a).
- **Second**: [two](https://github.com/servo/servo)
- **Third**: [three](https://alone.example.org/)
"""


def test_the_index_of_sources_has_hosts_with_their_owners_below(client: Client) -> None:
    make_post("One", SHARED)
    make_post("Two", "- **First**: [one](https://github.com/servo/servo)")
    page = text(client, "/sources/")

    names = re.findall(r'<th scope="row"><a href="/sources/([^"]+)/">', page)
    assert names == ["github.com", "alone.example.org"]
    owners = re.findall(r'<li><a href="/sources/github.com/([^"]+)/">[^<]+</a>', page)
    assert owners == ["servo", "rust-lang"]
    assert 'datetime="2024-05-10' in page


def test_a_host_lists_its_owners_and_an_owner_leads_to_its_host(client: Client) -> None:
    make_post("One", SHARED)
    host = text(client, "/sources/github.com/")
    owner = text(client, "/sources/github.com/rust-lang/")

    assert '<a href="/sources/github.com/servo/">servo</a>' in host
    assert "<span>1 issue</span> <span>3 links</span>" in host
    assert '<a href="/sources/github.com/">github.com</a>' in owner
    assert "<span>1 issue</span> <span>2 links</span>" in owner
    assert 'class="owners"' not in owner
    assert 'class="owners"' not in text(client, "/sources/alone.example.org/")


def test_a_host_with_many_owners_folds_most_of_them(client: Client) -> None:
    links = "\n".join(f"- **Find**: [x](https://github.com/owner{n}/x)" for n in range(14))
    make_post("One", links)
    page = text(client, "/sources/github.com/")

    assert "<summary>2 more</summary>" in page
    assert page.count('<li><a href="/sources/github.com/owner') == 14


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
def test_owners_that_only_drafts_and_future_posts_cite_are_nowhere(client: Client, make) -> None:
    make_post("One", SHARED)
    paths = ("/sources/", "/sources/github.com/", "/sources/github.com/rust-lang/")
    before = [client.get(path).content for path in paths]
    make("Two", SHARED + "- **Fourth**: [x](https://github.com/secret/x)\n")

    assert [client.get(path).content for path in paths] == before
    assert client.get("/sources/github.com/secret/").status_code == 404


def test_a_blocked_owner_is_nowhere_among_the_sources(client: Client, moderator: User) -> None:
    make_post("One", SHARED)
    links = Link.objects.filter(source__name="github.com/rust-lang")
    decide(links, Decision.Action.BLOCK, by=moderator, reason="spam")

    assert "rust-lang" not in text(client, "/sources/")
    assert "rust-lang" not in text(client, "/sources/github.com/")
    assert client.get("/sources/github.com/rust-lang/").status_code == 404


# What pages cost


LISTS = ("/", "/archive/", "/archive/2024/", "/archive/2024/05/", "/tags/ai/", "/feed.xml")


@pytest.mark.parametrize(
    "path",
    [*LISTS, "/posts/issue-1/", "/tags/", "/sections/", "/sources/", "/sources/arxiv.org/"],
)
def test_pages_take_three_queries_at_most_however_many_posts_there_are(
    client: Client, path: str
) -> None:
    make_posts(3)
    few = queries(client, path)
    make_posts(6, start=datetime(2024, 5, 20, tzinfo=UTC))
    assert queries(client, path) == few
    assert few <= 3


@pytest.mark.parametrize("path", ["/sources/", "/sources/github.com/"])
def test_sources_take_three_queries_at_most_however_many_owners_there_are(
    client: Client, path: str
) -> None:
    make_post("One", SHARED)
    few = queries(client, path)
    more = "\n".join(f"- **Find**: [x](https://github.com/owner{n}/x)" for n in range(40))
    make_post("Two", more)
    assert queries(client, path) == few
    assert few <= 3


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


# Head and policy


def test_an_issue_has_canonical_address_and_open_graph_metadata(client: Client, settings) -> None:
    make_post(description="What it is about")
    page = text(client, "/posts/a-first-issue/")
    assert f'<link rel="canonical" href="{settings.SITE_URL}/posts/a-first-issue/">' in page
    assert '<meta property="og:title" content="A first issue">' in page
    assert '<meta property="og:description" content="What it is about">' in page


@pytest.mark.parametrize("path", ["/", "/posts/a-first-issue/", "/nowhere"])
def test_pages_need_no_inline_script_and_no_inline_style(client: Client, path: str) -> None:
    make_post()
    response = client.get(path)
    page = response.content.decode()
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert " style=" not in page
    assert "<style" not in page
    assert all(" src=" in script for script in page.split("<script")[1:])


def test_the_404_page_is_in_the_design_of_the_site(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    page = response.content.decode()
    assert 'class="masthead"' in page
    assert 'href="/archive/"' in page


def test_the_interface_speaks_korean_when_the_site_does(client: Client, settings) -> None:
    settings.LANGUAGE_CODE = "ko"
    with translation.override("ko"):
        make_post()
        page = text(client, "/")
    assert '<html lang="ko">' in page
    assert "보관함" in page
    assert "2024년 5월 10일" in page


def test_robots_may_read_everything_public(client: Client, settings) -> None:
    page = text(client, "/robots.txt")
    assert "Disallow: /admin/" in page
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in page


def test_the_sitemap_lists_public_posts(client: Client, settings) -> None:
    make_post()
    make_draft("Secret")
    page = text(client, "/sitemap-posts.xml")
    assert f"<loc>{settings.SITE_URL}/posts/a-first-issue/</loc>" in page
    assert Post.objects.count() == 2
    assert "secret" not in page
