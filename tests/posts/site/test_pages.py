"""What readers get at every public address."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from links.decisions import decide
from links.models import Decision, Link
from posts.documents import parse_issue
from posts.models import Post, Tag, TagAlias
from posts.publishing import publish, save_document, withdraw
from tests.builders import BODY, document, item, make_draft, make_post, make_posts, make_scheduled
from tests.posts.site.test_addresses import ENTRANCES, PAGES
from tests.reading import Page, shown

pytestmark = pytest.mark.django_db


def read(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, path
    return Page(response)


def titles(page: Page) -> list[str]:
    """Return the titles of the issues that a page lists."""
    return page.texts(".card-title")


def step(page: Page, rel: str) -> str | None:
    """Return the address of the newer ("prev") or older ("next") page of a list."""
    return next(iter(page.values(f"nav.steps a[rel={rel}]", "href")), None)


# What is public


@pytest.mark.parametrize("path", PAGES)
def test_without_any_post_there_are_entrances_and_nothing_else(client: Client, path: str) -> None:
    assert client.get(path).status_code == (200 if path in ENTRANCES else 404)


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
def test_drafts_and_future_posts_are_nowhere(client: Client, make) -> None:
    make("A first issue", BODY.replace("First find", "Secret find"))
    for path in PAGES:
        response = client.get(path)
        assert response.status_code == (200 if path in ENTRANCES else 404), path
        for secret in ("A first issue", "a-first-issue", "Secret find", "Llama", "arxiv.org"):
            assert secret not in response.content.decode() or secret in path, path


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
def test_drafts_and_future_posts_change_no_page_of_a_public_one(client: Client, make) -> None:
    make_post()
    before = {path: client.get(path).content for path in PAGES}
    make("Secret words")
    assert [path for path in PAGES if client.get(path).content != before[path]] == []


def test_a_scheduled_post_appears_when_its_time_has_come(client: Client, time_machine) -> None:
    make_scheduled()
    time_machine.move_to(timezone.now() + timedelta(days=2))
    for path in ("/", "/posts/to-come/", "/archive/", "/tags/ai/"):
        assert "To come" in read(client, path).texts("main h1, .opening-title, .card-title"), path
    assert b"<title>To come</title>" in client.get("/feed.xml").content
    assert "1 issue" in read(client, "/tags/ai/").texts(".facts span")


def test_a_withdrawn_post_is_gone_from_every_page_at_once(client: Client) -> None:
    post = make_post()
    publish([post])
    withdraw([post])
    assert client.get("/posts/a-first-issue/").status_code == 404
    assert b"A first issue" not in client.get("/").content
    assert b"A first issue" not in client.get("/feed.xml").content


# Issue


def test_the_page_of_an_issue_shows_all_of_it(client: Client) -> None:
    post = make_post(description="What it is about")
    page = read(client, "/posts/a-first-issue/")
    assert page.value("article.post", "lang") == "en"
    assert page.texts("article h1") == ["A first issue"]
    assert page.texts("article .description") == ["What it is about"]
    assert page.value("article time", "datetime").startswith("2024-05-10T09:00:00")
    assert "https://one.example.org/a" in page.values(".body a", "href")
    assert "/tags/ai/" in page.values("article .tags a", "href")
    assert page.all(f"#{item(post, 'First find').anchor}")
    assert page.all("#preview")


def test_an_issue_names_its_neighbours(client: Client) -> None:
    make_posts(3)
    page = read(client, "/posts/issue-2/")
    assert page.texts(".pager a[rel=prev] strong") == ["Issue 1"]
    assert page.texts(".pager a[rel=next] strong") == ["Issue 3"]


def test_posts_of_the_same_moment_are_all_reached_by_the_pager(client: Client) -> None:
    for title in ("One", "Two", "Three"):
        make_post(title)
    found = {
        name: read(client, f"/posts/{name}/").values(".pager a", "href")
        for name in ("one", "two", "three")
    }
    assert found == {
        "one": ["/posts/two/"],
        "two": ["/posts/one/", "/posts/three/"],
        "three": ["/posts/two/"],
    }


def test_an_old_slug_redirects_for_good(client: Client) -> None:
    post = make_post()
    text = post.document.replace("tags:", "slug: 새-주소\ntags:")
    save_document(post, parse_issue(text.encode()))
    response = client.get("/posts/a-first-issue/")
    assert (response.status_code, response.headers["Location"]) == (
        301,
        f"/posts/{quote('새-주소')}/",
    )


def test_an_old_slug_of_a_withdrawn_post_does_not_redirect(client: Client) -> None:
    post = make_post()
    text = post.document.replace("tags:", "slug: other\ntags:")
    save_document(post, parse_issue(text.encode()))
    withdraw([post])
    assert client.get("/posts/a-first-issue/").status_code == 404


def test_a_slug_typed_in_decomposed_form_finds_the_post(client: Client) -> None:
    make_post("한글 제목")
    decomposed = quote("한글-제목".encode())
    assert client.get(f"/posts/{decomposed}/").status_code == 200


def test_markup_in_titles_is_shown_as_text_everywhere(client: Client) -> None:
    post = make_post("<b>Bold</b> & more", tags=["<i>tag</i>"])
    for path in ("/", post.get_absolute_url(), "/archive/"):
        page = read(client, path)
        assert "<b>Bold</b> & more" in page.texts("h1, .opening-title, .card-title"), path
        assert not page.all("b, i"), path
    page = read(client, "/tags/")
    assert page.texts(".entries a") == ["<i>tag</i>"]
    assert not page.all("b, i")


# Home


def test_home_opens_the_latest_issue_and_lists_the_recent_ones(client: Client) -> None:
    make_posts(14)
    page = read(client, "/")
    assert page.values(".opening-title a", "href") == ["/posts/issue-14/"]
    assert "First find" in page.texts(".brief-title")
    assert len(titles(page)) == 12


HOME = """One.

