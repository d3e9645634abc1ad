"""Prometheus is told what waits, fails and gets old; nobody else is."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from links.models import Link, Suggestion
from posts.models import Post
from tasks.models import Worker
from tests.builders import make_draft, make_scheduled, make_task

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-those-who-watch"


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.TASKS = {"default": {"BACKEND": "tasks.backends.database.DatabaseBackend"}}


def measured(client: Client) -> dict[tuple[str, str], float]:
    """Return the values by name and the value of the label."""
    response = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name.removeprefix("newsletter_"), "".join(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def suggest(name: str) -> None:
    url = f"https://suggested.example.org/{name}"
    link = Link.objects.create(url=url, key=Link.key_for(url))
    Suggestion.objects.create(link=link, url=url, title=name)


def test_what_waits_fails_and_gets_old_is_a_number(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    make_scheduled("To come")
    make_draft("Half written")
    Post.objects.filter(title="Half written").update(stale_since=timezone.now())
    suggest("a")
    make_task()
    make_task(status="FAILED", finished_at=timezone.now())
    Worker.objects.register()
    day = timezone.now() - timedelta(days=1)
    (tmp_path / f"{day:newsletter-%Y%m%dT%H%M%SZ.zip}").touch()
    settings.BACKUP_DIR = tmp_path

    found = measured(client)

    assert found["issues_scheduled", ""] == 1
    assert found["pages_stale", ""] == 1
    assert found["suggestions", ""] == 1
    assert found["tasks", "waiting"] == found["tasks", "failed"] == found["workers", ""] == 1
    assert found["task_oldest_seconds", ""] >= 0
    assert 86_300 < found["backup_age_seconds", ""] < 86_500
    assert found["check", "failed"] == 2
    assert found["deliveries", "queued"] == found["mailings_overdue", ""] == 0
    assert found["check", "worker"] == 0
    assert found["disk_free_bytes", "MEDIA_ROOT"] > 0


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_nobody_else_learns_that_there_is_anything(client: Client, given: str) -> None:
    assert client.get("/metrics", HTTP_AUTHORIZATION=given).status_code == 404


def test_without_the_setting_there_is_nothing(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 404
    assert client.get("/metrics").status_code == 404


def test_measuring_costs_the_same_however_much_there_is(client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            measured(client)
        return len(queries)

    suggest("first")
    measured(client)
    few = cost()
    for name in "abcdef":
        suggest(name)
        make_task()

    assert cost() == few
