"""Redirects from old addresses: found where nothing else answers, and never in a circle."""

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client

from posts import redirects
from posts.models import Redirect, SiteSettings
from posts.settling import settle
from posts.site.version import current
from tests.builders import make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ADD = "/admin/posts/redirect/add/"
TABLE = "/admin/posts/redirect/table/"


def lead(old: str, new: str, kind: int = 301) -> None:
    redirects.take([redirects.Row(1, redirects.normal(old), redirects.check_target(new), kind)])


@pytest.fixture
def signed_in(sign_in: SignIn, owner: User) -> Client:
    return sign_in(owner)


# Following


@pytest.mark.parametrize(
    ("old", "asked", "new", "kind"),
    [
        ("/2019/05/one.html", "/2019/05/one.html", "/posts/one/", 301),
        ("/one.html", "/one.html?utm_source=x", "/posts/one/", 302),
        ("/index.php?id=12", "/index.php?id=12", "https://old.example.org/12", 301),
        ("/글/첫째", f"/{quote('글')}/{quote('첫째')}", "/archive/", 301),
        (f"/{quote('글')}", f"/{quote('글')}", f"/tags/{quote('글')}/", 301),
        ("/about-us", "/about-us", "/about/#team", 301),
    ],
)
def test_an_old_address_leads_to_the_new_one(
    client: Client, old: str, asked: str, new: str, kind: int
) -> None:
    lead(old, new, kind)

    answer = client.get(asked)

    assert (answer.status_code, answer.headers["Location"]) == (kind, new)
    assert client.head(asked).status_code == kind
    assert client.post(asked).status_code == 404


def test_another_query_is_another_address(client: Client) -> None:
    lead("/index.php?id=12", "/posts/twelve/")

    assert client.get("/index.php?id=13").status_code == 404
    assert client.get("/index.php").status_code == 404


def test_what_answers_is_never_redirected(client: Client) -> None:
    make_post()
    lead("/posts/a-first-issue/", "/elsewhere/")
    lead("/archive/", "https://evil.example.org/")

    assert client.get("/posts/a-first-issue/").status_code == 200
    assert client.get("/archive/").status_code == 200


def test_an_address_leads_only_where_staff_said(client: Client) -> None:
    lead("/old", "/archive/")

    for asked in (
        "/old//evil.example.org",
        "/old?next=https://evil.example.org/",
        "//evil.example",
    ):
        assert "evil" not in client.get(asked).headers.get("Location", "")


# Writing


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("old", "old.html", "/archive/"),
        ("old", "//old.html", "/archive/"),
        ("old", "/admin/posts/", "/archive/"),
        ("old", "/%2e%2e/../a/", "/archive/"),
        ("new", "/old", "javascript:alert(1)"),
        ("new", "/old", "//evil.example.org/"),
        ("new", "/old", "archive"),
        ("new", "/old", "/old"),
        ("new", "/old", "https://news.example.org/old"),
        ("new", "/b", "/a"),
        ("new", "/b", "/a?x=1"),
    ],
)
def test_one_that_cannot_be_is_refused_at_its_field(
    signed_in: Client, field: str, old: str, new: str
) -> None:
    lead("/a", "/c")
    lead("/c", "/b")

    page = Page(signed_in.post(ADD, {"old": old, "new": new, "kind": "301"}))

    assert page.all(f".field-{field} .errorlist")
    assert Redirect.objects.count() == 2


def test_one_is_written_by_hand(client: Client, signed_in: Client) -> None:
    sent = {"old": "https://news.example.org/old", "new": "/archive/", "kind": "302"}

    assert signed_in.post(ADD, sent).status_code == 302

    assert client.get("/old").headers["Location"] == "/archive/"
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("how", ["one", "selected"])
def test_what_is_deleted_leads_nowhere_at_once(client: Client, signed_in: Client, how: str) -> None:
    lead("/old", "/archive/")
    lead("/kept", "/archive/")
    pk = Redirect.objects.get(old="/old").pk
    before = current()

    if how == "one":
        signed_in.post(f"/admin/posts/redirect/{pk}/delete/", {"post": "yes"})
    else:
        values = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
        signed_in.post("/admin/posts/redirect/", values)

    assert Redirect.objects.get().old == "/kept"
    assert client.get("/old").status_code == 404
    assert current() != before
    assert LogEntry.objects.get().is_deletion()


def test_who_may_not_delete_redirects_deletes_none(sign_in: SignIn, editor: User) -> None:
    lead("/old", "/archive/")

    with pytest.raises(PermissionDenied):
        redirects.remove(Redirect.objects.all(), by=editor)

    assert Redirect.objects.exists()


# Tables