Two, with an [opening link](https://opening.example.org/).

- Three <b>a</b>

Four.

## Finds
- **First**: what it is. [Read](https://one.example.org/a?q=1&r=é)
- **Second**: nothing to follow.
- **Third**: [blocked](https://spam.example.org/)
"""


def test_titles_on_the_home_page_lead_to_the_article_and_marks_to_the_place(
    client: Client,
) -> None:
    post = make_post("Finds of today", HOME)
    decide(Link.objects.filter(url__contains="spam"), "block", by=None, reason="spam")
    page = read(client, "/")

    assert page.values("a.brief-title", "href") == ["https://one.example.org/a?q=1&r=%C3%A9"]
    assert page.texts("a.brief-title") == ["First"]
    assert page.texts("span.brief-title") == ["Second", "Third"]
    places = page.values(".brief-place", "href")
    assert places == [row.get_absolute_url() for row in post.items.filter(kind="list")[1:]]
    assert page.texts(".brief-place") == ["one.example.org", "#", "#"]


def test_an_item_without_a_link_stands_once_on_the_home_page(client: Client) -> None:
    make_post("Plain", "## Finds\n- first one\n- **second**: what it is\n- " + "long " * 90)
    page = read(client, "/")
    assert page.texts(".brief-title")[:2] == ["first one", "second"]
    assert page.texts(".brief-summary") == ["what it is"]
    assert len(page.texts(".brief-title")[2]) < 200


def test_home_opens_an_issue_by_three_paragraphs_at_most(client: Client) -> None:
    make_post("Finds of today", HOME)
    page = read(client, "/")

    assert page.texts(".opening .body > *") == ["One.", "Two, with an opening link.", "Three a"]
    assert [node.html for node in page.all(".opening a") if not node.text()] == []


def test_home_leads_on_only_from_what_it_does_not_show_whole(client: Client) -> None:
    post = make_post(body="All of it.\n\nIn two paragraphs, with a [link](https://a.example/).\n")
    assert read(client, "/").texts(".read-on") == []
    for more in ("One.\n\nTwo.\n\nThree.\n\nFour.\n", "One.\n\n## Section\n\nNo item.\n"):
        save_document(post, parse_issue(document(body=more).encode()))
        assert read(client, "/").texts(".read-on") == ["Read the whole issue"]


def test_home_without_posts_says_so(client: Client) -> None:
    assert read(client, "/").texts(".message h2") == ["There is no issue yet."]


# Contents


PARTS = "".join(
    f"### Part {part}\n#### Chapter\n##### Deep\n{items}# Back\n"
    for part, items in ((1, "- a\n"), (2, "- b\n" * 21))
)


def test_contents_have_two_levels_and_a_third_where_a_part_is_long(client: Client) -> None:
    page = read(client, make_post("Parts", PARTS).get_absolute_url())

    found = [(node.attributes["class"], shown(node)) for node in page.all(".contents li")]
    assert found == [
        ("depth-1", "Part 1"),
        ("depth-2", "Chapter"),
        ("depth-1", "Back"),
        ("depth-2", "Part 2"),
        ("depth-3", "Chapter"),
        ("depth-1", "Back"),
    ]


# Archive


def test_the_archive_counts_years_and_months(client: Client) -> None:
    make_posts(3)
    make_post("Later", at=datetime(2025, 1, 2, tzinfo=UTC))
    page = read(client, "/archive/")
    assert page.texts(".page-header .facts") == ["4 issues"]
    assert page.values(".year > p a", "href") == ["/archive/2025/", "/archive/2024/"]
    assert page.texts(".year summary") == ["2025 1 issue", "2024 3 issues"]
    assert page.values(".year summary .chart", "aria-label") == [
        "Issues per month in 2025: Jan 1", "Issues per month in 2024: May 3",
    ]  # fmt: skip
    assert page.texts("main h2") == ["Recent issues", "Issues by year"]
    assert page.values(".months a", "href") == ["/archive/2025/01/", "/archive/2024/05/"]


def test_the_months_of_the_archive_follow_the_time_zone_of_the_site(client, settings) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    make_post(at=datetime(2024, 5, 31, 16, tzinfo=UTC))
    assert client.get("/archive/2024/06/").status_code == 200
    assert client.get("/archive/2024/05/").status_code == 404
    assert titles(read(client, "/archive/2024/")) == ["A first issue"]


def test_older_and_newer_pages_show_every_issue_once(client: Client) -> None:
    make_posts(65, body="Text.\n")
    seen: list[str] = []
    path: str | None = "/tags/ai/"
    steps = []
    while path:
        page = read(client, path)
        steps.append(path)
        seen += titles(page)
        path = step(page, "next")
    assert seen == [f"Issue {number}" for number in range(65, 0, -1)]
    back = step(page, "prev")
    assert back
    assert titles(read(client, back)) == [f"Issue {number}" for number in range(35, 5, -1)]
    assert len(steps) == 3


def test_the_menu_leads_to_a_page_that_explains_the_feeds(
    client: Client, settings: Settings
) -> None:
    assert "/follow/" in read(client, "/archive/").values(".masthead a", "href")
    page = read(client, "/follow/")
    names = ("feed.xml", "atom.xml", "feed.json", "items.xml", "items-atom.xml", "items.json")
    addresses = [f"{settings.SITE_URL}/{name}" for name in names]
    assert page.texts(".address a") == page.values(".address a", "href") == addresses
    settings.LANGUAGE_CODE = "ko"
    assert "피드 리더" in read(client, "/follow/").text()


# Tags, sections, sources


def test_a_tag_page_says_how_many_and_what_is_related(client: Client) -> None:
    make_posts(2)
    page = read(client, "/tags/ai/")
    assert "2 issues" in page.texts(".facts span")
    assert page.texts(".related .tag") == ["Llama 3 평가"]
    assert titles(page) == ["Issue 2", "Issue 1"]


def test_a_tag_of_another_case_is_the_same_tag(client: Client) -> None:
    make_post("One", tags=["AI"])
    make_post("Two", tags=["ai"])
    assert Tag.objects.count() == 1
    assert "2 issues" in read(client, "/tags/ai/").texts(".facts span")


def test_an_alias_of_a_tag_redirects(client: Client) -> None:
    make_post()
    TagAlias.objects.create(key="ki", name="KI", slug="ki", tag=Tag.objects.get(key="ai"))
    response = client.get("/tags/ki/")
    assert (response.status_code, response.headers["Location"]) == (301, "/tags/ai/")


def test_the_index_of_tags_groups_by_initial(client: Client) -> None:
    make_post(tags=["쌍둥이", "가나다", "Zig", "앱", "3D", "★"])
    page = read(client, "/tags/")
    assert page.texts(".initial h2") == ["ㄱ", "ㅅ", "ㅇ", "Z", "0-9", "Other"]


def test_only_headings_that_come_back_are_recurring_sections(client: Client) -> None:
    make_post("One")
    assert not read(client, "/sections/").all(".entries-table")
    make_post("Two", BODY + "\n## Once only\n\nText.\n")
    names = read(client, "/sections/").texts(".entries-table th a")
    assert "Preview" in names
    assert "Once only" not in names


def test_a_section_is_the_same_with_and_without_its_decoration(client: Client) -> None:
    make_post("One")
    make_post("Two", "### VIEWPOINT\n\nAnother thought.\n")
    assert "2 issues" in read(client, "/sections/viewpoint/").texts(".facts span")


def test_a_source_page_says_when_it_was_first_and_last_cited(client: Client) -> None:
    make_posts(2)
    days = read(client, "/sources/arxiv.org/").values(".facts time", "datetime")
    assert [day[:10] for day in days] == ["2024-05-11", "2024-05-12"]


SHARED = """- **First**: [one](https://github.com/rust-lang/rust) and [more](https://github.com/rust-lang/a).
- **Second**: [two](https://github.com/servo/servo)
- **Third**: [three](https://alone.example.org/)
"""


def test_the_index_of_sources_has_hosts_with_their_owners_below(client: Client) -> None:
    make_post("One", SHARED)
    make_post("Two", "- **First**: [one](https://github.com/servo/servo)")
    page = read(client, "/sources/")

    assert page.values(".entries-table th[scope=row] a", "href") == [
        "/sources/github.com/",
        "/sources/alone.example.org/",
    ]
    assert page.values(".owners-row a", "href") == [
        "/sources/github.com/servo/",
        "/sources/github.com/rust-lang/",
    ]
    assert "2024-05-10" in [day[:10] for day in page.values(".seen time", "datetime")]


def test_a_host_lists_its_owners_and_an_owner_leads_to_its_host(client: Client) -> None:
    make_post("One", SHARED)
    host = read(client, "/sources/github.com/")
    owner = read(client, "/sources/github.com/rust-lang/")

    (servo,) = host.all(".owners a[href='/sources/github.com/servo/']")
    assert servo.text() == "servo"
    assert host.texts(".facts span")[:2] == ["1 issue", "3 links"]
    assert "/sources/github.com/" in owner.values(".kicker a", "href")
    assert owner.texts(".facts span")[:2] == ["1 issue", "2 links"]
    assert not owner.all(".owners")
    assert not read(client, "/sources/alone.example.org/").all(".owners")


def test_a_host_with_many_owners_folds_most_of_them(client: Client) -> None:
    links = "\n".join(f"- **Find**: [x](https://github.com/owner{n}/x)" for n in range(14))
    make_post("One", links)
    page = read(client, "/sources/github.com/")

    assert page.texts(".host-owners summary") == ["2 more"]
    assert len(page.all(".host-owners > .owners a")) == 12
    assert len(page.all(".host-owners details .owners a")) == 2


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

    assert b"rust-lang" not in client.get("/sources/").content
    assert b"rust-lang" not in client.get("/sources/github.com/").content
    assert client.get("/sources/github.com/rust-lang/").status_code == 404


# What pages cost


LISTS = ("/", "/archive/", "/archive/2024/", "/archive/2024/05/", "/tags/ai/", "/feed.xml")


def test_pages_take_two_queries_at_most_however_many_posts_there_are(client: Client) -> None:
    indexes = ("/tags/", "/sections/", "/sources/", "/sources/arxiv.org/")
    paths = (*LISTS, "/posts/issue-1/", *indexes)
    make_posts(3)
    few = {path: queries(client, path) for path in paths}
    make_posts(6, start=datetime(2024, 5, 20, tzinfo=UTC))
    assert {path: queries(client, path) for path in paths} == few
    assert max(few.values()) <= 2


def test_sources_take_two_queries_at_most_however_many_owners_there_are(client: Client) -> None:
    paths = ("/sources/", "/sources/github.com/")
    make_post("One", SHARED)
    few = {path: queries(client, path) for path in paths}
    more = "\n".join(f"- **Find**: [x](https://github.com/owner{n}/x)" for n in range(40))
    make_post("Two", more)
    assert {path: queries(client, path) for path in paths} == few
    assert max(few.values()) <= 2


def queries(client: Client, path: str) -> int:
    """Return how many queries a page takes, besides the one for the version of the site."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len([query for query in captured if "posts_publication" not in query["sql"]])


# Head and language


def test_an_issue_has_canonical_address_and_open_graph_metadata(client: Client, settings) -> None:
    make_post(description="What it is about")
    page = read(client, "/posts/a-first-issue/")
    address = f"{settings.SITE_URL}/posts/a-first-issue/"
    assert page.values("link[rel=canonical]", "href") == [address]
    assert page.values("meta[property='og:title']", "content") == ["A first issue"]
    assert page.values("meta[property='og:description']", "content") == ["What it is about"]


def test_the_interface_speaks_korean_when_the_site_does(client: Client, settings) -> None:
    settings.LANGUAGE_CODE = "ko"
    with translation.override("ko"):
        make_post()
        page = read(client, "/")
    assert page.value("html", "lang") == "ko"
    assert "보관함" in page.texts(".site-nav a")
    assert "2024년 5월 10일" in page.one(".opening .eyebrow").text()


def test_the_sitemap_lists_public_posts(client: Client, settings) -> None:
    make_post()
    make_draft("Secret")
    page = client.get("/sitemap-posts.xml").content.decode()
    assert f"<loc>{settings.SITE_URL}/posts/a-first-issue/</loc>" in page
    assert Post.objects.count() == 2
    assert "secret" not in page


def test_the_dialog_about_reading_names_every_key(client: Client) -> None:
    page = Page(client.get("/archive/"))

    assert page.texts(".reading-keys kbd") == ["j", "k", "n", "p", "/", "?"]
