"""Subscribers brought in and taken out: CPU time against the least that could do it, and memory.

The yardstick of the import reads the same file with `csv`, makes digests, and stores subscribers
and what they chose with `bulk_create` in batches of the same size: nothing is checked, nobody is
looked up, and no consent is written down. That of the export writes the same columns of all rows.
Each runs in a process of its own on a database of its own, the yardstick beside ours.

    python -m benchmarks.transferring [ROWS]
"""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from benchmarks.project import fresh_project

ROWS = 100_000
MOST_TIMES = {"import": 4.0, "export": 2.0}
"""Of the yardstick: what is checked, looked up and written down costs no more than this."""
MOST_GROWTH = 20.0
"""MB that ten times the rows may take more."""
HEADER = ("email", "name", "status", "tags", "created_at")


def main(arguments: list[str]) -> int:
    """Print the figures; return 1 when one is beyond its limit."""
    if arguments and arguments[0] in ACTS:
        print(json.dumps(_measured(arguments[0], int(arguments[1]))))
        return 0
    rows = int(arguments[0]) if arguments else ROWS
    is_wrong = False
    for way, most in MOST_TIMES.items():
        bare, _memory = _run(f"bare-{way}", rows)
        ours, memory = _run(way, rows)
        _seconds, less = _run(way, rows // 10)
        print(f"{way} of {rows:,}: {ours:.1f} s of CPU, {rows / ours:,.0f} a second;"
              f" {ours / bare:.1f} times csv and ORM alone ({bare:.1f} s);"
              f" {memory:.0f} MB, with a tenth of the rows {less:.0f}")  # fmt: skip
        is_wrong |= ours / bare > most or memory - less > MOST_GROWTH
    return int(is_wrong)


def _run(name: str, rows: int) -> tuple[float, float]:
    """Measure in a process of its own; return seconds and MB."""
    command = [sys.executable, "-m", "benchmarks.transferring", name, str(rows)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def _measured(name: str, rows: int) -> tuple[float, float]:
    with fresh_project(EMAIL_URL="console://") as folder:
        file = _file(folder / "members.csv", rows)
        if name.endswith("export"):
            _bare_import(file)
        before = time.process_time()
        ACTS[name](file)
        seconds = time.process_time() - before
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _file(path: Path, rows: int) -> Path:
    with path.open("w", newline="") as target:
        out = csv.writer(target)
        out.writerow(HEADER)
        for number in range(rows):
            address = f"reader{number}@host{number % 997}.example"
            state = "unsubscribed" if number % 20 == 0 else "active"
            moment = "2024-05-10T09:00:00+00:00"
            out.writerow((address, f"Reader {number}", state, f"tag {number % 30}", moment))
    return path


# What is measured, and the least that could do it


def _import(file: Path) -> None:
    from mailing.transferring import Options, import_subscribers  # noqa: PLC0415

    with file.open("rb") as source:
        outcomes = import_subscribers(source, Options(statement="They asked for it."))
        print(sum(one.kind == "added" for one in outcomes))


def _bare_import(file: Path) -> None:
    from django.db import transaction  # noqa: PLC0415

    from mailing.addresses import digest_of, group_of  # noqa: PLC0415
    from mailing.models import Choice, Chosen, Subscriber  # noqa: PLC0415

    everything, _is_new = Choice.objects.get_or_create(kind=Choice.Kind.EVERYTHING, value="")
    with file.open(newline="") as source:
        lines = csv.DictReader(source)
        while some := list(islice(lines, 500)):
            rows = [
                Subscriber(
                    address=row["email"],
                    digest=digest_of(row["email"]),
                    group=group_of(row["email"]),
                    name=row["name"],
                    status="active" if row["status"] == "active" else "left",
                    created_at=row["created_at"],
                )
                for row in some
            ]
            with transaction.atomic():
                Subscriber.objects.bulk_create(rows)
                Chosen.objects.bulk_create(
                    Chosen(subscriber=row, choice=everything) for row in rows
                )


def _export(file: Path) -> None:
    from mailing.transferring import export_subscribers  # noqa: PLC0415

    with file.with_name("out.csv").open("wb") as target:
        target.writelines(export_subscribers())


def _bare_export(file: Path) -> None:
    from mailing.models import Subscriber  # noqa: PLC0415

    rows = Subscriber.objects.order_by("pk").prefetch_related("choices")
    with file.with_name("out.csv").open("w", newline="") as target:
        out = csv.writer(target)
        for row in rows.iterator(1000):
            choices = json.dumps([[one.kind, one.value] for one in row.choices.all()])
            out.writerow((
                row.address, row.name, row.status, row.language, row.rhythm, row.zone, row.hour,
                choices, row.source, "", row.created_at, row.confirmed_at, row.consented_at,
                row.paused_until, row.left_at,
            ))  # fmt: skip


ACTS = {
    "import": _import,
    "bare-import": _bare_import,
    "export": _export,
    "bare-export": _bare_export,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
