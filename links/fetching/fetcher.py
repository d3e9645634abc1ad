"""The only place that opens connections to the outside.

Addresses come from strangers, so nothing about them or about the servers behind them is trusted:

- Where a connection leads is decided by `connecting`, for each one anew: to a checked address on
  the public Internet, or nowhere. Redirects get no trust in advance.
- Time, redirects, headers, bytes received and bytes decoded each have a limit (`guarding.Policy`).
- Nothing but the response is kept, and nothing but the request is sent: no cookies, no credentials,
  no referrer, no proxy from the environment. That is why this stands on httpcore, the engine of
  httpx, and not on its client.

`fetch` asks once; a `Fetcher` asks often and keeps connections open in between.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, Self
from urllib.parse import urlencode, urljoin

import h2.exceptions
import httpcore

from links.fetching.connecting import Guard, Resolver, allow_bytes
from links.fetching.decoding import ACCEPTED, CodingError, decoder_for
from links.fetching.guarding import Policy
from links.fetching.responses import (
    KEPT_HEADERS,
    FetchError,
    Hop,
    Response,
    Validators,
)
from links.normalizing import DEFAULT_PORTS, Address, AddressError, parse_address, trim

Method = Literal["GET", "HEAD", "POST"]

DEFAULT_POLICY: Final = Policy()
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ACCEPT: Final = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
# Beyond twice what a body may bring: headers, interim answers, framing, and what one read gives.
_SPARE_BYTES: Final = 262_144
_KEEP_ALIVE_SECONDS: Final = 15
_IDLE_CONNECTIONS: Final = 20
_LOOKUP_THREADS: Final = 16


def fetch(
    url: str,
    *,
    method: Method = "GET",
    known: Validators | None = None,
    max_bytes: int | None = None,
    truncate: bool = False,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Response:
    """Ask for one address and wait; see `Fetcher.fetch`. Not for use inside an event loop."""

    async def once() -> Response:
        async with Fetcher(policy) as fetcher:
            return await fetcher.fetch(
                url,
                method=method,
                known=known,
                max_bytes=max_bytes,
                truncate=truncate,
                form=form,
                headers=headers,
            )

    return asyncio.run(once())


class Fetcher:
    """Asks for many addresses, side by side, and keeps connections open between requests.

    An asynchronous context manager. How many run at once, and how many at one host, is the caller's
    decision. `resolve`, `ssl_context` and `dialer` replace how names are looked up, which
    certificates count and how a checked address is connected to.
    """

    def __init__(
        self,
        policy: Policy = DEFAULT_POLICY,
        *,
        resolve: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
        dialer: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self.policy = policy
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, "lookup")
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context or _public_authorities(),
            max_connections=None,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            http2=True,
            network_backend=Guard(
                policy, resolve or self._look_up, dialer or httpcore.AnyIOBackend()
            ),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        # A look-up cannot be interrupted; nobody waits for one that is late.
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._pool.aclose()

    async def fetch(
        self,
        url: str,
        *,
        method: Method = "GET",
        known: Validators | None = None,
        max_bytes: int | None = None,
        truncate: bool = False,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Ask for an address and follow its redirects; any status is a response.

        With POST a `form` is sent with more `headers`, and redirects are answers: what was sent is
        for nobody else.

        `known` makes the request conditional: the server that gave these validators may answer 304.
        A body of more than `max_bytes` decoded bytes (the policy's, if None) is an error, or is
        cut there if `truncate`; with 0 a GET brings status and headers only.
        Raises FetchError.
        """
        started = time.monotonic()
        limit = self.policy.max_bytes if max_bytes is None else max_bytes
        order = _Order(method, known, limit, truncate, urlencode(form or {}).encode())
        order.headers = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        with _explained(order.hops):
            async with asyncio.timeout(self.policy.total_seconds):
                answer = await self._follow(url, order)
        return Response(
            requested=url,
            hops=tuple(order.hops),
            headers=answer.headers,
            body=answer.body,
            truncated=answer.truncated,
            elapsed=time.monotonic() - started,
            http_version=answer.http_version,
        )

    async def _follow(self, url: str, order: "_Order") -> "_Answer":
        place = _read_url(url, self.policy)
        seen: set[str] = set()
        for _ in range(self.policy.max_redirects + 1):
            seen.add(str(place))
            answer = await self._ask(place, order)
            if not answer.redirects or order.method == "POST":
                return answer
            place = _read_redirect(place, answer.headers["location"], self.policy)
            if str(place) in seen:
                raise FetchError("redirects", "The redirects go round in circles.")
        raise FetchError("redirects", f"There are more than {self.policy.max_redirects} redirects.")

    async def _ask(self, place: Address, order: "_Order") -> "_Answer":
        """One request and its answer. The body of a redirect is not read."""
        allow_bytes(2 * order.max_bytes + _SPARE_BYTES)
        response = await self._pool.handle_async_request(self._request(place, order))
        complete = False
        try:
            self._check_head(response)
            order.hops.append(Hop(str(place), response.status))
            answer = _Answer(response.status, _read_headers(response), _version(response))
            if not answer.redirects:
                answer.body, answer.truncated = await _read_body(response, order)
                complete = not answer.truncated
        finally:
            await _close(response, complete=complete)
        return answer

    def _request(self, place: Address, order: "_Order") -> httpcore.Request:
        base = f"{place.scheme}://{place.host}" + (f":{place.port}" if place.port else "")
        headers = [
            (b"Host", base.partition("://")[2].encode()),
            (b"User-Agent", self.policy.user_agent.encode()),
            (b"Accept", _ACCEPT),
            (b"Accept-Encoding", ACCEPTED.encode()),
            *_conditions(place, order.known),
            *_about_form(order),
        ]
        target = httpcore.URL(
            scheme=place.scheme.encode(),
            host=place.host.strip("[]").encode(),
            port=_port(place),
            target=str(place).removeprefix(base).encode(),
        )
        limits = {
            "connect": self.policy.connect_seconds,
            "read": self.policy.read_seconds,
            "write": self.policy.read_seconds,
        }
        return httpcore.Request(
            order.method,
            target,
            headers=headers,
            content=order.form,
            extensions={"timeout": limits},
        )

    def _check_head(self, response: httpcore.Response) -> None:
        if response.status < 200:
            raise FetchError("protocol", "The server changed to another protocol.")
        size = sum(len(name) + len(value) for name, value in response.headers)
        if size > self.policy.max_header_bytes or len(response.headers) > self.policy.max_headers:
            raise FetchError("too-large", "The server sent more headers than allowed.")

    async def _look_up(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM
        )
        return [str(place[0]) for *_, place in found]


