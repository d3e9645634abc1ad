"""What is sent before Django begins is what Django would send, at every moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
import time_machine
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from links.decisions import decide
from links.models import Link
from mailing.counting import feeds
from newsletter import copies, shortcut
from newsletter.shortcut import Shortcut
from posts import publishing, settling
from posts.models import SiteSettings
from posts.models.identity import THE_ROW
from posts.publishing import save_document
from tests.builders import make_post, make_scheduled, parsed
from tests.newsletter.test_copies import ADDRESSES

pytestmark = pytest.mark.django_db
BROWSER = "gzip, deflate, br, zstd"


class Sent(NamedTuple):
    """What came of a request."""

    status: str
    headers: dict[str, str]
    body: bytes


def ask(application: Any, path: str, method: str = "GET", **environ: Any) -> Sent:
    """Ask as a server does."""
    request = RequestFactory().generic(method, path).environ | environ
    heads: list[Any] = []
    answer = application(request, lambda *head: heads.append(head))
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    status, headers, *_rest = heads[0]
    return Sent(status, dict(headers), body)


class Site:
    """The site as servers run it, and what Django was asked for."""

    def __init__(self) -> None:
        self.django, self.asked = WSGIHandler(), list[str]()
        self.shortcut = Shortcut(self._ask)

    def _ask(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked.append(environ["PATH_INFO"])
        return self.django(environ, start_response)

    def get(self, path: str, method: str = "GET", **environ: Any) -> Sent:
        return ask(self.shortcut, path, method, **environ)

    def is_short(self, path: str, method: str = "GET", **environ: Any) -> bool:
        """Tell whether a request is answered without Django."""
        before = len(self.asked)
        self.get(path, method, **environ)
        return len(self.asked) == before


@pytest.fixture(autouse=True)
def _transaction_stays_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the connection that a test has its transaction on, as Django's test client does."""
    monkeypatch.setattr(shortcut, "close_old_connections", lambda: None)
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Site:
    settings.PAGE_CACHE = 4
    monkeypatch.setattr(feeds, "COUNTER", feeds.Counter())
    return Site()


# The same


@pytest.mark.parametrize("coding", ["identity", "gzip", BROWSER])
def test_whoever_asks_again_is_sent_the_same_bytes_and_headers(site: Site, coding: str) -> None:
    make_post()
    for path in (path for path in ADDRESSES if "?" not in path):
        first = site.get(path, HTTP_ACCEPT_ENCODING=coding)
        assert first.status == "200 OK"
        has = {"HTTP_ACCEPT_ENCODING": coding, "HTTP_IF_NONE_MATCH": first.headers.get("ETag")}
        asked = len(site.asked)
        again, unchanged = site.get(path, HTTP_ACCEPT_ENCODING=coding), site.get(path, **has)
        assert len(site.asked) == asked, path
        assert again == first == ask(site.django, path, HTTP_ACCEPT_ENCODING=coding)
        assert unchanged == ask(site.django, path, **has)
        assert unchanged.status == "304 Not Modified"


def test_it_costs_the_one_query_for_the_version_of_the_site(site: Site) -> None:
    make_post()
    site.get("/")
    with CaptureQueriesContext(connection) as captured:
        site.get("/")
    assert len(captured) == 1


def test_readers_who_have_a_page_need_no_copy_of_it(settings: Settings) -> None:
    settings.PAGE_CACHE = 0
    etag = Site().get("/").headers.get("ETag")
    site = Site()
    assert not site.is_short("/", HTTP_IF_NONE_MATCH=etag)
    assert site.is_short("/", HTTP_IF_NONE_MATCH=etag)
    assert site.get("/").status == "200 OK"


def test_a_page_that_a_save_elsewhere_did_not_change_is_not_sent_again(site: Site) -> None:
    post = make_post()
    etag = site.get("/follow/").headers.get("ETag")
    save_document(post, parsed("Another title"))
    site.get("/follow/")
    answer = site.get("/follow/", HTTP_IF_NONE_MATCH=f'"one", {etag}')
    assert (answer.status, answer.headers.get("ETag")) == ("304 Not Modified", etag)
    assert site.is_short("/follow/", HTTP_IF_NONE_MATCH=f'"one", {etag}')


# Never what is not right any more


def test_nothing_is_sent_that_a_change_made_wrong(site: Site) -> None:
    post = make_post()
    readers = ("/", "/posts/a-first-issue/", "/feed.xml", "/tags/ai/", "/links/")

    def rename() -> None:
        SiteSettings.objects.update_or_create(pk=THE_ROW, defaults={"name": "Another name"})
        settling.settle()

    changes: list[Callable[[], object]] = [
        lambda: save_document(post, parsed("Another title")),
        rename,
        lambda: decide(Link.objects.filter(main_items__post=post), "block", by=None, reason="spam"),
        lambda: publishing.withdraw([post]),
    ]
    for change in changes:
        before = {path: site.get(path) for path in readers}
        assert all(site.is_short(path) for path in readers if before[path].status == "200 OK")
        change()
        for path in readers:
            asked = site.get(path)
            assert asked.body == ask(WSGIHandler(), path).body
            assert asked.headers.get("ETag") != before[path].headers.get("ETag")
    assert site.get("/posts/a-first-issue/").status == "404 Not Found"


