"""The backups of a folder: one a day, the old ones thinned out.

Only files with such a name are ever removed: old ones once a newer one was verified, and a new one
that turns out to be damaged. One that could not be tried out says so in its name, and takes the
place of none that was verified.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from backups.archive import BackupError, Untried
from backups.progress import Progress
from backups.restoring import verify
from backups.writing import write_backup

logger = logging.getLogger(__name__)

_NAME = "newsletter-%Y%m%dT%H%M%SZ.zip"
_UNTRIED = "newsletter-%Y%m%dT%H%M%SZ-untried.zip"


@task()
def back_up() -> dict[str, Any]:
    """Write a backup to BACKUP_DIR, verify it, and remove those that are too many.

    A backup that is not whole is removed again, and the task has failed. It has failed, too, with
    one whose database could not be tried out for a reason of the machine (no room, a missing
    program, no right to create a database): nobody knows that it is good. It stays under a name
    that says so, with the latest of its kind, and so do all that were verified before.
    """
    folder: Path = settings.BACKUP_DIR or Path()  # without one it is no periodic task
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"{timezone.now().astimezone(UTC):{_NAME}}"
    _manifest, missing = write_backup(target, Progress())
    try:
        verify(target, progress=Progress())
    except Untried:
        _keep_untried(target)
        raise
    except BackupError:
        target.unlink()
        raise
    removed = [*too_many(backups_in(folder)), *backups_in(folder, _UNTRIED)]
    for path in removed:
        path.unlink(missing_ok=True)
    return {
        "file": target.name, "removed": [path.name for path in removed], "missing": missing
    }  # fmt: skip


def _keep_untried(target: Path) -> None:
    """Keep a backup that nobody could try out, with as many of its kind as days are kept."""
    moment = _moment(target.name, _NAME) or timezone.now()
    target.rename(target.with_name(f"{moment.astimezone(UTC):{_UNTRIED}}"))
    for path in list(backups_in(target.parent, _UNTRIED))[settings.BACKUP_DAYS :]:
        path.unlink(missing_ok=True)


def backups_in(folder: Path, name: str = _NAME) -> dict[Path, datetime]:
    """Return the backups that `back_up` wrote with their moments, latest first."""
    moments = {path: _moment(path.name, name) for path in folder.iterdir() if path.is_file()}
    found = [(moment, path) for path, moment in moments.items() if moment]
    return {path: moment for moment, path in sorted(found, reverse=True)}


def _moment(text: str, name: str) -> datetime | None:
    """Return the moment that a backup's name tells; None for any other name."""
    try:
        moment = datetime.strptime(text, name).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if f"{moment:{name}}" == text else None


def too_many(backups: Mapping[Path, datetime]) -> Iterator[Path]:
    """Give those, of backups latest first, that are the latest of no day and no week to keep."""
    days: set[Hashable] = set()
    weeks: set[Hashable] = set()
    for path, moment in backups.items():
        kept = _takes(days, moment.date(), settings.BACKUP_DAYS)
        kept |= _takes(weeks, moment.isocalendar()[:2], settings.BACKUP_WEEKS)
        if not kept:
            yield path


def _takes(taken: set[Hashable], span: Hashable, most: int) -> bool:
    """Tell whether a span has its backup with this one, and is among so many."""
    if span in taken or len(taken) >= most:
        return False
    taken.add(span)
    return True
