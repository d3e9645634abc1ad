"""What the page of numbers shows: for each question a plot, and a table of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from mailing.counting.feeds import BROWSERS, OTHERS
from mailing.counting.numbers import Growth, History, Sent, by_state, feed_readers, mailings
from mailing.models import Delivery, Subscriber
from posts.health import Panel, Series, Words, plotting, words_of

DAYS, WEEKS = 28, 26
STATES: Final = tuple(Subscriber.Status)
SENT: Final = (
    Delivery.Status.ACCEPTED, Delivery.Status.FAILED, Delivery.Status.UNKNOWN,
)  # fmt: skip


def panels() -> list[Panel]:
    """Return the panels in the order of the page and in the active language."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    said = History(first)
    days = said.growth(today - timedelta(days=DAYS - 1), today)
    return [
        _states(),
        _growth("days", gettext("Came and left by day"), days),
        _growth("weeks", gettext("Came and left by week"), said.growth(first, today, 7)),
        _mailings(),
        _feeds(),
    ]


def _words(key: str, title: str, labels: Sequence[str], values: Sequence[float], up: str) -> Words:
    """Return the words of a plot; of one that shows nothing there is nothing to describe."""
    return words_of(key, title, labels, values if any(values) else (), up=up)


def _states() -> Panel:
    counts = by_state()
    rows = [(str(state.label), counts[state]) for state in STATES if counts.get(state)]
    labels, values = [name for name, _n in rows], [number for _name, number in rows]
    title = gettext("Subscribers by state")
    words = _words("states", title, labels, values, up=gettext("Subscribers"))
    return Panel(
        key="states",
        title=title,
        note=gettext("Mail goes to those who get it now."),
        empty=gettext("Nobody has subscribed yet."),
        columns=(gettext("State"), gettext("Subscribers")),
        rows=rows,
        plot=SafeString(plotting.rows(words, labels, Series(title, "tone-accent", values))),
    )


def _growth(key: str, title: str, found: Sequence[Growth]) -> Panel:
    labels = [_day(one.day) for one in found]
    came, left = [one.came for one in found], [one.left for one in found]
    words = _words(key, title, labels, came, up=gettext("Subscribers"))
    series = [
        Series(gettext("Came"), "tone-good", came),
        Series(gettext("Left"), "tone-bad", left),
    ]
    return Panel(
        key=key,
        title=title,
        note=gettext("Who confirmed or was imported; who left, was erased, bounced or complained."),
        empty=gettext("Nobody came or left in this time."),
        columns=(gettext("From"), gettext("Came"), gettext("Left")),
        rows=[(one.day, one.came, one.left) for one in found] if any(came + left) else [],
        plot=SafeString(plotting.bars(words, labels, series)),
        legend=[(one.tone, one.name) for one in series],
    )


def _mailings() -> Panel:
    found = mailings()
    labels = [one.mailing.title for one in found]
    values = [one.number(Delivery.Status.ACCEPTED) for one in found]
    title = gettext("What became of mailings")
    words = _words("mailings", title, labels, values, up=pgettext("mail", "Accepted"))
    return Panel(
        key="mailings",
        title=title,
        note=gettext("Accepted by the readers' servers. Nobody is told who opens a mail."),
        empty=gettext("Nothing has been sent yet."),
        columns=(
            gettext("Issue"), pgettext("mails", "Sent"), pgettext("mail", "Accepted"),
            gettext("Refused"), gettext("Nobody knows"), gettext("Came back"),
            gettext("Called spam"), gettext("Left in the week after"),
        ),
        rows=[_mailing(one) for one in found],
        plot=SafeString(plotting.rows(words, labels, Series(title, "tone-good", values))),
    )  # fmt: skip


def _mailing(one: Sent) -> tuple[object, ...]:
    numbers = [one.number(status) for status in SENT]
    return (one.mailing.title, sum(numbers), *numbers, one.bounced, one.complained, one.left)


def _feeds() -> Panel:
    named = {BROWSERS: gettext("Browsers"), OTHERS: gettext("Others")}
    found = [(named.get(name, name), people, n) for name, people, n in feed_readers()]
    labels, values = [row[0] for row in found], [row[1] or row[2] for row in found]
    title = gettext("Readers of feeds")
    words = _words("feeds", title, labels, values, up=gettext("People, or requests a day"))
    said = [plotting.shown(people) if people else f"({asked})" for _n, people, asked in found]
    return Panel(
        key="feeds",
        title=title,
        note=gettext(
            "In the last seven days, as programs name themselves; in brackets the requests a day of"
            " those that do not say for how many people they ask."
        ),
        empty=gettext("No program has asked for a feed in the last seven days."),
        columns=(gettext("Program"), gettext("People"), gettext("Requests a day")),
        rows=found,
        plot=SafeString(plotting.rows(words, labels, Series(title, "tone-accent", values), said)),
    )


def _day(day: date) -> str:
    return date_format(day, "n/j")
