"""When a link is asked again, and when it counts as broken: pure functions of what is known."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from links.checking.verdicts import Verdict
from links.models.links import Link

# Broken only after this many days in a row on which it failed.
DAYS_TO_BREAK: Final = 3
# Between two checks of a link that works: longer, the longer it has been known; never longer.
SHORTEST, LONGEST = timedelta(days=3), timedelta(days=60)
# After a failure, until it counts as broken: on another day.
TOMORROW: Final = timedelta(hours=25)
RESTRICTED_AGAIN: Final = timedelta(days=14)
BROKEN_AGAIN: Final = timedelta(days=7)
JITTER: Final = 0.2
# No check is further away: what is, a clock that was ahead once wrote.
FARTHEST: Final = LONGEST * (1 + JITTER) + timedelta(days=1)

_HEALTHS: Final = {
    "ok": Link.Health.OK,
    "redirected": Link.Health.REDIRECTED,
    "restricted": Link.Health.RESTRICTED,
}


@dataclass(frozen=True, slots=True)
class Next:
    """What a link is after a check: its health, days of failure in a row, and the next check."""

    health: str
    failures: int
    due_at: datetime


def after_check(link: Link, verdict: Verdict, at: datetime, chance: random.Random) -> Next:
    """Return what a link is after a check at a moment; ``chance`` spreads the next checks.

    One failure says little: servers are down at times. So a link keeps its health until it failed
    on ``DAYS_TO_BREAK`` different days in a row, and a link that fails is asked again tomorrow.
    """
    if verdict.outcome in _HEALTHS:
        health = _HEALTHS[verdict.outcome]
        if verdict.unchanged and link.health == Link.Health.REDIRECTED:
            health = Link.Health.REDIRECTED
        return Next(health, 0, at + _spread(_pause(link, verdict, at), chance))
    same_day = (
        link.failures > 0 and link.checked_at is not None and link.checked_at.date() == at.date()
    )
    failures = link.failures if same_day else link.failures + 1
    if failures < DAYS_TO_BREAK:
        return Next(link.health, failures, at + _at_least(TOMORROW, verdict, chance))
    health = Link.Health.GONE if verdict.outcome == "gone" else Link.Health.BROKEN
    # Twice as long each time, up to the longest.
    back_off = min(BROKEN_AGAIN * 2 ** min(failures - DAYS_TO_BREAK, 8), LONGEST)
    return Next(health, failures, at + _spread(back_off, chance))


def _pause(link: Link, verdict: Verdict, at: datetime) -> timedelta:
    if verdict.outcome == "restricted":
        return max(RESTRICTED_AGAIN, verdict.retry_after or timedelta(0))
    return min(max((at - link.created_at) / 10, SHORTEST), LONGEST)


def _at_least(pause: timedelta, verdict: Verdict, chance: random.Random) -> timedelta:
    return max(pause, verdict.retry_after or timedelta(0)) + pause * JITTER * chance.random()


def _spread(pause: timedelta, chance: random.Random) -> timedelta:
    """Return a pause a fifth longer or shorter at most, so that checks do not come in waves."""
    return pause * (1 + JITTER * (2 * chance.random() - 1))
