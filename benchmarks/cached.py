"""CPU of a page that is kept, and of an answer 304, against a bare Django view.

Both run in the same server (gunicorn, one thread) and are asked over HTTP in turn, as in
`benchmarks.serving`. The bare view has no middleware and sends the very bytes, compressed as they
were asked for; for the 304 it answers just that.

    python -m benchmarks.cached [postgres://…]      (default: SQLite)
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from benchmarks.project import fresh_project
from benchmarks.serving import Server

POSTS = 600
ROUNDS = 5
PAGES = ("/", "/posts/{slug}/", "/archive/", "/tags/tag-1/", "/sources/github.com/", "/feed.xml")
TARGETS = {"identity": 1.2, "gzip": 1.2, "br": 1.2, "304": 1.1}


def main(database: str = "") -> int:
    """Print the table; return 1 when a target is missed."""
    given = {"DATABASE_URL": database} if database else {}
    with fresh_project(PAGE_CACHE="64", **given) as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)
        from posts.models import Post  # noqa: PLC0415

        fill(POSTS)
        slug = quote(Post.objects.published().get(source_name="300.md").slug)
        environment = {**os.environ, "BENCH_BODIES": str(folder), "PYTHONPATH": str(Path.cwd())}
        ours, bare = Server("site", environment), Server("bare", environment)
        try:
            paths = [page.format(slug=slug) for page in PAGES]
            missed = [name for path in paths for name in _measure(ours, bare, folder, path)]
        finally:
            ours.stop()
            bare.stop()
    print("missed: " + (", ".join(missed) or "nothing"))
    return 1 if missed else 0


def _measure(ours: Server, bare: Server, folder: Path, path: str) -> Iterator[str]:
    """Print the rows of a page; yield what missed its target."""
    for kind, target in TARGETS.items():
        answer, body = ours.ask(path, **{"Accept-Encoding": kind})
        asked = {"Accept-Encoding": kind}
        yardstick = f"/bare/body-{kind}"
        (folder / f"body-{kind}").unlink(missing_ok=True)
        if kind == "304":
            asked, yardstick, body = {"If-None-Match": answer.headers["ETag"]}, "/bare/", b""
        else:
            yardstick = f"/bare/{len(body)}-{kind}"
            (folder / yardstick.removeprefix("/bare/")).write_bytes(body)
        pairs = [(ours.cpu(path, **asked), bare.cpu(yardstick)) for _ in range(ROUNDS)]
        mine, others = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"{path[:40]:42}{kind:10}{len(body):>9}{mine:>9.3f}{others:>8.3f}{mine / others:>8.2f}"
        )
        if mine / others > target:
            yield f"{path} {kind}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
