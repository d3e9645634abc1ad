"""Public answers: which version they are of, and the copies of them that are kept.

Everything a reader may get follows from the address, the version of the public site
(``posts.publication``) and the release: code, templates, texts and settings. A copy is kept under
these three; another version asks for others. The version is read before the answer is made: what
changes meanwhile leaves a copy newer than its name, under which nobody asks any more.

Views get this by themselves. What says ``Cache-Control`` itself (forms with tickets, previews,
uploads), sets a cookie or differs by a header of the request is left alone.
"""

from __future__ import annotations

import gzip
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from http import HTTPStatus
from threading import Lock
from typing import Any, NamedTuple
from zlib import crc32

import brotli
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags

from newsletter.cdn import fresh, keys
from newsletter.middleware import PROBES
from newsletter.release import release
from posts.site.version import Found, look

TOLD = frozenset({200, 301, 404, 410})  # how they may be kept
TEXTS, SMALLEST = ("text/", "application/"), 500  # types, and bytes, worth compressing
SHARE = 16  # a copy may fill this part of the memory
MOST_ASKED = 2_000  # addresses with a query that are remembered, asked once
SHARED, PAUSE = 600, 30.0  # seconds in Redis; and in which one that failed is not asked
# The best first.
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=5),
    "gzip": partial(gzip.compress, compresslevel=6, mtime=0),
}
# Where who answers before Django (newsletter/shortcut.py) is told what was asked for.
NOTICE = "newsletter.notice"
Headers = dict[str, str]


class Answer(NamedTuple):
    """What is sent: a page, or that who asks has it."""

    status: HTTPStatus
    headers: Headers
    body: bytes = b""


class Copy(NamedTuple):
    """An answer with status 200; ``digest`` is of its body before it was compressed."""

    digest: str
    headers: Headers
    body: bytes


class Page(NamedTuple):
    """What a request asks for."""

    found: Found
    path: str
    version: str
    name: str
    """Under which copies are kept, compressed as it is asked for; "" if none are."""

    def etag(self, digest: str, given: str) -> tuple[str, bool]:
        """Return the ETag of a body with this digest, and whether a client has it, maybe of
        another version. "*" says that it has any there may be (RFC 9110, section 13.1.2)."""
        for etag, other in _known(given).values():
            if other == digest:
                return etag, True
        return f'W/"{self.version}-{digest}"', given.strip() == "*"

    def answer(self, copy: Copy, given: str) -> Answer:
        """Return a copy, or 304 to who has the same page."""
        etag, is_known = self.etag(copy.digest, given)
        if is_known:
            return _not_modified(etag)
        own = {"ETag": etag, "Cache-Control": fresh()}
        return Answer(HTTPStatus.OK, copy.headers | own, copy.body)


