"""Copy the database to another one, of another kind too: from SQLite to PostgreSQL and back.

Rows go table by table, in the order of their keys, in batches of one transaction each. How far a
table is stands in the other database, written with the batch; so whoever is killed goes on there.
Constraints between tables are lifted first and hold again at the end, once all tables were
compared. Until then a table named ``copy_to_progress`` says that the copy is not whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from django.apps import apps
from django.core.management.color import no_style
from django.db import DataError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from backups.archive import BackupError
from backups.progress import Progress

PROGRESS: Final = "copy_to_progress"
BATCH: Final = 1000
_CREATE = f"CREATE TABLE {PROGRESS} (name text PRIMARY KEY, value text)"
_SET = (
    f"INSERT INTO {PROGRESS} VALUES (%s, %s)"  # noqa: S608
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_LIFTED: Final = "foreign keys"
_GET = f"SELECT value FROM {PROGRESS} WHERE name = %s"  # noqa: S608
# What PostgreSQL lifts and sets again: foreign keys by table, name and definition.
_FOREIGN_KEYS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
)


@dataclass(frozen=True, slots=True)
class Sum:
    """The rows of a table: how many, and the sum of their digests, in whatever order they come."""

    rows: int
    digest: int


class Copy:
    """A copy of the site's database in another one (``to``), whose tables are there already."""

    def __init__(self, to: BaseDatabaseWrapper, progress: Progress) -> None:
        self.to = to
        self.progress = progress
        self._quote = to.ops.quote_name

    def run(self, finish: Callable[[], object] = int) -> int:
        """Copy what is not copied, compare all, let constraints hold; return how many rows.

        The tables are there: ``claim`` came before they were made. ``finish`` does what else
        belongs to it, before it is said to be whole.

        Raises BackupError where the other database takes a row not, or tables differ since the
        site went on meanwhile. Run again, it goes on.
        """
        claim(self.to)
        if self._reached(_LIFTED) is None:
            self._begin()
        for model in tables():
            self._copy(model)
        # What was written meanwhile, or before an interruption that lies days back.
        for model in [model for model in tables() if self._differs(model)]:
            self._empty(model)
            self._copy(model)
        if different := [model._meta.db_table for model in tables() if self._differs(model)]:
            said = _(
                "These tables differ, since the site was not stopped: %(tables)s. Run it again."
            )
            raise BackupError(said % {"tables": ", ".join(different)})
        self._count_on()
        finish()
        self._end()
        return sum(model._base_manager.count() for model in tables())

    @property
    def _is_postgresql(self) -> bool:
        return self.to.vendor == "postgresql"

    def _begin(self) -> None:
        """Lift constraints, and empty the tables of what `migrate` put into them."""
        with transaction.atomic(self.to.alias), self.to.cursor() as cursor:
            keys: list[Any] = []
            if self._is_postgresql:
                cursor.execute(_FOREIGN_KEYS)
                keys = cursor.fetchall()
                for table, name, _definition in keys:
                    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {self._quote(name)}")
            cursor.execute(_SET, [_LIFTED, json.dumps(keys)])
            for model in tables():
                cursor.execute(f"DELETE FROM {self._quote(model._meta.db_table)}")  # noqa: S608

    def _copy(self, model: type[Model]) -> None:
        name = model._meta.db_table
        last = self._reached(name)
        for rows in _batches(model, last):
            with transaction.atomic(self.to.alias), self.to.cursor() as cursor:
                self._insert(cursor, model, rows)
                cursor.execute(_SET, [name, json.dumps(str(_key(model, rows[-1])))])
        self.progress.done(name)

    def _insert(self, cursor: Any, model: type[Model], rows: Sequence[tuple[Any, ...]]) -> None:
        fields = model._meta.concrete_fields
        columns = ", ".join(self._quote(str(field.column)) for field in fields)
        marks = ", ".join(["%s"] * len(fields))
        sql = f"INSERT INTO {self._quote(model._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608
        values = [
            [
                field.get_db_prep_save(value, self.to)
                for field, value in zip(fields, row, strict=True)
            ]
            for row in rows
        ]
        try:
            cursor.executemany(sql, values)
        except (DataError, ValueError) as error:
            first, last = _key(model, rows[0]), _key(model, rows[-1])
            said = _("%(table)s, rows %(first)s to %(last)s: %(reason)s")
            values_said = {"table": model._meta.db_table, "first": first, "last": last}
            raise BackupError(said % {**values_said, "reason": str(error).strip()}) from error

    def _reached(self, name: str) -> str | None:
        """Return the last key that a table has there; None before its first."""
        with self.to.cursor() as cursor:
            cursor.execute(_GET, [name])
            found = cursor.fetchone()
        return None if found is None else str(json.loads(found[0]))

    def _empty(self, model: type[Model]) -> None:
        with transaction.atomic(self.to.alias), self.to.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._quote(model._meta.db_table)}")  # noqa: S608
            cursor.execute(f"DELETE FROM {PROGRESS} WHERE name = %s", [model._meta.db_table])  # noqa: S608

    def _differs(self, model: type[Model]) -> bool:
        return sum_of(model, connection.alias) != sum_of(model, self.to.alias)

    def _count_on(self) -> None:
        """Let new rows get keys beyond those copied."""
        with self.to.cursor() as cursor:
            for sql in self.to.ops.sequence_reset_sql(no_style(), tables()):
                cursor.execute(sql)

    def _end(self) -> None:
        """Let constraints hold, and say that it is whole."""
        with transaction.atomic(self.to.alias), self.to.cursor() as cursor:
            cursor.execute(_GET, [_LIFTED])
            for table, name, definition in json.loads(cursor.fetchone()[0]):
                cursor.execute(
                    f"ALTER TABLE {table} ADD CONSTRAINT {self._quote(name)} {definition}"
                )
            self.to.check_constraints()
            cursor.execute(f"DROP TABLE {PROGRESS}")


