"""Copies of a PostgreSQL database, by its own programs: pg_dump, pg_restore and psql.

pg_dump reads the moment (the snapshot) in which the rows were counted. A copy goes back in one
transaction, which the program ends only once everything was written: whoever is killed meanwhile
leaves what was there before. Passwords go by the environment, where others do not see them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from backups.archive import BackupError, Untried, in_use
from backups.facts import Facts, count

FILE = "database.dump"
DEFLATED = False  # by pg_dump itself
# Tables of later versions, too: they would be in the way of their migrations. Who waits longer for
# a table than this has met a transaction that does not end.
BEGIN = b"""BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = '60s';
SELECT format('DROP TABLE %I.%I CASCADE', schemaname, tablename)
FROM pg_tables WHERE schemaname = current_schema() \\gexec
"""
COMMIT = b"\nCOMMIT;\n"


def size() -> int:
    """Return the bytes that the database takes; a copy of it takes less."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def look() -> Facts:
    """Return what the site's database holds."""
    with connection.cursor() as cursor:
        return _facts(cursor)


def dump(path: Path) -> Facts:
    """Copy the database to a new file; return what the copy holds."""
    _check("pg_dump")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _run(
            "pg_dump", "--no-password", "--format=custom", "--no-blobs", "--no-owner",
            "--no-privileges", f"--snapshot={snapshot}", f"--file={path}",
        )  # fmt: skip
        return _facts(cursor)


def try_out(path: Path) -> Facts:
    """Return what a copy holds, restored into a database that goes away again.

    Raises Untried where it cannot be restored.
    """
    name = f"{connection.settings_dict['NAME'][:40]}_verify_backup"
    with _scratch(name):
        try:
            _load(path, name)
        except BackupError as error:  # of the machine: the digest of the copy is right
            raise Untried(str(error)) from error
        scratch = connections["default"].copy(alias=name)
        scratch.settings_dict["NAME"] = name
        try:
            with scratch.cursor() as cursor:
                return _facts(cursor)
        finally:
            scratch.close()


@contextmanager
def _scratch(name: str) -> Iterator[None]:
    """Give a new database of this name; one that is left of an earlier attempt goes first."""
    quoted = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
            cursor.execute(
                f"CREATE DATABASE {quoted} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
            )
        except DatabaseError as error:
            said = _(
                "No database to try the backup out could be created (%(reason)s). The database's"
                " user needs the right to: ALTER ROLE … CREATEDB."
            )
            raise Untried(said % {"reason": str(error).strip()}) from error
        try:
            yield
        finally:
            cursor.execute(f"DROP DATABASE {quoted}")


def restore(path: Path) -> None:
    """Put a copy in the place of the database, whole or not at all."""
    connection.close()
    _load(path, connection.settings_dict["NAME"])


def _load(path: Path, name: str) -> None:
    """Replace the tables of a database by those of a copy, in one transaction.

    The end of what psql reads is no COMMIT: if anybody dies on the way, nothing has changed.
    """
    _check("pg_restore")
    with tempfile.TemporaryFile() as said:
        arguments, environment = _command(name, "--no-psqlrc", "--no-password", "--quiet")
        psql = subprocess.Popen(
            [*arguments, "--set=ON_ERROR_STOP=1"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
        try:
            written = _feed(path, psql.stdin, said)
        finally:
            with suppress(BrokenPipeError):
                psql.stdin.close()  # type: ignore[union-attr]
            psql.wait()
        if psql.returncode or not written:
            raise _failed("pg_restore", said)


def _feed(path: Path, psql: IO[bytes] | None, said: IO[bytes]) -> bool:
    """Write a copy as SQL for psql; tell whether all of it was."""
    assert psql  # noqa: S101
    try:
        psql.write(BEGIN)
        psql.flush()
        done = subprocess.run(
            ["pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges",
             "--no-comments", "--file=-", str(path)],
            stdout=psql, stderr=said, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            psql.write(COMMIT)
            psql.flush()
        return done.returncode == 0
    except BrokenPipeError:  # psql said why
        return False


def _command(database: str, *options: str) -> tuple[list[str], dict[str, str]]:
    """Return the call of psql for a database of the site's server, and its environment."""
    settings: Any = {**connection.settings_dict, "NAME": database}
    arguments, environment = connection.client.settings_to_cmd_args_env(settings, list(options))
    # What the site's connections are told to begin with, such as another schema.
    chosen = settings["OPTIONS"].get("options")
    started = {"PGOPTIONS": chosen} if chosen else {}
    return list(arguments), {**os.environ, **(environment or {}), **started}


def _run(program: str, *options: str) -> None:
    """Run a program that takes psql's arguments on the site's database."""
    arguments, environment = _command(connection.settings_dict["NAME"], *options)
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [program, *arguments[1:]], env=environment, stdout=said, stderr=said, check=False
        )
        if done.returncode:
            raise _failed(program, said)


def _failed(program: str, said: IO[bytes]) -> BackupError:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    reason = "; ".join(lines[-3:]) or _("it was ended")
    if "lock timeout" in reason:
        return BackupError(in_use())
    return BackupError(_("%(program)s failed: %(reason)s") % {"program": program, "reason": reason})


def _check(program: str) -> None:
    """Raise BackupError where a program is missing, or older than the server."""
    if not (shutil.which(program) and shutil.which("psql")):
        said = _(
            "%(program)s is missing: install PostgreSQL's programs for clients (on Debian:"
            " apt install postgresql-client)."
        )
        raise BackupError(said % {"program": program})
    line = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\) (\d+)", line.stdout)
    connection.ensure_connection()
    server = connection.pg_version // 10000  # type: ignore[attr-defined]
    if not found or int(found[1]) < server:
        said = _(
            "%(program)s (%(line)s) is older than the server (%(server)s): install PostgreSQL's"
            " programs for clients of version %(server)s."
        )
        values = {"program": program, "line": line.stdout.strip(), "server": server}
        raise BackupError(said % values)


def _facts(cursor: CursorWrapper) -> Facts:
    def ask(query: str) -> list[Any]:
        cursor.execute(query)
        return list(cursor.fetchall())

    tables = ask("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return count([str(name) for (name,) in tables], ask)
