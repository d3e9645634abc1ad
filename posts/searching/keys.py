"""The keys of the index's rows: they rise with the date, and within an issue fall from its start.

So the newest first, and each issue in its own order, is the order of the keys from above. A key is
33 bits of a slot, which an issue or a page has to itself, and 14 of the place in it, counted from
behind. A slot is 27 bits of minutes since 1900, and 6 that tell those of one minute apart: few,
since SQLite's index writes for each word how far it is from one row that has it to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

PLACE_BITS: Final = 14
END: Final = (1 << 63) - 1
_PLACES: Final = (1 << PLACE_BITS) - 1
MOST_PIECES: Final = 0x100  # of a page
MOST_ROWS: Final = _PLACES - MOST_PIECES  # of an issue; what is above are pages
_MINUTE_BITS: Final = 27
_NUMBER_BITS: Final = 6
_EPOCH: Final = datetime(1900, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


def slot_of(date: datetime, number: int) -> int:
    """Return the slot for the post or page with a ``number``; another one may have it already."""
    return _minutes(date) << _NUMBER_BITS | number % (1 << _NUMBER_BITS)


def slots_of(date: datetime, number: int) -> Iterator[int]:
    """Yield slots for it, the best first: all of its minute, since no search looks beyond before
    that is over (``below``); then those behind."""
    in_a_minute = 1 << _NUMBER_BITS
    for other in range(number, number + in_a_minute):
        yield slot_of(date, other)
    yield from count(slot_of(date, 0) + in_a_minute)


def key_of(slot: int, place: int, *, is_page: bool = False) -> int:
    """Return the key of the ``place``-th row (from 0) of what has a slot."""
    return slot << PLACE_BITS | ((_PLACES if is_page else MOST_ROWS) - place)


def keys_in(slot: int) -> tuple[int, int]:
    """Return the lowest and the highest key of a slot."""
    return slot << PLACE_BITS, slot << PLACE_BITS | _PLACES


def is_first(key: int) -> bool:
    """Tell whether a row is the first of an issue: the issue itself."""
    return key & _PLACES == MOST_ROWS


def below(date: datetime) -> int:
    """Return a key above all rows of a moment's minute and those before."""
    return slot_of(date + _MINUTE, 0) << PLACE_BITS


def around(years: Collection[int]) -> tuple[int, int]:
    """Return a key below and one above all rows of some years, in whichever zone they are told.

    Beyond the year 2155, which keys do not reach, there is none.
    """
    first, after = (min(max(year, 2), 9998) for year in (min(years), max(years) + 1))
    start, end = datetime(first, 1, 1, tzinfo=UTC) - _DAY, datetime(after, 1, 1, tzinfo=UTC) + _DAY
    return slot_of(start, 0) << PLACE_BITS, slot_of(end, 0) << PLACE_BITS


def _minutes(date: datetime) -> int:
    return min(max((date - _EPOCH) // _MINUTE, 0), (1 << _MINUTE_BITS) - 1)
