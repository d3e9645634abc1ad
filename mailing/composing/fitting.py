"""Which form each piece of a mail takes, so that the whole stays within its budget.

Whole where all fits; else every section gets as much room as the others, and what short ones do
not need goes to the long. In a section pieces are whole as long as half of its room is left for
lines of what follows, then lines, and at last "n more on the site". Where there are so many
sections that shares hold no more than headings, the first are whole and the others on the site. The
same mail comes out each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mailing.composing.pieces import Box, Piece

_ROUNDS: Final = 5
Cost = Callable[[str], int]
"""Returns the size of whole lines of HTML as they are sent."""
More = Callable[[int, str], str]
"""Returns the line that says that so many items are on the site, at an anchor; 0: it goes on."""


@dataclass(slots=True)
class Section:
    """A part of a mail: its heading as HTML, what stands below it, and where on the site it is."""

    heading: str
    box: Box
    place: str = ""


class Fitted(NamedTuple):
    """What a mail shows: HTML, the anchors of the items in it, how many are left out, and how many
    of those in it are a line."""

    html: str
    shown: list[str]
    left_out: int
    shortened: int


@dataclass(slots=True)
class _Entry:
    """A piece with what must stand around it, and what both forms of it cost."""

    piece: Piece
    around: tuple[Box, ...]
    whole: int
    line: int


@dataclass(slots=True)
class _Chosen:
    """What a section shows in some room: the forms of pieces, by identity."""

    forms: dict[int, str] = field(default_factory=dict)
    used: int = 0
    left_out: int = 0
    shortened: int = 0
    is_cut: bool = False


def fit(
    sections: Sequence[Section],
    room: int,
    cost: Cost,
    more: More,
    wanted: Callable[[str], bool] | None = None,
) -> Fitted:
    """Return what of sections fits. With ``wanted`` only these items are shown, or counted."""
    plans = [_Plan(section, cost, more, wanted) for section in sections]
    plans = [plan for plan in plans if wanted is None or plan.entries]
    if sum(plan.need for plan in plans) <= room:
        return _joined(plans, [plan.fill(plan.need) for plan in plans], more)
    room -= cost(more(99_999, ""))
    if sum(plan.least for plan in plans) > room:
        return _joined(plans, _first(plans, room), more)
    rooms = _shares([plan.need for plan in plans], room)
    chosen = [plan.fill(own) for plan, own in zip(plans, rooms, strict=True)]
    for _round in range(_ROUNDS):
        spare = room - sum(one.used for one in chosen)
        needy = [at for at, one in enumerate(chosen) if one.is_cut]
        if not needy or spare < len(needy):
            break
        missing = [plans[at].need - chosen[at].used for at in needy]
        for at, extra in zip(needy, _shares(missing, spare), strict=True):
            again = plans[at].fill(chosen[at].used + extra)
            if (len(again.forms), again.used) > (len(chosen[at].forms), chosen[at].used):
                chosen[at] = again
    return _joined(plans, chosen, more)


def _first(plans: Sequence[_Plan], room: int) -> list[_Chosen]:
    """Return what sections show in their order until the room is used up; no heading alone."""
    chosen = []
    for plan in plans:
        one = plan.fill(min(plan.need, max(0, room)))
        chosen.append(plan.nothing() if one.is_cut and not one.forms else one)
        room -= chosen[-1].used
    for at in range(len(plans) - 2, -1, -1):
        if not plans[at].entries and not chosen[at + 1].used:
            chosen[at] = plans[at].nothing()
    return chosen


def _shares(needs: Sequence[int], room: int) -> list[int]:
    """Return equal shares of a room, of which nobody gets more than is needed."""
    shares = [0] * len(needs)
    left = sorted(range(len(needs)), key=lambda at: needs[at])
    for done, at in enumerate(left):
        shares[at] = min(needs[at], max(0, room) // (len(left) - done))
        room -= shares[at]
    return shares


class _Plan:
    def __init__(
        self, section: Section, cost: Cost, more: More, wanted: Callable[[str], bool] | None
    ) -> None:
        self.section = section
        self._cost = cost
        self._around: dict[int, int] = {}
        self.entries = [
            _Entry(piece, around, cost(piece.html), cost(piece.line) if piece.line else 0)
            for piece, around in _pieces(section.box, ())
            if wanted is None or (piece.anchor and wanted(piece.anchor))
        ]
        boxes = {id(box): box for entry in self.entries for box in entry.around}
        self._boxes = {key: cost(box.start) + cost(box.end) + _head_cost(box, cost)
                       for key, box in boxes.items()}  # fmt: skip
        self._heading = cost(section.heading) if section.heading else 0
        self._more = cost(more(99_999, section.place))
        self._lines = sum(entry.line for entry in self.entries)
        whole = sum(entry.whole for entry in self.entries)
        self.need = self._heading + whole + sum(self._boxes.values())
        self.least = min(self.need, self._heading + self._more + self._smallest())

    def fill(self, room: int) -> _Chosen:
        """Return the forms that pieces take in a room."""
        chosen = _Chosen(used=self._heading)
        is_whole = room >= self.need
        room -= 0 if is_whole else self._more
        if self._heading > room:
            return self.nothing()
        opened: set[int] = set()
        behind = self._lines
        for entry in self.entries:
            behind -= entry.line
            fresh = [id(box) for box in entry.around if id(box) not in opened]
            shell = sum(self._boxes[key] for key in fresh)
            kept_back = 0 if is_whole else min(behind, room // 2)
            if chosen.used + shell + entry.whole + kept_back <= room:
                chosen.forms[id(entry.piece)] = entry.piece.html
                chosen.used += shell + entry.whole
            elif entry.line and chosen.used + shell + entry.line <= room:
                chosen.forms[id(entry.piece)] = entry.piece.line
                chosen.shortened += 1
                chosen.used += shell + entry.line
                chosen.is_cut = True
            else:
                chosen.left_out += bool(entry.piece.anchor)
                chosen.is_cut = True
                continue
            opened.update(fresh)
        if chosen.is_cut:
            chosen.used += self._more
        return chosen

    def nothing(self) -> _Chosen:
        """Return that a section is on the site alone, its heading too."""
        items = sum(bool(entry.piece.anchor) for entry in self.entries)
        return _Chosen(left_out=items, is_cut=True)

    def _smallest(self) -> int:
        """Return what the smallest entry costs, with what must stand around it."""
        return min(
            (
                sum(self._boxes[id(box)] for box in entry.around) + (entry.line or entry.whole)
                for entry in self.entries
            ),
            default=0,
        )

    def html(self, chosen: _Chosen, more: More) -> str:
        """Return a section in the forms that were chosen."""
        if chosen.is_cut and not chosen.forms and not chosen.used:
            return ""
        parts = [self.section.heading, _written(self.section.box, chosen.forms)]
        omitted = len(chosen.forms) < len(self.entries)
        if omitted:
            parts.append(more(chosen.left_out, self.section.place))
        return "".join(parts)


def _pieces(box: Box, around: tuple[Box, ...]) -> Iterator[tuple[Piece, tuple[Box, ...]]]:
    for part in box.parts:
        if isinstance(part, Box):
            yield from _pieces(part, (*around, part))
        elif part is not box.head:
            yield part, around


def _head_cost(box: Box, cost: Cost) -> int:
    return cost(box.head.html) if box.head else 0


def _written(box: Box, forms: dict[int, str]) -> str:
    inside = "".join(
        _written(part, forms) if isinstance(part, Box) else forms.get(id(part), "")
        for part in box.parts
    )
    if not inside or not box.start:
        return inside
    head = box.head.html if box.head else ""
    return f"{box.start}{head}{inside}{box.end}"


def _joined(plans: Iterable[_Plan], chosen: Sequence[_Chosen], more: More) -> Fitted:
    parts, shown, gone, left_out, is_gone = [], [], 0, 0, False
    for plan, one in zip(plans, chosen, strict=True):
        html = plan.html(one, more)
        parts.append(html)
        left_out += one.left_out
        gone += one.left_out if not html else 0
        is_gone = is_gone or bool(plan.entries and not html)
        shown += [
            entry.piece.anchor
            for entry in plan.entries
            if entry.piece.anchor and id(entry.piece) in one.forms
        ]
    if is_gone:
        parts.append(more(gone, ""))
    return Fitted("".join(parts), shown, left_out, sum(one.shortened for one in chosen))
