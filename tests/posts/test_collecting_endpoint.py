"""Scripts of staff put links into the inbox, with a token."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from links.decisions import decide
from links.inbox import issue_token, read_token
from links.models import ApiToken, InboxEntry, Link
from tests.builders import make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db

NEW = "https://new.example.org/story"
PRINTED = "https://one.example.org/a"


@pytest.fixture
def token(editor: User) -> str:
    """The text of a token of the editor."""
    return issue_token(editor, "script", timedelta(days=30))[1]


def collect(client: Client, token: str, data: Any = None, **kwargs: Any) -> Any:
    body = {"url": NEW} if data is None else data
    return client.post(
        "/collect/",
        body,
        headers={"Authorization": f"Bearer {token}"},
        **{"content_type": "application/json", **kwargs},
    )


def error(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_link_is_collected_from_json(client: Client, token: str, editor: User) -> None:
    response = collect(client, token, {"url": NEW, "title": "A story", "note": "왜"})

    entry = InboxEntry.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": entry.pk,
        "url": NEW,
        "title": "A story",
        "new": True,
        "covered": [],
    }
    assert (entry.added_by, entry.note) == (editor, "왜")


def test_a_link_is_collected_from_a_form(token: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/collect/", {"url": NEW}, headers={"Authorization": f"bearer {token}"})

    assert response.status_code == 201
    assert not response.cookies


def test_the_same_link_again_is_no_second_entry(client: Client, token: str) -> None:
    first = collect(client, token)
    second = collect(client, token, {"url": f"{NEW}?utm_source=x"})

    assert (second.status_code, second.json()["new"]) == (200, False)
    assert second.json()["id"] == first.json()["id"]


def test_the_answer_says_where_a_link_was_covered(client: Client, token: str) -> None:
    post = make_post("An old issue")

    (place,) = collect(client, token, {"url": PRINTED}).json()["covered"]

    item = post.items.get(title="First find")
    assert place == {
        "title": "An old issue",
        "section": "Preview",
        "url": f"https://news.example.org{item.get_absolute_url()}",
        "date": "2024-05-10T09:00:00+00:00",
    }


# Who may


def test_a_token_is_stored_as_a_digest_and_says_when_it_was_used(
    client: Client, token: str
) -> None:
    row = ApiToken.objects.get()
    assert row.digest not in token
    assert token.split("_", 2)[2] not in row.digest
    assert row.used_at is None

    collect(client, token)

    row.refresh_from_db()
    assert row.used_at is not None


@pytest.mark.parametrize(
    "wrong", ["", "x", "nl_1_", "nl__x", "nl_x_y", "nl_²_x", "nl_99999999999999999999_x"]
)
def test_without_a_token_nothing_is_collected(client: Client, token: str, wrong: str) -> None:
    response = collect(client, wrong)

    assert error(response) == (401, "token")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert not InboxEntry.objects.exists()


def test_the_secret_of_one_token_does_not_open_another(
    client: Client, token: str, moderator: User
) -> None:
    other = issue_token(moderator, "other", timedelta(days=1))[0]
    secret = token.split("_", 2)[2]

    assert error(collect(client, f"nl_{other.pk}_{secret}")) == (401, "token")
    assert error(collect(client, token[:-1])) == (401, "token")


def test_a_token_that_expired_or_was_revoked_does_not_work(client: Client, token: str) -> None:
    ApiToken.objects.update(expires_at=timezone.now())
    assert error(collect(client, token)) == (401, "token")

    ApiToken.objects.all().delete()
    assert error(collect(client, token)) == (401, "token")


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_a_token_is_worth_no_more_than_its_owner(
    client: Client, token: str, change: dict[str, bool]
) -> None:
    User.objects.filter(username="editor").update(**change)

    assert error(collect(client, token)) == (403, "right")


def test_a_token_of_somebody_without_the_right_does_not_work(client: Client, editor: User) -> None:
    text = issue_token(editor, "x", timedelta(days=1))[1]
    editor.groups.clear()

    assert error(collect(client, text)) == (403, "right")


def test_a_session_is_no_token(sign_in: SignIn, editor: User) -> None:
    assert error(collect(sign_in(editor), "")) == (401, "token")


# What is refused


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, "url"),
        ({"url": " "}, "url"),
        ({"url": "no address"}, "url"),
        ({"url": "mailto:me@example.org"}, "url"),
        ({"url": ["a"]}, "url"),
        ({"url": "https://a.example/" + "x" * 2000}, "url"),
        ({"url": NEW, "title": "x" * 301}, "title"),
        ({"url": NEW, "note": 5}, "note"),
        ({"url": NEW, "note": "a\0b"}, "note"),
        ([NEW], "json"),
        ("{", "json"),
        ("[" * 50_000, "json"),
        (b"\xff", "json"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    client: Client, token: str, data: Any, code: str
) -> None:
    assert error(collect(client, token, data)) == (400, code)
    assert not InboxEntry.objects.exists()


def test_too_much_is_refused_unread(client: Client, token: str) -> None:
    assert error(collect(client, token, {"url": NEW, "note": "x" * 70_000})) == (413, "size")


def test_a_blocked_link_is_refused(client: Client, token: str, moderator: User) -> None:
    collect(client, token)
    InboxEntry.objects.all().delete()
    decide(Link.objects.all(), "block", by=moderator, reason="Spam")

    response = collect(client, token)

    assert error(response) == (409, "blocked")
    assert "Spam" in response.json()["error"]["message"]


def test_other_methods_are_refused(client: Client, token: str) -> None:
    response = client.get("/collect/", headers={"Authorization": f"Bearer {token}"})

    assert error(response) == (405, "method")
    assert response.headers["Allow"] == "POST"


def test_wrong_tokens_are_counted(client: Client, token: str) -> None:
    codes = [collect(client, "wrong").status_code for _ in range(21)]

    assert codes == [401] * 20 + [429]
    # Whoever shares the address of an attacker can still work.
    assert collect(client, token).status_code == 201


def test_a_token_collects_so_many_links_a_minute(client: Client, token: str) -> None:
    with time_machine.travel(timezone.now().replace(second=0, microsecond=0), tick=False):
        responses = [collect(client, token, {}) for _ in range(61)]

    assert [response.status_code for response in responses] == [400] * 60 + [429]
    assert responses[-1].headers["Retry-After"] == "60"


# In the admin


def test_a_token_is_shown_once(sign_in: SignIn, editor: User) -> None:
    client = sign_in(editor)
    response = client.post("/admin/links/apitoken/add/", {"name": "My script", "days": "30"})

    row = ApiToken.objects.get()
    text = Page(response).one("textarea").text()
    assert read_token(text) == row
    assert "no-store" in response.headers["Cache-Control"]
    assert (row.user, row.name) == (editor, "My script")
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    for path in ("/admin/links/apitoken/", f"/admin/links/apitoken/{row.pk}/change/"):
        assert text not in client.get(path).content.decode()
    assert text not in json.dumps(dict(client.session))


def test_staff_see_and_revoke_their_own_tokens_only(
    sign_in: SignIn, editor: User, moderator: User, admin: User
) -> None:
    mine = issue_token(editor, "Of the editor", timedelta(days=1))[0]
    path = f"/admin/links/apitoken/{mine.pk}/delete/"

    def names(user: User) -> list[str]:
        page = Page(sign_in(user).get("/admin/links/apitoken/"))
        return page.texts("#result_list .field-name")

    assert names(moderator) == []
    sign_in(moderator).post(path, {"post": "yes"})
    assert ApiToken.objects.exists()
    assert names(admin) == ["Of the editor"]

    sign_in(editor).post(path, {"post": "yes"})
    assert not ApiToken.objects.exists()
