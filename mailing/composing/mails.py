"""What a mail is before it is anybody's, and the marks where it becomes somebody's.

The marks are words of this process alone, which no page shows: whatever an issue says, a mark in it
is none of its own.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

READER: Final = token_hex(16)
"""Stands in addresses where the reader's key goes, which is as long."""
SENT_TO: Final = f"<!--{token_hex(16)}-->"
"""Stands in the HTML where it says to whom the mail goes; in a text that is its last line."""
RESERVED: Final = 1_200
"""So many bytes of the budget are left for what is put in for each reader."""


@dataclass(frozen=True)
class Mail:
    """A mail that is the same for all who get these items.

    ``html`` and ``text`` hold READER in the addresses that are a reader's own; ``headers`` are
    those that follow from the mail itself, unfolded. ``items`` are those that it shows, in their
    order, ``left_out`` is how many are on the site only, ``shortened`` how many are in it as a
    line. ``sent_to`` says to whom it goes, with
    ``%s``.
    """

    subject: str
    html: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    items: tuple[uuid.UUID, ...] = ()
    left_out: int = 0
    shortened: int = 0
    language: str = "en"
    sent_to: str = ""
    size: int = 0
    """Of the HTML part as it is sent, in bytes."""
