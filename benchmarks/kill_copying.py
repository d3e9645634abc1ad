"""Disturb copies to another database at random moments, go on with each, and compare.

    python -m benchmarks.kill_copying [TIMES]

From SQLite to PostgreSQL and back, into an empty database each time: either `kill -9` ends the
command at a random moment, as somebody at a terminal does, or no file of the other database (of
SQLite) can grow beyond a random size, as on a full disk. Then again at other ones, until one comes
to its end. Then every table must hold each row of the site once. Prints copies that were not gone
on with, rows that are lost, and rows that came twice.
"""

from __future__ import annotations

import math
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import django

os.environ |= {"DEBUG": "true", "DJANGO_SETTINGS_MODULE": "newsletter.settings"}
django.setup()

# ruff: noqa: E402 (settings are at hand only after setup)
from backups.copying import PROGRESS, Sum, sum_of, tables
from benchmarks.sites import Site, sites
from posts.models import Publication
from tests.corpus import CHECKOUT

SEED = 20240510
ATTEMPTS = 10  # of which the last one is let come to its end
SMALLEST = 4096  # bytes


def main(times: int) -> int:
    """Measure; return the exit code."""
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name,
        sites(Path(name), "sqlite", "site", "copied") as (site, lite),
        sites(Path(name), "postgresql", "copied") as (postgres,),
    ):
        site.manage("migrate")
        site.manage("create_demo")
        kinds = [(site, postgres, False), (site, lite, True)]
        faults = sum(disturb(times, *kind, random.Random(SEED)) for kind in kinds)  # noqa: S311
        # The last copy is whole: back from there.
        return int(bool(faults + disturb(times, postgres, lite, False, random.Random(SEED))))  # noqa: S311


def disturb(times: int, site: Site, target: Site, is_full: bool, chance: random.Random) -> int:
    """Disturb copies so many times; return 1 where one differs at its end."""
    found, expected = Counter[str](), sums(site)
    target.clear()
    target.said.write_text("")
    start = time.monotonic()
    copy_to(site, target).wait()
    whole, largest = time.monotonic() - start, target.path.stat().st_size if is_full else 0
    while found["disturbed"] < times:
        target.clear()
        for _attempt in range(ATTEMPTS - 1):
            if is_full:
                limit = int(math.exp(chance.uniform(math.log(SMALLEST), math.log(largest))))
                hurt = copy_to(site, target, limit).wait() != 0
            else:
                hurt = _killed(copy_to(site, target), chance.uniform(0, whole))
            found["disturbed"] += hurt
            if not hurt or found["disturbed"] == times:
                break
        found["copies"] += 1
        if not _is_done(target) and copy_to(site, target).wait() != 0:
            found["stuck"] += 1
            print(target.said.read_text()[-1000:], file=sys.stderr)
            continue
        _compare(expected, sums(target), found)
    how = "full disks" if is_full else "kills"
    print(
        f"{site.kind} to {target.kind}: {found['disturbed']} {how},"
        f" {found['copies']} copies gone on with until whole: {found['equal']} equal,"
        f" {found['stuck']} stuck, {found['lost']} rows lost, {found['doubled']} rows doubled",
        flush=True,
    )
    return int(found["equal"] != found["copies"])


def copy_to(site: Site, target: Site, limit: int = 0) -> subprocess.Popen[bytes]:
    """Start the command as somebody at a terminal; no file grows beyond a limit."""
    limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
    with target.said.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-B", str(CHECKOUT / "manage.py"), "copy_to", target.url],
            env={**os.environ, "DATABASE_URL": site.url},
            stdout=subprocess.DEVNULL,
            stderr=said,
            preexec_fn=limited if limit else None,
        )


def _killed(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill a process, and nothing that it started, after so long; tell whether it still ran."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait() == -signal.SIGKILL
    return False


def _is_done(target: Site) -> bool:
    """Tell whether a copy came to its end before it was killed."""
    names = target.tables()
    return "posts_post" in names and PROGRESS not in names


def _compare(expected: dict[str, Sum], there: dict[str, Sum], found: Counter[str]) -> None:
    found["equal"] += there == expected
    for table, one in expected.items():
        found["lost"] += max(0, one.rows - there[table].rows)
        found["doubled"] += max(0, there[table].rows - one.rows)


def sums(site: Site) -> dict[str, Sum]:
    """Return what each table of a site holds, as Django reads it; but for the version of the site,
    which moves when the search of the other database is built."""
    reader, writer = os.pipe()

    def tell() -> None:
        told = {
            model._meta.db_table: sum_of(model, "default")
            for model in tables()
            if model is not Publication
        }
        lines = [f"{table} {one.rows} {one.digest}\n" for table, one in told.items()]
        with os.fdopen(writer, "w") as out:
            out.writelines(lines)

    pid = site.fork(tell)
    os.close(writer)
    with os.fdopen(reader) as told:
        rows = [line.split() for line in told]
    if os.waitpid(pid, 0)[1]:
        raise SystemExit(site.said.read_text())
    return {table: Sum(int(count), int(digest)) for table, count, digest in rows}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 50))
