"""Subscribers as a CSV file, read in pieces so that any number of them takes the same memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from mailing import access
from mailing.access import Actor
from mailing.models import Subscriber, Suppression
from posts.health import csv_lines

PIECE: Final = 1000
HEADER: Final = (
    "email", "name", "state", "language", "rhythm", "time_zone", "hour", "gets", "source",
    "suppressed", "created_at", "confirmed_at", "consented_at", "paused_until", "left_at",
)  # fmt: skip
"""Names that an import knows again, in every language."""


def export_subscribers(*, by: Actor = None) -> Iterator[bytes]:
    """Return the lines of a CSV file with every subscriber. Raises PermissionDenied, at once."""
    access.check(by, access.EXPORT)
    return csv_lines(HEADER, _rows())


def _rows() -> Iterator[tuple[object, ...]]:
    last = 0
    while True:
        found = Subscriber.objects.filter(pk__gt=last).order_by("pk").prefetch_related("choices")
        rows = list(found[:PIECE])
        if not rows:
            return
        digests = [row.digest for row in rows]
        reasons = Suppression.objects.filter(digest__in=digests).values_list("digest", "reason")
        suppressed = dict(reasons)
        for row in rows:
            yield _cells(row, suppressed.get(row.digest, ""))
        last = rows[-1].pk


def _cells(row: Subscriber, suppressed: str) -> tuple[object, ...]:
    choices: Any = sorted((choice.kind, choice.value) for choice in row.choices.all())
    return (
        row.address, row.name, row.status, row.language, row.rhythm, row.zone, row.hour,
        json.dumps(choices, ensure_ascii=False), row.source, suppressed,
        *map(_moment, (row.created_at, row.confirmed_at, row.consented_at, row.paused_until,
                       row.left_at)),
    )  # fmt: skip


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
