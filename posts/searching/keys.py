"""The keys of the index's rows: they rise with the date, and within an issue fall from its start.

So the newest first, and each issue in its own order, is the order of the keys from above. A key is
27 bits of minutes since 1900, 20 of the post's own key, 16 of the place in it, counted from behind.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

POST_BITS: Final = 16
MOST_ROWS: Final = 0xFEFF  # of an issue; what is above are pages
END: Final = (1 << 63) - 1
_MINUTE_BITS: Final = 27
_NUMBER_BITS: Final = 20
_EPOCH: Final = datetime(1900, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)


def key_of(date: datetime, number: int, place: int, *, is_page: bool = False) -> int:
    """Return the key of a row: the ``place``-th (from 0) of the post or page with a ``number``."""
    low = (0xFFFF if is_page else MOST_ROWS) - place
    return _start(date) | (number & ((1 << _NUMBER_BITS) - 1)) << POST_BITS | low


def is_first(key: int) -> bool:
    """Tell whether a row is the first of an issue: the issue itself."""
    return key & 0xFFFF == MOST_ROWS


def first(number: int) -> int:
    """Return the key of an issue, of the part that all keys of its rows share."""
    return number << POST_BITS | MOST_ROWS


def below(date: datetime) -> int:
    """Return a key above all rows of a moment's minute and those before."""
    return min(_start(date + _MINUTE), END)


def _start(date: datetime) -> int:
    minutes = (date - _EPOCH) // _MINUTE
    return min(max(minutes, 0), (1 << _MINUTE_BITS) - 1) << (_NUMBER_BITS + POST_BITS)
