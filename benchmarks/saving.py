"""CPU of saving an edited post beyond rendering it, and its growth with the number of posts.

python -m benchmarks.saving [POSTS …]      (default: 600 60000)
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.project import fresh_project, use_database

if TYPE_CHECKING:
    from posts.documents import Issue

TARGET = 100.0  # milliseconds
GROWTH_TARGET = 1.2
SAVES = 30


def main(counts: list[int]) -> int:
    """Print the figures; return 1 when a target is missed."""
    spent = {}
    with fresh_project() as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)

        for count in counts:
            use_database(folder / f"{count}.sqlite3")
            fill(count)
            saving, rendering = measure()
            spent[count] = saving - rendering
            print(
                f"{count} posts: saving {saving:.1f} ms, rendering alone {rendering:.1f} ms,"
                f" beyond it {spent[count]:.1f} ms CPU (target {TARGET:.0f})",
                flush=True,
            )
    growth = spent[counts[-1]] / spent[counts[0]]
    print(f"growth from {counts[0]} to {counts[-1]} posts: {growth:.2f} (target {GROWTH_TARGET})")
    return int(max(spent.values()) > TARGET or growth > GROWTH_TARGET)


def measure() -> tuple[float, float]:
    """Return the median CPU milliseconds of saving a post after an edit, and of rendering it."""
    from posts.documents import parse_issue  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415
    from posts.publishing import save_document  # noqa: PLC0415

    post = Post.objects.get(source_name="300.md")  # about 50 KB of HTML, 120 items
    saves, renderings = [], []
    for number in range(SAVES):
        # Each edit rewords one item, adds one and drops the one added before.
        new = f"- **An item {number}**: new [more](https://new.example.org/{number})\n"
        text = post.document.split("- **An item ")[0].rstrip("\n") + f"\n{new}"
        issue = parse_issue(text.replace("**:", f"** ({number}):", 1).encode())
        started = time.process_time()
        save_document(post, issue)
        saves.append((time.process_time() - started) * 1000)
        renderings.append(render(issue))
    return statistics.median(saves), statistics.median(renderings)


def render(issue: Issue) -> float:
    """Return the CPU milliseconds that parsing and rendering alone take."""
    from posts.markdown.document import Document  # noqa: PLC0415
    from posts.rendering import read_issue  # noqa: PLC0415

    started = time.process_time()
    read_issue(Document(issue.body)).to_html()
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    sys.exit(main([int(value) for value in sys.argv[1:]] or [600, 60_000]))
