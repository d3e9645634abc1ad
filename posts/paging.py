"""Pages of a long list by keyset: no OFFSET, no COUNT, and no row shifts between two pages.

Source: https://use-the-index-luke.com/no-offset
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

PAGE_SIZE = 30
_CURSOR = re.compile(r"(older|newer)-([0-9]{1,17})-([0-9]{1,18})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list ordered by (moment, id), newest first, and the direction to read in."""

    direction: str
    moment: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.direction}-{(self.moment - _EPOCH) // _MICROSECOND}-{self.pk}"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page; ``newer`` and ``older`` are query strings, or '' at the ends."""

    rows: Sequence[Any]
    newer: str = ""
    older: str = ""


def read_cursor(value: str | None) -> Cursor | None:
    """Return the cursor that ``?page=`` names, None without one; raise Http404 on nonsense."""
    if value is None:
        return None
    match = _CURSOR.fullmatch(value)
    if not match:
        raise Http404("No such page.")
    try:
        moment = _EPOCH + int(match[2]) * _MICROSECOND
    except OverflowError as error:
        raise Http404("No such page.") from error
    return Cursor(match[1], moment, int(match[3]))


def paginate(
    rows: QuerySet[Any, Any], date: str, pk: str, value: str | None, size: int = PAGE_SIZE
) -> Page:
    """Return one page of ``rows``, a ``values_list`` that ends with the columns ``date``, ``pk``.

    ``value`` is the request's ``?page=``. A cursor without rows behind it is Http404; the first
    page of an empty list is an empty page.
    """
    cursor = read_cursor(value)
    backwards = cursor is not None and cursor.direction == "newer"
    if cursor:
        rows = rows.filter(_beyond(cursor, date, pk))
    order = (date, pk) if backwards else (f"-{date}", f"-{pk}")
    found = list(rows.order_by(*order)[: size + 1])
    if cursor and not found:
        raise Http404("No such page.")
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page(())
    has_newer, has_older = (more, True) if backwards else (cursor is not None, more)
    return Page(
        found,
        newer=_link("newer", found[0]) if has_newer else "",
        older=_link("older", found[-1]) if has_older else "",
    )


def _beyond(cursor: Cursor, date: str, pk: str) -> Q:
    side = "gt" if cursor.direction == "newer" else "lt"
    # The first bound says nothing new, but it lets a database start inside the index.
    return Q(**{f"{date}__{side}e": cursor.moment}) & (
        Q(**{f"{date}__{side}": cursor.moment}) | Q(**{f"{pk}__{side}": cursor.pk})
    )


def _link(direction: str, row: Sequence[Any]) -> str:
    return f"?page={Cursor(direction, row[-2], row[-1])}"