def test_a_table_goes_out_and_in_again_as_it_was(client: Client, signed_in: Client) -> None:
    lead("/a,b", "/archive/")
    lead('/c?x="1"', "https://old.example.org/", 302)
    file = b"".join(signed_in.get("/admin/posts/redirect/file/")).decode()
    before = list(Redirect.objects.values_list("old", "new", "kind"))
    Redirect.objects.all().delete()

    assert signed_in.post(TABLE, {"table": file}).status_code == 302

    assert list(Redirect.objects.values_list("old", "new", "kind")) == before
    assert client.get("/a,b").status_code == 301


@pytest.mark.parametrize("is_empty", [True, False])
def test_the_list_leads_to_the_tables(signed_in: Client, is_empty: bool) -> None:
    if not is_empty:
        lead("/old", "/archive/")

    page = Page(signed_in.get("/admin/posts/redirect/"))

    assert TABLE in page.values(".object-tools a", "href")
    assert "/admin/posts/redirect/file/" in page.values(".object-tools a", "href")
    assert (TABLE in page.values("#changelist a.button", "href")) == is_empty


def test_a_table_with_a_fault_changes_nothing_and_names_every_line(signed_in: Client) -> None:
    table = "old,new,kind\n/a,/archive/\n/b\n/c,nowhere\n/d,/e,303\n/a,/tags/\n/x,/y\n/y,/x\n"

    said = Page(signed_in.post(TABLE, {"table": table})).texts(".form-row .errorlist li")

    assert [text.partition(":")[0] for text in said] == [
        "Line 3", "Line 4", "Line 5", "Line 6", "Line 7", "Line 8",
    ]  # fmt: skip
    assert not Redirect.objects.exists()


def test_what_is_wrong_with_a_table_stands_once_above_it(signed_in: Client) -> None:
    page = Page(signed_in.post(TABLE, {"table": "/a\n"}))

    assert len(page.all(".error-summary")) == 1


def test_cells_pasted_from_a_spreadsheet_are_a_table(signed_in: Client) -> None:
    signed_in.post(TABLE, {"table": "Old\tNew\n/a,b\t/tags/\t302\n/b\t/sections/\n"})

    stored = dict(Redirect.objects.values_list("old", "new"))
    assert stored == {"/a,b": "/tags/", "/b": "/sections/"}


@pytest.mark.parametrize(
    "table",
    [
        "sep=;\r\nold;new;kind\r\n/a,b;/tags/;302\r\n",
        "Old;New\n/a,b;/tags/;302\n",
        "sep=|\n/a,b|/tags/|302\n",
        "\nold,new\n'/a%2Cb,/tags/,302\n",
    ],
)
def test_a_table_is_read_whatever_excel_puts_between_its_cells(
    signed_in: Client, table: str
) -> None:
    signed_in.post(TABLE, {"table": table})

    assert dict(Redirect.objects.values_list("old", "new")) == {"/a,b": "/tags/"}


@pytest.mark.parametrize("sign", ['"', "a", "/"])
def test_no_table_is_parted_by_a_sign_that_its_cells_hold(signed_in: Client, sign: str) -> None:
    page = Page(signed_in.post(TABLE, {"table": f"sep={sign}\n/a,/tags/\n"}))

    assert "Line 1:" in page.one(".errorlist").text()


def test_a_table_replaces_what_is_there(signed_in: Client) -> None:
    lead("/a", "/archive/")

    signed_in.post(TABLE, {"table": "/a,/tags/,302\n\n/b,/sections/\n"})

    assert dict(Redirect.objects.values_list("old", "new")) == {"/a": "/tags/", "/b": "/sections/"}
    assert LogEntry.objects.count() == 1


def test_a_cell_of_the_file_is_no_formula(signed_in: Client) -> None:
    Redirect.objects.create(old='=HYPERLINK("x")', new="/archive/")

    file = b"".join(signed_in.get("/admin/posts/redirect/file/")).decode()

    assert "\"'=HYPERLINK" in file


# Robots


def robots(client: Client, **values: Any) -> str:
    SiteSettings.objects.update_or_create(pk=1, defaults=values)
    settle()
    return client.get("/robots.txt").content.decode()


def test_machines_may_read_what_the_owner_says(client: Client) -> None:
    everything = robots(client, crawlers="")
    assert "GPTBot" not in everything
    assert "X-Robots-Tag" not in client.get("/archive/").headers

    search = robots(client, crawlers="search")
    assert "User-agent: GPTBot\n" in search.partition("Disallow: /\n\n")[0]
    assert "User-agent: *\n" in search
    assert "Sitemap: " in search
    page = client.get("/archive/")
    assert page.headers["X-Robots-Tag"] == "noai, noimageai"
    assert Page(page).value("meta[name=robots]", "content") == "noai, noimageai"

    assert robots(client, crawlers="none") == "User-agent: *\nDisallow: /\n"
    assert "noindex" in client.get("/feed.xml").headers["X-Robots-Tag"]
    assert "noindex" in Page(client.get("/")).value("meta[name=robots]", "content")
