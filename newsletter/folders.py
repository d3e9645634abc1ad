"""The folders to which a site writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# What uploads, cards and backups need. Static files are written by `collectstatic` alone.
WRITTEN = ("MEDIA_ROOT", "UPLOAD_ROOT", "CARD_ROOT", "BACKUP_DIR")


def written() -> Iterator[tuple[str, Path]]:
    """Yield the settings that name a folder to which the site writes, with the folder."""
    for name in WRITTEN:
        folder = getattr(settings, name)
        if folder and not (name == "MEDIA_ROOT" and settings.BUCKET):
            yield name, Path(folder)
    if database := database_file(settings.DATABASES["default"]):
        yield "DATABASE_URL", database.parent


def require_writable(name: str, folder: Path) -> None:
    """Stop the start where this user could not write to a folder, or make it."""
    if not is_writable(folder):
        raise ImproperlyConfigured(f"{name} must be a folder that this user can write: {folder}.")


def is_writable(folder: Path) -> bool:
    """Tell whether a folder can be written, or made."""
    there = nearest(folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def unwritable_part(database: dict[str, Any]) -> Path | None:
    """Return the file of an SQLite database, or the one of those beside it, that this user cannot
    write: root's, where a command ran as root once; None where there is none."""
    file = database_file(database)
    parts = [file, *(Path(f"{file}{end}") for end in ("-wal", "-shm"))] if file else []
    return next((part for part in parts if part.exists() and not _takes(part)), None)


def _takes(file: Path) -> bool:
    return file.is_file() and os.access(file, os.W_OK | os.R_OK)


def nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def database_folder(database: dict[str, Any]) -> Path | None:
    """Return the folder of an SQLite database, which nothing makes by itself; None for others."""
    file = database_file(database)
    if file and not file.parent.is_dir():
        raise ImproperlyConfigured(f"DATABASE_URL must be in a folder that is there: {file}.")
    if part := unwritable_part(database):
        raise ImproperlyConfigured(
            f"DATABASE_URL must name a file that this user can read and write: {part}."
        )
    return file.parent if file else None


def database_file(database: dict[str, Any]) -> Path | None:
    """Return the file of an SQLite database; None for others, and for one in memory."""
    name = str(database["NAME"])
    is_file = database["ENGINE"].endswith("sqlite3") and ":memory:" not in name
    return Path(name) if is_file and "mode=memory" not in name else None
