"""Two random editors of real issues, merged: words lost, changes overwritten, what git says.

python -m benchmarks.merging [TRIALS] [SEED]      (default: 200 1)

Each edits the issue a few times: rewords, adds and deletes lines, moves and adds sections. All that
they write is told apart, so what of it is missing from the merged text is lost, and what of the
base both dropped or changed alike must not be there. Where `git merge-file` merges without a
conflict the text must be the same.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path

from posts.documents import merge_texts
from posts.documents.merging import Merged
from tests.corpus import issue_files

SLOW_TARGET = 3.0  # seconds of CPU
WORD = re.compile(r"\w+")


def main(trials: int, seed: int) -> int:
    """Print the figures; return 1 when one is missed."""
    files = [file for name in ("ainews", "twir", "seed") for file in issue_files(name)]
    dice = random.Random(seed)  # noqa: S311
    count: Counter[str] = Counter()
    slowest = 0.0
    for number in range(trials):
        base = dice.choice(files).read_text(encoding="utf-8")
        mine, theirs = (edited(base, who, dice) for who in (f"m{number}", f"t{number}"))
        started = time.process_time()
        merged = merge_texts(base, mine, theirs)
        slowest = max(slowest, time.process_time() - started)
        count += judge(base, mine, theirs, merged)
    hostile = max(seconds for _name, seconds in hostile_pairs())
    print(
        f"{trials} pairs of editors: {count['clean']} merged by themselves, {count['clashing']}"
        f" with {count['clashes']} clashes; {count['lost']} words lost, {count['overwritten']}"
        f" changes overwritten (targets 0 and 0); as git merge-file where that is clean:"
        f" {count['as git']} of {count['git clean']}; at most {slowest * 1000:.0f} ms CPU"
    )
    print(f"hostile texts of 1 MB: at most {hostile:.1f} s CPU (target {SLOW_TARGET:.0f})")
    failed = count["lost"] or count["overwritten"] or count["as git"] != count["git clean"]
    return int(bool(failed) or hostile > SLOW_TARGET)


def judge(base: str, mine: str, theirs: str, merged: Merged) -> Counter[str]:
    """Count what happened to the words of two editors, and whether git says the same."""
    have = Counter(WORD.findall(merged.text))
    words = [set(WORD.findall(text)) for text in (base, mine, theirs)]
    wanted = (words[1] | words[2]) - words[0]
    git = git_merge(base, mine, theirs)
    return Counter(
        {
            "clean": int(not merged.clashes),
            "clashing": int(bool(merged.clashes)),
            "clashes": len(merged.clashes),
            "lost": sum(word not in have for word in wanted),
            "overwritten": overwritten(base, mine, theirs, merged),
            "git clean": int(git is not None),
            "as git": int(git is not None and git == merged.text),
        }
    )


def overwritten(base: str, mine: str, theirs: str, merged: Merged) -> int:
    """Count the lines that one editor took away or changed and the other left where they were, and
    that are there again without anybody being asked: in no clash, neither now nor before."""
    before, own, other = (Counter(text.split("\n")) for text in (base, mine, theirs))
    clashing = (f"{clash.mine}\n{clash.theirs}".split("\n") for clash in merged.clashes)
    asked = {line for clash in merged.clashes for line in clash.base.split("\n")}
    after = Counter(merged.text.split("\n")) - Counter(chain.from_iterable(clashing))
    gone = {
        line
        for line, count in before.items()
        if count == 1 and line.strip() and {own[line], other[line]} == {0, 1} and after[line]
    }
    left = (
        {line for text in (mine, theirs) for line in left_in_place(base, text)} if gone else set()
    )
    return len(gone & left - asked)


def left_in_place(base: str, text: str) -> Iterator[str]:
    """Yield the lines of a base that a text has at the same place."""
    lines = base.split("\n")
    matcher = SequenceMatcher(None, lines, text.split("\n"), autojunk=False)
    for start, _there, size in matcher.get_matching_blocks():
        yield from lines[start : start + size]


def git_merge(base: str, mine: str, theirs: str) -> str | None:
    """Return what git makes of the texts; None for a conflict."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("mine", "base", "theirs")]
        for path, text in zip(paths, (mine, base, theirs), strict=True):
            path.write_text(text, encoding="utf-8", newline="")
        command = ["git", "merge-file", "-p", *map(str, paths)]
        done = subprocess.run(command, capture_output=True, check=False)
        return done.stdout.decode() if done.returncode == 0 else None


