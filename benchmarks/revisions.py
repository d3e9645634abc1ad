"""What the versions of a long issue take in the database: megabytes of a thousand of them.

python -m benchmarks.revisions [REVISIONS]      (default: 1000)

The issue is the longest of the archive, brought to 400 KB; each version rewords another item. All
are kept as a save keeps them, one after the other, and what the file of the database grew by
counts: rows, indexes, and what SQLite leaves free within its pages.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.project import fresh_project, use_database
from benchmarks.saving import longest_issue, reworded

SIZE = 400_000
TARGET = 20.0  # MB for a thousand


def main(count: int) -> int:
    """Print the figure; return 1 when the target is missed."""
    text = longest_issue()
    text = f"{text}\n{text[len(text) - SIZE :]}" if len(text) < SIZE else text[:SIZE]
    with fresh_project() as folder:
        path = folder / "revisions.sqlite3"
        use_database(path)
        megabytes, changed = grown(path, text, count)
    wanted = TARGET * count / 1000
    print(
        f"{count} revisions of {len(text.encode()) / 1000:.0f} KB, {changed} of them with a change:"
        f" {megabytes:.1f} MB (target {wanted:.1f})"
    )
    return int(megabytes > wanted)


def grown(path: Path, text: str, count: int) -> tuple[float, int]:
    """Keep so many versions of a text; return the MB that the database grew by, and how many
    versions differ from the one before them."""
    from django.db import transaction  # noqa: PLC0415

    from posts import revising  # noqa: PLC0415
    from posts.documents import parse_issue  # noqa: PLC0415
    from posts.models import Post, Revision  # noqa: PLC0415

    post = Post.objects.create(title="Many versions", slug="many-versions")
    before = size(path)
    with transaction.atomic():
        for number in range(count):
            issue = parse_issue(reworded(text, number).encode())
            post.version, post.header = number + 1, issue.header
            sections = [(part.heading, part.source) for part in issue.sections]
            revising.keep(post, revising.Cause(), revising.last_of(post), sections)
    last = Revision.objects.filter(post=post).latest("number")
    assert revising.text_of(last) == reworded(text, count - 1)
    return (size(path) - before) / 1e6, Revision.objects.exclude(change={}).count()


def size(path: Path) -> int:
    """Return the bytes of a database, all that was written among them."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 1000))
