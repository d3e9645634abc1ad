"""New links: moderators are asked about what is news or suspicious, and not drowned in the rest."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from links.models import Concern, Kind, Link, QueueEntry, Source
from links.queue import triage as triaging
from links.registering import register
from tests.builders import LONG_AGO, make_post

pytestmark = pytest.mark.django_db


def addresses(count: int, word: str = "site") -> list[str]:
    return [f"https://{word}-{number}.example.org/" for number in range(count)]


def asked_about() -> int:
    return QueueEntry.objects.filter(kind=Kind.NEW_SOURCE, closed_at=None).count()


def test_one_link_of_each_new_source_waits_for_a_look():
    register(["https://a.example.org/1", "https://a.example.org/2", "https://b.example.org/"])

    assert asked_about() == 2


def test_a_source_that_is_known_is_not_asked_about_again():
    register(["https://a.example.org/1"])
    QueueEntry.objects.all().delete()

    register(["https://a.example.org/2"])

    assert asked_about() == 0


def test_an_archive_of_old_issues_does_not_drown_the_queue(monkeypatch):
    monkeypatch.setattr(triaging, "BACKLOG", 3)
    for number in range(3):
        register(addresses(2, f"old-{number}"), printed_at=LONG_AGO)

    assert asked_about() == 3
    assert Source.objects.filter(host__startswith="old-").count() == 6


def test_new_issues_ask_about_all_their_sources_whatever_waits(monkeypatch):
    monkeypatch.setattr(triaging, "BACKLOG", 3)
    register(addresses(3), printed_at=LONG_AGO)
    now = timezone.now()

    register(addresses(2, "fresh"), printed_at=now - timedelta(days=1))
    register(addresses(2, "to-come"), printed_at=now + timedelta(days=1))
    register(addresses(2, "suggested"))

    assert asked_about() == 9


def test_what_is_suspicious_is_asked_about_however_old_its_issue_is(monkeypatch):
    monkeypatch.setattr(triaging, "BACKLOG", 0)

    make_post(body="- **Find**: [paypal.com](https://bit.ly/x) and [here](https://g00gle.com/)\n")

    found = Concern.objects.values_list("entry__link__url", "kind", "rule", "detail")
    assert set(found) == {
        ("https://bit.ly/x", "short", "shortener", "bit.ly"),
        ("https://bit.ly/x", "suspicious", "text-mismatch", "paypal.com → bit.ly"),
        ("https://g00gle.com/", "suspicious", "look-alike", "google.com"),
    }


def test_a_short_address_is_called_so_and_is_asked_before_others() -> None:
    register(["https://a.example.org/1", "https://bit.ly/x", "https://b.example.org/2"])

    entry = QueueEntry.objects.get(link__url="https://bit.ly/x")
    assert entry.kind == Kind.SHORT
    assert Link.objects.order_by("due_at")[0].url == "https://bit.ly/x"


def test_saving_again_says_nothing_twice():
    body = "- **Find**: [paypal.com](https://bit.ly/x)\n"
    make_post(body=body)
    concerns = Concern.objects.count()

    make_post(title="Another", body=body)

    assert Concern.objects.count() == concerns
    assert Link.objects.count() == 1


def test_ten_times_the_new_links_take_the_same_number_of_statements():
    register(addresses(1))
    counts = []
    for count in (2, 20):
        with CaptureQueriesContext(connection) as captured:
            register([*addresses(count, f"n{count}"), f"https://bit.ly/{count}"])
        counts.append(len(captured))
    assert counts[0] == counts[1]
