"""What the loss check misses: changes of one kind each in the HTML of 200 real issues.

    python -m benchmarks.losses [CHANGES]

Each issue is rendered and changed ten times (or CHANGES times) by each kind of change. How many are
reported, and with a place, is printed. The random numbers are the same in every run.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.project import fresh_project
from posts.documents import parse_issue
from posts.rendering import read_issue
from tests.corpus import ROOT, issue_files

TWIR, AINEWS = 150, 49
"""How many issues of each kind; the seed makes 200."""

LINK = re.compile(
    r'<a (?![^>]*class="(?:permalink|footnote))[^>]*href="([^"]{10,})"[^>]*>(.*?)</a>', re.DOTALL
)
WORD = re.compile(r"(?<![\w&#])[^\W_]+(?![^<]*>)(?!;)")
PARAGRAPH = re.compile(r"<p[^>]*>(?=[^<]*\w).*?</p>", re.DOTALL)
ITEM = re.compile(r"<li[^>]*>(?=[^<]*\w)(?:(?!<li).)*?</li>", re.DOTALL)
PICTURE = re.compile(r"<img[^>]*>")
CHANCE = random.Random(7)  # noqa: S311
SIGNS = "abcxyz0189-_/."

Change = Callable[[re.Match[str]], str]


def other_address(found: re.Match[str]) -> str:
    """Replace, drop or add one sign of an address behind its scheme."""
    url = found[1]
    at = CHANCE.randrange(8, len(url))
    kept = url[at + CHANCE.randrange(2) :]
    changed = url[:at] + CHANCE.choice(["", CHANCE.choice(SIGNS)]) + kept
    return found[0].replace(f'href="{url}"', f'href="{changed}"', 1)


KINDS: dict[str, tuple[re.Pattern[str], Change]] = {
    "a word dropped": (WORD, lambda found: ""),
    "a link dropped": (LINK, lambda found: ""),
    "a link left as text": (LINK, lambda found: found[2]),
    "an address changed": (LINK, other_address),
    "a paragraph dropped": (PARAGRAPH, lambda found: ""),
    "a paragraph doubled": (PARAGRAPH, lambda found: found[0] * 2),
    "an item dropped": (ITEM, lambda found: ""),
    "a picture dropped": (PICTURE, lambda found: ""),
}


def main(changes: int) -> int:
    """Print the shares; 0 if at most one change in a thousand of each kind is missed."""
    files = sample()
    if not files:
        print(f"no issues in {ROOT}: set NEWSLETTER_CORPUS")
        return 1
    with fresh_project():
        counts = count(files, changes)
    print(f"{'':<24}{'changes':>8}{'reported':>10}{'with a place':>14}")
    for kind in KINDS:
        total, reported, placed = (counts[kind, what] for what in ("all", "reported", "placed"))
        print(f"{kind:<24}{total:>8}{reported / total:>10.2%}{placed / total:>14.2%}")
    return int(any(counts[kind, "reported"] < 0.999 * counts[kind, "all"] for kind in KINDS))


def sample() -> list[Path]:
    """Choose the issues, the same in every run; none if the archive is not whole."""
    folders = {"seed": 1, "twir": TWIR, "ainews": AINEWS}
    found = {name: issue_files(name) for name in folders}
    if not all(found.values()):
        return []
    return [path for name, count in folders.items() for path in CHANCE.sample(found[name], count)]


def count(files: list[Path], changes: int) -> Counter[tuple[str, str]]:
    """Change each file's HTML by every kind and count what is reported."""
    from posts.importing.losses import find_losses  # noqa: PLC0415 needs Django set up

    counts: Counter[tuple[str, str]] = Counter()
    for file in files:
        issue = parse_issue(file.read_bytes(), file.name)
        html = "".join(read_issue(issue.markdown).to_html())
        for kind, (pattern, change) in KINDS.items():
            places = list(pattern.finditer(html))
            for found in CHANCE.choices(places, k=changes) if places else ():
                changed = html[: found.start()] + change(found) + html[found.end() :]
                if changed != html:
                    report = find_losses(issue.body, changed)
                    counts[kind, "all"] += 1
                    counts[kind, "reported"] += bool(report)
                    counts[kind, "placed"] += "(line " in report
    return counts


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 10))
