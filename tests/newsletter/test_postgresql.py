"""Kept connections to PostgreSQL; where the database is SQLite, what readers get alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, connection

from newsletter.shortcut import Shortcut
from tests.builders import make_post
from tests.newsletter.test_shortcut import ask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _connection_is_new() -> None:
    """Begin with a connection that is not about to be closed because of its age."""
    connection.close()


@contextmanager
def another_session() -> Iterator[Any]:
    """Give a cursor of another session with the same database."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


def end_session() -> None:
    """Let PostgreSQL end the session of this thread, as it does when it is restarted."""
    with another_session() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [session()])
        assert cursor.fetchone() == (True,)


def session() -> int:
    """Return which session of PostgreSQL this thread has."""
    connection.ensure_connection()
    number: int = connection.connection.info.backend_pid
    return number


@pytest.mark.parametrize("path", ["/", "/archive/", "/feed.xml", "/admin/login/"])
def test_readers_get_pages_after_the_server_ended_its_sessions_between_two_requests(
    path: str,
) -> None:
    make_post()
    site = Shortcut(WSGIHandler())

    assert ask(site, path).status == "200 OK"
    if connection.vendor == "postgresql":
        ended = session()
        end_session()

    assert ask(site, path).status == "200 OK"
    if connection.vendor == "postgresql":
        assert session() != ended


def test_a_connection_on_which_the_server_said_something_unasked_is_kept() -> None:
    if connection.vendor != "postgresql":
        return
    kept = session()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN news")
    with another_session() as cursor:
        cursor.execute("NOTIFY news")

    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 2")

    assert session() == kept


def test_a_kept_connection_is_looked_at_without_a_query() -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 2")
    close_old_connections()
    assert connection.is_usable()

    with another_session() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [session()])
        assert cursor.fetchone() == ("SELECT 2",)


def test_moments_are_read_to_the_microsecond_and_in_utc() -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT '2024-05-10 09:00:00.000123+09'::timestamptz, '0001-01-01Z'::timestamptz,"
            " '9999-12-31 23:59:59.999999Z'::timestamptz, NULL::timestamptz"
        )
        read = cursor.fetchone()

    assert read == (
        datetime(2024, 5, 10, microsecond=123, tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        None,
    )
    assert {moment.tzinfo for moment in read if moment} == {UTC}
