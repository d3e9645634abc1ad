"""A backup a day, the old ones thinned out, and never the last good one lost."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_django.fixtures import Settings

from backups import rotating, writing
from backups.archive import BackupError, Untried
from backups.progress import Progress
from backups.restoring import verify
from tests.backups.conftest import PICTURE, Paper
from tests.newsletter.test_settings import show

NEWEST = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Return where backups go."""
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.BACKUP_DIR.mkdir()
    return settings.BACKUP_DIR


def path_of(moment: datetime) -> Path:
    return Path(f"{moment:newsletter-%Y%m%dT%H%M%SZ.zip}")


def kept(moments: list[datetime]) -> list[datetime]:
    """Return which of some moments, latest first, keep their backup."""
    backups = {path_of(moment): moment for moment in moments}
    gone = set(rotating.too_many(backups))
    return [moment for path, moment in backups.items() if path not in gone]


def test_the_latest_of_each_day_and_of_each_week_is_kept(settings: Settings):
    settings.BACKUP_DAYS, settings.BACKUP_WEEKS = 3, 3
    ago = [timedelta(hours=hours) for hours in range(0, 24 * 60, 6)]

    days = [timedelta(hours=hours) for hours in (0, 6, 30)]
    weeks = [timedelta(days=6, hours=6), timedelta(days=13, hours=6)]  # Sundays
    assert [NEWEST - moment for moment in kept([NEWEST - passed for passed in ago])] == days + weeks


def test_days_without_a_backup_cost_none_of_the_old_ones(settings: Settings):
    settings.BACKUP_DAYS, settings.BACKUP_WEEKS = 2, 0
    moments = [NEWEST, NEWEST - timedelta(days=300)]

    assert kept(moments) == moments


def test_a_new_backup_thins_the_old_ones_out_and_leaves_foreign_files_alone(
    site: object, paper: Paper, folder: Path, settings: Settings
):
    settings.BACKUP_DAYS, settings.BACKUP_WEEKS = 1, 0
    foreign = [
        folder / name
        for name in ("mine.zip", "newsletter-2020.zip", "newsletter-20201301T000000Z.zip")
    ]
    for path in (*foreign, folder / path_of(NEWEST - timedelta(days=900))):
        path.write_bytes(b"")

    result = rotating.back_up.call()

    assert verify(folder / result["file"], progress=Progress()).uploads == [PICTURE]
    assert sorted(folder.iterdir()) == sorted([*foreign, folder / result["file"]])
    assert result["removed"] == ["newsletter-20240612T030000Z.zip"]


def test_a_backup_that_is_not_whole_is_removed_and_no_other(
    site: object, paper: Paper, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    settings.BACKUP_DAYS, settings.BACKUP_WEEKS = 1, 0
    old = folder / path_of(NEWEST - timedelta(days=900))
    old.write_bytes(b"")

    def refuse(*_args: object, **_options: object) -> None:
        raise BackupError("not whole")

    monkeypatch.setattr(rotating, "verify", refuse)
    with pytest.raises(BackupError, match="not whole"):
        rotating.back_up.call()

    assert list(folder.iterdir()) == [old]


def test_backups_that_cannot_be_tried_out_say_so_are_few_and_replace_no_verified_one(
    site: object, paper: Paper, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    settings.BACKUP_DAYS, settings.BACKUP_WEEKS = 2, 0
    old = folder / path_of(NEWEST - timedelta(days=900))
    old.write_bytes(b"")
    room = shutil.disk_usage(folder)

    def no_scratch_place(place: Path) -> SimpleNamespace:
        return SimpleNamespace(free=0 if "newsletter-restore-" in place.name else room.free)

    def names() -> list[str]:
        return sorted(path.name for path in folder.iterdir())

    with monkeypatch.context() as patch:
        patch.setattr(writing.shutil, "disk_usage", no_scratch_place)
        for day in range(3):
            patch.setattr(rotating.timezone, "now", lambda d=day: NEWEST + timedelta(days=d))
            with pytest.raises(Untried, match="has 0 MB free") as failed:
                rotating.back_up.call()

    assert not failed.value.retry, "each attempt would leave one more"
    untried = [f"newsletter-2026{day}T030000Z-untried.zip" for day in ("1130", "1201")]
    assert names() == sorted([old.name, *untried])

    result = rotating.back_up.call()
    assert names() == sorted([old.name, result["file"]])


def test_backups_are_taken_by_themselves_only_where_there_is_a_folder_for_them():
    path = "backups.rotating.back_up"

    assert path not in show("PERIODIC_TASKS")["PERIODIC_TASKS"]
    with_folder = show("PERIODIC_TASKS", BACKUP_DIR="/var/backups/newsletter")
    assert with_folder["PERIODIC_TASKS"][path] == 24 * 3600
