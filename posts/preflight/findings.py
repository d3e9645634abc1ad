"""What a check finds: where, in words, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from posts.messages import Message

Span = tuple[int, int]
"""The first character in the text, and the one behind the last."""


class Edit(NamedTuple):
    """A change of the text that mends something: what stands from ``start`` to ``end`` goes, and
    ``new`` comes."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    ``line`` counts from 1 in the text below the header; 0 for what is wrong with a ``field`` of the
    form or the issue as a whole. ``about`` tells findings of a kind and line apart, and ``path``
    leads to a page that says more.
    """

    kind: str
    words: Message
    line: int = 0
    span: Span | None = None
    edit: Edit | None = None
    field: str = ""
    path: str = ""
