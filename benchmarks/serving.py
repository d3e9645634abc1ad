"""CPU of every page and queries of every list, and how both grow with the number of posts.

Public pages against a bare Django view that sends the same bytes. Both run in the same server
(gunicorn, one thread) and are asked over HTTP in turn; what counts is the CPU time of the worker.
Pages of staff in this process, signed in. No cache. The database is SQLite, so that its work is in
the figure, or PostgreSQL, whose work is not: an empty database, which is filled.

    python -m benchmarks.serving [POSTS …] [postgres://…]      (default: 600 60000)
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.pages import FURTHER, PAST, PUBLIC, staff
from benchmarks.project import fresh_project, use_database

TARGET = 6.0
# Others than that of lists and of feeds.
TARGETS = {
    "posts:post": 2.5, "posts:suggest": 8, "posts:search": 30, "posts:search-suggest": 30,
    "posts:search-rss": 30, "posts:search-atom": 30, "posts:search-json": 30,
}  # fmt: skip
FEED_TARGET = 4.0
QUERIES_TARGET, STAFF_QUERIES_TARGET = 3, 12  # one is the version of the site
# Search asks for keys, rows, counts, the names of what it counted, and what is typed of filters.
MORE_QUERIES = {"posts:search": 9, "posts:search-suggest": 7,
                "posts:search-rss": 5, "posts:search-atom": 5, "posts:search-json": 5}  # fmt: skip
STAFF_GROWTH_TARGET = 1.5
GROWTH_TARGET = 1.2
ROUNDS = 5
CALLS = 40
STAFF_ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU milliseconds a request, the same of the bare view, bytes of the answer, and queries."""

    ours: float
    bare: float
    size: int
    queries: int

    @property
    def ratio(self) -> float:
        """How many times the bare view's CPU a page takes."""
        return self.ours / self.bare


