"""What a database holds, counted in SQL: it may be one that no model of this program fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

MIGRATIONS = "django_migrations"


@dataclass(frozen=True)
class Facts:
    """Rows by table, and the migrations that made the tables so."""

    tables: dict[str, int]
    migrations: list[str]

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(self.tables.values())


def count(tables: Iterable[str], ask: Callable[[str], list[Any]]) -> Facts:
    """Return the rows of each table, and the migrations that ran. `ask` runs a query."""
    rows = {
        name: int(ask(f"SELECT COUNT(*) FROM {_quoted(name)}")[0][0])  # noqa: S608
        for name in sorted(tables)
    }
    applied = ask(f"SELECT app, name FROM {MIGRATIONS}") if MIGRATIONS in rows else []  # noqa: S608
    return Facts(rows, sorted(f"{app}.{name}" for app, name in applied))


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
