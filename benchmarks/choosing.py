"""Who gets an issue: one issue of an archive against 100,000 choices of as many readers.

A fifth of the readers follow a saved search of their own, the others everything, tags, sections,
sources and authors of the archive. Counted are the seconds that finding all recipients takes of
this process (CPU) and of the clock, and the queries, with all readers and with a tenth of them;
and the same once more for an issue after it was sent, half of whose links came before.

    python -m benchmarks.choosing [READERS] [postgres://…]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from benchmarks.project import fresh_project
from tests.corpus import issue_files

READERS, SEARCHES = 100_000, 0.2
TARGET = 2.0  # seconds of CPU
ISSUES = {"seed": 1, "twir": 16, "ainews": 8}


def main(arguments: list[str]) -> int:
    """Print the figures; return 1 when a target is missed."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(measure(int(arguments[1]))))
        return 0
    readers = next((int(number) for number in arguments if number.isdigit()), READERS)
    return max(_show(url, _one(readers, url)) for url in ("", *_urls(arguments)))


def _urls(arguments: Sequence[str]) -> list[str]:
    return [url for url in arguments if "://" in url]


def _one(readers: int, url: str) -> dict[str, Any]:
    """Measure in a process of its own, since settings are read once."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.choosing",
        "--one",
        str(readers),
        *([url] * bool(url)),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _show(url: str, figures: dict[str, Any]) -> int:
    name = "PostgreSQL" if url else "SQLite"
    print(f"{name}: {figures['choices']:,} choices, {figures['searches']:,} saved searches")
    missed = 0
    for what, (cpu, wall, queries, readers, whole, sets) in figures["runs"].items():
        is_missed = cpu > TARGET
        missed |= is_missed
        print(
            f"  {what:<28} {cpu:5.2f} s CPU ({wall:.2f} s), {queries} queries:"
            f" {readers:,} readers, {whole:,} of whole issues, {sets:,} sets"
            f"{'  MISSED' if is_missed else ''}"
        )
    return int(missed)


def measure(readers: int) -> dict[str, Any]:
    """Return the figures of one database."""
    url = next((value for value in sys.argv if "://" in value), "")
    with fresh_project(**({"DATABASE_URL": url} if url else {})):
        from benchmarks import choosing_rows as rows  # noqa: PLC0415 (needs the settings)

        chance = random.Random(7)  # noqa: S311 (the same readers each time)
        paths = [path for folder, most in ISSUES.items() for path in _spread(folder, most)]
        rows.import_issues(paths)
        fresh, later = rows.publish_last(timedelta(hours=1)), rows.publish_last(timedelta(0))
        tenth, rest = readers // 10, readers - readers // 10
        wishes = rows.wishes(chance, int(readers * SEARCHES), readers)
        rows.add_readers(wishes[:tenth])
        rows.key()
        runs = {"a tenth of the readers": rows.timed(fresh)}
        rows.add_readers(wishes[tenth : tenth + rest])
        rows.key()
        runs["all readers"] = rows.timed(fresh)
        rows.send(fresh)
        runs["the next issue"] = rows.timed(later)
        return {"runs": runs, **rows.counts()}


def _spread(folder: str, most: int) -> list[str]:
    """Return some files of a folder of the archive, spread over its years."""
    paths = issue_files(folder)
    return [str(path) for path in paths[:: max(1, len(paths) // most)][:most]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
