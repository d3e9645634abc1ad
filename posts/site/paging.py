"""Pages of a long list by keyset: no OFFSET, no COUNT, and no row shifts between two pages.

Source: https://use-the-index-luke.com/no-offset
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.http import Http404

Rows = list[tuple[Any, ...]]

PAGE_SIZE = 30
INDEX_SIZE = 50
_CURSOR = re.compile(r"(older|newer)-([0-9]{1,17})-([0-9]{1,18})", re.ASCII)
_INDEX_CURSOR = re.compile(r"(older|newer)-([0-9]{1,18})", re.ASCII)
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
    """Rows of one page; ``newer`` and ``older`` are the ``?page=`` of its neighbours, or ""."""

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
    value: str | None,
    first: Callable[[], Rows],
    rest: Callable[[], QuerySet[Any, Any]],
    size: int = PAGE_SIZE,
) -> Page:
    """Return the page that the request's ``?page=`` names.

    ``first`` returns the rows of the first page and one more, ``rest`` a ``values_list`` of all
    rows; both end with the columns they are ordered by: the moment, newest first, and the id, which
    may rise or fall. A cursor without rows behind it is Http404; the first page of an empty list is
    an empty page.
    """
    cursor = read_cursor(value)
    if cursor is None:
        found = first()
        return _page(found[:size], newer=False, older=len(found) > size)
    rows = rest()
    backwards = cursor.direction == "newer"
    beyond = rows.filter(_beyond(cursor, *(str(name) for name in rows.query.order_by)))
    found = list((beyond.reverse() if backwards else beyond)[: size + 1])
    if not found:
        raise Http404("No such page.")
    more, found = len(found) > size, found[:size]
    if backwards:
        return _page(found[::-1], newer=more, older=True)
    return _page(found, newer=True, older=more)


def _page(rows: Rows, *, newer: bool, older: bool) -> Page:
    return Page(
        rows,
        newer=_link("newer", rows[0]) if newer else "",
        older=_link("older", rows[-1]) if older else "",
    )


def _beyond(cursor: Cursor, by_date: str, by_pk: str) -> Q:
    date, pk = by_date.removeprefix("-"), by_pk.removeprefix("-")
    side, other = ("gt", "lt") if cursor.direction == "newer" else ("lt", "gt")
    key = side if by_pk.startswith("-") else other
    # The first bound says nothing new, but it lets a database start inside the index.
    return Q(**{f"{date}__{side}e": cursor.moment}) & (
        Q(**{f"{date}__{side}": cursor.moment}) | Q(**{f"{pk}__{key}": cursor.pk})
    )


def _link(direction: str, row: Sequence[Any]) -> str:
    return str(Cursor(direction, row[-2], row[-1]))


# Lists in the order of a column and then of the key, such as indexes by use


def paginate_index(value: str | None, rows: QuerySet[Any, Any], order: str) -> Page:
    """Return the page of a ``values_list`` ending with ``pk`` that the request's ``?page=`` names.

    ``order`` is a column, ``-`` before it for a falling one. A page begins behind a row, which
    ``?page=`` names by its key: ``older-123`` are those that follow it, ``newer-123`` those before.
    A cursor without rows behind it is Http404.
    """
    if value is None:
        return first_of_index(list(rows.order_by(order, "pk")[: INDEX_SIZE + 1]))
    match = _INDEX_CURSOR.fullmatch(value)
    found = list(_behind(rows, order, int(match[2]), match[1])[: INDEX_SIZE + 1]) if match else []
    if not match or not found:
        raise Http404("No such page.")
    more, found = len(found) > INDEX_SIZE, found[:INDEX_SIZE]
    if match[1] == "newer":
        return _index_page(found[::-1], newer=more, older=True)
    return _index_page(found, newer=True, older=more)


def first_of_index(rows: Rows) -> Page:
    """Return the first page of an index, from its rows and one more."""
    return _index_page(rows[:INDEX_SIZE], newer=False, older=len(rows) > INDEX_SIZE)


def _behind(rows: QuerySet[Any, Any], order: str, pk: int, direction: str) -> QuerySet[Any, Any]:
    column, falls, backwards = order.removeprefix("-"), order.startswith("-"), direction == "newer"
    edge = Subquery(rows.model._default_manager.filter(pk=pk).values(column))
    side, key = "lt" if falls != backwards else "gt", "lt" if backwards else "gt"
    # The first bound for the same reason as in ``_beyond``.
    behind = Q(**{f"{column}__{side}e": edge}) & (
        Q(**{f"{column}__{side}": edge}) | Q(**{f"pk__{key}": pk})
    )
    turned = column if falls else f"-{column}"
    return rows.filter(behind).order_by(*((turned, "-pk") if backwards else (order, "pk")))


def _index_page(rows: Rows, *, newer: bool, older: bool) -> Page:
    return Page(
        rows,
        newer=f"newer-{rows[0][-1]}" if newer else "",
        older=f"older-{rows[-1][-1]}" if older else "",
    )
