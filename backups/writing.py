"""Write a backup: a file that exists is whole."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from backups import uploads
from backups.archive import MEDIA, BackupError, Manifest, Writer, blocks
from backups.engines import own
from backups.facts import Facts
from backups.progress import Progress

PARTIAL = ".newsletter-partial"
# Whoever still writes to it after so long (seconds) does not.
MAX_AGE = 24 * 3600


def write_backup(target: Path, progress: Progress) -> tuple[Manifest, list[str]]:
    """Write a backup of the site to a file, in the place of one that is there.

    Returns what it holds, and the uploads that the database names and the storage has not.
    """
    _check_place(target)
    try:
        _sweep(target.parent)
        progress.begin(_check_space(target.parent))
        with _scratch(target) as scratch:
            written = _write(scratch, progress)
            (scratch / "archive").replace(target)
            _sync(target.parent)
    except (OSError, DatabaseError, sqlite3.Error) as error:
        said = _("The backup could not be written: %(reason)s")
        raise BackupError(said % {"reason": error}) from error
    return written


def _check_place(target: Path) -> None:
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise BackupError(_("%(file)s must be a file in a folder that exists.") % {"file": target})
    for public in (settings.MEDIA_ROOT, settings.STATIC_ROOT):
        if target.resolve().is_relative_to(Path(public).resolve()):
            raise BackupError(
                _("%(folder)s is public: no place for a backup.") % {"folder": public}
            )


def check_space(folder: Path, needed: int, kind: type[BackupError] = BackupError) -> None:
    """Raise an error of this kind where less than this many bytes are free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        said = _("%(folder)s has %(free)s MB free, and %(needed)s MB may be needed.")
        sizes = {"free": free // 10**6, "needed": -(-needed // 10**6)}
        raise kind(said % {"folder": folder, **sizes})


def _check_space(folder: Path) -> int:
    """Return how many bytes are to be written, at most; there must be room for the copy, too."""
    database = own().size()
    size = database + uploads.size()
    check_space(folder, database + size)
    return size


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Give a folder beside the target that nobody else reads, and that goes away."""
    place = tempfile.mkdtemp(PARTIAL, f".{target.name}.", target.parent)
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what backups that were killed left behind."""
    for left in folder.glob(f".*{PARTIAL}"):
        if time.time() - left.stat().st_mtime > MAX_AGE:
            shutil.rmtree(left, ignore_errors=True)


def _write(scratch: Path, progress: Progress) -> tuple[Manifest, list[str]]:
    engine, started = own(), timezone.now()
    copy = scratch / engine.FILE
    facts = engine.dump(copy)
    descriptor = os.open(scratch / "archive", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with Writer(file) as writer:
            with copy.open("rb") as database:
                writer.add(engine.FILE, blocks(database), progress, deflated=engine.DEFLATED)
            missing = _add_uploads(writer, progress)
            manifest = _manifest(facts, started, writer)
            writer.finish(manifest)
        file.flush()
        os.fsync(file.fileno())
    return manifest, missing


def _add_uploads(writer: Writer, progress: Progress) -> list[str]:
    """Add the uploads, after the database: what it names was stored before; return what is not."""
    named = uploads.named()
    for name in uploads.stored():
        try:
            file = default_storage.open(name)
        except FileNotFoundError:  # deleted meanwhile
            continue
        with file:
            writer.add(f"{MEDIA}{name}", blocks(file), progress)
    return sorted(name for name in named if f"{MEDIA}{name}" not in writer.files)


def _manifest(facts: Facts, started: datetime, writer: Writer) -> Manifest:
    return Manifest(
        engine=connection.vendor,
        version=version(),
        created=started.isoformat(timespec="seconds"),
        facts=facts,
        files=writer.files,
    )


def version() -> str:
    """Return the version of the program."""
    file = settings.BASE_DIR / "pyproject.toml"
    values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return str(values["project"]["version"])


def _sync(folder: Path) -> None:
    """Have on the disk which files are in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