class Server:
    """A gunicorn with one worker, and a connection to it that stays open."""

    def __init__(self, application: str, environment: dict[str, str]) -> None:
        self.port = free_port()
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

    def get(self, path: str, **headers: str) -> bytes:
        """Return the body of an answer; raise RuntimeError on any status but 200 or 304."""
        return self.ask(path, **headers)[1]

    def ask(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """Return an answer and its body; raise RuntimeError on any status but 200 or 304."""
        self.connection.request("GET", path, headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status not in (http.client.OK, http.client.NOT_MODIFIED):
            raise RuntimeError(f"{path}: {response.status}")
        return response, body

    def cpu(self, path: str, **headers: str) -> float:
        """Return the worker's CPU milliseconds a request, over ``CALLS`` requests."""
        started = self._spent()
        for _ in range(CALLS):
            self.get(path, **headers)
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


def main(counts: list[int], database: str = "") -> int:
    """Print the tables; return 1 when a target is missed."""
    public: dict[int, dict[str, Figure]] = {}
    desk: dict[int, dict[str, Figure]] = {}
    given = {"DATABASE_URL": database} if database else {}
    # The API's limit is for clients, not for a benchmark.
    with fresh_project(API_HOURLY="1000000", **given) as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)

        for count in counts:
            if not database:
                use_database(folder / f"{count}.sqlite3")
            started = time.perf_counter()
            fill(count)
            print(f"filled {count} posts in {time.perf_counter() - started:.0f} s", flush=True)
            print(f"\n{'':40}{'bytes':>9}{'ours':>9}{'bare':>8}{'ratio':>8}{'queries':>9}")
            with _servers(folder) as (ours, bare):
                public[count] = _measure_all(ours, bare, folder)
            desk[count] = _measure_staff()
    missed = [*_missed_public(public), *_missed_staff(desk)]
    print("missed: " + (", ".join(missed) or "nothing"))
    return 1 if missed else 0


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
    from posts.models import Post, RecurringLink  # noqa: PLC0415 (only after django.setup)

    post = Post.objects.published().filter(source_name="300.md").get()
    link = RecurringLink.objects.select_related("link").order_by("-post_count").first()
    names = {"slug": quote(post.slug), "digest": link.link.digest if link else ""}
    figures = {}
    for name, path in (PUBLIC | FURTHER).items():
        figures[name] = _measure(ours, bare, folder, path.format(**names))
        show(name, figures[name])
    return figures


def measured(folder: Path, paths: Iterable[str]) -> Iterator[tuple[str, Figure]]:
    """Yield the figure of each path, both servers running."""
    with _servers(folder) as (ours, bare):
        for path in paths:
            yield path, _measure(ours, bare, folder, path)


def _measure(ours: Server, bare: Server, folder: Path, path: str) -> Figure:
    body = ours.get(path)
    name = f"body-{len(body)}"
    (folder / name).write_bytes(body)
    bare.get(f"/bare/{name}")
    pairs = [(ours.cpu(path), bare.cpu(f"/bare/{name}")) for _ in range(ROUNDS)]
    mine, yardstick = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Figure(mine, yardstick, len(body), _queries(_client(), path))


def _measure_staff() -> dict[str, Figure]:
    client = _client(signed_in=True)
    figures = {}
    for name, path in (staff() | _pages_of_the_past()).items():
        figures[name] = _measure_here(client, path)
        show(name, figures[name])
    return figures


def _pages_of_the_past() -> dict[str, str]:
    """Save an issue anew, and return the addresses of the pages about its versions."""
    from posts.models import Post  # noqa: PLC0415 (only after django.setup)
    from posts.publishing import save_document, stored_issue, with_metadata  # noqa: PLC0415

    post = Post.objects.published().filter(source_name="300.md").get()
    said = stored_issue(post).body.replace("link", "LINK")
    save_document(post, with_metadata(post, said, {}))
    numbers = {"pk": post.pk, "old": post.version - 1, "new": post.version}
    return {name: path.format(**numbers) for name, path in PAST.items()}


def _measure_here(client: Client, path: str) -> Figure:
    """Ask a page in this process; the yardstick is a page that asks for nothing but who it is."""
    size, queries = len(client.get(path).content), _queries(client, path)
    spent = []
    for _ in range(STAFF_ROUNDS):
        started = time.process_time()
        client.get(path)
        spent.append((time.process_time() - started) * 1000)
    return Figure(statistics.median(spent), 1.0, size, queries)


def _client(*, signed_in: bool = False) -> Client:
    settings.SECURE_SSL_REDIRECT = False
    client = Client(headers={"host": "127.0.0.1"})
    if signed_in:
        user, _created = get_user_model()._default_manager.get_or_create(
            username="admin", defaults={"is_staff": True, "is_superuser": True}
        )
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _queries(client: Client, path: str) -> int:
    client.get(path)  # takes what a process needs once: its share of the API's limit
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    if response.status_code != http.client.OK:
        raise RuntimeError(f"{path}: {response.status_code}")
    return len(captured)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def show(name: str, figure: Figure) -> None:
    """Print a row: CPU milliseconds a request, without a cache."""
    print(
        f"{name:40}{figure.size:>9}{figure.ours:>9.3f}{figure.bare:>8.3f}"
        f"{figure.ratio:>8.2f}{figure.queries:>9}",
        flush=True,
    )


def _missed_public(results: dict[int, dict[str, Figure]]) -> Iterator[str]:
    for count, figures in results.items():
        for name, figure in figures.items():
            if figure.ratio > _target(name) or figure.queries > MORE_QUERIES.get(
                name, QUERIES_TARGET
            ):
                yield f"{name} at {count}"
    yield from _grown(results, GROWTH_TARGET)


def _target(name: str) -> float:
    is_feed = name.endswith(("rss", "atom", "json"))
    return TARGETS.get(name, FEED_TARGET if is_feed else TARGET)


def _missed_staff(results: dict[int, dict[str, Figure]]) -> Iterator[str]:
    for count, figures in results.items():
        for name, figure in figures.items():
            if figure.queries > STAFF_QUERIES_TARGET:
                yield f"queries of {name} at {count}"
    yield from _grown(results, STAFF_GROWTH_TARGET)


def _grown(results: dict[int, dict[str, Figure]], target: float) -> Iterator[str]:
    """Print by how much the ratios grew; yield the names of those that grew too much."""
    first, last = min(results), max(results)
    few, many = results[first], results[last]
    if first == last:
        return
    print(f"\ngrowth from {first} to {last} posts (at most {target})")
    for name, figure in few.items():
        growth = many[name].ratio / figure.ratio
        print(f"{name:40}{growth:>8.2f}")
        if growth > target:
            yield f"growth of {name}"


if __name__ == "__main__":
    numbers = [int(value) for value in sys.argv[1:] if value.isdigit()]
    sys.exit(main(numbers or [600, 60_000], *(url for url in sys.argv[1:] if "://" in url)))
