"""Whether readers of feeds see an item twice because its issue was edited.

    python -m benchmarks.feed_identity [EDITS]      (default: 451)

Real issues are edited again and again, each time in one of the ways in which editors do it: a word,
a corrected address, a new heading, an item added, taken out or moved. After each edit every item
that was there before and is still meant must be known by the same identity, which feeds by item
(`/items.xml` and its like) send as `guid` or `id`. What is meant, the edit says, not the matching.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.project import fresh_project
from tests.corpus import ROOT, issue_files

if TYPE_CHECKING:
    from posts.models import LinkedItem, Post

TARGET = 0.998
FOLDERS = ("seed", "twir", "ainews")
EDITS_AN_ISSUE = 6
Lines = list[str]
Place = tuple[int, int]
"""The first line of an item in its document, and the line after its last."""


def main(edits: int) -> int:
    """Edit, compare and print; return the exit code."""
    files = [path for folder in FOLDERS for path in issue_files(folder)]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    chance = random.Random(451)  # noqa: S311 (the same edits each time)
    chance.shuffle(files)
    made, kept, meant = Counter[str](), Counter[str](), Counter[str]()
    with fresh_project():
        from posts.documents import DocumentError, parse_issue  # noqa: PLC0415
        from posts.models import Post  # noqa: PLC0415
        from posts.publishing import save_document  # noqa: PLC0415

        for path in files:
            try:
                issue = parse_issue(path.read_bytes(), path.name)
            except DocumentError:
                continue
            post = save_document(Post(), issue, status="published")
            for _ in range(min(EDITS_AN_ISSUE, edits - made.total())):
                _edit(post, chance, made, kept, meant)
            if made.total() >= edits:
                break
    return _report(made, kept, meant)


def _edit(
    post: Post,
    chance: random.Random,
    made: Counter[str],
    kept: Counter[str],
    meant: Counter[str],
) -> None:
    """Edit a post once; count the edit, the items that were meant to stay, and those that did."""
    from posts.documents import parse_issue  # noqa: PLC0415
    from posts.markdown.lines import with_ends  # noqa: PLC0415
    from posts.publishing import save_document  # noqa: PLC0415

    rows = list(post.items.filter(removed_at=None, kind="list").exclude(url=""))
    places = _places(post, rows)
    if not places:
        return
    kind = chance.choice(list(EDITS))
    lines = with_ends(post.document)
    row = chance.choice(list(places))
    EDITS[kind](lines, places[row], row)
    before = set(post.items.filter(removed_at=None).values_list("uid", flat=True))
    before -= {row.uid} if kind == "taken out" else set()
    save_document(post, parse_issue("".join(lines).encode()))
    after = set(post.items.filter(removed_at=None).values_list("uid", flat=True))
    made[kind] += 1
    meant[kind] += len(before)
    kept[kind] += len(before & after)


def _places(post: Post, rows: list[LinkedItem]) -> dict[LinkedItem, Place]:
    """Return the lines of items of one line, which an edit of a line moves or takes out whole."""
    starts, line = {}, post.header.count("\n")
    for section in post.sections.order_by("position"):
        starts[section.pk] = line
        line += section.source.count("\n")
    return {
        row: (starts[row.section_id] + row.start_line, starts[row.section_id] + row.end_line)
        for row in rows
        if row.section_id and row.end_line == row.start_line + 1
    }


# Edits: each changes the lines of a document at the place of an item


def _reword(lines: Lines, place: Place, row: LinkedItem) -> None:
    lines[place[0]] = lines[place[0]].rstrip("\n") + " (with a correction)\n"


def _correct(lines: Lines, place: Place, row: LinkedItem) -> None:
    lines[place[0]] = lines[place[0]].replace(row.url, f"{row.url.rstrip('/')}-corrected")


def _rename(lines: Lines, place: Place, row: LinkedItem) -> None:
    for number in range(place[0], -1, -1):
        if lines[number].startswith("#"):
            lines[number] = lines[number].rstrip("\n") + " and more\n"
            return


def _add(lines: Lines, place: Place, row: LinkedItem) -> None:
    marker = lines[place[0]][
        : len(lines[place[0]]) - len(lines[place[0]].lstrip(" *-+0123456789."))
    ]
    lines.insert(place[0], f"{marker}[New here](https://new.example.org/{row.uid})\n")


def _take_out(lines: Lines, place: Place, row: LinkedItem) -> None:
    del lines[place[0]]


def _move(lines: Lines, place: Place, row: LinkedItem) -> None:
    line = lines.pop(place[0])
    lines += ["\n", "## Moved here\n", f"- {line.lstrip(' *-+0123456789.')}"]


EDITS: dict[str, Callable[[Lines, Place, LinkedItem], None]] = {
    "reworded": _reword,
    "address corrected": _correct,
    "heading renamed": _rename,
    "added": _add,
    "taken out": _take_out,
    "moved": _move,
}


def _report(made: Counter[str], kept: Counter[str], meant: Counter[str]) -> int:
    for kind in EDITS:
        print(f"{kind:20}{made[kind]:>5} edits{kept[kind]:>9} of {meant[kind]:>7} items kept")
    share = kept.total() / meant.total()
    print(f"{made.total()} edits: {share:.3%} of identities stay (at least {TARGET:.1%})")
    return int(share < TARGET)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 451))
