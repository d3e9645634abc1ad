"""The changelog says each thing once, also after it was merged line by line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def test_the_changelog_says_each_thing_once() -> None:
    unreleased = CHANGELOG.read_text().split("\n## ")[1]
    entries = Counter(line for line in unreleased.splitlines() if line.startswith(("- ", "### ")))
    assert [line for line, times in entries.items() if times > 1] == []
