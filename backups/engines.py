"""Which module copies a database, by Django's name of its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from django.db import connection

from backups import postgresql, sqlite
from backups.facts import Facts


class Engine(Protocol):
    """What such a module offers."""

    FILE: str
    DEFLATED: bool

    def size(self) -> int:
        """Return the bytes that the database takes."""

    def look(self) -> Facts:
        """Return what the site's database holds."""

    def dump(self, path: Path) -> Facts:
        """Copy the database to a new file; return what the copy holds."""

    def try_out(self, path: Path) -> Facts:
        """Return what a copy holds, without touching the site's database."""

    def restore(self, path: Path) -> None:
        """Put a copy in the place of the database, whole or not at all."""


ENGINES = {"sqlite": cast(Engine, sqlite), "postgresql": cast(Engine, postgresql)}


def own() -> Engine:
    """Return the module of the site's database."""
    return ENGINES[connection.vendor]
