"""Sites on databases of their own, for what is measured on SQLite and on PostgreSQL.

PostgreSQL is the server of `POSTGRES_URL`; databases whose names begin with that one's and
`_bench_` are created there and dropped. Django must be set up, and is connected in forks alone.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from newsletter import env

SERVER = os.environ.get("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/newsletter")
# Others' sessions: psql goes on for a moment when the process that started it was killed.
BUSY = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
KINDS = ("sqlite", "postgresql")
Contents = dict[str, list[tuple[Any, ...]]]
"""The rows of each table."""


class Site:
    """A database and a folder of uploads."""

    def __init__(self, folder: Path, name: str, kind: str) -> None:
        self.media = folder / f"{name}-{kind}"
        self.path = folder / f"{name}.sqlite3"
        self.database = f"{SERVER.rpartition('/')[2]}_bench_{name}_{os.getpid()}"
        self.said = folder / f"{name}-{kind}.said"
        self.kind = kind
        if kind == "postgresql":
            self.url = f"{SERVER.rpartition('/')[0]}/{self.database}"
            _administer(f'CREATE DATABASE "{self.database}"')
        else:
            self.url = f"sqlite:///{self.path}"
        os.environ["DATABASE_URL"] = self.url
        self.settings = env.database("DATABASE_URL", "")

    def fork(self, work: Callable[[], object]) -> int:
        """Do something in a process of its own, in which this is the site; return its id.

        A fork has no start to wait for: what is killed is at work.
        """
        pid = os.fork()
        if pid:
            return pid
        try:
            with self.said.open("w") as said:
                os.dup2(said.fileno(), sys.stderr.fileno())
                connections.settings["default"] |= self.settings
                connections["default"] = connections.create_connection("default")
                settings.MEDIA_ROOT = self.media
                work()
                connections.close_all()
                os._exit(0)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        finally:
            os._exit(1)

    def manage(self, *command: str) -> float:
        """Run a management command; return its seconds. Ends with what it says if it fails."""
        start = time.monotonic()
        if self.succeeds(*command):
            return time.monotonic() - start
        raise SystemExit(f"{' '.join(command)} failed on {self.kind}: {self.said.read_text()}")

    def succeeds(self, *command: str) -> bool:
        """Run a management command; tell whether its exit code is 0."""
        return os.waitpid(self.fork(lambda: run(*command)), 0)[1] == 0

    def become(self, other: Site) -> None:
        """Take over another's rows, and have no uploads."""
        shutil.rmtree(self.media, ignore_errors=True)
        if self.kind == "postgresql":
            _administer(f'DROP DATABASE "{self.database}" WITH (FORCE)')
            _administer(f'CREATE DATABASE "{self.database}" TEMPLATE "{other.database}"')
            return
        for file in self.path.parent.glob(f"{self.path.name}*"):
            file.unlink()
        shutil.copy(other.path, self.path)

    def clear(self) -> None:
        """Have no tables, and no uploads."""
        shutil.rmtree(self.media, ignore_errors=True)
        if self.kind == "postgresql":
            _administer(f'DROP DATABASE "{self.database}" WITH (FORCE)')
            _administer(f'CREATE DATABASE "{self.database}"')
        for file in self.path.parent.glob(f"{self.path.name}*"):
            file.unlink()

    def rows(self, *queries: str) -> list[list[tuple[Any, ...]]]:
        """Return the rows of each query."""
        connection: Any = (
            psycopg.connect(self.url) if self.kind == "postgresql" else sqlite3.connect(self.path)
        )
        with closing(connection):
            return [connection.execute(query).fetchall() for query in queries]

    def tables(self) -> list[str]:
        """Return the names of the tables."""
        names = {
            "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table'",
        }
        return [str(name) for (name,) in self.rows(names[self.kind])[0]]

    def contents(self) -> Contents:
        """Return the rows of every table, in the order of their text, once nobody writes."""
        while self.kind == "postgresql" and self.rows(BUSY)[0]:
            time.sleep(0.01)
        tables = self.tables()
        found = self.rows(*(f'SELECT * FROM "{table}"' for table in tables))  # noqa: S608
        return {table: sorted(rows, key=repr) for table, rows in zip(tables, found, strict=True)}

    def pictures_missing(self) -> int:
        """Count the pictures that rows name and that are not there, or not what they were."""
        (names,) = self.rows("SELECT file FROM posts_image")
        return sum(not (self.media / name).is_file() for (name,) in names)

    def drop(self) -> None:
        """Remove it."""
        if self.kind == "postgresql":
            _administer(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')


def run(*command: str) -> None:
    """Run a management command, and say nothing."""
    call_command(*command, stdout=StringIO())


@contextmanager
def sites(folder: Path, kind: str, *names: str) -> Iterator[list[Site]]:
    """Give empty sites that go away."""
    made: list[Site] = []
    try:
        for name in names:
            made.append(Site(folder, name, kind))
        yield made
    finally:
        for site in made:
            site.drop()


def _administer(statement: str) -> None:
    address = f"{SERVER.rpartition('/')[0]}/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)
