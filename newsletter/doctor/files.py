"""Files: static ones as this code needs them, folders, room on the disks, and backups."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backups.rotating import backups_in
from newsletter import folders
from newsletter.doctor.findings import Check, Finding, note, problem, warning
from newsletter.folders import is_writable, nearest

MB = 1024 * 1024
# Of a disk: what an upload and a backup still need, and below which words are at stake.
LITTLE, LITTLE_PART = 2048 * MB, 0.1
TOO_LITTLE = 200 * MB
# One a day, and some time for it.
BACKUP_DUE = timedelta(hours=36)
BACKUP_LATE = timedelta(days=4)


def unfit_static() -> str:
    """Return what is wrong with the collected static files: "missing", "bare" (there, but without
    the names that pages need), "old" or ""."""
    if settings.DEBUG:
        return ""
    root = Path(settings.STATIC_ROOT)
    try:
        listed = json.loads((root / "staticfiles.json").read_bytes())["paths"]
    except (OSError, ValueError, KeyError):
        return "bare" if root.is_dir() and any(root.iterdir()) else "missing"
    for folder in map(Path, settings.STATICFILES_DIRS):
        for file in folder.rglob("*"):
            name = file.relative_to(folder).as_posix()
            if file.is_file() and _is_newer(file, root / name, root / listed.get(name, "")):
                return "old"
    return ""


def _is_newer(file: Path, copy: Path, named: Path) -> bool:
    """Tell whether a file changed since it was collected, as `collectstatic` does, or what pages
    name in its place is gone."""
    try:
        return int(copy.stat().st_mtime) < int(file.stat().st_mtime) or not named.is_file()
    except OSError:
        return True


def _static() -> Iterator[Finding]:
    found = unfit_static()
    remedy = gettext(
        "Run `manage.py collectstatic --no-input`, then start the site anew"
        " (`systemctl reload newsletter-web`)."
    )
    if found == "missing":
        wrong = gettext("The static files were never collected: every page fails.")
        yield problem(wrong, remedy)
    elif found == "bare":
        wrong = gettext(
            "The static files were collected with DEBUG=true, or not to the end: every page fails."
        )
        remedy = gettext(
            "Look for DEBUG in the environment and in .env beside manage.py, then run"
            " `DEBUG=false manage.py collectstatic --no-input`, and start the site anew."
        )
        yield problem(wrong, remedy)
    elif found == "old":
        wrong = gettext("The static files are older than the code: pages may fail or look wrong.")
        yield warning(wrong, remedy)


def _texts() -> Iterator[Finding]:
    """Find languages whose compiled texts are not there: pages are in English then."""
    for folder in map(Path, settings.LOCALE_PATHS):
        for language in folder.glob("*/LC_MESSAGES/*.po"):
            if not language.with_suffix(".mo").is_file():
                words = gettext("Texts are missing, and pages are in English: %(file)s.")
                remedy = gettext(
                    "Take them from the release again: `git checkout -- locale locale-libraries`."
                )
                yield warning(words % {"file": language.with_suffix(".mo")}, remedy)


def _folders() -> Iterator[Finding]:
    for name, folder in folders.written():
        if not is_writable(folder):
            words = gettext("%(name)s cannot be written: %(folder)s.")
            remedy = gettext(
                "Give the folder to the user of the site: `chown newsletter %(folder)s`."
            )
            said = {"name": name, "folder": folder}
            yield problem(words % said, remedy % said)
    if part := folders.unwritable_part(settings.DATABASES["default"]):
        words = gettext("The database cannot be written: %(file)s is another user's.")
        remedy = gettext(
            "Give it to the user of the site: `chown newsletter %(file)s`. Run commands by"
            " `newsletter`, not as root."
        )
        said = {"file": part}
        yield problem(words % said, remedy % said)


def _disk() -> Iterator[Finding]:
    disks: dict[int, tuple[str, Path]] = {}
    for name, folder in folders.written():
        there = nearest(folder)
        disks.setdefault(there.stat().st_dev, (name, there))
    for name, folder in disks.values():
        _total, _used, free = usage = shutil.disk_usage(folder)
        if free > min(LITTLE, LITTLE_PART * usage.total):
            continue
        words = gettext("The disk of %(name)s has %(free)d MB left.")
        remedy = gettext(
            "Make room or take a larger disk. Without any, nothing can be saved, no backup is"
            " written and SQLite stops."
        )
        kind = problem if free < TOO_LITTLE else warning
        yield kind(words % {"name": name, "free": free // MB}, remedy)


def backup_age() -> timedelta | None:
    """Return the age of the last verified backup in BACKUP_DIR; None where there is none."""
    folder: Path | None = settings.BACKUP_DIR
    if not folder or not folder.is_dir():
        return None
    latest = next(iter(backups_in(folder).values()), None)
    return timezone.now() - latest if latest else None


def _backup() -> Iterator[Finding]:
    if not settings.BACKUP_DIR:
        wrong = gettext("No backup is taken by itself.")
        remedy = gettext("Set BACKUP_DIR to a folder, on another disk if there is one.")
        yield (note if settings.DEBUG else warning)(wrong, remedy)
        return
    age = backup_age()
    remedy = gettext(
        "See under Upkeep › Tasks whether “Take a backup” failed; `manage.py backup FILE` takes"
        " one now."
    )
    if age is None:
        yield warning(gettext("There is no backup in BACKUP_DIR yet."), remedy)
    elif age > BACKUP_DUE:
        words = gettext("The last backup is %(n)d hours old.")
        kind = problem if age > BACKUP_LATE else warning
        yield kind(words % {"n": age / timedelta(hours=1)}, remedy)


CHECKS: Final = (
    Check("static", _("Static files"), _static, 20),
    Check("texts", _("Translations"), _texts, 21),
    Check("folders", _("Folders"), _folders, 21),
    Check("disk", _("Room on the disks"), _disk, 22),
    Check("backup", _("Backups"), _backup, 35),
)
