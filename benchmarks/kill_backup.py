"""Kill backups and restores at random moments, and look for files and sites that are half made.

    python -m benchmarks.kill_backup [TIMES]

On SQLite and on PostgreSQL, until each was killed so many times: `kill -9` in the middle of a
backup, in whose place an older one stands, and then the file must be the old or the new one, and
whole; `kill -9` in the middle of a restore over another site, and then every table must be as it
was or as in the backup, and every picture that a row names must be there.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import django

os.environ |= {"DEBUG": "true", "DJANGO_SETTINGS_MODULE": "newsletter.settings"}
django.setup()

# ruff: noqa: E402 (settings are at hand only after setup)
from benchmarks.sites import KINDS, Contents, Site, run, sites

SEED = 20240510


def main(times: int) -> int:
    """Measure; return the exit code."""
    faults = 0
    for kind in KINDS:
        with (
            tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name,
            sites(Path(name), kind, "full", "empty", "killed") as (full, empty, killed),
        ):
            empty.manage("migrate")
            full.become(empty)
            full.manage("create_demo")
            faults += kill_backups(times, full, killed)
            faults += kill_restores(times, full, empty, killed)
    return int(bool(faults))


def kill_backups(times: int, full: Site, scratch: Site) -> int:
    """Kill backups; return how many files were not whole."""
    chance, found = random.Random(SEED), Counter[str]()  # noqa: S311
    file = full.path.with_suffix(".zip")
    whole = full.manage("backup", str(file))
    while found["killed"] < times:
        found["backups"] += 1
        before = file.stat().st_ino
        found["killed"] += killed(full, chance.uniform(0, whole), "backup", str(file))
        found["new" if file.stat().st_ino != before else "old"] += 1
        found["broken"] += not scratch.succeeds("verify_backup", str(file))
    print(
        f"{full.kind}: {found['backups']} backups, {found['killed']} killed:"
        f" {found['old']} times the old file, {found['new']} times a new one,"
        f" {found['broken']} not whole"
    )
    return found["broken"]


def kill_restores(times: int, full: Site, empty: Site, target: Site) -> int:
    """Kill restores over a site with another issue; return how many sites were half restored."""
    chance, found = random.Random(SEED), Counter[str]()  # noqa: S311
    file = str(full.path.with_suffix(".zip"))
    target.become(empty)
    old, new = target.contents(), full.contents()
    whole = target.manage("restore", "--replace", file)
    while found["killed"] < times:
        found["restores"] += 1
        target.become(empty)
        found["killed"] += killed(target, chance.uniform(0, whole), "restore", "--replace", file)
        found[_state(target, old, new)] += 1
    target.become(empty)
    target.manage("restore", "--replace", file)
    found["half"] += target.contents() != new
    print(
        f"{full.kind}: {found['restores']} restores, {found['killed']} killed:"
        f" {found['old']} times the old site, {found['new']} times the new one,"
        f" {found['half']} half restored"
    )
    return found["half"]


def _state(site: Site, old: Contents, new: Contents) -> str:
    contents = site.contents()
    if site.pictures_missing() or contents not in (old, new):
        return "half"
    return "old" if contents == old else "new"


def killed(site: Site, seconds: float, *command: str) -> bool:
    """Kill a command after so long, unless it has ended; tell whether it was killed."""
    return killed_at_work(site, seconds, lambda: run(*command), os.kill)


def killed_at_work(
    site: Site, seconds: float, work: Callable[[], object], kill: Callable[[int, int], None]
) -> bool:
    """Kill work after so long, unless it has ended; tell whether it was killed."""
    pid = site.fork(work)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1] == signal.SIGKILL


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 50))
