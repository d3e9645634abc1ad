"""Set up the project for a measurement: production settings and a database of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection


@contextmanager
def fresh_project(**settings: str) -> Iterator[Path]:
    """Start Django with production settings on a new SQLite file, in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "SECRET_KEY": "a key for measuring, of no use to anybody",
            "SITE_URL": "http://127.0.0.1:8000",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "DEBUG": "false",
            **settings,
        }
        django.setup()
        call_command("migrate", verbosity=0)
        yield Path(folder)


def use_database(path: Path) -> None:
    """Go on with another SQLite file: a copy of the one in use, with what was filled in so far."""
    connection.close()
    shutil.copy(connection.settings_dict["NAME"], path)
    connection.settings_dict["NAME"] = str(path)
    os.environ["DATABASE_URL"] = f"sqlite:///{path}"
