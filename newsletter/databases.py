"""Databases, as one address names them: `sqlite:///path` or `postgres://…`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import dj_database_url

from newsletter.hosts import bracketed, is_host

PROJECT: Final = Path(__file__).resolve().parent.parent
FORM: Final = "sqlite:///path/to/file or postgres://user:password@host:port/name"

# Options after an address, and what these may be (PostgreSQL, "Connection Strings").
NUMBERS: Final = {
    "timeout", "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval",
    "keepalives_count", "tcp_user_timeout",
}  # fmt: skip
SSL_MODES: Final = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

SQLITE_OPTIONS: Final = {
    # Readers never wait for a writer; a commit is on the disk when it returns. The write-ahead log
    # may grow to 16 MB, so that pages changed again and again are copied once.
    # What a savepoint may have to put back is kept in memory: writing it to a temporary file took
    # a twentieth of an import. Of each connection 512 KB of pages are kept: a server has nine of
    # them, and an import takes as much CPU with 16 MB (7.6 to 7.8 s), 2 MB and this (7.8 to 8.1).
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
        " PRAGMA cache_size=-512; PRAGMA wal_autocheckpoint=4000;"
    ),
    # Take the write lock at BEGIN: a transaction that upgrades from reading to writing fails at
    # once with "database is locked", however long the timeout.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # Compiled statements that a connection keeps. With Python's 128 they were 7 MB of a server's
    # memory, and pages of all kinds in turn took no less time than with these.
    "cached_statements": 64,
}

POSTGRESQL_OPTIONS: Final = {
    "connect_timeout": 5,
    # A server that vanished without a word is noticed within a minute while nothing is asked, and
    # in half of one by what asks it: keepalives are not sent then, and Linux tries for 15 minutes.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def database_settings(value: str) -> dict[str, Any]:
    """Return Django's description of the database at an address.

    A path that is not absolute begins in the folder of the project, wherever a command was started.
    Raises ValueError, whose message is what the address has to be: it may hold a password, which
    is never repeated.
    """
    scheme, is_address, _rest = value.partition("://")
    if scheme not in {"sqlite", "postgres", "postgresql"} or not is_address or "#" in value:
        raise ValueError(f"{FORM}, with special characters %-encoded" if is_address else FORM)
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value))
        if scheme != "sqlite" and urlsplit(value).port == 0:
            raise ValueError
    except ValueError:
        raise ValueError(f"{FORM}, with special characters %-encoded") from None
    if not config["NAME"] or (config["NAME"] == ":memory:" and ":memory:" not in value):
        raise ValueError(f"{FORM}: the name is missing")
    options = config.get("OPTIONS", {})
    if unknown := sorted(options.keys() - _options_of(scheme)):
        raise ValueError(f"{FORM}: it knows no option {', '.join(unknown)}")
    if wrong := sorted(name for name, said in options.items() if not _is_one(name, said)):
        raise ValueError(f"{FORM}: it cannot read the option {', '.join(wrong)}")
    return _sqlite(config, options) if scheme == "sqlite" else _postgresql(config, options)


def _is_one(name: str, said: Any) -> bool:
    """Tell whether an option has a value as it must be; most may be any text."""
    if name in NUMBERS:
        return isinstance(said, int) and not isinstance(said, bool)
    return name != "sslmode" or said in SSL_MODES


def _sqlite(config: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    if config["NAME"] != ":memory:":
        config["NAME"] = str(PROJECT / config["NAME"])
    # Kept per thread: opening the file anew costs more than most pages do.
    return {**config, "OPTIONS": {**SQLITE_OPTIONS, **options}, "CONN_MAX_AGE": None}


def _postgresql(config: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    host = config["HOST"]
    named = (bracketed(one).removesuffix(".") for one in host.split(","))
    is_place = not host or host.startswith("/") or all(map(is_host, named))
    if not is_place or "/" in config["NAME"]:
        raise ValueError(FORM)
    return {
        **config,
        "ENGINE": "newsletter.postgresql",
        "OPTIONS": {**POSTGRESQL_OPTIONS, **options},
        # Kept per worker thread, looked at before use, so that a restarted server is no error.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _options_of(scheme: str) -> set[str]:
    """Return the options that may follow the address of a database."""
    if scheme == "sqlite":
        return {"timeout"}
    from psycopg.pq import Conninfo  # noqa: PLC0415 (a quarter of a second, for SQLite for nothing)

    return {option.keyword.decode() for option in Conninfo.get_defaults()} | {"assume_role"}
