"""Write many rows at once, for a fraction of what the ORM takes for it.

A large issue has hundreds of links, items and places of links. `bulk_create` asks each field of
each row several questions and writes a statement as long as all values together: with it, an import
takes a third longer; and it gives no primary keys where rows may be there already.

The SQL is made of the models' own names; what somebody wrote is always a parameter. Everything
here is to be called in a transaction, and sends no signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice
from operator import attrgetter
from typing import Any, Final, TypeVar

from django.db import connections, models, router

# The drivers take the values of these as they are; any other kind of field is asked.
_PLAIN: Final = (
    models.BooleanField,
    models.CharField,
    models.IntegerField,
    models.TextField,
)

# SQLite before 3.32 allows 999 parameters in a statement; PostgreSQL plans short lists better.
CHUNK: Final = 500
T = TypeVar("T")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield values in lists of so many, the last one of what is left."""
    remaining = iter(values)
    while some := list(islice(remaining, size)):
        yield some


def insert(
    model: type[models.Model],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    ignore_conflicts: bool = False,
) -> None:
    """Insert rows given as values of the attributes ``names``: of all columns (``post_id``) but
    the primary key, which the database gives.

    With ``ignore_conflicts``, rows that are there already are passed over.
    """
    if not rows:
        return
    connection = connections[router.db_for_write(model)]
    columns = _filled(model, names, rows)
    values = [_adapted(field, column, connection) for field, column in columns]
    quote = connection.ops.quote_name
    table, places = quote(model._meta.db_table), ", ".join(["%s"] * len(columns))
    into = ", ".join(quote(field.column) for field, _column in columns)
    end = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    sql = f"INSERT INTO {table} ({into}) VALUES ({places}){end}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*values, strict=True)))


def create(
    rows: Sequence[models.Model], unique: str, *, ignore_conflicts: bool = False, **within: int
) -> None:
    """Insert new objects of one model; they learn their primary keys by a unique attribute.

    It may be unique ``within`` one row of another model only (``post_id=1``). With
    ``ignore_conflicts``, of rows that are there already they learn the keys alone.
    """
    if rows:
        model = type(rows[0])
        names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
        values = list(map(attrgetter(*names), rows))
        insert(model, names, values, ignore_conflicts=ignore_conflicts)
        _learn_keys(rows, unique, within)


def _learn_keys(rows: Sequence[models.Model], unique: str, within: Mapping[str, int]) -> None:
    """Have rows that were inserted learn their keys; the ORM takes two to five times as long."""
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    values = _adapted(fields[unique], [getattr(row, unique) for row in rows], connection)
    known = dict(zip(values, rows, strict=True))
    quote = connection.ops.quote_name
    column, key = quote(fields[unique].column), quote(fields[model._meta.pk.attname].column)
    conditions = [f"{quote(fields[name].column)} = %s" for name in within]
    sql = f"SELECT {column}, {key} FROM {quote(model._meta.db_table)} WHERE "  # noqa: S608
    with connection.cursor() as cursor:
        for some in chunks(known):
            places = f"{column} IN ({', '.join(['%s'] * len(some))})"
            cursor.execute(sql + " AND ".join([*conditions, places]), [*within.values(), *some])
            for value, pk in cursor.fetchall():
                known[value].pk = pk


def _filled(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[tuple[Any, Sequence[Any]]]:
    """Return the columns with a value in some row: Python's SQLite takes long over each NULL."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return [(fields[name], column) for name, column in columns if column.count(None) < len(column)]


def _adapted(field: Any, values: Sequence[Any], connection: Any) -> Sequence[Any]:
    """Return the values of one column as the database's driver wants them."""
    kind = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(kind, _PLAIN):
        return values
    # Many rows share a moment.
    adapt = cache(partial(field.get_db_prep_save, connection=connection))
    return [adapt(value) for value in values]


def rewrite(rows: Iterable[tuple[models.Model, Mapping[str, Any]]]) -> None:
    """Give stored objects of one model values of the same attributes; write those that differ.

    An upsert on the primary key costs a tenth of ``bulk_update``, which builds a CASE for every
    value.
    """
    changed = []
    for row, values in rows:
        if [getattr(row, name) for name in values] != list(values.values()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
            names = [name.removesuffix("_id") for name in values]
    if changed:
        type(changed[0])._default_manager.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=names
        )


def shift(
    model: type[models.Model], names: Sequence[str], changes: Mapping[int, Sequence[int]]
) -> None:
    """Add to the counters ``names`` of rows, by primary key; none falls below zero.

    Always in the order of the keys, so that no two savers wait for each other.
    """
    if not changes:
        return
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    fields: dict[str, Any] = {field.name: field for field in model._meta.concrete_fields}
    columns = [quote(fields[name].column) for name in names]
    key = quote(fields[model._meta.pk.name].column)
    sums = ", ".join(f"{c} = CASE WHEN {c} + %s > 0 THEN {c} + %s ELSE 0 END" for c in columns)
    sql = f"UPDATE {quote(model._meta.db_table)} SET {sums} WHERE {key} = %s"  # noqa: S608
    values = [(*(n for step in changes[pk] for n in (step, step)), pk) for pk in sorted(changes)]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
