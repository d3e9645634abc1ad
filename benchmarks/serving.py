"""CPU per request against a bare Django view that sends the same bytes, and its growth.

python -m benchmarks.serving [POSTS …]      (default: 600 60000)
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import quote

from benchmarks.project import fresh_project

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
TARGETS = {"post": 2.5, "home": 6, "archive": 6, "tag": 6, "rss": 4, "atom": 4, "json": 4}
GROWTH_TARGET = 1.2
ROUNDS = 15
CALLS = 20

App = Callable[[dict[str, Any], Callable[..., Any]], Any]


def main(counts: list[int]) -> int:
    """Print the table; return 1 when a target is missed."""
    results: dict[int, dict[str, tuple[float, float, int, int]]] = {}
    with fresh_project() as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)

        for count in counts:
            _new_database(folder / f"{count}.sqlite3")
            started = time.perf_counter()
            fill(count)
            print(f"filled {count} posts in {time.perf_counter() - started:.0f} s", flush=True)
            results[count] = _measure_all()
            _print(count, results[count])
    return _verdict(results, counts)


def _new_database(path: Any) -> None:
    from django.db import connection  # noqa: PLC0415

    from benchmarks.project import prepare  # noqa: PLC0415

    connection.close()
    connection.settings_dict["NAME"] = str(path)
    prepare()


def _measure_all() -> dict[str, tuple[float, float, int, int]]:
    from django.test import override_settings  # noqa: PLC0415

    from posts.models import Post  # noqa: PLC0415

    slug = Post.objects.published().filter(source_name__endswith="300.md").first().slug  # type: ignore[union-attr]
    with override_settings(ROOT_URLCONF="benchmarks.urls"):
        ours = _handler()
        with override_settings(MIDDLEWARE=[]):
            bare = _handler()
        return {
            name: _measure(ours, bare, name, path.format(slug=quote(slug)))
            for name, path in PATHS.items()
        }


def _handler() -> App:
    from django.core.handlers.wsgi import WSGIHandler  # noqa: PLC0415

    return WSGIHandler()


def _measure(ours: App, bare: App, name: str, path: str) -> tuple[float, float, int, int]:
    """Return CPU ms of ours and of the bare view, bytes, and queries of one request."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from benchmarks.urls import BODIES  # noqa: PLC0415

    body = _call(ours, path)
    BODIES["page"] = body
    with CaptureQueriesContext(connection) as queries:
        _call(ours, path)
    pairs = [(_time(ours, path), _time(bare, "/bare/page")) for _ in range(ROUNDS)]
    mine, yardstick = (statistics.median(column) for column in zip(*pairs, strict=True))
    return mine, yardstick, len(body), len(queries)


def _time(app: App, path: str) -> float:
    started = time.process_time()
    for _ in range(CALLS):
        _call(app, path)
    return (time.process_time() - started) * 1000 / CALLS


def _call(app: App, path: str) -> bytes:
    from django.core.servers.basehttp import WSGIRequestHandler  # noqa: PLC0415, F401

    status: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": _path_info(path),
        "QUERY_STRING": "",
        "SERVER_NAME": "bench.example.org",
        "SERVER_PORT": "443",
        "HTTP_HOST": "bench.example.org",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    response = app(environ, lambda line, _headers, _info=None: status.append(line))
    body = b"".join(response)
    response.close()
    if not status[0].startswith("200"):
        raise RuntimeError(f"{path}: {status[0]}")
    return body


def _path_info(path: str) -> str:
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415

    return unquote_to_bytes(path).decode("latin-1")


def _print(count: int, rows: dict[str, tuple[float, float, int, int]]) -> None:
    print(f"\n{count} posts: CPU ms a request, no cache")
    print(f"{'page':14}{'bytes':>9}{'ours':>8}{'bare':>8}{'ratio':>7}{'target':>8}{'queries':>9}")
    for name, (mine, yardstick, size, queries) in rows.items():
        target = TARGETS.get(name, "")
        print(
            f"{name:14}{size:>9}{mine:>8.3f}{yardstick:>8.3f}{mine / yardstick:>7.2f}"
            f"{target:>8}{queries:>9}"
        )


def _verdict(
    results: dict[int, dict[str, tuple[float, float, int, int]]], counts: list[int]
) -> int:
    missed = [
        f"{name} at {count}"
        for count, rows in results.items()
        for name, (mine, yardstick, _size, queries) in rows.items()
        if mine / yardstick > TARGETS.get(name, 99) or queries > 3
    ]
    first, last = results[counts[0]], results[counts[-1]]
    print(f"\ngrowth from {counts[0]} to {counts[-1]} posts (target {GROWTH_TARGET})")
    for name in PATHS:
        growth = last[name][0] / first[name][0]
        print(f"{name:14}{growth:>8.2f}")
        if name in TARGETS and growth > GROWTH_TARGET:
            missed.append(f"growth of {name}")
    print("missed: " + (", ".join(missed) or "nothing"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main([int(value) for value in sys.argv[1:]] or [600, 60_000]))
