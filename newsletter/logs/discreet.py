"""Addresses that open a door are no matter of logs: previews, shared issues, signed links."""

from __future__ import annotations

import logging
import re
from typing import Final

HIDDEN: Final = "…"
# A part of an address, or a value in its query, made of random or signed letters: long, with small
# and capital ones and digits, as tokens and signatures are and words are not.
_RUN: Final = re.compile(r"(?<=[/=])[A-Za-z0-9_:.-]{20,}={0,2}(?![A-Za-z0-9_:.-])")
# What may happen to have letters of one kind: a reader's key, and Django's token that sets a
# password.
_KEYS: Final = (
    re.compile(r"(?<=/mail/)[A-Za-z0-9_-]{20,40}(?![A-Za-z0-9_-])"),
    re.compile(r"(?<=/)[0-9a-z]{1,13}-[0-9a-f]{32}(?![A-Za-z0-9_-])"),
)
_KINDS: Final = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))


def without_secrets(text: str) -> str:
    """Return a text with what may be a token in an address left out."""
    for key in _KEYS:
        text = key.sub(HIDDEN, text)
    return _RUN.sub(lambda run: HIDDEN if _is_random(run[0]) else run[0], text)


def _is_random(run: str) -> bool:
    return all(kind.search(run) for kind in _KINDS)


class Discreet(logging.Filter):
    """Leave tokens out of messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record where it holds one; let all through."""
        if isinstance(record.msg, str):
            said = record.getMessage()
            if (shown := without_secrets(said)) != said:
                record.msg, record.args = shown, None
        return True
