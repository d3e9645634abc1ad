"""Limits hold for all workers together, however many requests come at once."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from posts.models import RateCount
from posts.throttling import Limit, allow, prune_rate_counts
from tests.newsletter.production import CHECKOUT
from tests.tasks.conftest import shared_database  # noqa: F401 (a fixture)
from tests.tasks.samples import PATIENCE, wait_until

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
LIMIT = Limit(3, timedelta(minutes=10))
WORKERS = 2


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


# Each worker is a process with a few threads, as under gunicorn; all begin at the same moment.
WORKER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
import django; django.setup()
from django.db import connection
from posts.throttling import Limit, allow

LIMIT = Limit(7, timedelta(minutes=10))
AT = datetime.fromisoformat("2026-11-24T09:05:00+00:00")

def work(_number):
    passed = [allow("suggest", "a", [LIMIT], AT) for _ in range(5)]
    connection.close()
    return sum(passed)

Path(sys.argv[1]).touch()
while not Path(sys.argv[2]).exists():
    time.sleep(0.001)
with ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(work, range(4))))
"""


def test_a_limit_holds_for_many_workers_at_once(
    shared_database: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "newsletter.settings",
        "DEBUG": "true",
        "DATABASE_URL": shared_database,
    }
    assert not RateCount.objects.exists()  # the first connection sets SQLite's journal up
    go, ready = tmp_path / "go", [tmp_path / f"ready-{n}" for n in range(WORKERS)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(file), str(go)],
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for file in ready
    ]
    wait_until(lambda: all(file.exists() for file in ready))
    go.touch()
    passed = [int(worker.communicate(timeout=PATIENCE)[0]) for worker in workers]

    assert sum(passed) == 7
    assert RateCount.objects.get().count == 7
