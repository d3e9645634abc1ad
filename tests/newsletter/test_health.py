from threading import Event

import pytest
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from newsletter import views


@pytest.mark.django_db
def test_a_healthy_site_says_ok_without_cookies(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.content == b"ok\n"
    assert response.headers["Content-Type"] == "text/plain"
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.django_db
def test_a_site_without_its_database_says_503(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_database: BaseDatabaseWrapper) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", refuse)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert b"gone" not in response.content


@pytest.mark.django_db
def test_a_probe_does_not_wait_for_a_database_that_hangs(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Event()
    monkeypatch.setattr(views, "PATIENCE", 0.01)
    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", lambda _database: answers.wait())
    try:
        assert [client.get("/healthz").status_code for _probe in range(3)] == [503] * 3
    finally:
        answers.set()


def test_a_probe_changes_nothing(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
