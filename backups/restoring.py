"""Restore a backup, and try one out.

All of an archive is read and compared first. Then come the uploads, under names that no page of
the old database needs otherwise, and last the database, in one step. So whoever is killed leaves
the old site or the new one.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.contrib import admin
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from backups import uploads
from backups.archive import MEDIA, Archive, BackupError, Manifest, Untried
from backups.engines import ENGINES, Engine, own
from backups.facts import Facts
from backups.progress import Progress
from backups.writing import check_space

# Where `migrate` and waiting workers leave rows by themselves.
FRESH = (
    "auth_group", "auth_permission", "django_", "links_keying", "posts_publication", "posts_search",
    "sqlite_", "tasks_",
)  # fmt: skip


def restore(path: Path, *, replace: bool, progress: Progress) -> Manifest:
    """Put a backup in the place of the site; return what it held.

    Uploads that the backup does not hold stay. Raises BackupError, and then the site is as it was,
    but for uploads that it names nowhere.
    """
    with Archive(path) as archive, _said(BackupError, _("Nothing was restored: %(reason)s")):
        manifest, engine = archive.manifest, own()
        _check_fits(manifest)
        if not replace:
            _check_empty(engine)
        check_digests(archive, progress)
        with _copy(archive, engine, BackupError) as copy:
            if manifest.engine == "sqlite":
                compare(engine.try_out(copy), manifest)
            _restore_uploads(archive, progress)
            engine.restore(copy)
        progress.done(engine.FILE)
    return manifest


def verify(path: Path, *, progress: Progress) -> Manifest:
    """Read all of a backup, restore its database into a scratch place and compare it.

    Raises BackupError where anything is not as it was when the backup was taken, and Untried where
    the machine is at fault: there is no such place or no room, or a program is missing or failed.
    """
    said = _("The backup could not be verified: %(reason)s")
    with Archive(path) as archive, _said(Untried, said):
        manifest = archive.manifest
        check_digests(archive, progress)
        engine = ENGINES.get(manifest.engine)
        if engine is None or (manifest.engine != "sqlite" and engine is not own()):
            raise BackupError(_other_engine(manifest))
        with _copy(archive, engine, Untried) as copy:
            compare(engine.try_out(copy), manifest)
    return manifest


def check_digests(archive: Archive, progress: Progress) -> None:
    """Read all files. Raises BackupError if one is not as it was stored."""
    progress.begin(archive.manifest.size)
    for name in archive.manifest.files:
        for block in archive.read(name):
            progress.advance(len(block))


def compare(found: Facts, manifest: Manifest) -> None:
    """Raise BackupError where a database does not hold what the manifest says."""
    if found != manifest.facts:
        wrong = sorted(
            name
            for name in {*found.tables, *manifest.facts.tables}
            if found.tables.get(name) != manifest.facts.tables.get(name)
        )
        said = _("The database does not hold what the backup says: %(tables)s")
        raise BackupError(said % {"tables": ", ".join(wrong[:5]) or "django_migrations"})


def is_newer(manifest: Manifest) -> bool:
    """Tell whether the tables of a backup come from a later version than this one."""
    disk = MigrationLoader(None).disk_migrations
    known = {f"{app}.{name}" for app, name in disk}
    known |= {f"{app}.{name}" for migration in disk.values() for app, name in migration.replaces}
    apps = {app for app, _name in disk}
    return any(
        name.partition(".")[0] in apps and name not in known for name in manifest.facts.migrations
    )


def is_older() -> bool:
    """Tell whether `migrate` has something to do."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _check_fits(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        raise BackupError(_other_engine(manifest))
    if is_newer(manifest):
        said = _(
            "The backup is of version %(theirs)s, newer than this program. Install that first."
        )
        raise BackupError(said % {"theirs": manifest.version})


def _other_engine(manifest: Manifest) -> str:
    said = _("The backup is of another kind of database (%(theirs)s) than this site's (%(ours)s).")
    return said % {"theirs": manifest.engine, "ours": connection.vendor}


def _check_empty(engine: Engine) -> None:
    tables = engine.look().tables
    filled = {name: n for name, n in tables.items() if n and not name.startswith(FRESH)}
    if filled:
        said = _(
            "This site is in use: it holds %(things)s. All of that would be lost. Take a backup of"
            " it first, then restore with --replace."
        )
        raise BackupError(said % {"things": _in_words(filled)})


def _in_words(tables: Mapping[str, int]) -> str:
    """Return what tables hold as staff call it; the names of tables where staff see none of it."""
    names = {
        model._meta.db_table: model._meta
        for model in apps.get_models()
        if admin.site.is_registered(model)
    }
    words = [
        f"{rows:,} {names[table].verbose_name if rows == 1 else names[table].verbose_name_plural}"
        for table, rows in tables.items()
        if table in names
    ]
    return ", ".join(words or sorted(tables))


@contextmanager
def _copy(archive: Archive, engine: Engine, kind: type[BackupError]) -> Iterator[Path]:
    """Give the database of an archive as a file; raise an error of a kind if there is no room."""
    entry = archive.manifest.files.get(engine.FILE)
    if entry is None:
        raise BackupError(_("%(file)s holds no database.") % {"file": archive.path.name})
    with tempfile.TemporaryDirectory(prefix="newsletter-restore-") as folder:
        check_space(Path(folder), entry.size, kind)
        copy = Path(folder) / engine.FILE
        archive.extract(engine.FILE, copy)
        yield copy


def _restore_uploads(archive: Archive, progress: Progress) -> None:
    names = archive.manifest.uploads
    progress.begin(sum(archive.manifest.files[f"{MEDIA}{name}"].size for name in names))
    for name in names:
        uploads.put(name, archive.read(f"{MEDIA}{name}"))
        progress.advance(archive.manifest.files[f"{MEDIA}{name}"].size)
        progress.done(f"{MEDIA}{name}")


@contextmanager
def _said(kind: type[BackupError], template: str) -> Iterator[None]:
    """Say in words what the disk or the database refused."""
    try:
        yield
    except (OSError, DatabaseError, sqlite3.Error) as error:
        raise kind(template % {"reason": error}) from error
