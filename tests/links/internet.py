"""Fetching from a hostile server, directly or as if it were any place on the Internet."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import httpcore
import pytest

from links.fetching import Fetcher, FetchError, Policy, Response, fetch
from tests.links.hostile import Hostile, client_context

PUBLIC = "93.184.215.14"
ALSO_PUBLIC = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
# For what must not fail because the machine is busy, and for what is to wait in vain.
PATIENT = 10.0
IMPATIENT = 0.6
# So long that a test which gets there has been held up.
FAR_TOO_LONG = 3 * PATIENT


def policy_for(server: Hostile, seconds: float = PATIENT) -> Policy:
    """Little room, and a loopback address that may be asked."""
    return Policy(
        user_agent="Digest (https://digest.example/about)",
        trusted=frozenset({("127.0.0.1", server.port)}),
        connect_seconds=seconds / 2,
        read_seconds=seconds / 2,
        total_seconds=seconds,
        max_bytes=20_000,
    )


def ask(server: Hostile, path: str, seconds: float = PATIENT, **options: Any) -> Response:
    """The response of a server that is known to stand on this machine."""
    return fetch(server.url(path), policy=policy_for(server, seconds), **options)


def failure(server: Hostile, path: str, seconds: float = PATIENT) -> FetchError:
    """Why there is no response."""
    with pytest.raises(FetchError) as caught:
        ask(server, path, seconds)
    return caught.value


def run(work: Coroutine[Any, Any, Response]) -> Response:
    return asyncio.run(asyncio.wait_for(work, FAR_TOO_LONG))


async def several(server: Hostile, *paths: str) -> Response:
    """The last response of fetching these one after the other."""
    async with Fetcher(policy_for(server)) as fetcher:
        for path in paths:
            response = await fetcher.fetch(server.url(path))
    return response


class Internet(httpcore.AnyIOBackend):
    """All public addresses at once: notes where it should connect, and connects to one server."""

    def __init__(self, server: Hostile, unreachable: Sequence[str] = ()) -> None:
        self.port = server.port
        self.unreachable = unreachable
        self.calls: list[tuple[str, int]] = []

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *rest: Any, **more: Any
    ) -> httpcore.AsyncNetworkStream:
        self.calls.append((host, port))
        if host in self.unreachable:
            raise httpcore.ConnectError
        return await super().connect_tcp("127.0.0.1", self.port, timeout, *rest, **more)


class Names:
    """Looks names up: each look-up takes the next answer, the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def over(
    internet: Internet, names: Names, *urls: str, seconds: float = PATIENT, **options: Any
) -> Response:
    """The last response of fetching these one after the other over a made-up Internet."""
    policy = Policy(read_seconds=seconds / 2, total_seconds=seconds, max_bytes=20_000)
    async with Fetcher(
        policy, resolve=names, dialer=internet, ssl_context=client_context()
    ) as fetcher:
        for url in urls:
            response = await fetcher.fetch(url, **options)
    return response
