"""Engines that find rows of the index: one for each database, behind one small interface.

Both hold the same tokens and answer the same question, "which rows have these, the newest first",
with the same keys; what is to be said of them, and in which order tiers come, is asked above.
"""

from __future__ import annotations

from django.db import connection

from posts.searching.engines.base import Condition, Engine, Indexed, Levels, Statement
from posts.searching.engines.postgresql import PostgreSQL
from posts.searching.engines.sqlite import SQLite

_ENGINES: dict[str, Engine] = {"sqlite": SQLite(), "postgresql": PostgreSQL()}


def engine() -> Engine:
    """Return the engine of the database in use."""
    return _ENGINES[connection.vendor]
