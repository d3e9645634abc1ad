"""Back a site up while people write, restore it elsewhere, compare.

    python -m benchmarks.backup_under_load [ROUNDS]

On SQLite and on PostgreSQL: one process saves ten issues a second, one after the other, each with a
picture of its own, and says each number once it is stored. Each round takes a backup meanwhile,
verifies it and restores it. What is restored must be a moment of the time in which the backup
was taken: the issues up to some number without a gap, at least those that were stored before it
began, none that was begun after it ended, and every picture.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from io import BytesIO
from itertools import count
from pathlib import Path

import django
from PIL import Image

os.environ |= {"DEBUG": "true", "DJANGO_SETTINGS_MODULE": "newsletter.settings"}
django.setup()

# ruff: noqa: E402 (models are at hand only after setup)
from benchmarks.sites import KINDS, Site, sites
from posts.documents import parse_issue
from posts.importing.pictures import store_pictures
from posts.models import Post
from posts.publishing import save_document

A_SECOND = 10
NAMES = "SELECT source_name FROM posts_post"


def main(rounds: int) -> int:
    """Measure; return the exit code."""
    faults = 0
    for kind in KINDS:
        with (
            tempfile.TemporaryDirectory(prefix="newsletter-load-") as name,
            sites(Path(name), kind, "busy", "restored") as (busy, restored),
        ):
            faults += measure(rounds, busy, restored)
    return int(bool(faults))


def measure(rounds: int, busy: Site, restored: Site) -> int:
    """Print the figures of one kind of database; return the number of faults."""
    for site in (busy, restored):
        site.manage("migrate")
    said = busy.path.with_suffix(".stored")
    start = time.monotonic()
    writing = busy.fork(lambda: write(said))
    try:
        while stored(said) < A_SECOND:
            time.sleep(0.1)
        results = [one_round(busy, restored, said) for _ in range(rounds)]
    finally:
        os.kill(writing, signal.SIGKILL)
        os.waitpid(writing, 0)
    a_second = stored(said) / (time.monotonic() - start)
    seconds = sorted(result[0] for result in results)[rounds // 2]
    during = sum(result[1] for result in results)
    faults = [result[2] for result in results if result[2]]
    print(
        f"{busy.kind}: {rounds} backups with {a_second:.1f} saves a second, {seconds:.1f} s each,"
        f" {during} saves meanwhile; {stored(said)} issues in the end; faults: {faults or 'none'}"
    )
    return len(faults)


def stored(said: Path) -> int:
    """Return how many issues the writer has stored."""
    return said.read_text().count("\n") if said.exists() else 0


def one_round(busy: Site, restored: Site, said: Path) -> tuple[float, int, str]:
    """Back up, verify, restore; return the seconds, the saves meanwhile, and what is wrong."""
    file = str(busy.path.with_suffix(".zip"))
    before = stored(said)
    seconds, after = busy.manage("backup", file), stored(said)
    restored.manage("verify_backup", file)
    restored.manage("restore", "--replace", file)
    numbers = sorted(int(name.removesuffix(".md")) for (name,) in restored.rows(NAMES)[0])
    wrong = []
    if numbers != list(range(1, len(numbers) + 1)):
        wrong.append("a gap")
    # One more may be stored and not said yet.
    if not before <= len(numbers) <= after + 1:
        wrong.append(f"{len(numbers)} issues, not {before} to {after}")
    if missing := restored.pictures_missing():
        wrong.append(f"{missing} pictures missing")
    return seconds, after - before, ", ".join(wrong)


def write(said: Path) -> None:
    """Store issues until killed; write down the number of each once it is stored."""
    start = time.monotonic()
    for number in count(1):
        text = f"---\ntitle: Issue {number}\n---\n- [A link](https://example.org/{number})\n"
        post = Post(source_name=f"{number}.md")
        images, _warnings = store_pictures(post, {"a.png": picture(number)})
        save_document(post, parse_issue(text.encode()), images=images)
        with said.open("a") as file:
            file.write(f"{number}\n")
        time.sleep(max(0.0, start + number / A_SECOND - time.monotonic()))


def picture(number: int) -> bytes:
    """Return a picture that no other number has."""
    pixels = random.Random(number).randbytes(32 * 32 * 3)  # noqa: S311
    file = BytesIO()
    Image.frombytes("RGB", (32, 32), pixels).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 20))
