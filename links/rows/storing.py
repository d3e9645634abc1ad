"""Write and find many rows at once, for a fraction of what the ORM takes for it.

A large issue has hundreds of items and places of links. `bulk_create` asks each field of each row
several questions and writes a statement as long as all values together, which was a third of the
time of an import. It does so to return primary keys and to serve every kind of field; rows whose
keys nobody needs, or that can be found again by another unique field, do without.

The SQL is made of the models' own names; what somebody wrote is always a parameter. Everything
here is to be called in a transaction, and sends no signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice
from operator import itemgetter
from typing import Any, Final, TypeVar

from django.db import connections, models, router
from django.db.models.base import ModelState

# The drivers take the values of these as they are; any other kind of field is asked.
_PLAIN: Final = (
    models.BooleanField,
    models.CharField,
    models.IntegerField,
    models.TextField,
)

# SQLite before 3.32 allows 999 parameters in a statement; PostgreSQL plans short lists better.
CHUNK: Final = 500

Row = TypeVar("Row", bound=models.Model)


def make(model: type[Row], rows: Iterable[dict[str, Any]]) -> list[Row]:
    """Return new objects from values of some attributes (``post_id``); the rest get one default.

    Takes a tenth of the time of ``model(**values)``, which asks each field how to be set, and
    sends no ``pre_init`` and ``post_init``; so it serves models whose fields need neither.
    """
    defaults = {field.attname: field.get_default() for field in model._meta.concrete_fields}
    return [_object(model, defaults | values) for values in rows]


def _object(model: type[Row], values: dict[str, Any], alias: str | None = None) -> Row:
    """Return an object of what is stored in a database, or a new one; ``values`` become its own."""
    state = values["_state"] = ModelState()
    state.db, state.adding = alias, alias is None
    row = model.__new__(model)
    row.__dict__ = values
    return row


def find(
    model: type[Row], names: Sequence[str], name: str, values: Iterable[Any]
) -> dict[Any, Row]:
    """Return stored objects by the value of a unique attribute, for those of ``values`` found.

    The attributes ``names`` are read, text and numbers all; others when somebody asks for them.
    """
    alias = router.db_for_write(model)
    quote = connections[alias].ops.quote_name
    wanted = tuple(dict.fromkeys(("id", name, *names)))
    fields, place = _fields(model, wanted), wanted.index(name)
    columns = ", ".join(quote(field.column) for field in fields)
    table, by = quote(model._meta.db_table), quote(fields[place].column)
    found = {}
    with connections[alias].cursor() as cursor:
        for chunk in _chunks(values):
            places = ", ".join(["%s"] * len(chunk))
            cursor.execute(f"SELECT {columns} FROM {table} WHERE {by} IN ({places})", chunk)  # noqa: S608
            for row in cursor.fetchall():
                found[row[place]] = _object(model, dict(zip(wanted, row, strict=True)), alias)
    return found


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def insert(
    model: type[models.Model],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    ignore_conflicts: bool = False,
) -> int:
    """Insert rows given as values of the attributes ``names``; return how many were inserted.

    ``names`` are the attributes of all columns (``post_id``) but the primary key, which the
    database gives. With ``ignore_conflicts``, rows that are there already are passed over.
    """
    if not rows:
        return 0
    connection = connections[router.db_for_write(model)]
    columns = _filled(_fields(model, names), rows)
    values = [_adapted(field, column, connection) for field, column in columns]
    quote = connection.ops.quote_name
    table, places = quote(model._meta.db_table), ", ".join(["%s"] * len(columns))
    into = ", ".join(quote(field.column) for field, _column in columns)
    end = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    sql = f"INSERT INTO {table} ({into}) VALUES ({places}){end}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*values, strict=True)))
        return int(cursor.rowcount)


def insert_objects(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> int:
    """Insert new objects of one model as `insert` does; they do not learn their primary keys."""
    if not rows:
        return 0
    model = type(rows[0])
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    values = list(map(itemgetter(*names), map(vars, rows)))
    return insert(model, names, values, ignore_conflicts=ignore_conflicts)


def _fields(model: type[models.Model], names: Iterable[str]) -> list[Any]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _filled(
    fields: Iterable[Any], rows: Iterable[Sequence[Any]]
) -> list[tuple[Any, Sequence[Any]]]:
    """Return the columns with a value in some row: Python's SQLite takes long over each NULL."""
    columns = zip(fields, zip(*rows, strict=True), strict=True)
    return [(field, column) for field, column in columns if column.count(None) < len(column)]


def _adapted(field: Any, values: Sequence[Any], connection: Any) -> Sequence[Any]:
    """Return the values of one column as the database's driver wants them."""
    kind = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(kind, _PLAIN):
        return values
    # Many rows share a moment.
    adapt = cache(partial(field.get_db_prep_save, connection=connection))
    return [adapt(value) for value in values]


def learn_keys(rows: Sequence[models.Model], name: str) -> None:
    """Give inserted objects their primary keys, found by a unique attribute.

    Raises KeyError if one is not stored.
    """
    if rows:
        stored = find(type(rows[0]), (), name, [getattr(row, name) for row in rows])
        for row in rows:
            _learn_key(row, stored[getattr(row, name)].pk)


def learn_newest_keys(rows: Sequence[models.Model], keys: Iterable[int]) -> None:
    """Give objects their primary keys, which are the greatest of ``keys``, in order.

    The database counts keys up. ``keys`` are those of some rows among which nobody else may
    insert before the transaction ends, such as the items of a post that is locked.
    """
    for row, pk in zip(rows, sorted(keys)[-len(rows) :], strict=True):
        _learn_key(row, pk)


def _learn_key(row: models.Model, pk: int) -> None:
    row.__dict__["id"] = pk
    row._state.adding = False


def change(row: models.Model, values: Mapping[str, Any]) -> bool:
    """Set those attributes of an object that differ from the values; tell whether any did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def rewrite(rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Rewrite these attributes of stored objects of one model in one statement.

    An upsert on the primary key costs a tenth of ``bulk_update``, which builds a CASE for every
    value.
    """
    if rows:
        type(rows[0])._default_manager.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[name.removesuffix("_id") for name in names],
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
    table, key, *columns = map(
        connection.ops.quote_name,
        (model._meta.db_table, *(field.column for field in _fields(model, ("id", *names)))),
    )
    sums = ", ".join(f"{c} = CASE WHEN {c} + %s > 0 THEN {c} + %s ELSE 0 END" for c in columns)
    values = [(*(n for step in changes[pk] for n in (step, step)), pk) for pk in sorted(changes)]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {sums} WHERE {key} = %s", values)  # noqa: S608
