"""QuerySets whose SQL is compiled once: what each request of a public page asks, and each save.

Building and compiling a QuerySet costs several times what the database needs to answer it, and on
a page that is stored it would be most of the work. A prepared query is an ordinary function that
returns an ordinary QuerySet; it is called once in a process with stand-ins for its arguments, and
from then on only the values are put in their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, wraps
from itertools import repeat
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import QuerySet, TextChoices
from django.db.models.sql import UpdateQuery

from links.rows import chunks

Build = Callable[..., QuerySet[Any, Any]]
Change = tuple[QuerySet[Any, Any], dict[str, Any]]  # rows, and the values they are to get
BuildUpdate = Callable[..., Change]
Rows = list[tuple[Any, ...]]
Kept = TypeVar("Kept")
Asked = TypeVar("Asked")
Key = TypeVar("Key", bound=int | str)

SIZES = (20, 50, 100, 200, 1000)
# Longer lists are asked for in parts: for each key one of 1,000 takes SQLite no less than this.
MOST_AT_ONCE = 200
_FAR = datetime(8000, 1, 1, tzinfo=UTC)
_BIG = 4_000_000_000_000_000_000


class _Statement:
    """A compiled QuerySet and which of its parameters are which arguments."""

    def __init__(self, build: Build, arguments: Sequence[Any]) -> None:
        stand_ins = [_stand_in(place, value) for place, value in enumerate(arguments)]
        query = build(*stand_ins).query
        compiler: Any = query.get_compiler(connection=connection)
        sql, parameters = _with_constants(*compiler.as_sql())
        self._note(build.__name__, sql, parameters, stand_ins)
        columns = [column for column, *_rest in compiler.select]
        found: Any = compiler.get_converters(columns)
        self._converters = {place: _converter(*of) for place, of in found.items()}

    def _note(self, name: str, sql: str, parameters: Sequence[Any], stand_ins: list[Any]) -> None:
        """Note the statement, and which of its parameters are which arguments."""
        self._sql = sql
        self._sqlite_sql = sql % (("?",) * len(parameters))
        places = {_adapted(value, connection): place for place, value in enumerate(stand_ins)}
        self._parameters = list(parameters)
        # Two tuples of numbers that others share: a list of 200 keys is 200 of them.
        self._at = tuple(at for at, value in enumerate(parameters) if value in places)
        self._places = tuple(places[value] for value in parameters if value in places)
        if set(self._places) != set(range(len(stand_ins))):
            raise TypeError(f"{name}: an argument is not a plain parameter of the query")

    def _ask(self, arguments: Sequence[Any], here: Any, take: Callable[[Any], Asked]) -> Asked:
        """Run the statement with these arguments; return what is taken of the cursor."""
        return _ask(here, self._sql, self._sqlite_sql, self._filled(arguments, here), take)

    def _filled(self, arguments: Sequence[Any], here: Any) -> list[Any]:
        """Return the parameters with these arguments in their places."""
        adapted = [_adapted(value, here) for value in arguments]
        values = self._parameters.copy()
        for at, place in zip(self._at, self._places, strict=True):
            values[at] = adapted[place]
        return values

    def rows(self, arguments: Sequence[Any], here: Any) -> Rows:
        """Return what the query finds for these arguments, over this connection."""
        found: Rows = self._ask(arguments, here, _all)
        if not self._converters or not found:
            return found
        columns: list[Any] = list(zip(*found, strict=True))
        for place, convert in self._converters.items():
            columns[place] = map(convert, columns[place])
        return list(zip(*columns, strict=True))


def rows_of(sql: str, given: Sequence[Any]) -> Rows:
    """Return the rows of a statement of our own, with "%s" for each of what it is given."""
    return _ask(connections[DEFAULT_DB_ALIAS], sql, sql % (("?",) * len(given)), given, _all)


def _ask(
    here: Any, sql: str, sqlite_sql: str, values: Sequence[Any], take: Callable[[Any], Asked]
) -> Asked:
    """Run a statement over a connection; return what is taken of the cursor.

    With Django's cursor SQLite takes twice as long for what a page asks (27 µs, 47 and 59 for the
    queries of an issue, 10, 22 and 27 without): it is used only where somebody looks at queries,
    such as a test. From PostgreSQL it takes stored pages as text in hexadecimal digits, a quarter
    of a feed.
    """
    if here.queries_logged or here.execute_wrappers:
        with here.cursor() as cursor:
            cursor.execute(sql, values)
            return take(cursor)
    here.close_if_health_check_failed()
    here.ensure_connection()
    here.validate_no_broken_transaction()
    with here.wrap_database_errors:
        if here.vendor == "sqlite":
            return take(here.connection.execute(sqlite_sql, values))
        return take(here.in_binary(sql, values))


def _all(cursor: Any) -> Rows:
    rows: Rows = cursor.fetchall()
    return rows


def _count(cursor: Any) -> int:
    return int(cursor.rowcount)


def _with_constants(sql: str, parameters: Sequence[Any]) -> tuple[str, list[Any]]:
    """Write members of our enumerations into a statement; return it, and its other parameters.

    Where a partial index has one in its condition, SQLite would plan the query anew at each call:
    of the version of the site that took 20 of 28 µs.
    """
    first, *others = sql.split("%s")
    parts, left = [first], []
    for value, rest in zip(parameters, others, strict=True):
        is_constant = isinstance(value, TextChoices)
        parts.append(f"'{value}'{rest}" if is_constant else f"%s{rest}")
        left += [] if is_constant else [value]
    return "".join(parts), left


def _converter(steps: Sequence[Callable[..., Any]], expression: Any) -> Callable[[Any], Any]:
    """Return a function that makes a value of what the driver returns, as the ORM does.

    What it made last it keeps: the dates of 50 rows were a twentieth of a list.
    """

    @lru_cache(maxsize=256)
    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connection)
        return value

    return convert


def prepared(build: Build) -> Callable[..., Rows]:
    """Make a function that returns a ``values_list`` QuerySet one that returns its rows.

    The arguments (str, int or datetime) must reach the query as plain values: the function may
    not look at them. Raises TypeError at the first call when one does not reach it.
    """
    statement = _kept(_Statement, build)

    @wraps(build)
    def rows(*arguments: Any) -> Rows:
        here = connections[DEFAULT_DB_ALIAS]  # looked up once: a twentieth of a short query each
        return statement(arguments, here).rows(arguments, here)

    return rows


def padded(keys: Sequence[Key]) -> Sequence[Key]:
    """Return keys for a prepared query that looks for some (``pk__in``), the last one repeated.

    There is a statement for each number of arguments, so that numbers are to be few.
    """
    places = next((size for size in SIZES if size >= len(keys)), len(keys))
    return [*keys, *repeat(keys[-1], places - len(keys))]


def in_lists(keys: Iterable[Key]) -> Iterator[Sequence[Key]]:
    """Yield keys in lists for such a query, one after the other, however many they are."""
    return map(padded, chunks(keys, MOST_AT_ONCE))


def _kept(
    kind: Callable[..., Kept], build: Callable[..., Any]
) -> Callable[[Sequence[Any], Any], Kept]:
    """Return a function that returns a statement, which it compiles once: threads share it, each
    with a connection of its own (eight of everything took 7 MB)."""
    statements: dict[object, Kept] = {}

    def statement(arguments: Sequence[Any], here: Any) -> Kept:
        # Tests may change the database.
        key = (here.vendor, here.settings_dict["NAME"], len(arguments))
        if key not in statements:
            statements[key] = kind(build, arguments)
        return statements[key]

    return statement


def _stand_in(place: int, value: Any) -> Any:
    """Return a value of the same type that occurs in no query by itself."""
    if isinstance(value, datetime):
        return _FAR + timedelta(microseconds=place)
    if isinstance(value, UUID):
        return UUID(int=_BIG + place)
    if isinstance(value, int):
        return _BIG + place
    return f"\ue000argument {place}\ue000"


def _adapted(value: Any, here: Any) -> Any:
    """Return a value as the ORM hands it to the database driver."""
    if isinstance(value, datetime):
        return here.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID):
        return value if here.features.has_native_uuid_field else value.hex
    return value


class _Update(_Statement):
    """A compiled update, and which of its parameters are which arguments."""

    def __init__(self, build: BuildUpdate, arguments: Sequence[Any]) -> None:
        stand_ins = [_stand_in(place, value) for place, value in enumerate(arguments)]
        rows, values = build(*stand_ins)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(values)
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        self._note(build.__name__, sql, parameters, stand_ins)

    def run(self, arguments: Sequence[Any], here: Any) -> int:
        """Update rows with these arguments, over this connection; return how many."""
        return self._ask(arguments, here, _count)


def prepared_update(build: BuildUpdate) -> Callable[..., int]:
    """Make a function that returns a QuerySet and the values it is to get one that updates its rows
    and returns how many there were.

    As for ``prepared``, arguments (also UUIDs) reach the statement as plain values. An update by
    key took the ORM 0.6 ms, and takes 0.1: worth it where one stands for each of 100,000 rows.
    """
    statement = _kept(_Update, build)

    @wraps(build)
    def update(*arguments: Any) -> int:
        here = connections[DEFAULT_DB_ALIAS]
        return statement(arguments, here).run(arguments, here)

    return update
