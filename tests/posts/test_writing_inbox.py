"""What waits in the inbox is offered beside the text of an issue, as items in its form."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from links.checking import titles as titles_of_pages
from links.decisions import decide, make_rule
from links.fetching import FetchError, Response
from links.fetching.responses import Hop
from links.inbox import gather, put_aside
from links.models import InboxEntry, Link, SourceRule
from posts.inserting import HouseForm, house_form
from posts.rendering import render_markdown
from tests.builders import LONG_AGO, make_draft, make_post, make_posts
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.one_database

PATH = "/admin/posts/post/inbox/"
NEW = "https://new.example.org/story"
OLD = "https://one.example.org/a"
HEADS = ("[{title}]({address})", "**[{title}]({address})**", "**{title}**")


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    """A browser in which the editor is signed in."""
    return sign_in(editor)


def asked(client: Client, **query: object) -> list[dict[str, Any]]:
    answer = client.get(PATH, query)
    assert answer.status_code == 200
    return list(answer.json()["entries"])


def titles(client: Client, **query: object) -> list[str]:
    return [entry["title"] for entry in asked(client, **query)]


# What waits


@pytest.mark.django_db
def test_what_waits_is_listed_the_latest_first_with_where_it_was_covered(
    client: Client, editor: User
) -> None:
    make_post("An old issue")
    gather(OLD, by=editor, title="Old")
    gather(f"{NEW}?utm_source=mail", by=editor, title="New", note="Why")
    aside = gather("https://x.example.org/", by=editor).entry
    put_aside(InboxEntry.objects.filter(pk=aside.pk), by=editor)

    new, old = asked(client)

    assert (new["title"], new["host"], new["note"]) == ("New", "new.example.org", "Why")
    assert (new["covered"], new["state"]) == ([], "")
    assert [(place["title"], place["day"]) for place in old["covered"]] == [
        ("An old issue", "10 May 2024")
    ]
    assert old["covered"][0]["path"].startswith("/posts/an-old-issue/#item-")


@pytest.mark.django_db
def test_entries_are_found_by_title_host_and_note(client: Client, editor: User) -> None:
    gather("https://a.example.org/x", by=editor, title="Hangul on screen", note="for Friday")
    gather("https://b.example.com/y", by=editor, title="한글 이야기")

    assert titles(client, q="hangul") == ["Hangul on screen"]
    assert titles(client, q="example.com") == ["한글 이야기"]
    assert titles(client, q="이야기") == ["한글 이야기"]
    assert titles(client, q="friday screen") == ["Hangul on screen"]
    assert titles(client, q="friday 이야기") == []


@pytest.mark.django_db
def test_entries_are_told_apart_by_whether_they_were_covered_before(
    client: Client, editor: User
) -> None:
    make_post()
    make_draft("A draft", "- [x](https://draft.example.org/)\n")
    gather(OLD, by=editor, title="Old")
    gather("https://draft.example.org/", by=editor, title="In a draft")

    assert titles(client, only="covered") == ["Old"]
    assert titles(client, only="new") == ["In a draft"]


@pytest.mark.django_db
def test_hundreds_of_entries_come_in_pages_with_as_many_queries(
    client: Client, editor: User
) -> None:
    make_posts(4)
    gather(OLD, by=editor)
    with CaptureQueriesContext(connection) as few:
        client.get(PATH)
    for number in range(60):
        gather(f"https://example.org/{number}", by=editor, title=f"Number {number}")

    with CaptureQueriesContext(connection) as many:
        first = client.get(PATH).json()

    assert len(many) == len(few)
    assert (len(first["entries"]), first["more"]) == (30, True)
    last = client.get(PATH, {"page": 3}).json()
    assert (len(last["entries"]), last["more"]) == (1, False)


@pytest.mark.django_db
def test_who_may_not_see_the_inbox_gets_neither_panel_nor_list(
    sign_in: SignIn, moderator: User, outsider: User, editor: User
) -> None:
    post = make_draft()
    assert sign_in(moderator).get(PATH).status_code == 200
    assert sign_in(outsider).get(PATH).status_code == 302
    outsider.is_staff = True
    outsider.save()
    assert sign_in(outsider).get(PATH).status_code == 403
    assert Page(sign_in(editor).get(f"/admin/posts/post/{post.pk}/change/")).all("#panel-inbox")


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{"page": "0"}, {"page": "9" * 30}, {"post": "a"}])
def test_nonsense_is_as_if_nothing_was_asked(
    client: Client, editor: User, query: dict[str, str]
) -> None:
    gather(OLD, by=editor, title="Old")

    assert titles(client, **query) == ["Old"]


@pytest.mark.django_db
def test_a_link_that_readers_do_not_get_says_so(
    client: Client, editor: User, moderator: User
) -> None:
    decide([gather(NEW, by=editor).entry.link], "block", by=moderator, reason="Spam")

    assert [entry["state"] for entry in asked(client)] == ["Blocked"]


# The form of the house


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("- [a](http://x.y): b\n- [c](http://x.y): d", "- [T](https://e.org/): n"),
        ("* [a](http://x.y) – b\n* [c](http://x.y)", "* [T](https://e.org/) – n"),
        ("- **[a](http://x.y)** - b\n- **[c](http://x.y)** - d", "- **[T](https://e.org/)** - n"),
        ("- [**a**](http://x.y): b\n- [**c**](http://x.y): d", "- [**T**](https://e.org/): n"),
        ("+ **[a](http://x.y):** b\n+ **[c](http://x.y):** d", "+ **[T](https://e.org/):** n"),
        (
            "- **가**: 나 [자세히 보기](http://x.y)\n- **다**: 라 [자세히 보기](http://x.y/z)",
            "- **T**: n [자세히 보기](https://e.org/)",
        ),
        (
            "- **a**: b. ([Paper](http://x.y))\n- **c**: d. ([Paper](http://x.y))",
            "- **T**: n ([Paper](https://e.org/))",
        ),
        (
            "- **a**: b [one](http://x.y)\n- **c**: d [two](http://x.y)",
            "- **T**: n [e.org](https://e.org/)",
        ),
        ("1. [a](http://x.y): b\n2. [c](http://x.y): d", "- [T](https://e.org/): n"),
    ],
)
def test_a_new_item_has_the_form_that_most_items_have(items: str, expected: str) -> None:
    form = house_form([items])

    assert form is not None
    assert form.item("T", "https://e.org/", "n") == expected


def test_one_item_makes_no_form_and_ours_is_title_address_and_note() -> None:
    assert house_form(["- **[a](http://x.y)** - b\nText [c](http://x.y)"]) is None
    assert HouseForm().item("T", "https://e.org/", "n") == "- [T](https://e.org/): n"
    assert HouseForm().item("", "https://e.org/") == "- [https://e.org/](https://e.org/)"


def test_an_item_without_a_note_ends_with_its_link() -> None:
    bold = house_form(["- **[a](http://x.y):** b\n- **[c](http://x.y):** d"])
    ending = house_form(["- **a**: b [go](http://x.y)\n- **c**: d [go](http://x.y)"])

    assert bold is not None
    assert ending is not None
    assert bold.item("T", "https://e.org/") == "- **[T](https://e.org/)**"
    assert ending.item("T", "https://e.org/") == "- **T** [go](https://e.org/)"


@pytest.mark.parametrize(
    "title",
    [
        "A [b] c",
        "a | b | c",
        "`x` *y* _z_ ~~w~~",
        "<b>&amp;",
        "“가”(나)",
        "^1",
        "[ ] x",
        "a\\",
        "$x$ {y}",
    ],
)
@pytest.mark.parametrize("head", HEADS)
def test_a_title_says_what_it_said(title: str, head: str) -> None:
    form = HouseForm(head=head, tail="" if "address" in head else " [go]({address})")
    line = form.item(title, "https://e.org/x_(y)", "노트")

    html = render_markdown(f"Text[^1].\n\n{line}\n\n[^1]: Note")
    page = Page(f"<main>{html}</main>")

    assert title in page.one("li").text()
    assert page.value("li a", "href") == "https://e.org/x_(y)"


@pytest.mark.django_db
def test_items_have_the_form_of_the_issue_else_of_the_last_one(
    client: Client, editor: User
) -> None:
    make_post("Last", "* **[a](http://x.y/a)** – b\n* **[c](http://x.y/c)** – d\n")
    own = make_draft("Own", "- [a](http://x.y/a): b\n- [c](http://x.y/c): d\n")
    bare = make_draft("Bare", "Nothing yet.\n")
    gather(NEW, by=editor, title="T", note="n")

    lines = [asked(client, post=post)[0]["markdown"] for post in ("", bare.pk, own.pk)]

    assert lines == [f"* **[T]({NEW})** – n", f"* **[T]({NEW})** – n", f"- [T]({NEW}): n"]


# In and out


@pytest.mark.django_db
def test_what_stands_in_a_saved_issue_is_done_and_nothing_else(
    client: Client, editor: User
) -> None:
    gather(f"{NEW}?utm_source=x", by=editor)
    gather("https://other.example.org/", by=editor)
    [used] = asked(client, q="new.example")

    make_draft("Next", f"{used['markdown']}\n")

    assert [entry["host"] for entry in asked(client)] == ["other.example.org"]


# From a phone


@pytest.mark.django_db
def test_staffs_pages_can_be_installed_and_take_what_is_shared(client: Client) -> None:
    address = Page(client.get("/admin/")).value("link[rel=manifest]", "href")

    answer = Client().get(address)

    said = answer.json()
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert (said["name"], said["start_url"], said["scope"]) == ("Newsletter", "/admin/", "/")
    assert said["share_target"]["action"] == "/collect/"
    assert [icon["sizes"] for icon in said["icons"]] == ["192x192", "512x512"]
    assert not Page(client.get("/")).all("link[rel=manifest]")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"url": NEW, "title": "A story"}, (NEW, "A story", "")),
        ({"text": NEW, "title": "A story"}, (NEW, "A story", "")),
        ({"text": f"A story {NEW}", "title": "A story"}, (NEW, "A story", "")),
        ({"text": f"한글 이야기 - {NEW}"}, (NEW, "", "한글 이야기")),
        ({"text": f"See {NEW}.", "title": ""}, (NEW, "", "See")),
        ({"text": f"“Quoted words”\n {NEW}", "title": "T"}, (NEW, "T", "“Quoted words”")),
        ({"text": f"See {NEW}_(b)"}, (f"{NEW}_(b)", "", "See")),
        ({"text": f"Good ({NEW})"}, (NEW, "", "Good")),
        ({"title": f"Look {NEW}"}, (NEW, "Look", "")),
        ({"text": "no address"}, ("", "", "no address")),
    ],
)
@pytest.mark.django_db
def test_what_is_shared_fills_the_form_of_the_inbox_and_stores_nothing(
    client: Client, sent: dict[str, str], expected: tuple[str, str, str]
) -> None:
    answer = client.get("/collect/", sent)

    assert answer.headers["Location"].startswith("/admin/links/inboxentry/add/?")
    assert "no-store" in answer.headers["Cache-Control"]
    form = Page(client.get(answer.headers["Location"]))
    shown = form.value("[name=url]", "value") if expected[0] else ""
    title = form.value("[name=title]", "value") if expected[1] else ""
    assert (shown, title, form.one("[name=note]").text().strip()) == expected
    assert not InboxEntry.objects.exists()


@pytest.mark.django_db
def test_whoever_shares_is_asked_to_sign_in_and_comes_back_with_it(editor: User) -> None:
    first = Client().get("/collect/", {"text": f"이야기 {NEW}"})
    asked_to = Client().get(first.headers["Location"])

    assert asked_to.status_code == 302
    login = "/admin/login/?next=/admin/links/inboxentry/add/"
    assert asked_to.headers["Location"].startswith(login)
    assert quote(quote(NEW, safe=""), safe="") in asked_to.headers["Location"]


@pytest.mark.django_db
def test_long_words_that_are_shared_make_no_address_that_servers_refuse(client: Client) -> None:
    answer = client.get("/collect/", {"title": "가" * 500, "text": "나" * 500, "url": NEW})

    assert len(answer.headers["Location"]) < 4000


# What is pasted


def told(client: Client, url: str, **more: object) -> dict[str, Any]:
    return dict(client.post("/admin/posts/post/address/", {"url": url, **more}).json())


def answered(url: str, html: str) -> Response:
    headers = MappingProxyType({"content-type": "text/html; charset=utf-8"})
    return Response(url, (Hop(url, 200),), headers, html.encode(), False, 0.1, "HTTP/1.1")


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were asked; each page says the same of itself."""
    asked_for: list[str] = []

    def fetch(url: str, **_options: Any) -> Response:
        asked_for.append(url)
        html = "<title>A &amp; B [c]</title><meta name=description content='Why  it matters'>"
        return answered(url, html)

    monkeypatch.setattr(titles_of_pages, "fetch", fetch)
    return asked_for


