"""Two texts that were made of the same one, made one again: no word of either is lost.

The rule is that of diff3 (Khanna, Kunal and Pierce, "A formal investigation of diff3", 2007): what
one of the two changed is taken, what both changed alike is taken once, and where both changed the
same place the two stand one below the other, between marks that say whose is which. Lines that
touch are one place, as for `git merge-file`. Pure functions of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from posts.documents.aligning import Run, align
from posts.documents.editing import Line, split_lines

MINE, THEIRS = "mine", "theirs"
MOST_LINES: Final = 60_000
"""Texts of more lines together are merged in one way only."""
OPENS, DIVIDES, CLOSES = "<<<<<<<", "=======", ">>>>>>>"
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")


@dataclass(frozen=True, slots=True)
class Clash:
    """A place that both changed, each in another way; ``line`` is that of its first mark."""

    line: int
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What two texts are together; where they clash, both stand in the text, with marks."""

    text: str
    clashes: tuple[Clash, ...] = ()


class _Place(NamedTuple):
    """The lines of one place in the three texts."""

    base: Sequence[Line]
    mine: Sequence[Line]
    theirs: Sequence[Line]
    is_stable: bool


def merge_texts(
    base: str, mine: str, theirs: str, *, names: tuple[str, str] = (MINE, THEIRS)
) -> Merged:
    """Merge two texts that were made of a base; ``names`` say in the marks whose is which.

    Endings of lines alone are no difference: a line has the ending that one of the two gave it.
    Where whole sections that stayed tell of clashes, lines that stayed may tell of none.
    """
    texts = [split_lines(text) for text in (base, mine, theirs)]
    newline = _newline(base or mine or theirs)
    writer = _Writer(names, newline).written(_places(*texts, by_section=True))
    if writer.clashes and sum(map(len, texts)) <= MOST_LINES:
        other = _Writer(names, newline).written(_places(*texts, by_section=False))
        writer = min(writer, other, key=lambda one: len(one.clashes))
    return Merged(_text(writer.lines), tuple(writer.clashes))


def marked_lines(text: str, sign: str) -> list[int]:
    """Return the lines of a text on which marks of a clash stand whose names end with a sign."""
    mark = re.compile(rf"^(?:{OPENS}|{CLOSES}) .*{re.escape(sign)}\r?$", re.MULTILINE)
    return [text.count("\n", 0, found.start()) + 1 for found in mark.finditer(text)]


@dataclass
class _Writer:
    """Writes the merged text line by line."""

    names: tuple[str, str]
    newline: str
    lines: list[Line] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)

    def written(self, places: Iterator[_Place]) -> _Writer:
        """Return this writer when it has written all places."""
        for place in places:
            self.write(place)
        return self

    def write(self, place: _Place) -> None:
        """Write a place: as one of the two has it, or as both do, between marks."""
        base, mine, theirs, is_stable = place
        if is_stable:
            rows = zip(base, mine, theirs, strict=True)
            self._add((own[0], _ending(old[1], own[1], other[1])) for old, own, other in rows)
        elif _keys(mine) == _keys(base):
            self._add(theirs)
        elif _keys(theirs) in (_keys(base), _keys(mine)):
            self._add(mine)
        else:
            self._clash(base, mine, theirs)

    def _clash(self, base: Sequence[Line], mine: Sequence[Line], theirs: Sequence[Line]) -> None:
        """Write both, but once what they have in common at either end."""
        head = _shared(mine, theirs)
        self._add(mine[:head])
        mine, theirs = mine[head:], theirs[head:]
        tail = _shared(mine[::-1], theirs[::-1])
        ours, others = mine[: len(mine) - tail], theirs[: len(theirs) - tail]
        self._end_line()
        clash = Clash(len(self.lines) + 1, *(_text(rows) for rows in (base, ours, others)))
        self.clashes.append(clash)
        for mark, rows in (
            (f"{OPENS} {self.names[0]}", ours),
            (DIVIDES, others),
            (f"{CLOSES} {self.names[1]}", ()),
        ):
            self._add([(mark, self.newline), *rows])
        self._add(mine[len(ours) :])

    def _add(self, rows: Sequence[Line] | Iterator[Line]) -> None:
        for row in rows:
            self._end_line()
            self.lines.append(row)

    def _end_line(self) -> None:
        """Give the last line an ending, since another follows it."""
        if self.lines and not self.lines[-1][1]:
            self.lines[-1] = (self.lines[-1][0], self.newline)


# Places


def _places(
    base: Sequence[Line], mine: Sequence[Line], theirs: Sequence[Line], *, by_section: bool
) -> Iterator[_Place]:
    """Yield the places of three texts: by turns lines that all have, and lines between those."""
    ours, others = _matches(base, mine, by_section), _matches(base, theirs, by_section)
    at = here = there = 0
    for line in sorted(ours.keys() & others.keys()):
        own, other = ours[line], others[line]
        if (line, own, other) != (at, here, there):
            yield _Place(base[at:line], mine[here:own], theirs[there:other], is_stable=False)
        at, here, there = line + 1, own + 1, other + 1
        yield _Place(base[line:at], mine[own:here], theirs[other:there], is_stable=True)
    if (at, here, there) != (len(base), len(mine), len(theirs)):
        yield _Place(base[at:], mine[here:], theirs[there:], is_stable=False)


def _matches(base: Sequence[Line], other: Sequence[Line], by_section: bool) -> dict[int, int]:
    heads = [*_heads(base), *_heads(other)] if by_section else ()
    runs: list[Run] = align(_keys(base), _keys(other), heads)
    return {run.here + step: run.there + step for run in runs for step in range(run.size)}


def _heads(lines: Sequence[Line]) -> list[bool]:
    return [_HEADING.match(text) is not None for text, _ending in lines]


def _keys(lines: Sequence[Line]) -> list[str]:
    return [text for text, _ending in lines]


def _shared(mine: Sequence[Line], theirs: Sequence[Line]) -> int:
    """Return how many lines two texts have in common at their start."""
    count = 0
    for own, other in zip(mine, theirs, strict=False):
        if own[0] != other[0]:
            break
        count += 1
    return count


def _ending(base: str, mine: str, theirs: str) -> str:
    return mine if mine != base else theirs


def _text(lines: Sequence[Line]) -> str:
    return "".join(text + ending for text, ending in lines)


def _newline(text: str) -> str:
    found = re.search(r"\r\n|\r|\n", text)
    return found[0] if found else "\n"
