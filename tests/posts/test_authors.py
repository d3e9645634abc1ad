"""Authors: whom headers name, on the issue, in feeds and on a page of theirs."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from posts import authors, publishing, retagging
from posts.documents import DocumentError, parse_issue
from posts.models import Author, Authorship, Post
from tests.builders import BODY, document, make_draft, make_post, make_posts, make_scheduled
from tests.conftest import SignIn
from tests.posts.site.test_pages import queries
from tests.reading import Page

pytestmark = pytest.mark.django_db

ISSUE = "/posts/a-first-issue/"


def bylines(header: str) -> list[tuple[str, str]]:
    found = parse_issue(f"---\ntitle: x\n{header}\n---\nText.\n".encode()).metadata.authors
    return [(byline.name, byline.url) for byline in found]


def ann() -> Author:
    return Author.objects.get(name="Ann Lee")


def credited(post: Post) -> list[str]:
    rows = Authorship.objects.filter(post=post).order_by("position")
    return list(rows.values_list("author__name", flat=True))


# Headers


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("author: Ann Lee", [("Ann Lee", "")]),
        ("Author: '  Ann   Lee  '", [("Ann Lee", "")]),
        ("authors: [Ann Lee, 김하나]", [("Ann Lee", ""), ("김하나", "")]),
        (
            "authors: Ann Lee, Bob and Cy & Di",
            [("Ann Lee", ""), ("Bob", ""), ("Cy", ""), ("Di", "")],
        ),
        ("author: Lee, Ann; Bob", [("Lee, Ann", ""), ("Bob", "")]),
        ("author: Ann Lee <ann@example.org>", [("Ann Lee", "")]),
        (
            "author: {name: Ann, url: 'https://ann.example.org/'}",
            [("Ann", "https://ann.example.org/")],
        ),
        ("authors:\n  - name: Ann\n    link: javascript:x\n  - Bob", [("Ann", ""), ("Bob", "")]),
        ("글쓴이: 김하나", [("김하나", "")]),
        ("params:\n  author: Ann", [("Ann", "")]),
        ("author: Ann\nauthors: [ANN, Bob]", [("ANN", ""), ("Bob", "")]),
        ("author:", []),
        ("author: ['', {email: a@b.c}, [x]]", []),
    ],
)
def test_whom_a_header_names(header: str, names: list[tuple[str, str]]) -> None:
    assert bylines(header) == names


def test_more_authors_than_any_issue_has_are_refused() -> None:
    names = ", ".join(f"Author {number}" for number in range(60))
    with pytest.raises(DocumentError, match="at most 50 authors"):
        bylines(f"authors: [{names}]")


# Readers


def test_an_issue_says_whom_it_is_by_and_so_do_feeds(client: Client) -> None:
    make_post(authors="[Ann Lee, 김하나]")

    page = Page(client.get(ISSUE))
    assert page.texts(".byline a") == ["Ann Lee", "김하나"]
    assert page.values("meta[name=author]", "content") == ["Ann Lee", "김하나"]
    assert "<dc:creator>Ann Lee</dc:creator>" in client.get("/feed.xml").content.decode()
    assert "<author><name>Ann Lee</name><uri>https://news.example.org/authors/ann-lee/</uri>" in (
        client.get("/atom.xml").content.decode()
    )
    item = json.loads(client.get("/feed.json").content)["items"][0]
    assert item["authors"][0] == {
        "name": "Ann Lee", "url": "https://news.example.org/authors/ann-lee/",
    }  # fmt: skip


def test_an_issue_without_author_says_nothing(client: Client) -> None:
    make_post()

    assert not Page(client.get(ISSUE)).all(".byline, meta[name=author]")


def test_an_author_has_a_page_with_feeds_and_what_is_said_of_them(client: Client) -> None:
    make_post(author="Ann Lee")
    author = ann()
    author.bio, author.url = "Reads *everything*.", "https://ann.example.org/"
    authors.describe(author)

    page = Page(client.get("/authors/ann-lee/"))
    assert page.one("h1").text() == "Ann Lee"
    assert page.one(".about em").text() == "everything"
    assert page.texts(".card-title") == ["A first issue"]
    for name in ("feed.xml", "atom.xml", "feed.json"):
        assert "A first issue" in client.get(f"/authors/ann-lee/{name}").content.decode()
    assert "/authors/ann-lee/</loc>" in client.get("/sitemap-pages.xml").content.decode()


def test_nobody_learns_of_an_author_before_their_issue_is_public(client: Client) -> None:
    make_draft(author="Ann Lee")
    make_scheduled(author="Bob")

    for slug in ("ann-lee", "bob", "nobody"):
        assert client.get(f"/authors/{slug}/").status_code == 404
        assert client.get(f"/authors/{slug}/feed.xml").status_code == 404
    assert "/authors/" not in client.get("/sitemap-pages.xml").content.decode()
    publishing.publish(Post.objects.all())
    assert client.get("/authors/ann-lee/").status_code == 200
    publishing.withdraw(Post.objects.filter(authorships__author__name="Ann Lee"))
    assert client.get("/authors/ann-lee/").status_code == 404


def test_an_authors_page_takes_as_many_queries_however_many_issues(client: Client) -> None:
    make_post(author="Ann Lee")
    few = queries(client, "/authors/ann-lee/")
    for number in range(4):
        make_post(f"Issue {number}", author="Ann Lee")

    assert queries(client, "/authors/ann-lee/") == few <= 3


# Staff


def test_a_renamed_author_keeps_issues_and_addresses(client: Client) -> None:
    post = make_post(author="Ann Lee")
    author = ann()
    author.name, author.slug = "Ann Kim", "ann-kim"
    authors.describe(author)

    assert Page(client.get(ISSUE)).texts(".byline a") == ["Ann Kim"]
    assert client.get("/authors/ann-lee/").headers["Location"] == "/authors/ann-kim/"
    assert (
        client.get("/authors/ann-lee/feed.xml").headers["Location"] == "/authors/ann-kim/feed.xml"
    )
    publishing.rebuild(post)
    make_post("Another", author="ann lee")
    assert Author.objects.count() == 1


def test_two_authors_who_are_one_are_merged(client: Client, sign_in: SignIn, editor: User) -> None:
    make_post(author="Ann Lee")
    make_post("Another", author="A. Lee")
    one, other = Author.objects.order_by("pk")
    address = "/admin/posts/author/merge/"
    signed_in = sign_in(editor)
    assert signed_in.get(f"{address}?author={one.pk}&author={other.pk}").status_code == 200

    signed_in.post(address, {"author": [one.pk, other.pk], "into": one.pk})

    assert Page(client.get("/posts/another/")).texts(".byline a") == ["Ann Lee"]
    assert client.get("/authors/a-lee/").headers["Location"] == "/authors/ann-lee/"
    assert len(Page(client.get("/authors/ann-lee/")).all(".card-title")) == 2
    make_post("Third", author="A. Lee")
    assert Author.objects.count() == 1


def test_an_author_of_many_issues_is_listed_at_once_and_named_by_the_worker(
    client: Client, monkeypatch: pytest.MonkeyPatch, run_waiting_tasks: Callable[[], int]
) -> None:
    monkeypatch.setattr(retagging, "FEW", 2)
    monkeypatch.setattr(retagging, "A_RUN", 2)
    both = make_post("Both", authors="[A. Lee, Ann Lee]")
    make_posts(3, author="A. Lee")
    other, one = Author.objects.get(name="A. Lee"), ann()

    assert authors.merge([other], one) == 4

    assert len(Page(client.get("/authors/ann-lee/")).all(".card-title")) == 4
    assert Page(client.get("/posts/issue-1/")).texts(".byline a") == ["A. Lee"]
    assert run_waiting_tasks() == 2
    assert Page(client.get("/posts/issue-1/")).texts(".byline a") == ["Ann Lee"]
    assert credited(both) == ["Ann Lee"]
    one.name = "Ann Kim"
    authors.describe(one)
    assert Page(client.get("/posts/issue-1/")).texts(".byline a") == ["Ann Lee"]
    assert run_waiting_tasks() == 2
    assert Page(client.get("/posts/issue-1/")).texts(".byline a") == ["Ann Kim"]


@pytest.mark.parametrize("field", ["name", "slug"])
def test_an_author_who_takes_half_of_an_old_name_back_keeps_the_other(
    client: Client, field: str
) -> None:
    make_post(author="Kim")
    make_post("Another", author="Kim Lee")
    kim, author = Author.objects.order_by("pk")
    authors.merge([kim], author)
    author.refresh_from_db()

    setattr(author, field, {"name": "Kim", "slug": "kim"}[field])
    authors.describe(author)

    make_post("Third", author="Kim")
    make_post("Fourth", author="Kim Lee")
    assert Author.objects.count() == 1
    for address in ("/authors/kim/", "/authors/kim-lee/"):
        assert client.get(address, follow=True).status_code == 200
    author.name, author.slug = "Kim", "kim"
    authors.describe(author)
    author.name, author.slug = "Kim Lee", "kim-lee"
    authors.describe(author)
    assert client.get("/authors/kim/").headers["Location"] == "/authors/kim-lee/"


def test_a_name_or_an_address_of_another_author_is_refused(sign_in: SignIn, owner: User) -> None:
    make_post(authors="[Ann Lee, Bob]")
    bob = Author.objects.get(name="Bob")
    signed_in, address = sign_in(owner), f"/admin/posts/author/{bob.pk}/change/"

    for field, sent in (
        ("name", {"name": "ANN LEE"}),
        ("slug", {"name": "Bob", "slug": "ann-lee"}),
    ):
        values = {"slug": "", "bio": "", "url": "", "account": "", **sent}
        page = Page(signed_in.post(address, values))
        assert page.all(f".field-{field} .errorlist")


def test_the_form_of_an_issue_names_authors_and_changes_their_line_alone(
    sign_in: SignIn, editor: User
) -> None:
    post = make_post(author="Ann Lee  # herself")
    signed_in, address = sign_in(editor), f"/admin/posts/post/{post.pk}/change/"
    page = Page(signed_in.get(address))
    assert page.value("[name=authors]", "value") == "Ann Lee"
    before = post.header

    signed_in.post(address, {**page.fields("#post_form"), "authors": "Ann Lee, 김하나"})

    post.refresh_from_db()
    assert credited(post) == [
        "Ann Lee",
        "김하나",
    ]
    changed = {line for line in post.header.splitlines() if line not in before.splitlines()}
    assert all("author" in line or line.lstrip().startswith("-") for line in changed)


def test_a_new_issue_begins_in_the_name_of_the_accounts_author(
    sign_in: SignIn, editor: User
) -> None:
    Author.objects.create(name="Ann Lee", slug="ann-lee", account=editor)
    signed_in = sign_in(editor)
    page = Page(signed_in.get("/admin/posts/post/add/"))
    assert page.value("[name=authors]", "value") == "Ann Lee"

    signed_in.post(
        "/admin/posts/post/add/", {**page.fields("#post_form"), "title": "Mine", "text": BODY}
    )

    assert Authorship.objects.get().author.account == editor
    assert "author" in Post.objects.get().header


def test_an_import_finds_the_authors_of_a_file() -> None:
    post = Post()
    publishing.save_document(post, parse_issue(document(author="Ann Lee").encode()))

    assert Authorship.objects.get().post == post