@pytest.mark.django_db
def test_a_pasted_address_tells_at_once_where_it_was_covered_and_what_counts_readers(
    client: Client, editor: User, outside: list[str]
) -> None:
    make_post("An old issue")
    gather(OLD, by=editor)

    said = told(client, f"{OLD}?utm_source=x&fbclid=2")

    assert (said["canonical"], said["removed"]) == (OLD, ["utm_source", "fbclid"])
    assert [place["title"] for place in said["covered"]] == ["An old issue"]
    assert said["waiting"] is True
    assert said["ask"] is True
    assert outside == []  # the answer comes from the database alone


@pytest.mark.django_db
def test_an_address_without_anything_to_say_says_nothing(client: Client) -> None:
    said = told(client, "http://www.new.example.org")

    assert (said["removed"], said["canonical"], said["covered"]) == ([], "", [])
    assert (said["waiting"], said["warnings"], said["item"]) == (False, [], "")
    assert not Link.objects.exists()


@pytest.mark.django_db
def test_what_speaks_against_an_address_is_said(
    client: Client, editor: User, moderator: User
) -> None:
    blocked = gather(NEW, by=editor).entry.link
    decide([blocked], "block", by=moderator, reason="Spam")
    make_rule(SourceRule(host="held.example", action="hold", reason="Look"), by=moderator)
    broken = gather("https://broken.example.org/", by=editor).entry.link
    Link.objects.filter(pk=broken.pk).update(health="broken")

    assert told(client, NEW)["warnings"] == ["This link is blocked: Spam"]
    assert told(client, NEW)["ask"] is False
    assert "approves it" in told(client, "https://held.example/new")["warnings"][0]
    assert "did not work" in told(client, "https://broken.example.org/")["warnings"][0]
    assert "mistaken for google.com" in told(client, "https://g00gle.com/x")["warnings"][0]
    assert "short address" in told(client, "https://bit.ly/abc")["warnings"][0]


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["", "no address", "mailto:me@example.org", "javascript:alert(1)"])
def test_what_is_no_web_address_is_refused(client: Client, url: str) -> None:
    for name in ("address", "title"):
        assert client.post(f"/admin/posts/post/{name}/", {"url": url}).status_code == 400


