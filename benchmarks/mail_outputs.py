"""Whether a mail says what its page says, fits, and what composing it costs.

    python -m benchmarks.mail_outputs [STEP]      (default: 1, every issue)

Every issue of an archive is stored, and its five outputs are compared as docs/mail.md says: page,
mail without a budget, its text, feed, Markdown. Then it is composed as it is sent: the HTML part
must stay within 100,000 bytes, and every item be in it or counted. A process for each core takes
its share of the issues.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.project import fresh_project
from tests.corpus import ROOT, issue_files

if TYPE_CHECKING:
    from posts.models import Post

FOLDERS = ("seed", "twir", "ainews")
BUDGET = 100_000


def main(step: int) -> int:
    """Store, compare, compose and print; return the exit code."""
    files = [path for folder in FOLDERS for path in issue_files(folder)][::step]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    cores = os.cpu_count() or 1
    figures = Figures()
    with ProcessPoolExecutor(cores) as pool:
        for some in pool.map(_of, (files[core::cores] for core in range(cores))):
            figures.add(some)
    return figures.report()


def _of(files: Sequence[Path]) -> Figures:
    """Return what is counted of some issues, stored on a site of their own."""
    with fresh_project():
        from posts.documents import DocumentError, parse_issue  # noqa: PLC0415
        from posts.models import Post  # noqa: PLC0415
        from posts.publishing import save_document  # noqa: PLC0415

        figures = Figures()
        for path in files:
            try:
                issue = parse_issue(path.read_bytes(), path.name)
            except DocumentError:
                continue
            figures.take(save_document(Post(), issue, status="published"), path.name)
        return figures


class Figures:
    """What was counted of all issues."""

    def __init__(self) -> None:
        self.differing: Counter[str] = Counter()
        self.examples: list[str] = []
        self.sizes: list[int] = []
        self.shortened = self.left_out = self.lost = self.too_large = 0
        self.first: list[float] = []
        self.again: list[float] = []

    def take(self, post: Post, name: str) -> None:
        """Count one issue."""
        from mailing.composing import compose  # noqa: PLC0415
        from mailing.composing.issues import forget  # noqa: PLC0415

        self._compare(post, name)
        forget()
        start = process_time()
        mail = compose(post)
        self.first.append(process_time() - start)
        start = process_time()
        compose(post)
        self.again.append(process_time() - start)
        shown = post.items.filter(hidden=False, removed_at=None).count()
        self.sizes.append(mail.size)
        self.too_large += mail.size > BUDGET
        self.left_out += mail.left_out
        self.shortened += mail.left_out > 0
        self.lost += abs(shown - len(mail.items) - mail.left_out)

    def add(self, other: Figures) -> None:
        """Count what another counted, too."""
        self.differing += other.differing
        for name in ("examples", "sizes", "first", "again"):
            getattr(self, name).extend(getattr(other, name))
        for name in ("shortened", "left_out", "lost", "too_large"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def _compare(self, post: Post, name: str) -> None:
        from tests.mailing.outputs import outputs_of  # noqa: PLC0415

        found = outputs_of(post)
        page = found.pop("page")
        for output, said in found.items():
            for what in ("words", "links"):
                if getattr(said, what) != getattr(page, what):
                    self.differing[f"{output} {what}"] += 1
                    self.examples.append(f"{name}: {output} {what}")

    def report(self) -> int:
        """Print the figures; return the exit code."""
        print(f"{len(self.sizes)} issues")
        print(f"outputs that say something else than the page: {self.differing.total()}")
        for example in self.examples[:20]:
            print(f"    {example}")
        print(f"HTML parts over {BUDGET:,} bytes as sent: {self.too_large}")
        print(f"largest {max(self.sizes):,}, median {int(median(self.sizes)):,} bytes")
        print(f"issues that leave items out: {self.shortened}, items: {self.left_out:,}")
        print(f"items neither shown nor counted: {self.lost}")
        for words, taken in (("first", self.first), ("again", self.again)):
            print(
                f"CPU of composing, {words}: median {median(taken) * 1000:.0f} ms,"
                f" most {max(taken) * 1000:.0f} ms"
            )
        return 1 if self.differing or self.too_large or self.lost else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
