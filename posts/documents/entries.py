"""A header taken apart: its keys, their values, and where both stand in its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import yaml

from posts.documents.keys import NESTS, SPELLINGS, plain_key

# Read in one way only: where CR LF may be two line ends as well, some blank lines take hours.
EOL = r"(?>\r\n|\r|\n)"

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Form: TypeAlias = Literal["yaml", "toml", "json", "pelican", "nikola", ""]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a header: where its lines and its value stand in the header's text."""

    key: str
    value: Value
    start: int
    end: int
    value_start: int
    value_end: int
    node: yaml.Node | None = None


@dataclass(frozen=True)
class Header:
    """A header taken apart; `form` is '' if the document has none.

    `tables` are the values that have no entry, since they cannot be changed in place.
    """

    text: str
    form: Form
    entries: tuple[Entry, ...]
    insert_at: int
    tables: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def values(self) -> dict[str, Value]:
        """The values by plain key, those of nested tables where nothing above them says so."""
        values: dict[str, Value] = {}
        written = [(entry.key, entry.value) for entry in self.entries]
        above = [*written, *self.tables.items()]
        nested = [
            item
            for key, value in above
            if plain_key(key) in NESTS and isinstance(value, dict)
            for item in value.items()
        ]
        for key, value in (*above, *nested):
            if values.get(plain_key(key)) is None:
                values[plain_key(key)] = value
        return values

    @property
    def newline(self) -> str:
        found = re.search(EOL, self.text)
        return found[0] if found else "\n"

    def find(self, name: str) -> Entry | None:
        """Return the entry of a key: as spelled, else under another spelling of the same piece."""
        by_key = {plain_key(entry.key): entry for entry in reversed(self.entries)}
        spellings = (plain_key(name), *SPELLINGS.get(name.lower(), ()))
        present = [by_key[key] for key in spellings if key in by_key]
        return next(
            (entry for entry in present if entry.value is not None), present[0] if present else None
        )

    @cached_property
    def spelled(self) -> dict[str, str]:
        """The plain keys as their author wrote them."""
        return {plain_key(entry.key): entry.key for entry in reversed(self.entries)}

    def line_of(self, key: str) -> int:
        """Return the line of the file where a plain key stands; 0 if no line is its own."""
        found = next((entry for entry in self.entries if plain_key(entry.key) == key), None)
        return line_number(self.text, found.start) if found else 0


def line_number(text: str, at: int) -> int:
    """Return the line of a place in a text, counted from 1."""
    return len(re.findall(EOL, text[:at])) + 1
