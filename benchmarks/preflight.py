"""What the checks before publishing cost in CPU time, against one render of the same text.

    python -m benchmarks.preflight [EVERY]

Each n-th issue of the archive (default: 40) is imported into a database of its own and checked as
scripts do it: its text is read, too, so that one reading is in both. Then all queries are counted.
"""

from __future__ import annotations

import sys

from benchmarks.project import fresh_project
from benchmarks.rendering_speed import best_of
from tests.corpus import ROOT

TARGET = 3.0


def main(every: int) -> int:
    """Print the figures; return 1 when the target is missed."""
    with fresh_project():
        from django.db import connection  # noqa: PLC0415 (only after django.setup)
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        from benchmarks.rendering_speed import read  # noqa: PLC0415
        from posts.documents import parse_issue  # noqa: PLC0415
        from posts.models import Post  # noqa: PLC0415
        from posts.preflight import check_post, suggest_tags, written_of  # noqa: PLC0415
        from posts.publishing import save_document, stored_issue  # noqa: PLC0415
        from posts.slots import CHECKS, Level  # noqa: PLC0415

        files = [file for file in sorted(ROOT.rglob("*.md")) if file.parent != ROOT][::every]
        issues = [parse_issue(file.read_bytes(), file.name) for file in files]
        posts: list[Post] = [save_document(Post(), issue) for issue in issues]
        levels = {check.name: Level.WARN for check in CHECKS}
        checked = best_of(lambda: [check_post(post, levels) for post in posts])
        suggested = best_of(lambda: [suggest_tags(written_of(post)) for post in posts])
        rendered = best_of(lambda: [read(stored_issue(post)) for post in posts])
        counts = []
        for post in posts:
            with CaptureQueriesContext(connection) as asked:
                check_post(post, levels)
            counts.append(len(asked))
    ratio = checked / rendered
    print(f"{len(posts)} issues: all checks {ratio:.2f} times one render (target {TARGET})")
    print(f"suggesting tags, with a reading of its own: {suggested / rendered:.2f} times")
    print(f"queries: {min(counts)} to {max(counts)}")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