def claim(to: BaseDatabaseWrapper) -> None:
    """Write into an empty database that a copy is to come: before its tables are made, so that
    who is killed meanwhile goes on."""
    if not is_begun(to):
        with to.cursor() as cursor:
            cursor.execute(_CREATE)


def drop_tables(to: BaseDatabaseWrapper) -> None:
    """Drop the tables that came before whoever made them was killed, all but the mark of ``claim``.

    Django writes some migrations down only once they are committed: interrupted in between, it
    would make their tables twice. Nothing else is there, since the database was empty.
    """
    end = " CASCADE" if to.vendor == "postgresql" else ""
    with transaction.atomic(to.alias), to.cursor() as cursor:
        for name in sorted(set(to.introspection.table_names(cursor)) - {PROGRESS}):
            cursor.execute(f"DROP TABLE IF EXISTS {to.ops.quote_name(name)}{end}")


def has_tables(to: BaseDatabaseWrapper) -> bool:
    """Tell whether a database that holds a copy has all tables, or was left while they came."""
    with to.cursor() as cursor:
        cursor.execute(_GET, [_LIFTED])
        return cursor.fetchone() is not None


def is_begun(to: BaseDatabaseWrapper) -> bool:
    """Tell whether a database holds a copy that is not whole."""
    return PROGRESS in to.introspection.table_names()


def tables() -> list[type[Model]]:
    """Return all tables that models describe, those of relations too."""
    models = apps.get_models(include_auto_created=True)
    return [model for model in models if model._meta.managed and not model._meta.proxy]


def sum_of(model: type[Model], alias: str) -> Sum:
    """Return what a table holds, as Django reads it: databases store the same differently."""
    count = total = 0
    for row in _rows(model, alias).iterator(BATCH):
        count += 1
        told = json.dumps([_told(value) for value in row], sort_keys=True, ensure_ascii=False)
        total += int.from_bytes(hashlib.sha256(told.encode(errors="surrogatepass")).digest())
    return Sum(count, total % 2**256)


def _told(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value if isinstance(value, str | dict | list | None) else str(value)


def _rows(model: type[Model], alias: str) -> Any:
    names = [field.attname for field in model._meta.concrete_fields]
    return model._base_manager.using(alias).values_list(*names)


def _batches(model: type[Model], last: str | None) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a table after a key, in the order of keys."""
    key = _key_field(model)
    after = None if last is None else key.to_python(last)
    while True:
        rows = _rows(model, connection.alias).order_by("pk")
        batch = list(rows.filter(pk__gt=after)[:BATCH] if after is not None else rows[:BATCH])
        if not batch:
            return
        yield batch
        after = _key(model, batch[-1])


def _key_field(model: type[Model]) -> Field[Any, Any]:
    field: Any = model._meta.pk
    while field.remote_field:  # the key of a row of another table
        field = field.target_field
    return cast(Field[Any, Any], field)


def _key(model: type[Model], row: Iterable[Any]) -> Any:
    fields = [field.attname for field in model._meta.concrete_fields]
    return list(row)[fields.index(model._meta.pk.attname)]
