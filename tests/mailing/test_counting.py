"""Numbers without persons: the list, mailings, readers of feeds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing import counting
from mailing.counting import feeds
from mailing.models import Consent, Event, FeedCount, Subscriber, Suppression
from newsletter.static_site import Site
from tests.builders import make_member, make_post
from tests.conftest import SignIn
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber
from tests.reading import Page

pytestmark = pytest.mark.django_db

PAGE = "/admin/mailing/subscriber/numbers/"


# Feeds


@pytest.mark.parametrize(
    ("agent", "reader", "people"),
    [
        ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like X)", "Feedly", 16),
        ("Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 2 subscribers; )", "Inoreader", 2),
        ("NewsBlur Feed Fetcher - 12 subscribers - http://www.newsblur.com/site/1", "NewsBlur", 12),
        ("Feedbin feed-id:1373711 - 142 subscribers", "Feedbin", 142),
        ("theoldreader.com (1 subscribers; feed-id=abc)", "TheOldReader", 1),
        ("NewAggregator/3 (7 readers)", "NewAggregator", 7),
        ("<script>/1 (7 subscribers)", "…", 7),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla", 0),
        ("curl/8.5", "…", 0),
        ("", "…", 0),
        ("Feedly (99999999999 subscribers)", "Feedly", 0),
        ("Feedly (99999999 subscribers)", "Feedly", 10_000_000),
    ],
)  # fmt: skip
def test_programs_are_known_by_what_they_say_of_themselves(
    agent: str, reader: str, people: int
) -> None:
    assert feeds.reader_of(agent) == (reader, people)


@pytest.fixture
def counter(settings: Settings) -> feeds.Counter:
    settings.MIDDLEWARE = ["mailing.counting.feeds.FeedReaderMiddleware", *settings.MIDDLEWARE]
    feeds.COUNTER.flush()
    FeedCount.objects.all().delete()
    return feeds.COUNTER


def test_who_reads_feeds_is_counted_by_day_without_addresses(counter: feeds.Counter) -> None:
    make_post()
    client = Client(headers={"user-agent": "Feedly/1.0 (16 subscribers)"})
    for path in ("/feed.xml", "/feed.xml", "/tags/ai/atom.xml", "/", "/missing/feed.xml"):
        client.get(path)
    client.head("/feed.xml")
    Client(headers={"user-agent": "Feedly/1.0 (12 subscribers)"}).get("/feed.xml")

    counter.flush()
    counter.flush()

    rows = FeedCount.objects.order_by("feed").values_list("reader", "feed", "requests",
                                                          "subscribers")  # fmt: skip
    assert list(rows) == [("Feedly", "/feed.xml", 3, 16), ("Feedly", "/tags/ai/atom.xml", 1, 16)]
    assert counting.feed_readers() == [("Feedly", 32, 1)]


def test_a_feed_is_answered_without_a_query_for_the_counting(
    counter: feeds.Counter, client: Client
) -> None:
    make_post()
    client.get("/feed.xml")
    with CaptureQueriesContext(connection) as seen:
        client.get("/feed.xml")
    assert not [query for query in seen if "mailing_" in query["sql"]]


def test_what_a_command_asks_for_is_read_by_nobody(
    counter: feeds.Counter, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["news.example.org"]
    make_post()
    answer = Site("").ask("/feed.xml")
    assert answer.status_code == 200
    counter.flush()

    assert not FeedCount.objects.exists()


def test_programs_that_are_not_known_are_called_others(
    counter: feeds.Counter, client: Client, admin: User, sign_in: SignIn
) -> None:
    make_post()
    for agent in ("Mozilla/5.0", "curl/8.5"):
        client.get("/feed.xml", headers={"user-agent": agent})
    counter.flush()

    page = Page(sign_in(admin).get("/admin/mailing/subscriber/numbers/"))
    assert {"Browsers", "Others"} <= set(page.texts("td, th"))


def test_nothing_is_counted_while_nothing_may_be_written(
    counter: feeds.Counter, settings: Settings, client: Client
) -> None:
    settings.READ_ONLY = True
    client.get("/feed.xml")
    counter.flush()

    assert not FeedCount.objects.exists()


@pytest.mark.parametrize("limit", ["REQUESTS", "NAMES"])
def test_counts_are_stored_beside_the_requests_when_there_are_enough(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(feeds, limit, 3)
    counter = feeds.Counter()
    stored: list[dict[feeds.Key, list[int]]] = []
    monkeypatch.setattr(counter, "begin", stored.append)

    for name in ("Feedly", "Feedbin", "Inoreader", "Feedly"):
        counter.add("/feed.xml", name)

    assert [sum(n for n, _people in counts.values()) for counts in stored] == [3]


# The list


def said(address: str, *kinds: str, days: int = 0) -> None:
    """Write down that somebody came and left."""
    subscriber = Subscriber.objects.filter(address=address).first() or make_subscriber(address)
    for kind in kinds:
        row = Consent.objects.create(subscriber=subscriber, digest=subscriber.digest, kind=kind)
        moment = timezone.now() - timedelta(days=days)
        Consent.objects.filter(pk=row.pk).update(at=moment)


def growth(since: date, until: date, step: int = 1) -> list[counting.Growth]:
    """Return who came and left in each ``step`` days."""
    return counting.History(since).growth(since, until, step)


def test_growth_counts_who_came_and_who_left_once() -> None:
    said("ann@example.org", "asked", "given", days=2)
    said("ann@example.org", "withdrawn", days=1)
    said("ann@example.org", "erased")
    said("bob@example.org", "imported", days=2)
    said("bob@example.org", "erased", days=1)
    said("cem@example.org", "withdrawn", days=1)  # an import says that they left elsewhere
    said("dan@example.org", "given", days=2)
    digest = Subscriber.objects.get(address="dan@example.org").digest
    Suppression.objects.create(digest=digest, reason="bounced")
    Suppression.objects.create(digest="0" * 64, reason="bounced")

    today = timezone.localdate()
    found = growth(today - timedelta(days=2), today)

    assert [(one.came, one.left) for one in found] == [(3, 0), (0, 2), (0, 1)]
    [week] = growth(today - timedelta(days=2), today, 7)
    assert (week.came, week.left) == (3, 3)


def test_who_leaves_and_comes_back_grows_the_list_once() -> None:
    said("ann@example.org", "given", "withdrawn", "given", days=1)
    said("bob@example.org", "given", days=9)
    said("bob@example.org", "withdrawn", "given", days=1)  # neither came nor left in that day
    said("cem@example.org", "given", days=9)
    said("cem@example.org", "given", days=1)  # asked once more, and had never left
    said("dan@example.org", "given", days=9)
    said("dan@example.org", "withdrawn", days=1)
    said("dan@example.org", "given")

    today = timezone.localdate()
    yesterday, now = growth(today - timedelta(days=1), today)

    assert (yesterday.came, yesterday.left) == (1, 1)
    assert (now.came, now.left) == (1, 0)
    for step in (1, 2, 5, 10):
        found = growth(today - timedelta(days=9), today, step)
        assert sum(one.came - one.left for one in found) == 4, step


def test_another_address_is_no_other_reader() -> None:
    said("old@example.org", "given", days=3)
    for address, form in (("old@example.org", "from"), ("new@example.org", "to")):
        said(address, "moved", days=2)
        Consent.objects.filter(kind="moved", form="").update(form=form)
    said("new@example.org", "withdrawn")

    today = timezone.localdate()
    for step in (1, 4):
        found = growth(today - timedelta(days=3), today, step)
        assert (sum(one.came for one in found), sum(one.left for one in found)) == (1, 1)


def test_what_became_of_a_mailing_is_counted() -> None:
    mailing = make_mailing(starts_at=timezone.now() - timedelta(days=2))
    rows = [make_delivery(mailing, status=status)
            for status in ("accepted", "accepted", "failed", "unknown", "queued")]  # fmt: skip
    for name in ("first", "second"):  # told twice of one mail
        Event.objects.create(name=name, kind="soft", delivery=rows[0], at=timezone.now())
    Event.objects.create(name="third", kind="complaint", delivery=rows[1], at=timezone.now())
    said("ann@example.org", "withdrawn", days=1)
    said("bob@example.org", "withdrawn", days=3)

    [sent] = counting.mailings()

    assert (sent.number("accepted"), sent.number("failed", "unknown")) == (2, 2)
    assert (sent.bounced, sent.complained, sent.left) == (1, 1, 1)


# The page


@pytest.mark.usefixtures("mail_is_on")
def test_the_page_shows_numbers_and_no_person(sign_in: SignIn) -> None:
    client = sign_in(make_member("editor"))
    empty = Page(client.get(PAGE))
    assert empty.texts(".panel > p.quiet")[0] == "Nobody has subscribed yet."
    assert not empty.all("svg.plot")

    said("ann@secret.example", "given")
    make_delivery(make_mailing(), Subscriber.objects.get())
    FeedCount.objects.create(
        day=timezone.localdate(), reader="Feedly", feed="/feed.xml", requests=9, subscribers=16
    )
    page = Page(client.get(PAGE))

    assert len(page.all("svg.plot")) == 5
    assert "Feedly" in page.text()
    assert "secret" not in page.text()


@pytest.mark.usefixtures("mail_is_on")
def test_queries_of_the_page_do_not_grow(sign_in: SignIn) -> None:
    client = sign_in(make_member("keeper"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    for _number in range(2):
        make_delivery()
    queries()
    before = queries()
    for _number in range(4):
        make_delivery()
    assert queries() == before
