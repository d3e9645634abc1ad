"""Check links on a local server with many hosts; beside it a bare client asks the same as politely.

    python -m benchmarks.checking [LINKS [HOSTS]]

Both send the same requests (HEAD, then GET, for each link) with the same manners: one request at a
time for each host, a pause after each, as many at once in all. The server runs in a process of its
own. Prints links a second of both, and the ratio.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
from collections import defaultdict
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.project import fresh_project

PAUSE = 0.05
AT_ONCE = 64
PAGE = (
    b"<!doctype html><title>A page</title><meta name=description content='What it is about'>"
    b"<h1>A page</h1>" + b"<p>Some text, as pages have it.</p>" * 200
)
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n" % len(PAGE)
)


def main(links: int, hosts: int) -> int:
    """Measure; return the exit code."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    urls = [f"http://host{n % hosts}.example:{port}/page/{n}" for n in range(links)]
    with fresh_project():
        checked, seconds = check_all(urls, port)
        bare = asyncio.run(ask_all(urls, port))
    server.terminate()
    print(f"{links} links on {hosts} hosts, {PAUSE} s between two requests to one")
    print(f"{'':<14}{'seconds':>9}{'links a second':>16}")
    for name, taken in (("check", seconds), ("a bare client", bare)):
        print(f"{name:<14}{taken:>9.1f}{links / taken:>16.1f}")
    print(f"throughput: {bare / seconds:.2f} of the bare client's (at least 0.50), {checked} ok")
    return int(checked != links or bare / seconds < 0.5)


def check_all(urls: list[str], port: int) -> tuple[int, float]:
    """Return how many links were found to work, and the seconds that took."""
    # Django's parts are at hand only after setup.
    from links.checking import (  # noqa: PLC0415
        Manners,
        Run,
        check,
    )
    from links.fetching import Fetcher, Policy  # noqa: PLC0415
    from links.models import Link  # noqa: PLC0415
    from links.registering import register  # noqa: PLC0415

    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    for start in range(0, len(urls), 500):
        register(urls[start : start + 500])
    policy = Policy(trusted=frozenset({("127.0.0.1", port)}))
    manners = Manners(at_once=AT_ONCE, pause=timedelta(seconds=PAUSE))
    begun = time.perf_counter()
    for _checked in check(Run(manners=manners), lambda: Fetcher(policy, resolve=here)):
        pass
    return Link.objects.filter(health="ok").count(), time.perf_counter() - begun


async def ask_all(urls: list[str], port: int) -> float:
    """Ask with httpx alone, and return the seconds."""
    import httpx  # noqa: PLC0415

    slots = asyncio.Semaphore(AT_ONCE)
    by_host = defaultdict(list)
    for url in urls:
        by_host[url.split("/")[2]].append(url)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

        async def ask(method: str, url: str, host: str) -> None:
            async with slots:
                place = url.replace(host, f"127.0.0.1:{port}", 1)
                response = await client.request(method, place, headers={"Host": host})
                response.raise_for_status()
            await asyncio.sleep(PAUSE)

        async def ask_host(host: str, pages: list[str]) -> None:
            for url in pages:
                await ask("HEAD", url, host)
                await ask("GET", url, host)

        begun = time.perf_counter()
        await asyncio.gather(*(ask_host(host, pages) for host, pages in by_host.items()))
        return time.perf_counter() - begun


# The server


class Server(asyncio.Protocol):
    """Answers each request with the same page; knows no more of HTTP than this needs."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.data = transport, b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while b"\r\n\r\n" in self.data:
            request, _, self.data = self.data.partition(b"\r\n\r\n")
            self.transport.write(HEAD if request.startswith(b"HEAD") else HEAD + PAGE)


def serve(pipe: Connection) -> None:
    """Serve on a free port, which goes through the pipe."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(sizes + [10_000, 200][len(sizes) :])))
