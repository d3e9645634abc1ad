"""What our reading of Markdown costs in CPU time, against Python-Markdown as it comes.

    python -m benchmarks.rendering_speed [EVERY]

The yardstick renders the same texts with Python-Markdown, its stock extensions for the same syntax
and nh3. Ours also finds sections, items and links. EVERY takes each n-th issue only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import nh3
from markdown import Markdown

from posts.documents import Issue, parse_issue
from posts.markdown.document import Document
from posts.rendering import read_issue
from tests.corpus import ROOT

EXTENSIONS = ["tables", "footnotes", "pymdownx.superfences", "sane_lists", "pymdownx.tilde"]
SETTINGS = {"pymdownx.tilde": {"subscript": False}}


def main(every: int) -> int:
    """Time both over the archive."""
    files = [file for file in sorted(ROOT.rglob("*.md")) if file.parent != ROOT][::every]
    issues = [parse_issue(file.read_bytes(), file.name) for file in files if file.stem != "README"]
    size = sum(len(issue.body) for issue in issues)
    ours = best_of(lambda: [read(issue) for issue in issues])
    yardstick = best_of(lambda: [render_plainly(issue) for issue in issues])
    print(f"{len(issues)} issues, {size / 1e6:.1f} million characters, CPU seconds, best of 3")
    print(f"{'cutting, reading and to_html':<32}{ours:>8.2f}")
    print(f"{'Python-Markdown and nh3':<32}{yardstick:>8.2f}")
    print(f"{'ratio':<32}{ours / yardstick:>8.2f}")
    return 0


def read(issue: Issue) -> tuple[str, ...]:
    """All that a save asks of parser and renderer."""
    document = Document(issue.body)
    assert document.sections or not issue.body
    parsed = read_issue(document)
    return parsed.to_html(
        [[f"item-{number}" for number, _ in enumerate(found.items)] for found in parsed.sections]
    )


def render_plainly(issue: Issue) -> str:
    """The yardstick."""
    plain = Markdown(extensions=EXTENSIONS, extension_configs=SETTINGS)
    return nh3.clean(plain.convert(issue.body))


def best_of(work: Callable[[], object], times: int = 3) -> float:
    """The least CPU time of some runs, in seconds."""
    return min(_cpu_time(work) for _ in range(times))


def _cpu_time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 1))