@dataclass(slots=True)
class _Order:
    """What the caller of `fetch` wants, and the requests it has led to so far."""

    method: Method
    known: Validators | None
    max_bytes: int
    truncate: bool
    form: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)


@dataclass(slots=True)
class _Answer:
    status: int
    headers: MappingProxyType[str, str]
    http_version: str
    body: bytes = b""
    truncated: bool = False

    @property
    def redirects(self) -> bool:
        return self.status in _REDIRECTS and "location" in self.headers


@contextmanager
def _explained(hops: list[Hop]) -> Iterator[None]:
    """Turn what httpcore and the protocols below it raise into a FetchError with its hops."""
    try:
        yield
    except FetchError as error:
        error.hops = tuple(hops)
        raise
    except (
        OSError,  # TimeoutError and ssl.SSLError are of this kind.
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        h2.exceptions.H2Error,
        CodingError,
        ValueError,  # httpcore reads an HTTP/2 status without looking.
    ) as error:
        known = _in_our_words(error)
        known.hops = tuple(hops)
        raise known from error


def _in_our_words(error: Exception) -> FetchError:
    match error:
        case TimeoutError() | httpcore.TimeoutException():
            return FetchError("timeout", "The server took too long.")
        case ssl.SSLError():
            return FetchError("tls", "The secure connection broke.")
        case OSError() | httpcore.NetworkError():
            return FetchError("connect", "The connection broke.")
        case CodingError():
            return FetchError("encoding", str(error))
    return FetchError("protocol", "The server sent no valid HTTP.")


_public_authorities = cache(httpcore.default_ssl_context)


def _port(place: Address) -> int:
    return int(place.port or DEFAULT_PORTS[place.scheme])


def _read_url(url: str, policy: Policy) -> Address:
    """The address without what is no server's business: credentials and fragment."""
    try:
        place = parse_address(trim(url))
    except AddressError as error:
        raise FetchError("bad-url", str(error)) from error
    if not policy.may_use(_port(place)):
        raise FetchError("forbidden-port", f"Port {_port(place)} is not one of a web server.")
    place.user = place.fragment = ""
    return place


def _read_redirect(place: Address, location: str, policy: Policy) -> Address:
    try:
        return _read_url(urljoin(str(place), location), policy)
    except (FetchError, ValueError) as error:
        if isinstance(error, FetchError) and error.kind != "bad-url":
            raise
        raise FetchError("redirects", "A redirect leads to no http or https address.") from error


def _conditions(place: Address, known: Validators | None) -> list[tuple[bytes, bytes]]:
    """Headers that make a request conditional. Only who gave the validators gets them back."""
    if known is None or known.url != str(place):
        return []
    given = ((b"If-None-Match", known.etag), (b"If-Modified-Since", known.last_modified))
    return [(name, value.encode()) for name, value in given if value]


def _about_form(order: _Order) -> list[tuple[bytes, bytes]]:
    if order.method != "POST":
        return []
    length = str(len(order.form)).encode()
    kind = (b"Content-Type", b"application/x-www-form-urlencoded")
    return [kind, (b"Content-Length", length), *order.headers]


def _read_headers(response: httpcore.Response) -> MappingProxyType[str, str]:
    """The headers that are kept; of those that came twice, the first."""
    headers: dict[str, str] = {}
    for raw_name, value in response.headers:
        name = raw_name.decode("latin-1").lower()
        if name in KEPT_HEADERS:
            headers.setdefault(name, _as_text(value))
    return MappingProxyType(headers)


def _as_text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return "".join(filter(str.isprintable, text)).strip()


def _version(response: httpcore.Response) -> str:
    version: bytes = response.extensions["http_version"]
    return version.decode("latin-1")


async def _read_body(response: httpcore.Response, order: _Order) -> tuple[bytes, bool]:
    """The decoded body, and whether it was cut."""
    codings = b",".join(v for n, v in response.headers if n.lower() == b"content-encoding")
    decoder = decoder_for(codings.decode("latin-1"))
    body = bytearray()
    async for data in response.aiter_stream():
        body += decoder.decode(data, order.max_bytes + 1 - len(body))
        if len(body) > order.max_bytes:
            if order.truncate:
                return bytes(body[: order.max_bytes]), True
            raise FetchError("too-large", f"The page is larger than {order.max_bytes:,} bytes.")
    decoder.finish()
    return bytes(body), False


async def _close(response: httpcore.Response, *, complete: bool) -> None:
    """Give the connection back.

    HTTP/1.1 connections with an unread rest are closed by httpcore. It keeps those of HTTP/2, where
    the rest would come in during the next request, at its expense; so these are closed here.
    """
    await response.aclose()
    if not complete and response.extensions["http_version"] == b"HTTP/2":
        await response.extensions["network_stream"].aclose()
