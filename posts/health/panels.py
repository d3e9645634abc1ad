"""What the page of link health shows: for each question a plot, and a table of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from links.models import Link, Outage
from posts.health import measuring, plotting
from posts.health.measuring import Health, Rot
from posts.health.plotting import Series, Words

Row = Sequence[object]
TONES: Final = {
    Link.Health.OK: "tone-good",
    Link.Health.REDIRECTED: "tone-accent",
    Link.Health.RESTRICTED: "tone-soon",
    Link.Health.BROKEN: "tone-bad",
    Link.Health.GONE: "tone-ink",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot and its table: ``columns`` are its header, ``rows`` empty when there is nothing.

    ``complete`` returns all rows of a table of which the page shows the first ones only.
    """

    key: str
    title: str
    note: str
    empty: str
    columns: Sequence[str]
    rows: Sequence[Row]
    plot: SafeString
    legend: Sequence[tuple[str, str]] = ()
    complete: Callable[[], Iterable[Row]] | None = None

    def all_rows(self) -> Iterable[Row]:
        """Return all rows of the table."""
        return self.complete() if self.complete else self.rows

    def shown_rows(self) -> list[list[str]]:
        """Return the rows that the page shows, as people read them."""
        return [[_shown(cell) for cell in row] for row in self.rows]


def panels_of(health: Health, outages: Sequence[Outage] = ()) -> list[Panel]:
    """Return the panels in the order of the page and in the active language."""
    return [
        _by_age(health),
        _checks(health, outages),
        _repeats(health),
        _waits(health),
        _by_source(health),
        _sources(health),
    ]


# What the panels share


def words_of(
    key: str, title: str, labels: Sequence[str], values: Sequence[float | None], **axes: str
) -> Words:
    """Return the words of a plot; its description names the ends and the highest number."""
    numbers = [value or 0 for value in values]
    if not numbers:
        return Words(key, title, "", **axes)
    highest = max(numbers)
    said = gettext("From %(first)s to %(last)s; highest at %(label)s: %(value)s.") % {
        "first": labels[0],
        "last": labels[-1],
        "label": labels[numbers.index(highest)],
        "value": plotting.shown(highest),
    }
    return Words(key, title, said, **axes)


def _shown(cell: object) -> str:
    if isinstance(cell, date):
        return _day(cell)
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _day(day: date) -> str:
    return date_format(day, pgettext("day of a chart, Django format", "j M"))


def _share(share: float | None) -> object:
    return "" if share is None else share


def _hosts_words(key: str, title: str, rows: Sequence[Row], up: str) -> Words:
    if not rows:
        return Words(key, title, "")
    said = gettext("%(first)s comes first with %(value)s.")
    return Words(key, title, said % {"first": rows[0][0], "value": rows[0][1]}, up=up)


# Rot


def _rot_row(rot: Rot) -> Row:
    return (rot.of, rot.links, rot.checked, rot.rotten, _share(rot.share))


def _rot_columns(first: str) -> tuple[str, ...]:
    return (first, gettext("Links"), gettext("Checked"), gettext("Broken"), gettext("Broken, %"))


def _by_age(health: Health) -> Panel:
    rots = health.by_age if any(rot.checked for rot in health.by_age) else ()
    labels = [f"{rot.of}+" if rot.of == measuring.OLDEST else str(rot.of) for rot in rots]
    shares = [rot.share for rot in rots]
    title = gettext("Broken links by age")
    axes = {
        "across": gettext("years since an issue first had the link"),
        "up": gettext("share of the links checked (%)"),
    }
    words = words_of("rot-by-age", title, labels, shares, **axes)
    series = Series(gettext("Broken, %"), "tone-bad", shares)
    return Panel(
        "rot-by-age",
        title,
        gettext("A link is as old as the first issue that had it. Gone ones count as broken."),
        gettext("No link of an issue has been checked yet."),
        _rot_columns(gettext("Years")),
        [_rot_row(rot) for rot in rots],
        SafeString(plotting.bars(words, labels, [series])),
    )


def _by_source(health: Health) -> Panel:
    rots = health.by_source
    title, unit = (
        gettext("Broken links by source"),
        gettext("broken links, and their share of those checked"),
    )
    words = _hosts_words("rot-by-source", title, [(rot.of, rot.rotten) for rot in rots], unit)
    series = Series(unit, "tone-bad", [rot.rotten for rot in rots])
    said = [f"{plotting.shown(rot.rotten)} ({plotting.shown(rot.share or 0)} %)" for rot in rots]
    return Panel(
        "rot-by-source",
        title,
        gettext("The hosts with the most broken links; the file has all of them."),
        gettext("No link is known to be broken."),
        _rot_columns(gettext("Host")),
        [_rot_row(rot) for rot in rots],
        SafeString(plotting.rows(words, [str(rot.of) for rot in rots], series, said)),
        complete=_all_rot,
    )


