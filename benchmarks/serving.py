"""CPU per request against a bare Django view that sends the same bytes, and its growth.

Both run in the same server (gunicorn, one thread) and are asked over HTTP in turn; what counts is
the CPU time of the worker. No cache. The database is SQLite, so that its work is in the figure.

    python -m benchmarks.serving [POSTS …]      (default: 600 60000)
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks.project import fresh_project, use_database

PATHS = {
    "post": "/posts/{slug}/",
    "home": "/",
    "archive": "/archive/",
    "archive year": "/archive/2022/",
    "archive month": "/archive/2022/05/",
    "tag": "/tags/tag-1/",
    "section": "/sections/section-1/",
    "source": "/sources/host1.example.org/",
    "rss": "/feed.xml",
    "atom": "/atom.xml",
    "json": "/feed.json",
    "tag rss": "/tags/tag-1/feed.xml",
}
TARGETS = {
    "post": 2.5, "home": 6, "archive": 6, "tag": 6, "rss": 4, "atom": 4, "json": 4, "tag rss": 4
}  # fmt: skip
GROWTH_TARGET = 1.2
ROUNDS = 9
CALLS = 60


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU milliseconds a request, the same of the bare view, and the size of the answer."""

    ours: float
    bare: float
    size: int

    @property
    def ratio(self) -> float:
        """How many times the bare view's CPU a page takes."""
        return self.ours / self.bare


class Server:
    """A gunicorn with one worker, and a connection to it that stays open."""

    def __init__(self, application: str, environment: dict[str, str]) -> None:
        self.port = _free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", f"benchmarks.applications:{application}"),
                *("--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "1"),
                *("--worker-class", "gthread", "--keep-alive", "60", "--log-level", "error"),
            ],
            env=environment,
        )
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._await()

    def get(self, path: str) -> bytes:
        """Return the body of an answer; raise RuntimeError on any status but 200."""
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{path}: {response.status}")
        return body

    def cpu(self, path: str) -> float:
        """Return the worker's CPU milliseconds a request, over ``CALLS`` requests."""
        started = self._spent()
        for _ in range(CALLS):
            self.get(path)
        return (self._spent() - started) / 1e6 / CALLS

    def stop(self) -> None:
        """End the server."""
        self.connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)

    def _await(self) -> None:
        for _ in range(200):
            try:
                self.get("/healthz")
            except OSError:
                self.connection.close()
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server does not start")

    def _spent(self) -> int:
        """Return the nanoseconds the worker's threads ran (Linux: /proc/…/schedstat)."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return sum(
            int((task / "schedstat").read_text().split()[0])
            for child in children.split()
            for task in Path(f"/proc/{child}/task").iterdir()
        )


def main(counts: list[int]) -> int:
    """Print the table; return 1 when a target is missed."""
    results: dict[int, dict[str, Figure]] = {}
    with fresh_project() as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)

        for count in counts:
            use_database(folder / f"{count}.sqlite3")
            started = time.perf_counter()
            fill(count)
            print(f"filled {count} posts in {time.perf_counter() - started:.0f} s", flush=True)
            with _servers(folder) as (ours, bare):
                results[count] = _measure_all(ours, bare, folder)
            _print(count, results[count])
    return _verdict(results, counts)


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[Server, Server]]:
    environment = {**os.environ, "BENCH_BODIES": str(folder), "PYTHONPATH": str(Path.cwd())}
    ours = Server("site", environment)
    bare = Server("bare", environment)
    try:
        yield ours, bare
    finally:
        ours.stop()
        bare.stop()


def _measure_all(ours: Server, bare: Server, folder: Path) -> dict[str, Figure]:
    from posts.models import Post  # noqa: PLC0415

    post = Post.objects.published().filter(source_name="300.md").get()
    return {
        name: _measure(ours, bare, folder, path.format(slug=quote(post.slug)))
        for name, path in PATHS.items()
    }


def _measure(ours: Server, bare: Server, folder: Path, path: str) -> Figure:
    body = ours.get(path)
    name = f"body-{len(body)}"
    (folder / name).write_bytes(body)
    bare.get(f"/bare/{name}")
    pairs = [(ours.cpu(path), bare.cpu(f"/bare/{name}")) for _ in range(ROUNDS)]
    mine, yardstick = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Figure(mine, yardstick, len(body))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _print(count: int, figures: dict[str, Figure]) -> None:
    print(f"\n{count} posts: CPU ms a request, no cache")
    print(f"{'page':14}{'bytes':>9}{'ours':>8}{'bare':>8}{'ratio':>7}{'target':>8}")
    for name, figure in figures.items():
        print(
            f"{name:14}{figure.size:>9}{figure.ours:>8.3f}{figure.bare:>8.3f}"
            f"{figure.ratio:>7.2f}{TARGETS.get(name, ''):>8}",
            flush=True,
        )


def _verdict(results: dict[int, dict[str, Figure]], counts: list[int]) -> int:
    missed = [
        f"{name} at {count}"
        for count, figures in results.items()
        for name, figure in figures.items()
        if figure.ratio > TARGETS.get(name, 99)
    ]
    first, last = results[counts[0]], results[counts[-1]]
    if len(counts) > 1:
        print(f"\ngrowth of the ratio from {counts[0]} to {counts[-1]} posts")
        for name in PATHS:
            growth = last[name].ratio / first[name].ratio
            print(f"{name:14}{growth:>8.2f}{GROWTH_TARGET if name in TARGETS else '':>8}")
            if name in TARGETS and growth > GROWTH_TARGET:
                missed.append(f"growth of {name}")
    print("missed: " + (", ".join(missed) or "nothing"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main([int(value) for value in sys.argv[1:]] or [600, 60_000]))
