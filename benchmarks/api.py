"""CPU of the API's lists of fifty against a bare Django view that sends the same bytes ready.

    python -m benchmarks.api [POSTS]      (default: 600)

Measured as `benchmarks.serving` does, twice: with copies of answers kept, as a site comes, and
without. The target is that of each list, whether its rows are
stored, as those of issues, or written when they are asked for.
"""

from __future__ import annotations

import os
import sys

from benchmarks.project import fresh_project
from benchmarks.serving import measured, show

TARGET = 3.0
LISTS = (
    "/api/v1/posts", "/api/v1/posts?tag=tag-1", "/api/v1/items", "/api/v1/items?section=section-0",
    "/api/v1/links", "/api/v1/tags", "/api/v1/sections", "/api/v1/sources",
)  # fmt: skip
KEPT = {"kept": "16", "not kept": "0"}  # how lists are asked for: megabytes of copies


def main(count: int) -> int:
    """Print a row for each list, and those that miss the target; return 1 if there are any."""
    # The limit is for clients, not for a benchmark.
    with fresh_project(API_HOURLY="1000000") as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)

        fill(count)
        missed = []
        for way, megabytes in KEPT.items():
            os.environ["PAGE_CACHE"] = megabytes
            print(f"\n{way}")
            for path, figure in measured(folder, LISTS):
                show(path, figure)
                if figure.ratio > TARGET:
                    missed.append(f"{path} ({way})")
    print(f"more than {TARGET} times ready bytes: " + (", ".join(missed) or "none"))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 600))