def test_a_scheduled_issue_shows_in_the_very_moment(site: Site) -> None:
    post = make_scheduled("Due")
    assert post.published_at
    before = post.published_at - timedelta(microseconds=1)
    for at, is_there in ((before, False), (before, False), (post.published_at, True)):
        with time_machine.travel(at, tick=False):
            assert (b"Due" in site.get("/").body) == is_there
            assert (b"Due" in site.get("/feed.xml").body) == is_there


def test_a_cdn_is_told_anew_for_how_long_it_may_keep_a_page(site: Site, settings: Settings) -> None:
    post = make_scheduled("Due")
    assert post.published_at
    settings.CDN_PURGE_URL = "https://cdn.example.org/purge"
    said = []
    for seconds in (100, 50):
        with time_machine.travel(post.published_at - timedelta(seconds=seconds), tick=False):
            said.append(site.get("/").headers.get("Cache-Control"))
    assert said == ["public, max-age=0, s-maxage=100", "public, max-age=0, s-maxage=50"]
    assert site.asked == ["/"]


# Never to whom Django would answer otherwise


@pytest.mark.parametrize(
    "other",
    [
        {"method": "HEAD"},
        {"method": "POST"},
        {"QUERY_STRING": "page=2"},
        {"HTTP_AUTHORIZATION": "Bearer token"},
        {"HTTP_HOST": "localhost"},
        {"HTTP_ACCEPT_ENCODING": "gzip"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"wsgi.url_scheme": "https"},
    ],
)
def test_another_request_is_left_to_django(site: Site, other: dict[str, str]) -> None:
    for _ in range(2):
        site.get("/")
    assert site.is_short("/")
    assert not site.is_short("/", **other)


def test_a_wrong_host_is_refused(site: Site) -> None:
    for _ in range(2):
        assert site.get("/").status == "200 OK"
        assert site.get("/", HTTP_HOST="evil.example").status == "400 Bad Request"


def test_who_does_not_come_through_https_is_led_there(settings: Settings) -> None:
    settings.PAGE_CACHE = 4
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    site = Site()
    for _ in range(2):
        assert site.get("/", HTTP_X_FORWARDED_PROTO="https").status == "200 OK"
        assert site.get("/", HTTP_X_FORWARDED_PROTO="http").status == "301 Moved Permanently"
    assert site.is_short("/", HTTP_X_FORWARDED_PROTO="https")


@pytest.mark.parametrize("path", ["/admin/login/", "/suggest/", "/healthz", "/nowhere/"])
def test_what_is_for_one_reader_or_not_there_is_asked_of_django(site: Site, path: str) -> None:
    site.get(path)
    assert not site.is_short(path)


# What else a request brings about


def test_readers_of_feeds_are_counted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    make_post()
    site.get("/tags/ai/atom.xml")
    monkeypatch.setattr(feeds.COUNTER, "add", lambda *of: counted.append(of))
    etag = site.get("/tags/ai/atom.xml", HTTP_USER_AGENT="Feedly").headers.get("ETag")
    site.get("/tags/ai/atom.xml", HTTP_USER_AGENT="Feedbin", HTTP_IF_NONE_MATCH=etag)
    site.get("/")
    site.get("/")
    assert counted == [("/tags/ai/atom.xml", "Feedly"), ("/tags/ai/atom.xml", "Feedbin")]


def test_where_each_request_has_its_line_django_is_asked(settings: Settings) -> None:
    settings.PAGE_CACHE, settings.LOG_FORMAT = 4, "json"
    site = Site()
    numbers = {site.get("/").headers.get("X-Request-ID") for _ in range(3)}
    assert (len(numbers), site.asked) == (3, ["/"] * 3)


def test_a_database_that_does_not_answer_is_djangos_matter(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError

    site.get("/")
    with monkeypatch.context() as broken:
        broken.setattr(shortcut, "look", away)
        assert not site.is_short("/")
    assert site.is_short("/")


def test_only_the_first_waits_twice_for_a_database_that_does_not_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def away() -> None:
        looked.append("version")
        raise OperationalError

    monkeypatch.setattr(shortcut, "look", away)
    for path in ("/", "/follow/"):
        site.get(path)
    monkeypatch.setattr(copies, "look", away)
    for path in ("/", "/follow/", "/"):
        site.get(path)
    assert looked == ["version"] * 4  # one more than Django's own


def test_connections_are_looked_after_as_django_does_behind_a_request(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    site.get("/")
    monkeypatch.setattr(shortcut, "close_old_connections", lambda: looked.append("connections"))
    monkeypatch.setattr(shortcut, "look", lambda: looked.append("version"))
    site.get("/")
    assert looked == ["version", "connections"]


# Bounds


def test_only_so_many_requests_are_remembered(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcut, "MOST", 3)
    for number in range(10):
        site.get("/", HTTP_ACCEPT_ENCODING=f"x-{number}")
        assert len(site.shortcut.known) <= 3
    long = {"HTTP_ACCEPT_ENCODING": "x" * shortcut.LONGEST}
    assert [site.is_short("/", **long) for _ in range(2)] == [False, False]
