"""How long PostgreSQL may take for a process that answers requests, and for a command."""

import os
from urllib.parse import quote

import pytest
from django.db import connection

from tests.newsletter.production import run_python

ASKED = """
import importlib, sys
import django
django.setup()
from django.db import connection
print(connection.settings_dict["OPTIONS"].get("options", ""))
importlib.import_module(sys.argv[1])
print(connection.settings_dict["OPTIONS"].get("options", ""))
"""
HELD = """
import newsletter.wsgi
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "jit"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
"""
LOADED = """
import gc, sys
import newsletter.wsgi
print("posts.site.views" in sys.modules, gc.get_freeze_count() > 100_000)
"""
SERVERS = ("newsletter.wsgi", "newsletter.asgi")
ADDRESS = "postgres://me@db.example.org/news"


def run(code: str, *modules: str, **environment: str) -> list[str]:
    done = run_python("-c", code, *modules, DEBUG="true", **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def address_of_tests() -> str:
    """Return the address of the database of tests: the one that is named need not be there."""
    server, _slash, _name = os.environ["DATABASE_URL"].rpartition("/")
    return f"{server}/{connection.settings_dict['NAME']}"


@pytest.mark.database
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_limits_what_it_asks_of_postgresql_and_a_command_may_take_its_time(
    server: str,
) -> None:
    own = "-c work_mem=8MB"
    address = f"{ADDRESS}?options={quote(own)}"
    command, limited = run(ASKED, server, DATABASE_URL=address, DATABASE_LOCK_TIMEOUT="3")

    assert command == own
    assert limited == (
        "-c jit=off -c statement_timeout=30s -c lock_timeout=3s"
        f" -c idle_in_transaction_session_timeout=60s {own}"
    )


def test_a_database_holds_to_the_limits_if_it_knows_them(db: None) -> None:
    if connection.vendor == "postgresql":
        held = run(HELD, DATABASE_URL=address_of_tests())
        assert held == ["30s", "10s", "1min", "off"]
    else:
        assert run(ASKED, "newsletter.wsgi", DATABASE_URL="sqlite://:memory:") == ["", ""]


def test_what_the_first_request_would_load_is_there_before_it_and_no_garbage() -> None:
    assert run(LOADED) == ["True True"]
