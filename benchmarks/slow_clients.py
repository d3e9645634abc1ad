"""Slow clients beside a reader: what they cost whoever reads, and a health probe.

A third of the clients send a head, a third a body, a byte in two seconds; a third ask for pages
without end and read a byte in two seconds. Who is turned away comes back. Meanwhile a reader opens
pages one after the other, each over a connection of its own, and a probe asks /healthz; both do so
before the attack as well. The server is started as README.md says, with production settings and
the sample issues on SQLite.

    python -m benchmarks.slow_clients [--clients 200] [--seconds 60]
    python -m benchmarks.slow_clients --port 8080    attack what listens there on this machine
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import cycle
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = ("/", "/archive/", "/tags/", "/sources/", "/feed.xml", "/suggest/", "/admin/login/")
SLOWLY = 2.0  # seconds between two bytes
PAUSE = 0.02  # of the reader between two pages
PROBE_PAUSE = 0.25
GIVEN_UP = 15.0  # seconds after which a request counts as that long
RATIO_TARGET, HEALTH_TARGET = 3.0, 1.0


def main(clients: int, seconds: float, port: int | None) -> int:
    """Print the figures; return 1 when one is missed."""
    if port:
        return asyncio.run(measure(port, clients, seconds))
    with served() as port:
        return asyncio.run(measure(port, clients, seconds))


async def measure(port: int, clients: int, seconds: float) -> int:
    """Read for a third of the time in quiet, then for all of it under attack."""
    await watch(port, 2)  # nobody has asked for anything yet
    quiet, quiet_health = await watch(port, max(seconds / 3, 5))
    async with attack(port, clients):
        await asyncio.sleep(min(5, seconds / 4))  # until all of them have begun
        slow, health = await watch(port, seconds)
    ratio = percentile(slow) / percentile(quiet)
    print(f"{'':12}{'pages':>8}{'median':>10}{'p99':>10}{'worst':>10}{'health':>10}")
    for name, times, probes in (("quiet", quiet, quiet_health), ("attacked", slow, health)):
        figures = (statistics.median(times), percentile(times), max(times), max(probes))
        print(f"{name:12}{len(times):>8}" + "".join(f"{1000 * f:>7.0f} ms" for f in figures))
    print(f"p99 under {clients} slow clients: {ratio:.1f} times (at most {RATIO_TARGET})")
    print(f"/healthz at the slowest: {max(health):.2f} s (at most {HEALTH_TARGET})")
    return int(ratio > RATIO_TARGET or max(health) > HEALTH_TARGET)


def percentile(times: list[float]) -> float:
    """Return the time that 99 of 100 stay below."""
    return sorted(times)[int(len(times) * 0.99)]


# The reader and the probe


async def watch(port: int, seconds: float) -> tuple[list[float], list[float]]:
    """Return the seconds each page and each probe took."""
    end = time.monotonic() + seconds
    return await asyncio.gather(
        ask(port, PAGES, PAUSE, end), ask(port, ("/healthz",), PROBE_PAUSE, end)
    )


async def ask(port: int, paths: tuple[str, ...], pause: float, end: float) -> list[float]:
    """Ask for one after the other until then."""
    times: list[float] = []
    for path in cycle(paths):
        if time.monotonic() > end:
            return times
        times.append(await timed(port, path))
        await asyncio.sleep(pause)
    return times


async def timed(port: int, path: str) -> float:
    """Return the seconds until the whole answer is there."""
    begun = time.monotonic()
    try:
        async with asyncio.timeout(GIVEN_UP):
            status = await get(port, path)
    except (OSError, TimeoutError):
        return GIVEN_UP
    if status != "200":
        raise RuntimeError(f"{path}: {status}")
    return time.monotonic() - begun


async def get(port: int, path: str) -> str:
    """Return the status of an answer, once all of it is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head("GET", path, "Connection: close"))
        answer = await reader.read(-1)
    finally:
        writer.close()
    if not answer:
        raise ConnectionError("closed without an answer")
    return answer[:64].decode("latin-1").split()[1]


def head(method: str, path: str, *lines: str) -> bytes:
    """Return the head of a request, with the blank line after it."""
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *lines, "", "")).encode()


# The attack


@asynccontextmanager
async def attack(port: int, clients: int) -> AsyncIterator[None]:
    """Keep so many slow clients at work."""
    kinds = cycle((slow_head, slow_body, slow_reader))
    tasks = [asyncio.create_task(again(port, next(kinds))) for _ in range(clients)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def again(port: int, behave: Callable[[socket.socket], Awaitable[None]]) -> None:
    """Connect and behave like that, time and again."""
    loop = asyncio.get_running_loop()
    while True:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.setblocking(False)
            try:
                await loop.sock_connect(connection, ("127.0.0.1", port))
                await behave(connection)
            except OSError:
                pass  # turned away
        await asyncio.sleep(0.5)


async def slow_head(connection: socket.socket) -> None:
    """Begin a request, and go on with a header that does not end."""
    await send(connection, head("GET", "/")[:-2] + b"X-Slow: ")
    await drip(connection)


async def slow_body(connection: socket.socket) -> None:
    """Announce a form, and send a byte of it now and then."""
    form = "Content-Type: application/x-www-form-urlencoded"
    await send(connection, head("POST", "/suggest/", form, "Content-Length: 10000"))
    await drip(connection)


async def drip(connection: socket.socket) -> None:
    """Send a byte now and then, until an answer comes or the connection ends."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            async with asyncio.timeout(SLOWLY):
                await loop.sock_recv(connection, 4096)
                return
        except TimeoutError:
            await send(connection, b"x")


async def slow_reader(connection: socket.socket) -> None:
    """Ask for feeds without waiting for answers, and read a byte of them now and then."""
    loop = asyncio.get_running_loop()
    asking = asyncio.create_task(send(connection, head("GET", "/feed.xml") * 400))
    try:
        while await loop.sock_recv(connection, 1):
            await asyncio.sleep(SLOWLY)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def send(connection: socket.socket, data: bytes) -> None:
    """Send all of it."""
    await asyncio.get_running_loop().sock_sendall(connection, data)


# The server


@contextmanager
def served() -> Iterator[int]:
    """Start what README.md says on a site with the sample issues; yield its port."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        settings = environment(Path(folder), port)
        for command in ("migrate", "create_demo", "collectstatic --no-input"):
            subprocess.run(
                [sys.executable, "manage.py", *command.split(), "--verbosity", "0"],
                cwd=CHECKOUT, env=settings, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        server = subprocess.Popen(readme_command(), cwd=CHECKOUT, env=settings)
        try:
            asyncio.run(await_server(port))
            yield port
        finally:
            server.terminate()
            server.wait(timeout=60)


def environment(folder: Path, port: int) -> dict[str, str]:
    """Return what a server has, on a port of its own."""
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "a key for measuring, of no use to anybody, and long enough for checks",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "DEBUG": "false",
        "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "MEDIA_ROOT": f"{folder}/media",
        "STATIC_ROOT": f"{folder}/static",
        "GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port} --log-level=error",
    }


def readme_command() -> list[str]:
    """Return the command by which README.md starts a server."""
    lines = (CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines()
    command = next(line for line in lines if line.endswith("newsletter.wsgi")).split()
    return [sys.executable, "-m", Path(command[0]).name, *command[1:]]


async def await_server(port: int) -> None:
    """Return when it answers."""
    for _ in range(200):
        try:
            await get(port, "/healthz")
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not start")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--port", type=int)
    sys.exit(main(**vars(parser.parse_args())))
