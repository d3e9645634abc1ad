"""PostgreSQL as Django has it, but for how a kept connection is looked at, and moments are read.

Django's documentation says how a backend is subclassed ("Subclassing the built-in database
backends").
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import cache
from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base
from psycopg import adapters
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.postgres import types
from psycopg.pq import Format, TransactionStatus

MOMENT = types["timestamptz"].oid
Fast: Any = adapters.get_loader(MOMENT, Format.TEXT)


class Moments(Loader):
    """Reads moments with psycopg's own reader, which is compiled.

    Django's is made of the one in Python, and took a tenth of a page of 50 rows (Django's ticket
    36960, whose remedy this is).
    """

    timezone: tzinfo | None = None

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._read = Fast(oid, context).load

    def load(self, data: Buffer) -> datetime:
        """Return a moment in the time zone of the connection, as Django says it."""
        moment: datetime = self._read(data)
        return moment.replace(tzinfo=self.timezone)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg connects with."""
        given: dict[str, Any] = super().get_connection_params()
        return given | {"context": _reading_moments(given["context"], self.timezone)}

    def is_usable(self) -> bool:
        """Tell whether a kept connection still is one.

        One that the server closed can be read from, and so can one on which it said anything
        unasked; of those alone Django asks by a query (psycopg's documentation, "Detecting
        disconnections"). Asked at each request, that was one round trip in four.
        """
        return self._is_quiet() or bool(super().is_usable())

    def _is_quiet(self) -> bool:
        """Tell whether a connection is open, in no transaction, and has nothing to be read."""
        if self.connection is None:
            return False
        if self.connection.info.transaction_status != TransactionStatus.IDLE:
            return False
        waiting = poll()
        waiting.register(self.connection, POLLIN)
        return not waiting.poll(0)


@cache
def _reading_moments(known: AdaptersMap, timezone: tzinfo | None) -> AdaptersMap:
    """Return what psycopg knows of types, with moments read as above."""
    more = AdaptersMap(known)
    more.register_loader(MOMENT, type("", (Moments,), {"timezone": timezone}))
    return more
