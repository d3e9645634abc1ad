"""Readers under load: many ask at once while an editor saves each second; none gets a fault or an
old page.

The site runs as README says (gunicorn, two processes, slots). Each save writes a number into an
issue; a reader who asks after the save was answered must find that number or a later one, in the
issue, on the first page and in the feed. Prints how many answers there were, how long they took,
and how many were wrong; these must be none.

    python -m benchmarks.readers_under_load [SECONDS] [READERS] [postgres://…]   (60, 50, SQLite)
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import cycle
from typing import Any

from benchmarks.project import fresh_project
from benchmarks.serving import free_port

POSTS = 100
PATHS = ("/", "/posts/issue/", "/feed.xml", "/tags/ai/", "/archive/")
NUMBER = re.compile(rb"Number-([0-9]+)")
GUNICORN = (
    "--worker-class",
    "gthread",
    "--workers",
    "2",
    "--threads",
    "256",
    "--log-level",
    "error",
)


class Load:
    """What readers met, and which save was answered last."""

    def __init__(self, port: int) -> None:
        self.port, self.saved, self.is_over = port, 0, False
        self.statuses: Counter[int | str] = Counter()
        self.stale: list[tuple[str, int, int]] = []
        self.times: list[float] = []

    def read(self, first: int) -> None:
        """Ask for one page after the other until the end; each second time with the ETag."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        etags: dict[str, str] = {}
        for number, path in enumerate(cycle(PATHS[first % 5 :] + PATHS[: first % 5])):
            if self.is_over:
                return
            known = {"If-None-Match": etags[path]} if number % 2 and path in etags else {}
            least, started = self.saved, time.perf_counter()
            try:
                connection.request("GET", path, headers={"Accept-Encoding": "identity", **known})
                answer = connection.getresponse()
                body = answer.read()
            except OSError as error:
                self.statuses[type(error).__name__] += 1
                connection.close()
                continue
            self.times.append(time.perf_counter() - started)
            self.statuses[answer.status] += 1
            if answer.status == http.client.OK:
                etags[path] = f"{answer.headers['ETag']}"
                self._check(path, body, least)
            time.sleep(0.02)

    def _check(self, path: str, body: bytes, least: int) -> None:
        found = NUMBER.search(body)
        if path in PATHS[:3] and (found is None or int(found[1]) < least):
            self.stale.append((path, int(found[1]) if found else -1, least))

    def edit(self, seconds: int) -> None:
        """Save once a second."""
        from posts.models import Post  # noqa: PLC0415 (only after django.setup)
        from posts.publishing import save_document  # noqa: PLC0415

        post = Post.objects.get(slug="issue")
        for number in range(1, seconds + 1):
            save_document(post, _issue(number))
            self.saved = number
            time.sleep(1)


def _issue(number: int) -> Any:
    from posts.documents import parse_issue  # noqa: PLC0415 (only after django.setup)

    text = (
        f"---\ntitle: Number-{number}\nslug: issue\ntags: [ai]\n---\n- [One](https://a.example/)\n"
    )
    return parse_issue(text.encode())


def main(seconds: int, readers: int, database: str = "") -> int:
    """Print what readers met; return 1 for a fault or an old page."""
    given = {"DATABASE_URL": database} if database else {}
    with fresh_project(PAGE_CACHE="64", **given):
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)
        from posts.models import Post  # noqa: PLC0415
        from posts.publishing import save_document  # noqa: PLC0415

        fill(POSTS)
        save_document(Post(), _issue(0), status=Post.Status.PUBLISHED)
        load = Load(free_port())
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                *GUNICORN,
                "--bind",
                f"127.0.0.1:{load.port}",
                "newsletter.wsgi",
            ],
            env=os.environ.copy(),
        )
        try:
            await_server(load.port)
            threads = [
                threading.Thread(target=load.read, args=[n], daemon=True) for n in range(readers)
            ]
            for thread in threads:
                thread.start()
            load.edit(seconds)
            load.is_over = True
            for thread in threads:
                thread.join(60)
        finally:
            server.terminate()
            server.wait(30)
    return _report(load)


def await_server(port: int) -> None:
    for _ in range(1500):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not start")


def _report(load: Load) -> int:
    slow = statistics.quantiles(load.times, n=100)[98] if len(load.times) > 1 else 0.0
    print(f"{load.saved} saves, answers by status: {dict(load.statuses)}")
    print(
        f"median {statistics.median(load.times) * 1000:.0f} ms, 99 of 100 in {slow * 1000:.0f} ms"
    )
    faults = sum(n for status, n in load.statuses.items() if status not in (200, 304))
    print(f"{faults} faults, {len(load.stale)} old pages {load.stale[:3]}")
    return 1 if faults or load.stale else 0


if __name__ == "__main__":
    numbers = [int(value) for value in sys.argv[1:] if value.isdigit()]
    numbers += (60, 50)[len(numbers) :]
    sys.exit(main(numbers[0], numbers[1], *(url for url in sys.argv[1:] if "://" in url)))
