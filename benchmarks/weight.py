"""What the HTML of issues weighs against markdown-it's of the same Markdown, plain and compressed.

    python -m benchmarks.weight [FILE…]

By default the issue of 292 links (This Week in Rust 582) that ``docs/benchmarks.md`` names. Each is
rendered as a save does it, every item with its anchor.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import brotli
from markdown_it import MarkdownIt

from posts.documents import parse_issue
from posts.rendering import read_issue
from tests.corpus import ROOT

FILE = ROOT / "twir" / "2025-01-15-this-week-in-rust.md"
TARGETS = (1.8, 1.4)


def main(files: list[Path]) -> int:
    """Print the table; return 1 when a target is missed."""
    print(f"{'issue':<44}{'bytes':>9}{'ratio':>7}{'brotli':>9}{'ratio':>7}")
    missed = False
    for file in files:
        ours, yardstick = render(file)
        sizes = [(size(ours), size(yardstick)) for size in (len, compressed)]
        ratios = [mine / other for mine, other in sizes]
        missed |= any(ratio > target for ratio, target in zip(ratios, TARGETS, strict=True))
        row = "".join(f"{a:>9}{a / b:>7.2f}" for a, b in sizes)
        print(f"{file.stem[:43]:<44}{row}")
    print(f"{'wanted':<44}{TARGETS[0]:>16.2f}{TARGETS[1]:>16.2f}")
    return int(missed)


def render(file: Path) -> tuple[bytes, bytes]:
    """The HTML of an issue's body: ours, and the yardstick's."""
    issue = parse_issue(file.read_bytes(), file.name)
    parsed = read_issue(issue.markdown)
    numbers = count()
    # As those of one save: side by side.
    anchors = [
        [f"item-7d0c4e1{next(numbers):05x}" for _ in found.items] for found in parsed.sections
    ]
    plain = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return "".join(parsed.to_html(anchors)).encode(), plain.render(issue.body).encode()


def compressed(html: bytes) -> int:
    """The size as servers send it."""
    return len(brotli.compress(html))  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]] or [FILE]))
