"""Disturb an import at random moments, run it again, compare with one that nobody disturbed.

    python -m benchmarks.kill_import [TIMES]

Each time some issues, each with a picture, are imported into a fresh database: either `kill -9`
ends that at a random moment, or no file can grow beyond a random size, as on a full disk. Then the
same command once more. All tables must end as those of the undisturbed import, but for ids that
are random and moments of writing, and so must all files of pictures. Prints posts lost and doubled,
databases that differ, and files that were cut off, after the disturbance and in the end.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from PIL import Image

from tests.corpus import CHECKOUT, ROOT, issue_files

ISSUES = 12
SIDE = 300  # pixels
SEED = 20240510
# Moments of writing, and ids drawn at random, which pages hold too.
VOLATILE = {"added_at", "applied", "created_at", "due_at", "modified_at", "opened_at", "uid"}
# The digest of what feeds send, which holds such ids.
VOLATILE_COLUMNS = {("posts_postpage", "digest")}
IGNORED = {"django_migrations", "django_session", "sqlite_sequence"}
# Tasks that wait, and random numbers of what moved.
IGNORED |= {"django_tasks_database_dbtaskresult", "posts_publication"}
# SQLite's index of words, and the tables in which it keeps that; nothing reads it row by row.
WORDS = "posts_searchwords"
# An item's permalink, the address at which its links are reported, an issue in feeds and the API.
_IDENTITY = re.compile(r"(item[-=]|urn:uuid:|\"id\": \")([0-9a-f-]{12})[0-9a-f-]*")
Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class End:
    """What an import and its repetition came to: pictures by name, half ones after the first."""

    disturbed: bool
    rows: Rows
    files: dict[str, bytes]
    cut_off: int = 0


def main(times: int) -> int:
    """Measure; return the exit code."""
    files = [*issue_files("seed"), *issue_files("twir")[: ISSUES - 1]]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    chance = random.Random(SEED)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name:
        folder = Path(name)
        source = _pictured(files, folder / "source")
        empty, calm = folder / "empty.sqlite3", folder / "calm.sqlite3"
        manage(empty, "migrate", "--verbosity", "0").wait()
        shutil.copy(empty, calm)
        start = time.monotonic()
        manage(calm, "import_posts", str(source)).wait()
        whole = time.monotonic() - start
        expected = End(False, contents(calm), pictures(calm))
        ends = {"killed": list[End](), "full": list[End]()}
        for number in range(times):
            if number % 2:
                limit = int(math.exp(chance.uniform(math.log(1000), math.log(4_000_000))))
                end = disturbed(folder, empty, source, expected, limit=limit)
            else:
                moment = chance.uniform(0.1, whole)
                end = disturbed(folder, empty, source, expected, moment=moment)
            ends["full" if number % 2 else "killed"].append(end)
    return report(expected, ends)


def _pictured(files: list[Path], folder: Path) -> Path:
    """Copy issues into a folder, each with a picture that packs badly."""
    folder.mkdir()
    for number, path in enumerate(files):
        text = path.read_bytes() + b"\n\n![A picture](p%d.png)\n" % number
        (folder / path.name).write_bytes(text)
        pixels = hashlib.shake_256(bytes([number])).digest(SIDE * SIDE * 3)
        Image.frombytes("RGB", (SIDE, SIDE), pixels).save(folder / f"p{number}.png")
    return folder


def disturbed(
    folder: Path,
    empty: Path,
    source: Path,
    expected: End,
    *,
    moment: float | None = None,
    limit: int | None = None,
) -> End:
    """Import, kill after some seconds or let no file grow beyond a limit, import again."""
    database = folder / "killed.sqlite3"
    for leftover in folder.glob("killed.sqlite3*"):
        leftover.unlink()
    shutil.rmtree(_media(database), ignore_errors=True)
    shutil.copy(empty, database)
    process = manage(database, "import_posts", str(source), limit=limit)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    hurt, cut_off = process.returncode != 0, _cut_off(pictures(database), expected.files)
    manage(database, "import_posts", str(source)).wait()
    return End(hurt, contents(database), pictures(database), cut_off)


def _cut_off(files: Mapping[str, bytes], expected: Mapping[str, bytes]) -> int:
    return sum(expected.get(name) != data for name, data in files.items())


def pictures(database: Path) -> dict[str, bytes]:
    """Return the files of pictures by name, without what lies beside them for the moment."""
    files = _media(database).rglob("*.webp")
    return {path.name: path.read_bytes() for path in files}


def _media(database: Path) -> Path:
    return database.with_suffix(".media")


def manage(database: Path, *command: str, limit: int | None = None) -> subprocess.Popen[bytes]:
    """Start a management command on a database of its own; no file grows beyond a limit."""
    environment = os.environ | {
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{database}",
        "MEDIA_ROOT": str(_media(database)),
    }
    limits = (limit, limit) if limit else None
    return subprocess.Popen(
        [sys.executable, "-B", str(CHECKOUT / "manage.py"), *command],  # no bytecode cut off
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, limits) if limits else None,
    )


def contents(database: Path) -> Rows:
    """Return the rows of every table, without what is different each time by nature."""
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if row[0] not in IGNORED and not row[0].startswith(WORDS)
        ]
        uids = {
            row[0][:12]: f"uid-{row[1]}"
            for row in connection.execute("SELECT uid, id FROM posts_linkeditem")
        }
        for uid, pk in connection.execute("SELECT uid, id FROM posts_post"):
            uids[str(UUID(uid))[:12]] = f"uid-{pk}"
        return {table: _rows(connection, table, uids) for table in tables}


def _rows(
    connection: sqlite3.Connection, table: str, uids: Mapping[str, str]
) -> list[tuple[object, ...]]:
    rows = []
    for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
        keys = [key for key in row.keys() if key not in VOLATILE]  # noqa: SIM118
        values = (row[key] for key in keys if (table, key) not in VOLATILE_COLUMNS)
        rows.append(tuple(_without_uids(value, uids) for value in values))
    return sorted(rows, key=repr)


def _without_uids(value: object, uids: Mapping[str, str]) -> object:
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    if isinstance(text, str):
        return _IDENTITY.sub(lambda found: f"{found[1]}{uids.get(found[2], found[2])}", text)
    return text


def report(expected: End, ends: Mapping[str, list[End]]) -> int:
    """Print the figures; return the exit code."""
    posts = len(expected.rows["posts_post"])
    print(f"{posts} posts with {len(expected.files)} pictures each time")
    for how, some in ends.items():
        print(
            f"{how}: {len(some)} imports, {sum(end.disturbed for end in some)} came to no good end"
        )
    every = [end for some in ends.values() for end in some]
    counts = [len(end.rows["posts_post"]) - posts for end in every]
    lost, doubled = -sum(n for n in counts if n < 0), sum(n for n in counts if n > 0)
    different = [end.rows for end in every if end.rows != expected.rows]
    tables = sorted(
        {table for rows in different for table in rows if rows[table] != expected.rows[table]}
    )
    cut_off = sum(end.cut_off for end in every)
    wrong = sum(end.files != expected.files for end in every)
    print(f"lost {lost}, doubled {doubled}, databases that differ {len(different)}", *tables)
    print(f"files cut off {cut_off}, imports whose files differ in the end {wrong}")
    return int(bool(lost or doubled or different or cut_off or wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 50))