class PageMiddleware:
    """Tell how public answers may be kept, answer 304 to who has one, and keep copies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if settings.DEBUG:  # templates change while the server runs
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.copies = Copies(settings.PAGE_CACHE * 2**20)
        self.others = (settings.STATIC_URL, settings.MEDIA_URL, "/admin/", *PROBES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            request.method not in {"GET", "HEAD"}
            or request.path_info.startswith(self.others)
            or "HTTP_AUTHORIZATION" in request.META
        ):
            return self.get_response(request)
        request.get_host()  # as if a view had asked: a wrong one is refused
        try:
            found = look()
        except DatabaseError:  # what needs none answers all the same
            return self.get_response(request)
        vars(request)["found"] = found
        version = _version(request, found)
        # Of what is asked with a query there is no end: what is asked again is kept.
        is_kept = bool(self.copies.size) and (
            not request.META["QUERY_STRING"] or self.copies.is_asked_again(version, found)
        )
        coding = _coding(request) if is_kept else ""
        page = Page(found, request.path_info, version, f"{version}{coding}" if is_kept else "")
        given = request.META.get("HTTP_IF_NONE_MATCH", "")
        answer = self.copies.answer(page, given)
        if answer is None:
            return self._make(request, page, coding, given)
        self._notice(request, page)
        return _response(answer)

    def _make(self, request: HttpRequest, page: Page, coding: str, given: str) -> HttpResponseBase:
        """Let a page be made, tell how it may be kept, and keep a copy of it."""
        response = self.get_response(request)
        digest = _marked(response, coding, keys(request))
        if digest is None or not isinstance(response, HttpResponse):
            return response
        self._notice(request, page)
        if page.name:
            copy = Copy(digest, dict(response.headers.items()), response.content)
            self.copies.keep(page.name, copy)
        etag, is_known = page.etag(digest, given)
        if is_known:
            return _response(_not_modified(etag))
        response.headers["ETag"] = etag
        return response

    def _notice(self, request: HttpRequest, page: Page) -> None:
        """Tell who answers before Django what was asked for."""
        if notice := request.META.get(NOTICE):
            notice(page, self.copies)


def _version(request: HttpRequest, found: Found) -> str:
    """Return what stands for an address, the version of the site and the release."""
    of = (release(), *found, request.scheme, request.path, request.META["QUERY_STRING"])
    return blake2b(repr(of).encode(), digest_size=8).hexdigest()


def _known(given: str) -> dict[str, tuple[str, str]]:
    """Return what a client has: ETags and digests of bodies by their version."""
    known = {}
    for etag in parse_etags(given) if given else ():
        version, _hyphen, digest = etag.removeprefix("W/").strip('"').partition("-")
        known[version] = (etag, digest)
    return known


def _coding(request: HttpRequest) -> str:
    """Return the best content coding that a client takes (RFC 9110, section 12.5.3)."""
    given = request.META.get("HTTP_ACCEPT_ENCODING", "").replace(" ", "").lower()
    parts = [part.partition(";q=") for part in given.split(",")]
    taken = {name for name, _q, weight in parts if not weight or weight.strip("0.")}
    return next((coding for coding in CODINGS if coding in taken), "")


def _marked(response: HttpResponseBase, coding: str, more: Mapping[str, str]) -> str | None:
    """Tell how an answer may be kept if it is the same for everybody, compress it, and return a
    digest of its body before that; None where there is nothing to keep."""
    headers = response.headers
    if (
        response.status_code not in TOLD
        or not isinstance(response, HttpResponse)
        or response.cookies
        or any(name in headers for name in ("Cache-Control", "Vary", "Content-Encoding"))
    ):
        return None
    headers["Cache-Control"], headers["Vary"] = fresh(), "Accept-Encoding"
    for name, value in more.items():
        headers[name] = value
    if response.status_code != 200:
        return None
    body = response.content
    # A view may say itself what makes its answer another one for readers; new code may, too.
    told = headers.get("ETag", "").encode()
    of = release() + told if told else body
    del headers["ETag"]
    if coding and len(body) >= SMALLEST and headers["Content-Type"].startswith(TEXTS):
        response.content = CODINGS[coding](body)
        headers["Content-Encoding"] = coding
        headers["Content-Length"] = str(len(response.content))
    headers.setdefault("Content-Length", str(len(body)))
    # It tells states of one page apart, and guards nothing: half the work of SHA-256.
    return f"{crc32(of):08x}{len(of):x}"


def _not_modified(etag: str) -> Answer:
    headers = {"ETag": etag, "Cache-Control": fresh(), "Vary": "Accept-Encoding"}
    return Answer(HTTPStatus.NOT_MODIFIED, headers)


def _response(answer: Answer) -> HttpResponseBase:
    """Return an answer as Django sends it."""
    if answer.status is HTTPStatus.NOT_MODIFIED:
        return HttpResponseNotModified(headers=answer.headers)
    return HttpResponse(answer.body, headers=answer.headers)


def _troubles() -> tuple[type[Exception], ...]:
    """Return what a Redis that does not answer raises."""
    from redis.exceptions import RedisError  # noqa: PLC0415 (5 MB, without a Redis for nothing)

    return (OSError, RedisError)


def _weight(copy: Copy) -> int:
    return len(copy.body) + 1024  # headers and the like


class Copies:
    """Copies in the memory of this process, the last used of so many bytes; and in Redis."""

    def __init__(self, size: int) -> None:
        self.size, self.used = size, 0  # bytes
        self.kept, self.lock = OrderedDict[str, Copy](), Lock()
        self.found: Found | None = None
        self.asked: set[str] = set()
        is_shared = settings.CACHES["default"]["BACKEND"].endswith("RedisCache")
        self.shared: Any = caches["default"] if is_shared else None
        self.troubles = _troubles() if is_shared else ()
        self.resumes, self.given, self.since = 0.0, 0, 0.0

    def turn_to(self, found: Found) -> None:
        """Forget the copies here that are of another version of the site: nobody asks for them."""
        if found == self.found:
            return
        with self.lock:
            self.kept.clear()
            self.asked.clear()
            self.found, self.used = found, 0

    def is_asked_again(self, version: str, found: Found) -> bool:
        """Tell whether what stands for an address was asked for before, of late."""
        self.turn_to(found)
        with self.lock:
            if version in self.asked:
                return True
            if len(self.asked) >= MOST_ASKED:
                self.asked.clear()
            self.asked.add(version)
        return False

    def answer(self, page: Page, given: str) -> Answer | None:
        """Return what is sent to who has these ETags; None if the page has to be made."""
        self.turn_to(page.found)
        if had := _known(given).get(page.version):
            return _not_modified(had[0])
        copy = self.get(page.name) if page.name else None
        return page.answer(copy, given) if copy else None

    def get(self, key: str) -> Copy | None:
        """Return a copy, wherever it is."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        found = self._ask("get", key)
        return self._keep_here(key, Copy(*found)) if found else None

    def keep(self, key: str, copy: Copy) -> None:
        """Keep a copy that was made, unless it is too large."""
        if key in self.kept or _weight(copy) * SHARE > self.size:
            return
        self._keep_here(key, copy)
        now = time.monotonic()
        if now - self.since > SHARED:
            self.given, self.since = 0, now
        self.given += _weight(copy)
        if self.given <= self.size:  # no crawler fills Redis
            self._ask("set", key, tuple(copy), SHARED)

    def _keep_here(self, key: str, copy: Copy) -> Copy:
        with self.lock:
            if key not in self.kept:
                self.kept[key] = copy
                self.used += _weight(copy)
            while self.used > self.size:
                self.used -= _weight(self.kept.popitem(last=False)[1])
        return copy

    def _ask(self, verb: str, *of: Any) -> Any:
        """Ask Redis, unless it failed to answer just now."""
        if self.shared is None or time.monotonic() < self.resumes:
            return None
        try:
            return getattr(self.shared, verb)(*of)
        except self.troubles:
            self.resumes = time.monotonic() + PAUSE
            return None
