"""PostgreSQL as Django has it, but for how a kept connection is looked at, moments are read, and
rows come that prepared queries ask for.

Django's documentation says how a backend is subclassed ("Subclassing the built-in database
backends").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import cache
from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base
from psycopg import ClientCursor, Cursor, adapters
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.postgres import types
from psycopg.pq import Format, TransactionStatus

MOMENT = types["timestamptz"].oid


class Moments(Loader):
    """Reads moments with psycopg's own reader, which is compiled.

    Django's is made of the one in Python, and took a tenth of a page of 50 rows (Django's ticket
    36960, whose remedy this is).
    """

    timezone: tzinfo | None = None

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        reader: Any = adapters.get_loader(MOMENT, self.format)
        self._read = reader(oid, context).load

    def load(self, data: Buffer) -> datetime:
        """Return a moment in the time zone of the connection, as Django says it."""
        moment: datetime = self._read(data)
        return moment.replace(tzinfo=self.timezone)


class Unread(Loader):
    """Leaves JSON as text; in binary a byte for its version stands before it."""

    format = Format.BINARY

    def load(self, data: Buffer) -> str:
        """Return the text."""
        return str(data[1:], "utf-8")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg connects with."""
        given: dict[str, Any] = super().get_connection_params()
        return given | {"context": _reading(given["context"], self.timezone)}

    def in_binary(self, sql: str, parameters: Sequence[Any]) -> Cursor[Any]:
        """Run a statement, merged with its parameters as Django does it; return a cursor to which
        results came as PostgreSQL holds them: bytes are not written as text on the way.

        Of what Django reads in a way of its own, only moments and ``jsonb`` come as it gives them:
        ``json``, addresses of networks and ranges do not.
        """
        merged = ClientCursor(self.connection).mogrify(sql, parameters)
        return Cursor(self.connection).execute(merged, binary=True)

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
def _reading(known: AdaptersMap, timezone: tzinfo | None) -> AdaptersMap:
    """Return what psycopg knows of types, with moments read as above.

    So are those in binary, of which Django knows nothing; and JSON stays text, which it reads
    itself.
    """
    more = AdaptersMap(known)
    for form in (Format.TEXT, Format.BINARY):
        of_zone = type("Moments", (Moments,), {"timezone": timezone, "format": form})
        more.register_loader(MOMENT, of_zone)
    more.register_loader("jsonb", Unread)
    return more