# Editors


def edited(text: str, who: str, dice: random.Random) -> str:
    """Return a text as a random editor leaves it, whose words are known by ``who``."""
    lines = text.split("\n")
    words = (f"{who}w{number}" for number in range(10_000))
    for _edit in range(dice.randint(1, 8)):
        dice.choice(EDITS)(lines, words, dice)
    return "\n".join(lines)


def _place(lines: list[str], dice: random.Random) -> int:
    return dice.randrange(len(lines))


def reword(lines: list[str], words: Iterator[str], dice: random.Random) -> None:
    """Put a word into a line, in place of one of its own."""
    place = _place(lines, dice)
    parts = lines[place].split(" ")
    parts[dice.randrange(len(parts))] = next(words)
    lines[place] = " ".join(parts)


def add(lines: list[str], words: Iterator[str], dice: random.Random) -> None:
    """Add an item or two."""
    place = _place(lines, dice)
    lines[place:place] = [f"- **{next(words)}**: {next(words)}" for _ in range(dice.randint(1, 2))]


def drop(lines: list[str], _words: Iterator[str], dice: random.Random) -> None:
    """Delete a few lines."""
    place = _place(lines, dice)
    del lines[place : place + dice.randint(1, min(3, len(lines) - 1) or 1)]
    lines += [""] * (not lines)


def move(lines: list[str], _words: Iterator[str], dice: random.Random) -> None:
    """Move a few lines to another place."""
    place = _place(lines, dice)
    taken = lines[place : place + dice.randint(1, 12)]
    del lines[place : place + len(taken)]
    target = dice.randint(0, len(lines))
    lines[target:target] = taken


def begin(lines: list[str], words: Iterator[str], dice: random.Random) -> None:
    """Add a section."""
    place = _place(lines, dice)
    lines[place:place] = ["", f"## {next(words)}", "", f"- {next(words)}", ""]


EDITS: tuple[Callable[[list[str], Iterator[str], random.Random], None], ...] = (
    reword, reword, reword, add, add, drop, move, begin,
)  # fmt: skip


# Hostile texts


def hostile_pairs() -> Iterator[tuple[str, float]]:
    """Merge texts of a megabyte that are made to be slow; yield their names and seconds of CPU."""
    many = 1_000_000
    dice = random.Random(0)  # noqa: S311
    few = [f"{word}\n" for word in "abcdefghij"]
    noise = ["".join(dice.choices(few, k=many // 2)) for _ in range(3)]
    texts = {
        "equal lines": ("-\n" * (many // 2), "-\n" * (many // 2 - 999), "-\n" * (many // 2 - 1)),
        "ten lines at random": (noise[0], noise[1], noise[2]),
        "two by turns": ("a\nb\n" * (many // 4), "b\na\n" * (many // 4), "b\nb\n" * (many // 4)),
        "headings": ("# a\n\n" * (many // 5), "# a\n" * (many // 4), "\n# a\n" * (many // 5)),
        "one line": ("a " * (many // 2), "b " * (many // 2), "c " * (many // 2)),
    }
    for name, (base, mine, theirs) in texts.items():
        started = time.process_time()
        merge_texts(base, mine, theirs)
        seconds = time.process_time() - started
        print(f"  {name}: {seconds:.2f} s")
        yield name, seconds


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    sys.exit(main(*(given + [200, 1][len(given) :])))
