"""Kill an import at random moments, run it again, compare with one that nobody disturbed.

    python -m benchmarks.kill_import [TIMES]

Each time: `kill -9` at a random moment of an import of some issues into a fresh database, then the
same command once more. All tables must end as those of the undisturbed import, but for ids that
are random and moments of writing. Prints posts lost and doubled, and databases that differ.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.corpus import CHECKOUT, ROOT, issue_files

ISSUES = 12
SEED = 20240510
# Moments of writing, and ids drawn at random, which pages hold too.
VOLATILE = {"applied", "created_at", "due_at", "modified_at", "opened_at", "uid"}
# The digest of what feeds send, which holds such ids.
VOLATILE_COLUMNS = {("posts_postpage", "digest")}
IGNORED = {"django_migrations", "django_session", "sqlite_sequence"}
# An item's permalink, and the address at which its links are reported.
_PERMALINK = re.compile(r"(item[-=])([0-9a-f]{12})")
Rows = dict[str, list[tuple[object, ...]]]


def main(times: int) -> int:
    """Measure; return the exit code."""
    files = [*issue_files("seed"), *issue_files("twir")[: ISSUES - 1]]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    chance = random.Random(SEED)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name:
        folder = Path(name)
        source = folder / "source"
        source.mkdir()
        for path in files:
            shutil.copy2(path, source)
        empty, calm = folder / "empty.sqlite3", folder / "calm.sqlite3"
        manage(empty, "migrate", "--verbosity", "0").wait()
        shutil.copy(empty, calm)
        start = time.monotonic()
        manage(calm, "import_posts", str(source)).wait()
        whole = time.monotonic() - start
        expected = contents(calm)
        results = [
            disturbed(folder, empty, source, chance.uniform(0.1, whole)) for _ in range(times)
        ]
    return report(expected, results)


def disturbed(folder: Path, empty: Path, source: Path, moment: float) -> tuple[bool, Rows]:
    """Import, kill after some seconds, import again; tell whether it was killed, and the end."""
    database = folder / "killed.sqlite3"
    for leftover in folder.glob("killed.sqlite3*"):
        leftover.unlink()
    shutil.copy(empty, database)
    process = manage(database, "import_posts", str(source))
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    killed = process.returncode == -signal.SIGKILL
    manage(database, "import_posts", str(source)).wait()
    return killed, contents(database)


def manage(database: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start a management command on a database of its own."""
    environment = os.environ | {
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{database}",
        "MEDIA_ROOT": str(database.with_suffix(".media")),
    }
    return subprocess.Popen(
        [sys.executable, str(CHECKOUT / "manage.py"), *command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def contents(database: Path) -> Rows:
    """Return the rows of every table, without what is different each time by nature."""
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if row[0] not in IGNORED
        ]
        uids = {
            row[0][:12]: f"uid-{row[1]}"
            for row in connection.execute("SELECT uid, id FROM posts_linkeditem")
        }
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
        return _PERMALINK.sub(lambda found: f"{found[1]}{uids.get(found[2], found[2])}", text)
    return text


def report(expected: Rows, results: list[tuple[bool, Rows]]) -> int:
    """Print the figures; return the exit code."""
    posts = len(expected["posts_post"])
    lost = sum(max(0, posts - len(rows["posts_post"])) for _, rows in results)
    doubled = sum(max(0, len(rows["posts_post"]) - posts) for _, rows in results)
    different = [rows for _, rows in results if rows != expected]
    tables = sorted(
        {table for rows in different for table in rows if rows[table] != expected[table]}
    )
    print(f"{len(results)} imports of {posts} posts, {sum(k for k, _ in results)} killed")
    print(f"lost {lost}, doubled {doubled}, databases that differ {len(different)}", *tables)
    return int(bool(lost or doubled or different))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 50))