@pytest.mark.django_db
def test_a_page_is_asked_for_its_title_and_nothing_is_stored(
    client: Client, outside: list[str]
) -> None:
    said = client.post("/admin/posts/post/title/", {"url": f"{NEW}?utm_source=x"}).json()

    assert outside == [NEW]
    assert said["title"] == "A & B [c]"
    assert said["item"] == rf"- [A & B \[c\]]({NEW}?utm_source=x): Why it matters"
    assert said["link"] == rf"[A & B \[c\]]({NEW}?utm_source=x)"
    assert not Link.objects.exists()


@pytest.mark.django_db
def test_a_title_that_is_known_is_said_at_once_and_nobody_is_asked(
    client: Client, editor: User, outside: list[str]
) -> None:
    link = gather(NEW, by=editor).entry.link
    Link.objects.filter(pk=link.pk).update(title="Known", description="x" * 500)

    said = told(client, NEW)

    assert (said["title"], said["ask"]) == ("Known", False)
    assert said["item"] == f"- [Known]({NEW}): {'x' * 199}…"
    client.post("/admin/posts/post/title/", {"url": NEW})
    assert outside == []


@pytest.mark.django_db
def test_nobody_is_asked_where_the_settings_say_so_or_too_often(
    client: Client, outside: list[str], settings: Settings
) -> None:
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False):
        codes = [
            client.post("/admin/posts/post/title/", {"url": f"{NEW}{number}"}).status_code
            for number in range(31)
        ]
    assert codes == [200] * 30 + [429]
    assert len(outside) == 30

    settings.LINKS_TITLES = False
    assert told(client, NEW)["ask"] is False
    assert client.post("/admin/posts/post/title/", {"url": NEW}).json() == {"title": ""}
    assert len(outside) == 30


