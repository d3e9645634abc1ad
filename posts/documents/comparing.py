"""Two texts side by side, for people: which lines changed, and in those which words.

Words are told apart by their letters; inside a Korean word that changed, syllables. A pure function
of text, bounded in what it shows and in what it costs: beyond its budget, lines that changed are
shown whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from posts.documents.aligning import Budget, Run, align
from posts.documents.editing import plain

CONTEXT: Final = 3
MOST_ROWS: Final = 3_000
_ALIKE: Final = 0.3
_MOST_TRIED: Final = 900
_MOST_LETTERS: Final = 1_000_000
"""So much may looking inside lines cost: letters read, and pairs of words compared."""
_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
_WORD: Final = re.compile(r"\w+")
_HANGUL: Final = re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
_HEADING: Final = re.compile(r" {0,3}#{1,6}[ \t]")


class Span(NamedTuple):
    """A part of a line, and whether it is other than in the other text."""

    text: str
    is_changed: bool


class Row(NamedTuple):
    """A line of the comparison. ``kind``: same, changed, added, removed, or gap, which stands for
    lines that are the same. Lines count from 1; None where a text has none here."""

    kind: str
    old: tuple[Span, ...] = ()
    new: tuple[Span, ...] = ()
    old_line: int | None = None
    new_line: int | None = None


class Comparison(NamedTuple):
    """Rows, how many lines came and went, and how many of those are beyond the last row."""

    rows: list[Row]
    added: int
    removed: int
    more: int


def compare_texts(old: str, new: str) -> Comparison:
    """Compare two texts line by line, with a few lines around each change."""
    here, there = plain(old).split("\n"), plain(new).split("\n")
    heads = [_HEADING.match(line) is not None for line in (*here, *there)]
    runs = align(here, there, heads)
    same = sum(run.size for run in runs)
    rows = list(islice(_rows(here, there, runs), MOST_ROWS))
    added, removed = len(there) - same, len(here) - same
    return Comparison(rows, added, removed, added + removed - sum(map(_changes, rows)))


def _changes(row: Row) -> int:
    """Return how many lines that came or went stand in a row."""
    return {"changed": 2, "added": 1, "removed": 1}.get(row.kind, 0)


def _rows(here: Sequence[str], there: Sequence[str], runs: Sequence[Run]) -> Iterator[Row]:
    if here == there:
        return
    budget = Budget(_MOST_LETTERS)
    at = other = 0
    end = Run(len(here), len(there), 0)
    for run in (*runs, end):
        if run.here > at or run.there > other:
            yield from _changed(here, there, (at, run.here), (other, run.there), budget)
        at, other = run.here + run.size, run.there + run.size
        is_first, is_last = not run.here and not run.there, at == len(here) and other == len(there)
        yield from _kept(here, run, 0 if is_first else CONTEXT, 0 if is_last else CONTEXT)


def _kept(here: Sequence[str], run: Run, head: int, tail: int) -> Iterator[Row]:
    """Yield the first and the last of lines that are the same, and a gap between them."""
    steps = range(run.size)
    if run.size > head + tail + 1:
        steps = [*range(head), -1, *range(run.size - tail, run.size)]  # type: ignore[assignment]
    for step in steps:
        if step < 0:
            yield Row("gap")
        else:
            line = (Span(here[run.here + step], is_changed=False),)
            yield Row("same", line, line, run.here + step + 1, run.there + step + 1)


def _changed(
    here: Sequence[str],
    there: Sequence[str],
    own: tuple[int, int],
    other: tuple[int, int],
    budget: Budget,
) -> Iterator[Row]:
    """Yield lines that went, came, or were reworded, in the order of both."""
    olds, news = here[slice(*own)], there[slice(*other)]
    at = to = 0
    for one, two in (*_reworded(olds, news, budget), (len(olds), len(news))):
        for line in range(at, one):
            yield Row("removed", _whole(olds[line]), (), own[0] + line + 1)
        for line in range(to, two):
            yield Row("added", (), _whole(news[line]), None, other[0] + line + 1)
        if one < len(olds) and two < len(news):
            spans = changed_words(olds[one], news[two], budget)
            yield Row("changed", *spans, own[0] + one + 1, other[0] + two + 1)
        at, to = one + 1, two + 1


def _whole(line: str) -> tuple[Span, ...]:
    return (Span(line, is_changed=True),)


def _reworded(olds: Sequence[str], news: Sequence[str], budget: Budget) -> list[tuple[int, int]]:
    """Return which of the new lines are rewordings of which old ones, in the order of both."""
    if not olds or not news:
        return []
    letters = len(news) * sum(map(len, olds)) + len(olds) * sum(map(len, news))
    if len(olds) * len(news) > _MOST_TRIED or not budget.spend(letters):
        return [(index, index) for index in range(min(len(olds), len(news)))]
    bags = [Counter(_WORD.findall(line)) for line in olds]
    others = [Counter(_WORD.findall(line)) for line in news]
    best: list[list[tuple[float, tuple[tuple[int, int], ...]]]]
    best = [[(0.0, ())] * (len(news) + 1) for _ in range(len(olds) + 1)]
    for one, bag in enumerate(bags, 1):
        for two, other in enumerate(others, 1):
            choices = [best[one - 1][two], best[one][two - 1]]
            if (alike := _likeness(bag, other)) >= _ALIKE:
                score, pairs = best[one - 1][two - 1]
                choices.append((score + alike, (*pairs, (one - 1, two - 1))))
            best[one][two] = max(choices, key=lambda choice: choice[0])
    return list(best[-1][-1][1])


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Return how much two bags of words have in common, from 0 to 1. Korean words differ by their
    endings: of those the stem counts, too."""
    total = one.total() + other.total()
    if not total:
        return 0.0
    stems, others = (Counter(word[:2] for word in bag.elements()) for bag in (one, other))
    return ((one & other).total() + (stems & others).total()) / total


# Words


def changed_words(old: str, new: str, budget: Budget) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return two lines in parts that are the same and parts that are not."""
    if not budget.spend(len(old) + len(new)):
        return _whole(old), _whole(new)
    here, there = _TOKEN.findall(old), _TOKEN.findall(new)
    own: list[Span] = []
    others: list[Span] = []
    at = to = 0
    for run in (*align(here, there, budget=budget), Run(len(here), len(there), 0)):
        gone, came = "".join(here[at : run.here]), "".join(there[to : run.there])
        _add_changed(own, others, gone, came, budget)
        at, to = run.here + run.size, run.there + run.size
        same = Span("".join(here[run.here : at]), is_changed=False)
        own.append(same)
        others.append(same)
    return _joined(own), _joined(others)


def _add_changed(own: list[Span], others: list[Span], gone: str, came: str, budget: Budget) -> None:
    """Add what changed between two words that did not: by syllable where both are Korean."""
    if _HANGUL.search(gone) and _HANGUL.search(came):
        runs = align(gone, came, budget=budget)
        if 2 * sum(run.size for run in runs) >= min(len(gone), len(came)):
            at = to = 0
            for run in (*runs, Run(len(gone), len(came), 0)):
                kept = gone[run.here : run.here + run.size]
                own += (Span(gone[at : run.here], True), Span(kept, False))
                others += (Span(came[to : run.there], True), Span(kept, False))
                at, to = run.here + run.size, run.there + run.size
            return
    own.append(Span(gone, is_changed=True))
    others.append(Span(came, is_changed=True))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans without empty ones, neighbours of one kind together."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].is_changed == span.is_changed:
            joined[-1] = Span(joined[-1].text + span.text, span.is_changed)
        elif span.text:
            joined.append(span)
    return tuple(joined)
