"""Write collected links as the Markdown of an issue's items."""

from __future__ import annotations

import re
from collections.abc import Iterable

from links.models import InboxEntry

_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
# What ends an address in parentheses, or cannot stand in one (CommonMark 0.31, 6.3).
_NEEDS_BRACKETS = re.compile(r"[\s()]")


def as_markdown(entries: Iterable[InboxEntry]) -> str:
    """Return a list with an item for each entry: its title as the link, then its note."""
    return "".join(f"{as_item(entry)}\n" for entry in entries)


def as_item(entry: InboxEntry) -> str:
    """Return one list item: ``- [Title](address): note``."""
    title = _escaped(entry.title or entry.link.title or entry.url)
    note = _escaped(entry.note)
    url = re.sub(r"[<>\s]", lambda found: f"%{ord(found[0]):02X}", entry.url)
    address = f"<{url}>" if _NEEDS_BRACKETS.search(url) else url
    return f"- [{title}]({address})" + (f": {note}" if note else "")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
