"""Plots as SVG: bars, lines and ranked rows with axes, ticks and a text alternative.

Pure: numbers and words in, one ``<svg>`` element out. Across, everything is placed in percent and
there is no viewBox, so a plot has the width of its place while its letters keep their size; on a
phone a scaled plot could not be read. Colours come from the stylesheet by class (``tone-good``,
``tone-bad``…), and so does the room at the left for the numbers of the axis.

The roles follow https://www.w3.org/TR/graphics-aria-1.0/ and SVG-AAM: an image with a name and a
description; what is drawn inside is not read out, since a table beside it says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from typing import Final
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

# Pixels from above: the unit of the axis, the plot itself, the labels below it.
TOP: Final = 26
DEPTH: Final = 150
FLOOR: Final = TOP + DEPTH
HEIGHT: Final = FLOOR + 44
ROW: Final = 34
TICKS: Final = 4
# How wide a plot is on a phone, and letters are at the size of the stylesheet.
NARROW: Final = 280
LETTER: Final = 6.5
WIDE_LETTER: Final = 12
LONGEST: Final = 34


@dataclass(frozen=True, slots=True)
class Words:
    """What a plot says: its name, a sentence for who does not see it, and what its axes count.

    ``key`` is unique in the page: it makes the ids.
    """

    key: str
    title: str
    description: str
    across: str = ""
    up: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind, one for each label; None is not drawn. ``tone`` is a colour's class."""

    name: str
    tone: str
    values: Sequence[float | None]


def bars(words: Words, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Return a plot of upright bars, the series stacked on each other."""
    sums = [sum(one.values[place] or 0 for one in series) for place in range(len(labels))]
    ticks = ticks_up_to(max(sums, default=0))
    plot = _plot(words, HEIGHT)
    _axes(plot, words, labels, ticks)
    step = 100 / max(len(labels), 1)
    for place, label in enumerate(labels):
        below = 0.0
        for one in series:
            if value := one.values[place]:
                top, bottom = _y(below + value, ticks), _y(below, ticks)
                bar = _rect(plot, one.tone, place * step + step / 8, top, step * 3 / 4)
                bar.set("height", _number(max(bottom - top, 1)))
                _element(bar, "title", f"{label} · {one.name}: {shown(value)}")
                below += value
    return _text(plot)


def line(words: Words, labels: Sequence[str], series: Series) -> str:
    """Return a plot of one line with a dot for each number."""
    values = series.values
    ticks = ticks_up_to(max((value for value in values if value is not None), default=0))
    plot = _plot(words, HEIGHT)
    _axes(plot, words, labels, ticks)
    step = 100 / max(len(labels), 1)
    dots = [
        (f"{_number((place + 0.5) * step)}%", _y(value, ticks), label, value)
        for place, (label, value) in enumerate(zip(labels, values, strict=True))
        if value is not None
    ]
    for (x1, y1, *_), (x2, y2, *_) in pairwise(dots):
        ends = {"x1": x1, "y1": _number(y1), "x2": x2, "y2": _number(y2)}
        _element(plot, "line", **{"class": f"stroke {series.tone}"}, **ends)
    for x, y, label, value in dots:
        dot = _element(plot, "circle", **{"class": series.tone}, cx=x, cy=_number(y), r="3.5")
        _element(dot, "title", f"{label}: {shown(value)}")
    return _text(plot)


def rows(words: Words, labels: Sequence[str], series: Series, said: Sequence[str] = ()) -> str:
    """Return a plot of lying bars in their order, each below its label and its number.

    ``said`` stands in place of the numbers.
    """
    numbers = said or [shown(value or 0) for value in series.values]
    plot = _plot(words, TOP + ROW * len(labels))
    plot.set("class", "plot plot-rows")
    _element(plot, "text", words.up, **{"class": "axis-name"}, x="0", y="12")
    highest = max((value or 0 for value in series.values), default=0) or 1
    for place, (label, value) in enumerate(zip(labels, series.values, strict=True)):
        top = TOP + ROW * place
        short = label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
        _element(plot, "text", short, **{"class": "label"}, x="0", y=str(top + 12))
        number = {"class": "number", "x": "100%", "y": str(top + 12), "text-anchor": "end"}
        _element(plot, "text", numbers[place], **number)
        bar = _rect(plot, series.tone, 0, top + 18, 100 * (value or 0) / highest)
        bar.set("height", "8")
    return _text(plot)


def ticks_up_to(highest: float) -> list[float]:
    """Return round numbers from 0 to at least ``highest``: whole steps of 1, 2 or 5 times 10ⁿ."""
    rough = max(highest, 1) / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    step = max(step, 1.0)
    return [step * place for place in range(max(1, ceil(highest / step)) + 1)]


def labelled_every(labels: Sequence[str]) -> int:
    """Return which labels below a plot are written, so that they stand apart on a phone."""
    widths = [
        sum(WIDE_LETTER if east_asian_width(letter) in "WF" else LETTER for letter in label)
        for label in labels
    ]
    room = NARROW // (max(widths, default=0) + LETTER) or 1
    return max(1, ceil(len(labels) / room))


def shown(value: float) -> str:
    """Return a number as people read it: 12,345; 0.5; 12."""
    return f"{value:,.1f}".removesuffix(".0")


# Parts


def _plot(words: Words, height: int) -> ET.Element:
    plot = ET.Element(
        "svg",
        {
            "class": "plot",
            "role": "img",
            "aria-labelledby": f"{words.key}-name",
            "aria-describedby": f"{words.key}-said",
            "width": "100%",
            "height": str(height),
            "focusable": "false",
        },
    )
    _element(plot, "title", words.title, id=f"{words.key}-name")
    _element(plot, "desc", words.description, id=f"{words.key}-said")
    return plot


def _axes(plot: ET.Element, words: Words, labels: Sequence[str], ticks: Sequence[float]) -> None:
    _element(plot, "text", words.up, **{"class": "axis-name"}, x="0", y="12")
    for tick in ticks:
        y = _number(_y(tick, ticks))
        kind = "grid" if tick else "grid floor"
        _element(plot, "line", **{"class": kind}, x1="0", y1=y, x2="100%", y2=y)
        number = {"class": "tick", "x": "-8", "y": y, "text-anchor": "end"}
        _element(plot, "text", shown(tick), **number, dy="0.35em")
    step, every = 100 / max(len(labels), 1), labelled_every(labels)
    for place, label in enumerate(labels):
        # Counted from the end: the latest always has its label.
        if (len(labels) - 1 - place) % every == 0:
            x = f"{_number((place + 0.5) * step)}%"
            middle = {"class": "tick", "x": x, "y": str(FLOOR + 18), "text-anchor": "middle"}
            _element(plot, "text", label, **middle)
    end = {"class": "axis-name", "x": "100%", "y": str(FLOOR + 38), "text-anchor": "end"}
    _element(plot, "text", words.across, **end)


def _rect(plot: ET.Element, tone: str, x: float, y: float, width: float) -> ET.Element:
    place = {"x": f"{_number(x)}%", "y": _number(y), "width": f"{_number(width)}%"}
    return _element(plot, "rect", **{"class": tone}, **place)


def _element(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    element.text = text or None
    return element


def _y(value: float, ticks: Sequence[float]) -> float:
    return FLOOR - DEPTH * value / ticks[-1]


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(plot: ET.Element) -> str:
    return ET.tostring(plot, encoding="unicode", short_empty_elements=False)
