"""Import a whole archive and export it again: what comes back, what it costs, what alarms.

    python -m benchmarks.round_trip [EVERY]

Prints how many issues were imported, how many came back byte for byte, the CPU time of the import
(parsing, checking for losses, storing) against Python-Markdown as it comes on the same texts, and
the alarms of the loss check. EVERY takes each n-th issue only. Fails if an issue does not come
back, or one that is fine alarms.
"""

from __future__ import annotations

import io
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.core.management import CommandError, call_command

from benchmarks.project import fresh_project
from benchmarks.rendering_speed import render_plainly
from posts.documents import parse_issue
from tests.corpus import ROOT, issue_files

FOLDERS = ("seed", "twir", "ainews")
MAX_RATIO = 2.2
Result = TypeVar("Result")


def main(every: int) -> int:
    """Measure; return the exit code."""
    files = [path for folder in FOLDERS for path in issue_files(folder)][::every]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    with fresh_project() as folder:
        source, target = folder / "source", folder / "target"
        _copy(files, source)
        report, cost = timed(lambda: run("import_posts", str(source)))
        run("export_posts", str(target))
        imported = [line for line in report if line.startswith("created ")]
        alarms = [line for line in report if "kept as a draft" in line]
        identical = sum(_same(path, target / path.relative_to(ROOT)) for path in files)
    texts = [parse_issue(path.read_bytes(), path.name) for path in files]
    _, yardstick = timed(lambda: [render_plainly(issue) for issue in texts])
    print(f"imported {len(imported)} of {len(files)}")
    print(f"byte-identical after export {identical} of {len(files)}")
    print(f"loss-check alarms {len(alarms)}", *alarms, sep="\n  ")
    print(f"CPU of the import {cost:.1f} s, yardstick {yardstick:.1f} s")
    print(f"ratio {cost / yardstick:.2f} (at most {MAX_RATIO})")
    return int(alarms != [] or not len(imported) == identical == len(files))


def run(*command: str) -> list[str]:
    """Run a management command and return the lines it writes, whatever its exit code."""
    out = io.StringIO()
    try:
        call_command(*command, stdout=out)
    except CommandError as error:
        print(error, file=sys.stderr)
    return out.getvalue().splitlines()


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what the work returns, and the CPU seconds it took."""
    start = time.process_time()
    return work(), time.process_time() - start


def _copy(files: list[Path], folder: Path) -> None:
    for path in files:
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)


def _same(path: Path, other: Path) -> bool:
    return other.is_file() and other.read_bytes() == path.read_bytes()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 1))
