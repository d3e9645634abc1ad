"""Numbers in what a browser sent, of which anything may come."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = 18
"""So many a database takes as a key; more are none of a row."""


def number_in(text: object) -> int:
    """Return the number that a text is, in plain digits; 0, which is no key, for all else."""
    sent = str(text or "")
    return int(sent) if len(sent) <= _DIGITS and sent.isascii() and sent.isdecimal() else 0
