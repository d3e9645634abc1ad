"""The clock of the site: it goes on by itself, and can be set. Browsers keep theirs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import time_machine

ZONE = "Asia/Seoul"


def at(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment of 2024, in the zone of the site."""
    return datetime(2024, month, day, hour, minute, second, tzinfo=ZoneInfo(ZONE))


class Clock:
    """The time of this process, in which the server answers and tasks run."""

    def __init__(self) -> None:
        self.travel: time_machine.travel | None = None

    def set(self, moment: datetime, *, goes_on: bool = True) -> None:
        """Make it a moment, from which time goes on, or at which it stands still."""
        self.stop()
        self.travel = time_machine.travel(moment, tick=goes_on)
        self.travel.start()

    def stop(self) -> None:
        """Go back to the time that it is."""
        if self.travel:
            self.travel.stop()
            self.travel = None
