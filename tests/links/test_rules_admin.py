"""Rules about sources in the admin: as people type them, known in their reach before, undone."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from links.decisions import Place, PlaceError, read_place
from links.models import Decision, Link, Source, SourceRule
from tests.builders import make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
ADD = "/admin/links/sourcerule/add/"
URL = "https://one.example.org/a"
BLOCK = {"place": "one.example.org", "action": "block", "reason": "spam"}


@pytest.fixture
def client(sign_in: SignIn, moderator: User) -> Client:
    return sign_in(moderator)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("example.org", Place("example.org")),
        ("https://www.Example.org/", Place("example.org")),
        ("*.example.org", Place("example.org", "", True)),
        ("*.example.org/blog/*", Place("example.org", "/blog", True)),
        ("https://example.org/blog/", Place("example.org", "/blog")),
        ("github.com/Rust-Lang", Place("github.com", "/rust-lang")),
        ("마리우스.kr", Place("xn--oy2b1bt19anke.kr")),
    ],
)
def test_a_place_is_read_as_people_type_it(typed: str, place: Place) -> None:
    assert read_place(typed) == place


@pytest.mark.parametrize(
    "typed",
    ["", "example", "ftp://example.org", "a.*.org", "https://example.org/?q=1", "a@b.example"],
)
def test_what_is_no_place_is_refused_and_kept(typed: str, client: Client) -> None:
    with pytest.raises(PlaceError):
        read_place(typed)

    page = Page(client.post(ADD, BLOCK | {"place": typed}))

    assert page.texts(".errorlist")
    assert page.one("input[name=place]").attributes.get("value", "") == typed
    assert page.one("input[name=reason]").attributes["value"] == "spam"


def test_a_rule_shows_what_it_touches_before_it_is_made(client: Client) -> None:
    make_post()
    make_post("Two", "[x](https://one.example.org/b) and [y](https://one.example.org/a)\n")

    page = Page(client.post(ADD, BLOCK))

    assert "2 links, in 2 issues, 2 items" in " ".join(page.one(".reach").text().split())
    assert not SourceRule.objects.exists()


def test_a_confirmed_rule_holds_everywhere(client: Client, moderator: User) -> None:
    post = make_post()

    client.post(ADD, BLOCK | {"confirmed": "1"})

    assert URL not in Client().get(post.get_absolute_url()).content.decode()
    decision = Decision.objects.get()
    assert (decision.by, decision.reason) == (moderator, "spam")


def test_blocking_needs_a_reason_and_allowing_none(client: Client) -> None:
    assert Page(client.post(ADD, BLOCK | {"reason": " "})).texts(".errorlist")

    client.post(ADD, {"place": "one.example.org", "action": "allow", "confirmed": "1"})

    assert SourceRule.objects.get().action == "allow"


def test_a_rule_is_ended_with_its_record(client: Client) -> None:
    post = make_post()
    client.post(ADD, BLOCK | {"confirmed": "1"})
    rule = SourceRule.objects.get()

    assert client.get(f"/admin/links/sourcerule/{rule.pk}/end/").status_code == 200
    client.post(f"/admin/links/sourcerule/{rule.pk}/end/", {"reason": "they apologised"})

    assert URL in Client().get(post.get_absolute_url()).content.decode()
    assert [d.action for d in Decision.objects.all()] == ["end_rule", "rule"]


def test_blocking_a_source_takes_ten_queries_however_many_posts_it_stands_in(
    client: Client, run_waiting_tasks: Callable[[], int]
) -> None:
    counts = []
    for round_ in range(2):
        for number in range(3 * (round_ + 1)):
            make_post(f"Issue {round_} {number}", f"[x](https://many.example/{number})\n")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.post(ADD, BLOCK | {"place": "many.example", "confirmed": "1"})
        counts.append(len([q for q in queries if "SAVEPOINT" not in q["sql"]]))
        run_waiting_tasks()
        assert not Link.objects.filter(standing="shown", source__name="many.example").exists()
        client.post(f"/admin/links/sourcerule/{SourceRule.objects.latest('pk').pk}/end/", {})

    assert counts[0] == counts[1]
    assert max(counts) <= 10


def test_a_source_says_what_holds_for_it(client: Client) -> None:
    make_post(body="[x](https://github.com/rust-lang/rust) [y](https://github.com/a/b)\n")
    client.post(ADD, BLOCK | {"place": "github.com/rust-lang", "confirmed": "1"})
    host, owner = (Source.objects.get(name=n) for n in ("github.com", "github.com/rust-lang"))

    page = Page(client.get(f"/admin/links/source/{owner.pk}/change/"))
    assert "Block" in page.one(".field-ruled").text()
    above = Page(client.get(f"/admin/links/source/{host.pk}/change/"))
    assert "Block" not in above.one(".field-ruled").text()
    assert "github.com/rust-lang" in above.one("#content").text()


def test_an_editor_reads_rules_and_makes_none(sign_in: SignIn, editor: User) -> None:
    client = sign_in(editor)

    assert client.get("/admin/links/sourcerule/").status_code == 200
    assert client.post(ADD, BLOCK | {"confirmed": "1"}).status_code == 403
    assert not SourceRule.objects.exists()
