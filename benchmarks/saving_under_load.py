"""What staff wait for while the worker makes many pages again, on SQLite: saving, and deciding.

The site as it is served: gunicorn with two workers of four threads, and one worker of tasks, which
has all posts to rebuild. Three editors save issues meanwhile, one edit after the other with a
second between them; a moderator blocks links as quickly. Every answer of 5xx is counted.

    python -m benchmarks.saving_under_load [SAVES] [POSTS]      (default: 200 600)
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from typing import Any
from urllib.parse import urlencode

from benchmarks.project import fresh_project
from benchmarks.serving import free_port

TARGET = 3.0  # seconds, of 99 saves in 100
EDITORS = 3
PAUSE = 1.0  # seconds between what one person sends
COOKIE = "sessionid"
_FIELD = re.compile(r'<input[^>]* name="(\w+)"(?:[^>]* value="([^"]*)")?')
_TEXT = re.compile(r'<textarea[^>]* name="(\w+)"[^>]*>\r?\n?(.*?)</textarea>', re.DOTALL)


@dataclass
class Tally:
    """What was measured: seconds of each save and decision, and how often which status came."""

    saves: list[float] = field(default_factory=list)
    decisions: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Person:
    """Somebody signed in, with a connection that stays open."""

    def __init__(self, port: int, session: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookie, self.csrf = f"{COOKIE}={session}", ""

    def ask(self, method: str, path: str, values: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and text of an answer."""
        headers = {"Cookie": self.cookie + self.csrf, "Referer": "http://127.0.0.1/"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urlencode(values or {}), headers)
        response = self.connection.getresponse()
        for value in response.headers.get_all("Set-Cookie") or ():
            if value.startswith("csrftoken="):
                self.csrf = "; " + value.partition(";")[0]
        return response.status, response.read().decode()

    def form(self, path: str) -> dict[str, str]:
        """Return the fields of the form at an address as a browser would send them."""
        _status, page = self.ask("GET", path)
        fields = {name: unescape(value) for name, value in _FIELD.findall(page)}
        return fields | {name: unescape(text) for name, text in _TEXT.findall(page)}


def main(saves: int, posts: int) -> int:
    """Print the figures; return 1 when a target is missed."""
    tally = Tally()
    with fresh_project(TASKS="database"):
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)
        from posts.models import Post  # noqa: PLC0415

        fill(posts)
        sessions = [_signed_in() for _ in range(EDITORS + 1)]
        _make_all_stale()
        left = Post.objects.filter(stale_since__isnull=False)
        with _processes() as port:
            started = time.perf_counter()
            _work(port, sessions, saves, tally)
            spent = time.perf_counter() - started
            remaining = left.count()
    _report(tally, posts - remaining, spent)
    return int(bool(tally.failures) or _at(tally.saves, 99) > TARGET)


def _report(tally: Tally, rebuilt: int, spent: float) -> None:
    for name, seconds in (("saves", tally.saves), ("decisions", tally.decisions)):
        print(
            f"{len(seconds)} {name}: median {statistics.median(seconds):.2f} s,"
            f" p95 {_at(seconds, 95):.2f} s, p99 {_at(seconds, 99):.2f} s,"
            f" longest {max(seconds):.2f} s"
        )
    print(f"{rebuilt} posts rebuilt meanwhile, in {spent:.0f} s")
    print(f"{len(tally.failures)} answers of 5xx {tally.failures[:5]} (target: none)")


def _at(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


def _signed_in() -> str:
    """Return the session of somebody who may do everything."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    number = get_user_model().objects.count()
    user = get_user_model().objects.create_superuser(f"person-{number}", "")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[COOKIE].value


def _make_all_stale() -> None:
    from django.utils import timezone  # noqa: PLC0415

    from posts.following import rebuild_stale  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415

    Post.objects.update(stale_since=timezone.now())
    rebuild_stale.enqueue()


@contextmanager
def _processes() -> Iterator[int]:
    port = free_port()
    commands: tuple[tuple[str, ...], ...] = (
        (
            *("-m", "gunicorn", "benchmarks.applications:site", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "2", "--threads", "4", "--log-level", "error"),
        ),
        ("manage.py", "run_tasks"),
    )
    running = [
        subprocess.Popen([sys.executable, *command], env=dict(os.environ), stderr=sys.stderr)
        for command in commands
    ]
    try:
        _await(port)
        yield port
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=60)


def _await(port: int) -> None:
    for _ in range(300):
        try:
            Person(port, "").ask("GET", "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not start")


def _work(port: int, sessions: list[str], saves: int, tally: Tally) -> None:
    """Let everybody work until enough is saved."""
    from posts.models import Post  # noqa: PLC0415

    keys = list(Post.objects.order_by("pk").values_list("pk", flat=True))
    numbers, done = count(), threading.Event()
    moderator = threading.Thread(target=_decide, args=(Person(port, sessions[0]), done, tally))
    editors = [
        threading.Thread(target=_edit, args=(Person(port, session), keys, numbers, saves, tally))
        for session in sessions[1:]
    ]
    moderator.start()
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    done.set()
    moderator.join()


def _edit(person: Person, keys: list[int], numbers: Any, saves: int, tally: Tally) -> None:
    while (number := next(numbers)) < saves:
        path = f"/admin/posts/post/{keys[number * 7 % len(keys)]}/change/"
        sent = person.form(path)
        sent["text"] = f"{sent['text'].rstrip()}\n- **Edit {number}**: a word\n"
        sent["_save"] = "1"
        started = time.perf_counter()
        status, page = person.ask("POST", path, sent)
        tally.saves.append(time.perf_counter() - started)
        if status >= 500:
            tally.failures.append(f"{status} save")
        elif status != http.client.FOUND:
            raise RuntimeError(f"{path}: {status} {page[:2000]}")
        time.sleep(PAUSE)


def _decide(person: Person, done: threading.Event, tally: Tally) -> None:
    from links.models import Link  # noqa: PLC0415

    for pk in Link.objects.order_by("pk").values_list("pk", flat=True):
        if done.is_set():
            return
        path = f"/admin/links/link/{pk}/decide/"
        sent = {**person.form(f"{path}?action=block"), "reason": "measuring", "action": "block"}
        started = time.perf_counter()
        status, _page = person.ask("POST", path, sent)
        tally.decisions.append(time.perf_counter() - started)
        if status >= 500:
            tally.failures.append(f"{status} decision")
        time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main(*(int(value) for value in sys.argv[1:])) if sys.argv[1:] else main(200, 600))
