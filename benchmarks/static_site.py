"""Pages a second of `build_static`, against composing the same answers in memory; and one edit.

python -m benchmarks.static_site [POSTS]      (default: 600)
"""

from __future__ import annotations

import sys
import time

from benchmarks.project import fresh_project

TARGET = 2.0  # times the answers in memory


def main(count: int) -> int:
    """Print the figures; return 1 when the target is missed."""
    with fresh_project(ALLOWED_HOSTS="127.0.0.1") as folder:
        from django.conf import settings  # noqa: PLC0415

        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)
        from newsletter.static_site import Site, build  # noqa: PLC0415
        from posts.documents import parse_issue  # noqa: PLC0415
        from posts.models import Post  # noqa: PLC0415
        from posts.publishing import save_document  # noqa: PLC0415

        settings.STATIC_ROOT = folder / "static"
        settings.STATIC_ROOT.mkdir()
        fill(count)
        sum(1 for _page in Site("").pages())  # what is compiled once
        started = time.process_time()
        pages = sum(1 for _page in Site("").pages())
        in_memory = time.process_time() - started
        figures = []
        for edit in (False, False, True):
            if edit:
                post = Post.objects.published().newest_first()[count // 2]
                save_document(post, parse_issue(f"{post.document}\n\nOne more line.\n".encode()))
            started = time.process_time()
            files = list(build(folder / "site", settings.SITE_URL))
            figures.append((time.process_time() - started, sum(new for _path, new in files)))
    print(f"{pages} pages in memory: {in_memory:.1f} s")
    for name, (seconds, written) in zip(("at first", "again", "an edit"), figures, strict=True):
        print(
            f"{name:10}{pages / seconds:>8.0f} pages a second{written:>8} written"
            f"{seconds / in_memory:>8.2f} times memory"
        )
    return 1 if max(seconds for seconds, _written in figures) > TARGET * in_memory else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 600))
