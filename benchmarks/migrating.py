"""Memory and time of going back to early tables and forward again with many posts.

    python -m benchmarks.migrating [POSTS] [postgres://…]      (60000, SQLite; an empty database)

Each step is `manage.py migrate` in a process of its own. The most memory that it held must not
depend on the number of posts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

from benchmarks.project import fresh_project
from tests.corpus import CHECKOUT

MOST = 300.0  # MB
BACK = (("mailing", "0003"), ("posts", "0002"), ("links", "0001"))


def main(posts: int, database: str = "") -> int:
    """Print the figures; return 1 when a step takes too much or fails."""
    given = {"DATABASE_URL": database} if database else {}
    with fresh_project(**given):
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)

        fill(posts)
        return max(step(*target) for target in (*BACK, ()))


def step(*target: str) -> int:
    """Migrate to a state; print what it took, and return 1 if that is too much."""
    started = time.perf_counter()
    command = [sys.executable, str(CHECKOUT / "manage.py"), "migrate", *target, "--verbosity", "0"]
    process = subprocess.Popen(command, env=dict(os.environ))
    _pid, status, used = os.wait4(process.pid, 0)
    most = _megabytes(used)
    name = " ".join(target) or "forward"
    print(f"{name:20}{most:>8.0f} MB{time.perf_counter() - started:>8.0f} s", flush=True)
    return int(status != 0 or most > MOST)


def _megabytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    numbers = [int(value) for value in sys.argv[1:] if value.isdigit()]
    urls = [value for value in sys.argv[1:] if "://" in value]
    sys.exit(main((numbers or [60_000])[0], *urls))
