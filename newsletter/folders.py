"""The folders of a site: which there are, and whether they can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

# What uploads, cards and backups need. Static files are written by `collectstatic` alone.
WRITTEN = ("MEDIA_ROOT", "UPLOAD_ROOT", "CARD_ROOT", "BACKUP_DIR")


def written() -> Iterator[tuple[str, Path]]:
    """Yield the settings that name a folder to which the site writes, with the folder."""
    for name in WRITTEN:
        folder = getattr(settings, name)
        if folder and not (name == "MEDIA_ROOT" and settings.BUCKET):
            yield name, Path(folder)
    if database := database_file():
        yield "DATABASE_URL", database.parent


def database_file() -> Path | None:
    """Return the file of an SQLite database; None for others, and for one in memory."""
    database = settings.DATABASES["default"]
    name = str(database["NAME"])
    is_file = database["ENGINE"].endswith("sqlite3") and ":memory:" not in name
    return Path(name) if is_file and "mode=memory" not in name else None


def is_writable(folder: Path) -> bool:
    """Tell whether a folder can be written, or made."""
    there = nearest(folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())
