"""Turns at the database, for work on many posts one after the other."""

from __future__ import annotations

import time
from typing import Final

from django.db import connection

LONGEST_PAUSE: Final = 1.0  # seconds


def let_others_write(seconds: float) -> None:
    """Keep away from SQLite for as long as it was kept from others.

    Whoever waits for its lock asks again ten times a second, without any turn: between two posts
    that follow at once hardly anybody would get it.
    """
    if connection.vendor == "sqlite":
        time.sleep(min(seconds, LONGEST_PAUSE))