@pytest.mark.django_db
def test_a_page_that_does_not_answer_well_has_no_title(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(url: str, **_options: Any) -> Response:
        raise FetchError("timeout", "It took too long.")

    monkeypatch.setattr(titles_of_pages, "fetch", fail)

    said = client.post("/admin/posts/post/title/", {"url": NEW}).json()
    assert (said["title"], said["item"]) == ("", "")
    assert said["plain"] == f"- [new.example.org]({NEW})"

    # What the latest issue called it is better than nothing.
    for title, at in (("First", LONG_AGO), ("Second", LONG_AGO + timedelta(days=1))):
        make_post(title, f"- [{title} words]({NEW}): and a note\n", at=at)
    make_draft("Third", f"- [Not public]({NEW})\n")
    said = client.post("/admin/posts/post/title/", {"url": NEW}).json()
    assert said["item"] == f"- [Second words]({NEW})"


@pytest.mark.django_db
def test_an_address_costs_as_many_queries_however_often_it_was_covered(
    client: Client, editor: User
) -> None:
    make_posts(2)
    with CaptureQueriesContext(connection) as few:
        told(client, OLD)
    make_posts(6)

    with CaptureQueriesContext(connection) as many:
        said = told(client, OLD)

    assert len(many) == len(few)
    assert (len(said["covered"]), said["more"]) == (2, 6)
