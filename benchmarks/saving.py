"""CPU of saving an edited post beyond rendering it, and its growth with the number of posts.

python -m benchmarks.saving [POSTS …]      (default: 600 60000)

With an archive also what saving one changed item of its longest issue takes, all rows, forms of the
text and the revision included, against reading and rendering that text once. Runs of both take
turns, and each begins without anything that is remembered of texts.
"""

from __future__ import annotations

import functools
import gc
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.project import fresh_project, use_database
from tests.corpus import issue_files

if TYPE_CHECKING:
    from posts.documents import Issue

TARGET = 100.0  # milliseconds
GROWTH_TARGET = 1.2
LONGEST_TARGET = 1.5  # renders
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
        ratio = measure_longest(folder / "longest.sqlite3") if issue_files("ainews") else 0.0
    growth = spent[counts[-1]] / spent[counts[0]] if counts else 1.0
    print(f"growth from {counts[0]} to {counts[-1]} posts: {growth:.2f} (target {GROWTH_TARGET})")
    missed = max(spent.values(), default=0.0) > TARGET or growth > GROWTH_TARGET
    return int(missed or ratio > LONGEST_TARGET)


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


# The longest issue


def measure_longest(path: Path) -> float:
    """Save one changed item of the longest issue, again and again; print and return how many full
    renders that takes."""
    from posts.documents import parse_issue  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415
    from posts.publishing import save_document  # noqa: PLC0415

    use_database(path)
    text = longest_issue()
    post = save_document(Post(), parse_issue(text.encode()), status="published")
    saves, renderings = [], []
    for number in range(SAVES):
        issue = parse_issue(reworded(text, number).encode())
        forget_texts()
        started = time.process_time()
        save_document(post, issue)
        saves.append((time.process_time() - started) * 1000)
        forget_texts()
        renderings.append(render(issue))
    ratio = statistics.median(saves) / statistics.median(renderings)
    print(
        f"the longest issue, {len(text) // 1000} KB, {post.item_count} items: saving one changed"
        f" item {statistics.median(saves):.0f} ms, a full render"
        f" {statistics.median(renderings):.0f} ms CPU: {ratio:.2f} (target {LONGEST_TARGET})",
        flush=True,
    )
    return ratio


def longest_issue() -> str:
    """Return the longest issue of the archive."""
    files = [file for name in ("ainews", "twir") for file in issue_files(name)]
    return max(files, key=lambda file: file.stat().st_size).read_text(encoding="utf-8")


def reworded(text: str, number: int) -> str:
    """Return a text with one of its items reworded, another each time."""
    lines = text.split("\n")
    items = [place for place, line in enumerate(lines) if line.lstrip().startswith(("- ", "* "))]
    lines[items[number * 37 % len(items)]] += f" and more ({number})"
    return "\n".join(lines)


def forget_texts() -> None:
    """Forget what functions of ours remember of earlier texts, and clear away what is left.

    Typefaces are no texts, nor is what is kept without limit: the list of public suffixes, what is
    compiled.
    """
    for one in gc.get_objects():
        # (Told by their type: to ask some objects anything makes them do their work.)
        if type(one) is functools._lru_cache_wrapper and _is_of_texts(one):
            one.cache_clear()
    gc.collect()


def _is_of_texts(cache: functools._lru_cache_wrapper[Any]) -> bool:
    module = cache.__module__
    is_ours = module.startswith(("posts", "links")) and not module.startswith("posts.cards")
    return is_ours and cache.cache_parameters()["maxsize"] is not None


if __name__ == "__main__":
    sys.exit(main([int(value) for value in sys.argv[1:]] or [600, 60_000]))
