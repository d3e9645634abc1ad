"""Every public answer says how it may be kept, and is not sent again to whoever has it."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.newsletter.test_copies import ADDRESSES, FRESH, etag_of, queries

pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.usefixtures("issue")]


@pytest.fixture(autouse=True)
def _copies_are_kept(settings: Settings) -> None:
    settings.PAGE_CACHE = 4


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_public_answer_says_how_it_may_be_kept(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == FRESH
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["ETag"].startswith('W/"')
    assert "Set-Cookie" not in answer.headers
    assert client.head(path).headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize("size", [0, 4])
@pytest.mark.parametrize("path", ["/", "/posts/a-first-issue/", "/feed.xml", "/api/v1/posts"])
def test_who_wants_nothing_but_what_is_not_there_gets_304_for_what_is(
    client: Client, settings: Settings, path: str, size: int
) -> None:
    settings.PAGE_CACHE = size
    for _time in range(2):
        answer = client.get(path, headers={"If-None-Match": "*"})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == etag_of(client, path)
    assert client.get("/nowhere", headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_has_an_answer_gets_304_for_one_query(client: Client, path: str) -> None:
    known = {"If-None-Match": f'"other", {etag_of(client, path)}'}
    for ask in (client.get, client.head):
        answer, asked = queries(lambda ask=ask: ask(path, headers=known))
        assert (answer.status_code, answer.content, asked) == (304, b"", 1)
        assert answer.headers["ETag"] == etag_of(client, path)
        assert answer.headers["Cache-Control"] == FRESH
