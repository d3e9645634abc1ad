"""Limits hold for all workers together, however many requests come at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from links.models import RateCount
from links.throttling import Limit, allow, prune_rate_counts

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
LIMIT = Limit(3, timedelta(minutes=10))
WORKERS = 8


def results(times: int, who: str = "a", at: datetime = NOW, limit: Limit = LIMIT) -> list[bool]:
    return [allow("suggest", who, [limit], at) for _ in range(times)]


@pytest.mark.django_db
def test_a_limit_lets_so_many_through_and_no_more() -> None:
    assert results(5) == [True, True, True, False, False]


@pytest.mark.django_db
def test_the_next_window_begins_anew() -> None:
    results(5)

    assert results(1, at=NOW + timedelta(minutes=4, seconds=59)) == [False]
    assert results(1, at=NOW + timedelta(minutes=5)) == [True]


@pytest.mark.django_db
def test_clients_and_purposes_are_counted_apart() -> None:
    results(5)

    assert results(1, who="b") == [True]
    assert allow("report", "a", [LIMIT], NOW)


@pytest.mark.django_db
def test_of_several_limits_all_must_allow_it() -> None:
    day = Limit(4, timedelta(days=1))
    later = NOW + timedelta(hours=1)

    first = [allow("suggest", "a", [LIMIT, day], NOW) for _ in range(4)]
    second = [allow("suggest", "a", [LIMIT, day], later) for _ in range(2)]

    assert first == [True, True, True, False]
    assert second == [True, False]


@pytest.mark.django_db
def test_who_it_was_is_not_stored() -> None:
    results(1, who="203.0.113.9")

    assert "203.0.113.9" not in RateCount.objects.get().key


@pytest.mark.django_db
def test_counts_are_forgotten_after_a_day() -> None:
    now = datetime.now(UTC)
    results(1, who="old", at=now - timedelta(days=1, minutes=11))
    results(1, who="new", at=now)

    assert prune_rate_counts.call() == 1
    assert RateCount.objects.count() == 1


def _at_once(work: Callable[[int], bool]) -> list[bool]:
    """Run work in several threads, each with a connection of its own, all from one moment on."""
    start = threading.Barrier(WORKERS)

    def run(number: int) -> list[bool]:
        try:
            start.wait()
            return [work(number) for _ in range(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return [passed for found in pool.map(run, range(WORKERS)) for passed in found]


@pytest.mark.django_db(transaction=True)
def test_a_limit_holds_for_many_workers_at_once() -> None:
    limit = Limit(7, timedelta(minutes=10))

    passed = _at_once(lambda _number: allow("suggest", "a", [limit], NOW))

    assert (len(passed), sum(passed)) == (WORKERS * 5, 7)
    assert RateCount.objects.get().count == 7
