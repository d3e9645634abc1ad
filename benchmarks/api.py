"""CPU of the API's lists of fifty against a bare Django view that sends the same bytes ready.

    python -m benchmarks.api [POSTS]      (default: 600)

Measured as `benchmarks.serving` does. The target is that of issues, whose rows are stored; the
other lists write theirs, and are shown beside it.
"""

from __future__ import annotations

import sys

from benchmarks.project import fresh_project
from benchmarks.serving import Figure, measured, show

TARGET = 3.0
HOT = "/api/v1/posts"
LISTS = (
    HOT, "/api/v1/posts?tag=tag-1", "/api/v1/items", "/api/v1/items?section=section-0",
    "/api/v1/links", "/api/v1/tags", "/api/v1/sections", "/api/v1/sources",
)  # fmt: skip


def main(count: int) -> int:
    """Print a row for each list; return 1 when the target is missed."""
    # The limit is for clients, not for a benchmark.
    with fresh_project(API_HOURLY="1000000") as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)

        fill(count)
        figures: dict[str, Figure] = {}
        for path, figure in measured(folder, LISTS):
            figures[path] = figure
            show(path, figure)
    print(f"{HOT}: {figures[HOT].ratio:.2f} times ready bytes (at most {TARGET})")
    return int(figures[HOT].ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 600))
