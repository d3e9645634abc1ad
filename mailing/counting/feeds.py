"""Readers of feeds, counted by the day and by the name of their program: no address is looked at.

Programs that ask for many people say so in their User-Agent ("… 16 subscribers; …"); others count
by their requests. What a program says of itself is its claim, no more.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from mailing.models import FeedCount

FEEDS: Final = (
    "/feed.xml", "/atom.xml", "/feed.json", "/items.xml", "/items-atom.xml", "/items.json",
)  # fmt: skip
KNOWN: Final = {
    name.casefold(): name
    for name in (
        "Feedly", "Inoreader", "NewsBlur", "Feedbin", "TheOldReader", "BazQux", "NetNewsWire",
        "Reeder", "Miniflux", "FreshRSS", "Tiny Tiny RSS", "Thunderbird", "Slackbot", "Discordbot",
        "Flipboard", "Feeder", "Feedspot", "Liferea", "Akregator", "Newsboat", "RSS Guard",
        "Vienna", "Readwise", "Blogtrottr", "NextCloud-News", "CommaFeed", "Feed Wrangler",
        "Bloglovin", "Yarr", "Googlebot", "bingbot",
    )
}  # fmt: skip
OURS: Final = "newsletter.ours"
"""In the environment of a request that a command of the site makes: nobody reads what it gets."""
BROWSERS, OTHERS = "Mozilla", "…"
# What is kept in memory: so many names at most, and for so many requests or seconds.
NAMES, REQUESTS, SECONDS = 200, 500, 300.0
MOST: Final = 10_000_000
_SUBSCRIBERS: Final = re.compile(
    r"(?<!\d)(\d{1,8}) (?:subscribers?|readers?)\b", re.IGNORECASE | re.ASCII
)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,39}", re.ASCII)
Key = tuple[date, str, str]
logger = logging.getLogger(__name__)


@lru_cache(maxsize=512)
def reader_of(agent: str) -> tuple[str, int]:
    """Return the name of the program that a User-Agent names, and how many people it asks for.

    Of those that are not known only programs with subscribers keep their own name.
    """
    agent = agent[:400]
    found = _SUBSCRIBERS.search(agent)
    subscribers = min(int(found[1]), MOST) if found else 0
    small = agent.casefold()
    if name := next((name for word, name in KNOWN.items() if word in small), ""):
        return name, subscribers
    if subscribers and (match := _NAME.match(agent)):
        return match[0].partition(" feed")[0].strip(), subscribers
    return (BROWSERS if agent.startswith("Mozilla/") else OTHERS), subscribers


class Counter:
    """Counts of one process, stored now and then beside the requests, by a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Key, list[int]] = {}
        self._requests, self._since = 0, time.monotonic()

    def add(self, path: str, agent: str) -> None:
        """Count a request for a feed, unless nothing may be written."""
        if settings.READ_ONLY:
            return
        name, subscribers = reader_of(agent)
        key = (timezone.localdate(), name, path[:200])
        with self._lock:
            count = self._counts.setdefault(key, [0, 0])
            count[0] += 1
            count[1] = max(count[1], subscribers)
            self._requests += 1
            is_due = (
                self._requests >= REQUESTS
                or len(self._counts) >= NAMES
                or time.monotonic() - self._since >= SECONDS
            )
            taken = self._take() if is_due else {}
        if taken:
            self.begin(taken)

    def _take(self) -> dict[Key, list[int]]:
        taken, self._counts = self._counts, {}
        self._requests, self._since = 0, time.monotonic()
        return taken

    def begin(self, counts: dict[Key, list[int]]) -> None:
        """Store counts while requests go on: a database that is busy keeps no reader waiting."""
        threading.Thread(target=_store_and_close, args=(counts,), daemon=True).start()

    def flush(self) -> None:
        """Store what was counted, at once."""
        with self._lock:
            taken = self._take()
        store(taken)


def store(counts: dict[Key, list[int]]) -> None:
    """Add counts to those of the day, in one order for all processes."""
    with transaction.atomic():
        for (day, reader, feed), (requests, subscribers) in sorted(counts.items()):
            row, _made = FeedCount.objects.get_or_create(day=day, reader=reader, feed=feed)
            FeedCount.objects.filter(pk=row.pk).update(
                requests=F("requests") + requests, subscribers=Greatest("subscribers", subscribers)
            )


def _store_and_close(counts: dict[Key, list[int]]) -> None:
    try:
        store(counts)
    except DatabaseError:  # numbers, not readers: they are lost
        logger.warning("Counts of feed readers were not stored.", exc_info=True)
    finally:
        connection.close()


COUNTER: Final = Counter()


def count(path: str, agent: str) -> None:
    """Count an answer to a program that names itself so, if it was for a feed."""
    if path.endswith(FEEDS):
        COUNTER.add(path, agent)


class FeedReaderMiddleware:
    """Counts who asks for feeds; stands before the copies, which answer most of them.

    What is sent before Django begins (newsletter/shortcut.py) is counted there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_read = request.method == "GET" and OURS not in request.META
        if is_read and response.status_code in {200, 304}:
            count(request.path_info, request.META.get("HTTP_USER_AGENT", ""))
        return response
