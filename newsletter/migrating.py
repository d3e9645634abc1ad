"""While tables are migrated, SQLite keeps on the disk what it would otherwise keep in memory.

Going back or forward it makes whole tables anew, and what a savepoint may have to put back, or an
index sorts, is as large as they are (``newsletter.databases``: `temp_store`).
"""

from __future__ import annotations

from typing import Any

from django.db import connections

_BY_SYSTEM, _IN_MEMORY = 0, 2  # https://www.sqlite.org/pragma.html#pragma_temp_store


def use_disk(using: str, **_signal: Any) -> None:
    """Keep on the disk what tables being made anew need (receiver of ``pre_migrate``)."""
    _store(using, _BY_SYSTEM)


def use_memory(using: str, **_signal: Any) -> None:
    """Keep it in memory again (receiver of ``post_migrate``)."""
    _store(using, _IN_MEMORY)


def _store(using: str, where: int) -> None:
    connection = connections[using]
    # Within a transaction SQLite refuses to change it.
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA temp_store={where}")
