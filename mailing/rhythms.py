"""When roll-ups come, and what becomes of them when a reader's rhythm changes or pauses.

All that appears (``mailing.choosing``) does so at one moment. For each reader time is cut in two at
``rolled_until``: what appeared before has been dealt with or stands in one of the spans of
``unrolled``, what appears after it is dealt with by the rhythm the reader has now. So no change of
a rhythm loses anything or brings it twice. The functions change a row and do not save it: let the
row be locked (``select_for_update``) from when it is read until it is saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from mailing.models import Rhythm, Subscriber
from posts import identity

Span = tuple[datetime, datetime]
"""Two moments; what appeared after the first, up to the second."""
# How far back the first roll-up looks for what did not come yet when it was to come issue by issue.
LOOK_BACK: Final = {Rhythm.WEEKLY: timedelta(days=7), Rhythm.MONTHLY: timedelta(days=31)}


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a reader: the site's where none is named, or one that is no more."""
    return _known(name) or _known(identity.current().time_zone) or timezone.get_default_timezone()


def _known(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def next_roll(rhythm: str, hour: int, zone: str, after: datetime) -> datetime | None:
    """Return the first moment after another at which a roll-up comes (UTC); None for each issue.

    That is the hour of the reader's Monday (ISO 8601), or of the first of the month. An hour that
    the clocks leave out that day is the one they jump to; of one that comes twice it is the first.
    """
    if rhythm == Rhythm.EACH:
        return None
    place = zone_of(zone)
    today = after.astimezone(place).date()
    for day in _first_days(rhythm, today):
        moment = datetime.combine(day, time(hour), place).astimezone(UTC)
        if moment > after:
            return moment
    raise AssertionError("the first day of the period after the next is to come")


def _first_days(rhythm: str, day: date) -> Iterator[date]:
    """Yield the first days of the period that a day is in, and of the two after it."""
    first = day - timedelta(days=day.weekday()) if rhythm == Rhythm.WEEKLY else day.replace(day=1)
    for _period in range(3):
        yield first
        if rhythm == Rhythm.WEEKLY:
            first += timedelta(days=7)
        else:
            first = (first + timedelta(days=31)).replace(day=1)


def spans_of(unrolled: list[list[str]]) -> list[Span]:
    """Return the spans that a row holds as JSON."""
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in unrolled]


def begin(subscriber: Subscriber, now: datetime) -> None:
    """Let mail begin: with what appears from now on, and the issue that is sent next."""
    subscriber.unrolled = []
    subscriber.rolled_until = None if subscriber.rhythm == Rhythm.EACH else now
    _reckon(subscriber, now)


def turn(
    subscriber: Subscriber, now: datetime, *, rhythm: str = "", hour: int = -1, zone: str = "-"
) -> None:
    """Change rhythm, hour or zone of a reader; what is not given stays.

    From roll-ups to each issue, what was waiting for the next roll-up comes in a last one at once.
    From each issue to roll-ups, the first one looks a week or month back for what did not come.
    """
    before, after = subscriber.rhythm, rhythm or subscriber.rhythm
    subscriber.rhythm = after
    subscriber.hour = subscriber.hour if hour < 0 else hour
    subscriber.zone = subscriber.zone if zone == "-" else zone
    if subscriber.status == Subscriber.Status.PAUSED:
        return  # it begins anew when the pause ends
    if before != Rhythm.EACH and after == Rhythm.EACH:
        _close(subscriber, now)
    elif before == Rhythm.EACH and after != Rhythm.EACH:
        known = (subscriber.confirmed_at, subscriber.rolled_until)
        since = now - LOOK_BACK[Rhythm(after)]
        subscriber.rolled_until = max(since, *(moment for moment in known if moment))
    _reckon(subscriber, now)


def pause(subscriber: Subscriber, now: datetime) -> None:
    """Let roll-ups rest. What waits for the next one waits on."""
    if subscriber.rhythm != Rhythm.EACH:
        _close(subscriber, now)
    subscriber.rolled_until, subscriber.next_roll_at = now, None


def resume(subscriber: Subscriber, now: datetime) -> None:
    """Let mail go on with what appears from now on; what appeared in the pause is not sent."""
    subscriber.rolled_until = now
    _reckon(subscriber, now)


def rolled(subscriber: Subscriber, until: datetime, now: datetime) -> None:
    """Note that all that appeared up to a moment, and by this rhythm, was dealt with."""
    subscriber.unrolled = []
    if subscriber.rhythm != Rhythm.EACH:
        subscriber.rolled_until = max(until, subscriber.rolled_until or until)
    _reckon(subscriber, now)


def periods(subscriber: Subscriber, until: datetime) -> list[Span]:
    """Return the spans that a roll-up made now is about, in order."""
    spans = spans_of(subscriber.unrolled)
    since = subscriber.rolled_until
    if subscriber.rhythm != Rhythm.EACH and since is not None and since < until:
        spans.append((since, until))
    return spans


def _close(subscriber: Subscriber, now: datetime) -> None:
    """Keep what would have been in the next roll-up as a span, which ends now."""
    if subscriber.rolled_until is not None and subscriber.rolled_until < now:
        span = [subscriber.rolled_until.isoformat(), now.isoformat()]
        subscriber.unrolled = [*subscriber.unrolled, span]
    subscriber.rolled_until = now


def _reckon(subscriber: Subscriber, now: datetime) -> None:
    soon = now if subscriber.unrolled else None
    moment = next_roll(subscriber.rhythm, subscriber.hour, subscriber.zone, now)
    subscriber.next_roll_at = moment or soon
