"""Copies of an SQLite database, by its online backup: of one moment, while others write.

A copy goes back the same way: written over the database in one transaction. Whoever is killed
meanwhile leaves what was there before, and who reads meanwhile sees one state or the other.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from backups.archive import BackupError, in_use
from backups.facts import Facts, count

FILE = "database.sqlite3"
DEFLATED = True
# Errors of the machine, which say nothing about a copy.
MACHINE = {
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
}  # fmt: skip


def size() -> int:
    """Return the bytes that the database takes, and a copy of it will."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])


def look() -> Facts:
    """Return what the site's database holds."""
    return _facts(_raw())


def dump(path: Path) -> Facts:
    """Copy the database to a new file; return what the copy holds.

    All pages in one step: between two steps another's write would make it begin anew.
    """
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("PRAGMA synchronous=OFF")
        _raw().backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        return _facts(copy)


def try_out(path: Path) -> Facts:
    """Return what a copy holds.

    Raises BackupError where it is not whole, and sqlite3.Error where the machine refuses.
    """
    try:
        with closing(_open(path)) as copy:
            problems = [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]
            problems += [
                f"{row[0]}, row {row[1]}" for row in copy.execute("PRAGMA foreign_key_check")
            ]
            if problems != ["ok"]:
                raise BackupError(_broken("; ".join(problems[:5])))
            return _facts(copy)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in MACHINE:
            raise
        raise BackupError(_broken(error)) from error


def _broken(reason: object) -> str:
    return _("The database in the backup is broken: %(reason)s") % {"reason": reason}


def restore(path: Path) -> None:
    """Put a copy in the place of the database, whole or not at all."""

    def give_up(status: int, _remaining: int, _total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise BackupError(in_use())

    try:
        with closing(_open(path)) as copy:
            copy.backup(_raw(), progress=give_up)
        _raw().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        said = _(
            "The database of this site cannot be replaced (%(reason)s). If it is damaged, move"
            " it away with the files -wal and -shm beside it, and restore again."
        )
        raise BackupError(said % {"reason": error}) from error
    finally:
        connection.close()


def _raw() -> sqlite3.Connection:
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    return raw


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


def _facts(database: sqlite3.Connection) -> Facts:
    # What a virtual table holds is in tables of its own.
    rows = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %'"
    )
    names = [name for (name,) in rows if not name.startswith("sqlite_")]
    return count(names, lambda query: database.execute(query).fetchall())