def _all_rot() -> Iterator[Row]:
    return (_rot_row(Rot(*row)) for row in measuring.rot_by_source().iterator())


# Checks


def _checks(health: Health, outages: Sequence[Outage]) -> Panel:
    days = [_day(day) for day, _results in health.checks]
    names = {result: str(Link.Health(result).label) for result in measuring.RESULTS}
    series = [
        Series(names[result], TONES[result], [counts[result] for _day, counts in health.checks])
        for result in measuring.RESULTS
    ]
    title = gettext("Checks per day")
    without = [_outages(outages)] if outages else []
    sums = [sum(counts.values()) for _day, counts in health.checks]
    words = words_of("checks", title, days, sums, across=gettext("day"), up=gettext("checks"))
    return Panel(
        "checks",
        title,
        " ".join([gettext("The last 30 days, by what came back."), *without]),
        " ".join([gettext("Nothing has been checked in the last 30 days."), *without]),
        (gettext("Day"), *names.values()),
        [(day, *(counts[result] for result in measuring.RESULTS)) for day, counts in health.checks],
        SafeString(plotting.bars(words, days, series)),
        legend=[(TONES[result], names[result]) for result in measuring.RESULTS],
    )


def _outages(outages: Sequence[Outage]) -> str:
    """Return in words when nothing was checked because there was no network."""
    times = [
        f"{_moment(one.began_at)} – {_moment(one.ended_at)}"
        if one.ended_at
        else gettext("since %(moment)s") % {"moment": _moment(one.began_at)}
        for one in outages
    ]
    said = gettext("Without a network nothing was checked, and nothing of it counts: %(times)s.")
    return said % {"times": "; ".join(times)}


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


# From issue to issue


def _repeats(health: Health) -> Panel:
    pattern = pgettext("month of a chart with its year, Django format", "M Y")
    months = [date_format(row.month, pattern) for row in health.repeats]
    shares = [row.share for row in health.repeats]
    title = gettext("Links covered before")
    axes = {"across": gettext("month"), "up": gettext("share of the links printed (%)")}
    words = words_of("repeats", title, months, shares, **axes)
    series = Series(gettext("Covered before, %"), "tone-accent", shares)
    return Panel(
        "repeats",
        title,
        gettext("Links that an earlier issue had, in the last 24 months with issues."),
        gettext("No issue has been published yet."),
        (gettext("Month"), gettext("Links"), gettext("Covered before"), series.name),
        [
            (f"{row.month:%Y-%m}", row.links, row.repeated, _share(row.share))
            for row in health.repeats
        ],
        SafeString(plotting.line(words, months, series)),
    )


def _waits(health: Health) -> Panel:
    ends = [*(f"–{end - 1}" for end in measuring.WAITS[1:]), "+"]
    labels = [
        str(start) if end == f"–{start}" else f"{start}{end}"
        for start, end in zip(measuring.WAITS, ends, strict=True)
        if health.waits
    ]
    title, unit = gettext("From suggestion to print"), gettext("suggestions")
    words = words_of("waits", title, labels, health.waits, across=gettext("days"), up=unit)
    note = gettext("Half of the printed suggestions waited %(days)s days or less.")
    return Panel(
        "waits",
        title,
        note % {"days": plotting.shown(health.median_wait or 0)},
        gettext("No reader's suggestion has been printed yet."),
        (gettext("Days"), gettext("Suggestions")),
        list(zip(labels, health.waits, strict=True)),
        SafeString(plotting.bars(words, labels, [Series(unit, "tone-accent", health.waits)])),
    )


def _sources(health: Health) -> Panel:
    title, unit = gettext("Most cited sources"), gettext("issues")
    words = _hosts_words("sources", title, health.sources, unit)
    series = Series(unit, "tone-accent", [posts for _name, posts, _links in health.sources])
    return Panel(
        "sources",
        title,
        gettext("Hosts by the issues that cite them; the file has all of them."),
        gettext("No source has been cited yet."),
        (gettext("Host"), gettext("Issues"), gettext("Links")),
        health.sources,
        SafeString(plotting.rows(words, [name for name, *_counts in health.sources], series)),
        complete=lambda: measuring.top_sources().iterator(),
    )
