"""Months of issues, readers and moderators at random, against a brute-force query of each mail.

Daily issues of the archive come before readers who change choices and rhythms, pause and go on,
while items are hidden, links blocked or found dead, issues withdrawn and put back; and whoever
fills the ledger is killed, within a transaction or between two. Each mail is compared with what
looking at everything says (`tests.mailing.rolling`): an item that is not in the one it belongs
to, that comes twice, hidden or dead, or a mail without any, ends it.

    python -m benchmarks.rolling [ISSUES] [READERS] [KILLS] [SEED] [postgres://…]
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from benchmarks.project import fresh_project
from tests.corpus import issue_files

DEFAULTS = (90, 200, 50, 1)
LARGEST = 12_000  # bytes of an issue: what moderators decide renders them hundreds of times
START = datetime(2026, 2, 2, 1, tzinfo=UTC)


def main(arguments: list[str]) -> int:
    """Print the figures; return 1 when a mail is not as it has to be."""
    url = next((value for value in arguments if "://" in value), "")
    given = [int(value) for value in arguments if value.isdigit()]
    issues, readers, kills, seed = (*given, *DEFAULTS[len(given) :])
    with fresh_project(**({"DATABASE_URL": url} if url else {})):
        from tests.mailing.rolling import World  # noqa: PLC0415 (needs the settings)

        began = time.perf_counter()
        world = World(_documents(issues), readers=readers, seed=seed, start=START)
        try:
            world.live(kills)
        except AssertionError as error:
            print(f"WRONG on {world.now}: {error}")
            return 1
        counts = ", ".join(f"{number:,} {name}" for name, number in sorted(world.counts.items()))
        print(f"{issues} issues, {readers} readers, {world.kills} kills: {counts}")
        print(f"each as it has to be; {time.perf_counter() - began:.0f} s")
    return 0


def _documents(number: int) -> list[bytes]:
    """Return issues of the archive that are not too large, of both of its languages."""
    paths = [path for folder in ("seed", "ainews", "twir") for path in issue_files(folder)]
    files = [path.read_bytes() for path in paths if path.stat().st_size < LARGEST]
    step = max(1, len(files) // number)
    return files[::step][:number]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
