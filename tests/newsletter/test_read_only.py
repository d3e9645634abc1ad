"""READ_ONLY: readers read, and whoever would write is told in words and loses nothing."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from posts.models import Post
from tests.builders import make_draft, make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def issue(db: None) -> Post:
    return make_post("A first issue")


@pytest.fixture
def read_only(issue: Post, settings: Settings) -> Iterator[None]:
    """Let nothing be written; whatever tries raises."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        assert not sql.lstrip().upper().startswith(WRITES), sql
        return execute(sql, params, many, context)

    settings.READ_ONLY = True
    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize(
    "path",
    [
        "/", "/posts/a-first-issue/", "/archive/", "/feed.xml", "/search/?q=first",
        "/api/v1/posts", "/healthz",
    ],
)  # fmt: skip
def test_readers_read_and_nothing_is_written(client: Client, read_only: None, path: str) -> None:
    assert client.get(path, follow=True).status_code == 200


def test_a_form_says_so_before_anybody_fills_it_in(client: Client, read_only: None) -> None:
    response = client.get("/suggest/")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "300"
    assert "nothing can be sent just now" in Page(response).one("h1").text()


def test_what_a_reader_sends_comes_back(client: Client, read_only: None) -> None:
    sent = {"url": "https://example.org/a", "note": "Something that took a while to write"}

    response = client.post("/suggest/", sent)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "300")
    assert "Something that took a while to write" in response.content.decode()


def test_programs_are_told_so_in_json(client: Client, read_only: None) -> None:
    response = client.post("/collect/", {}, content_type="application/json")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "300")
    assert "nothing can be sent" in response.json()["error"]["message"]


def test_staff_look_and_are_told(sign_in: SignIn, editor: User, settings: Settings) -> None:
    draft = make_draft("Half written")
    client = sign_in(editor)
    settings.READ_ONLY = True

    page = Page(client.get(f"/admin/posts/post/{draft.pk}/change/"))
    answer = client.post(f"/admin/posts/post/{draft.pk}/change/", {"text": "My new words"})

    assert "nothing can be saved" in page.one(".messagelist .warning").text()
    assert answer.status_code == 503
    assert "My new words" in answer.content.decode()


def test_the_worker_waits(settings: Settings, run_waiting_tasks: Any) -> None:
    settings.READ_ONLY = True
    out = StringIO()

    call_command("run_tasks", "--once", stdout=out)

    assert "READ_ONLY is set" in out.getvalue()


def test_without_the_setting_all_is_as_ever(client: Client, issue: Post) -> None:
    assert client.get("/suggest/").status_code == 200
