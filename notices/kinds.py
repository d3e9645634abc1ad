"""The kinds of things that people can be told of. This app knows none: whoever knows adds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that may wait for somebody.

    ``found`` returns a line for each thing that came after one moment and until another; where
    things stay until they are mended it may return all that are there, which are told again only
    when they change. ``right`` is what it takes to see them, on the page at ``path``.
    """

    name: str
    title: Any
    right: tuple[str, ...]
    path: Callable[[], str]
    found: Callable[[datetime, datetime], Sequence[str]]

    def is_for(self, user: Any) -> bool:
        """Tell whether somebody may be told."""
        return bool(user.is_active and user.is_staff and user.has_perms(self.right))


KINDS: Final[dict[str, Kind]] = {}


def add(kind: Kind) -> None:
    """Let people choose a kind; one of the same name takes the place of the earlier one."""
    KINDS[kind.name] = kind
