"""Opening connections, for `fetching` alone.

A host is looked up, what was found is checked, and exactly a checked address is connected to, for
every connection anew. Between check and use nothing is looked up again, so a name that changes its
meaning in between (DNS rebinding) gains nothing.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore

from links.fetching.guarding import Policy
from links.fetching.responses import FetchError

# Gives the numeric addresses of a host name; raises OSError if there are none.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


def allow_bytes(size: int) -> None:
    """Let the running task receive that much from now on; beyond, it gets a FetchError."""
    _allowance.set(_Allowance(size))


@dataclass(slots=True)
class _Allowance:
    """How many bytes may still be received for the request that is under way."""

    left: int

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise FetchError("too-large", "The server sent more than allowed.")


# Streams are read by httpcore, in the task of the request, which has no other way to reach them.
_allowance: ContextVar[_Allowance] = ContextVar("allowance")


class Guard(httpcore.AsyncNetworkBackend):
    """Opens every connection: looks the host up, checks what was found, and connects to just that.

    TLS still gets the host's name from httpcore, so certificates are checked against the name.
    """

    def __init__(
        self, policy: Policy, resolve: Resolver, dialer: httpcore.AsyncNetworkBackend
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._dialer = dialer

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            addresses = await self._addresses(host, port)
            return _Stream(await self._dial(addresses, port, timeout))

    async def _addresses(self, host: str, port: int) -> list[str]:
        """The addresses of the host. One that is forbidden spoils all: such a name is a trap."""
        found = [host] if _is_numeric(host) else await self._names(host, port)
        if not all(self._policy.may_reach(address, port) for address in found):
            raise FetchError("forbidden-address", "The host is not on the public Internet.")
        return found

    async def _names(self, host: str, port: int) -> list[str]:
        try:
            found = list(dict.fromkeys(await self._resolve(host, port)))
        except (OSError, UnicodeError) as error:
            raise FetchError("dns", "The host name has no address.") from error
        if not found:
            raise FetchError("dns", "The host name has no address.")
        return found

    async def _dial(
        self, addresses: list[str], port: int, timeout: float | None
    ) -> httpcore.AsyncNetworkStream:
        first = addresses[0]
        # The second try goes to the other family, if there is one: often just one of them works.
        others = sorted(addresses[1:], key=lambda other: (":" in other) == (":" in first))
        tries = [first, *others[:1]]
        share = timeout and timeout / len(tries)
        failure: Exception | None = None
        for address in tries:
            try:
                return await self._dialer.connect_tcp(address, port, timeout=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        if isinstance(failure, httpcore.ConnectTimeout):
            raise FetchError(
                "timeout", "The server did not accept a connection in time."
            ) from failure
        raise FetchError("connect", "The server accepts no connection.") from failure


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that counts what it brings, and that nobody writes to once it is closed."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._closed = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        _allowance.get().take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._closed:
            # The pool then takes another connection for the request.
            raise httpcore.ConnectionNotAvailable
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        self._closed = True
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            return _Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except (httpcore.ConnectError, ssl.SSLError) as error:
            raise FetchError("tls", _tls_fault(error)) from error

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _tls_fault(error: Exception) -> str:
    match error.__cause__ or error:
        case ssl.SSLCertVerificationError() as fault:
            return f"The certificate is not valid: {fault.verify_message}."
    return "The server makes no secure connection."


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
