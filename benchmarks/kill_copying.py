"""Kill copies of a database at random moments, go on with each until it is whole, and compare.

    python -m benchmarks.kill_copying [TIMES]

From SQLite to PostgreSQL, into an empty database each time: `kill -9` at a random moment, again
and again at other ones, until one comes to its end. Then every table must hold each row of the
site once. Prints rows that are lost, and rows that came twice.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import django

os.environ |= {"DEBUG": "true", "DJANGO_SETTINGS_MODULE": "newsletter.settings"}
django.setup()

# ruff: noqa: E402 (settings are at hand only after setup)
from backups.copying import PROGRESS, Sum, sum_of, tables
from benchmarks.kill_backup import killed_at_work
from benchmarks.sites import Site, run, sites
from posts.models import Publication

SEED = 20240510
ATTEMPTS = 4  # of which the last one is let come to its end


def main(times: int) -> int:
    """Measure; return the exit code."""
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name,
        sites(Path(name), "sqlite", "copied") as (site,),
        sites(Path(name), "postgresql", "target") as (target,),
    ):
        site.manage("migrate")
        site.manage("create_demo")
        return kill_copies(times, site, target)


def kill_copies(times: int, site: Site, target: Site) -> int:
    """Kill copies until so many were killed; return 1 where one differs at its end."""
    chance, found = random.Random(SEED), Counter[str]()  # noqa: S311
    whole, expected = site.manage("copy_to", target.url), sums(site)
    while found["killed"] < times:
        target.clear()
        for _attempt in range(ATTEMPTS - 1):
            if found["killed"] == times:
                break
            if not _killed(site, chance.uniform(0, whole), target):
                break
            found["killed"] += 1
        found["copies"] += 1
        if not _is_done(target):
            site.manage("copy_to", target.url)
        _compare(expected, sums(target), found)
    print(
        f"{found['killed']} kills, {found['copies']} copies gone on with until whole:"
        f" {found['equal']} equal, {found['lost']} rows lost, {found['doubled']} rows doubled"
    )
    return int(found["equal"] != found["copies"])


def _killed(site: Site, seconds: float, target: Site) -> bool:
    """Kill a copy with the commands that it started on the other database."""

    def work() -> None:
        os.setsid()
        run("copy_to", target.url)

    return killed_at_work(site, seconds, work, _kill_group)


def _kill_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:  # it has no group of its own yet
        os.kill(pid, number)


def _is_done(target: Site) -> bool:
    """Tell whether a copy came to its end before it was killed."""
    names = {str(name) for (name,) in target.rows("SELECT tablename FROM pg_tables")[0]}
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
