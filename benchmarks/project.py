"""Set up the project for a measurement: production settings and a database of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django


@contextmanager
def fresh_project(**settings: str) -> Iterator[Path]:
    """Start Django on a new SQLite file in a folder that goes away afterwards."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "newsletter.settings",
            "SECRET_KEY": "a key for measuring, of no use to anybody",
            "SITE_URL": "https://bench.example.org",
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "DEBUG": "false",
            **settings,
        }
        django.setup()
        prepare()
        yield Path(folder)


def prepare() -> None:
    """Migrate the database and do without collected static files, which no figure depends on."""
    from django.conf import settings  # noqa: PLC0415 (only after django.setup)
    from django.core.management import call_command  # noqa: PLC0415

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.SECURE_SSL_REDIRECT = False
    call_command("migrate", verbosity=0)
