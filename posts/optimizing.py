"""What the database knows of its tables, kept up: by it, it chooses the index to read.

SQLite asks for it (https://www.sqlite.org/lang_analyze.html), and forgets nothing; PostgreSQL does
it by itself, but minutes after many rows came at once.
"""

from __future__ import annotations

from django.db import connection
from django_tasks import task

# Rows of an index that SQLite looks at: milliseconds, whatever the size.
ROWS_LOOKED_AT = 1_000


def analyze() -> None:
    """Let the database look at its tables: many rows came."""
    statements = ["ANALYZE"]
    if connection.vendor == "sqlite":
        statements.insert(0, f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}")
    _run(statements)


@task()
def optimize() -> None:
    """Let SQLite look at tables that changed much since it last did."""
    if connection.vendor == "sqlite":
        _run([f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}", "PRAGMA optimize"])


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
