"""A file that exists is a whole backup, and what is restored is what was backed up."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from backups import restoring, uploads, writing
from backups.archive import BackupError, Manifest
from backups.facts import Facts
from backups.progress import Progress
from tests.backups.conftest import PICTURE, Paper, picture
from tests.backups.forging import rewrite

pytestmark = pytest.mark.usefixtures("site")
OTHER = Facts({"posts_post": 2}, [])


def back_up(file: Path) -> Manifest:
    return writing.write_backup(file, Progress())[0]


def restore(file: Path, *, over: bool = True) -> Manifest:
    return restoring.restore(file, replace=over, progress=Progress())


def verify(file: Path) -> Manifest:
    return restoring.verify(file, progress=Progress())


# There and back


def test_a_restored_site_has_its_rows_and_pictures_again(paper: Paper, file: Path):
    before = paper.facts
    back_up(file)
    paper.facts = OTHER
    default_storage.delete(PICTURE)

    restore(file)

    assert paper.facts == before
    assert picture() == b"a picture"


def test_a_storage_that_is_no_folder_is_backed_up_and_restored(
    paper: Paper, file: Path, settings: Settings
):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    default_storage.save(PICTURE, ContentFile(b"far away"))
    back_up(file)
    default_storage.delete(PICTURE)
    default_storage.save(PICTURE, ContentFile(b"another"))

    restore(file)

    assert picture() == b"far away"
    assert list(uploads.stored()) == [PICTURE]


def test_a_site_that_is_not_empty_is_not_replaced_unasked(paper: Paper, file: Path):
    back_up(file)
    paper.facts = OTHER

    with pytest.raises(BackupError, match=r"in use: it holds .*\d issues?[,.].*--replace"):
        restore(file, over=False)

    assert paper.facts == OTHER


def test_an_empty_site_is_replaced_without_further_ado(paper: Paper, file: Path):
    before = paper.facts
    back_up(file)
    paper.facts = Facts({"posts_post": 0, "django_migrations": 90}, [])

    restore(file, over=False)

    assert paper.facts == before


# The file


def test_nobody_else_can_read_a_backup_and_nothing_lies_beside_it(paper: Paper, file: Path):
    back_up(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_failed_backup_leaves_the_one_that_was_there(
    paper: Paper, file: Path, monkeypatch: pytest.MonkeyPatch
):
    file.write_bytes(b"the one before")

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.Writer, "finish", full)
    with pytest.raises(BackupError, match="No space left"):
        back_up(file)

    assert file.read_bytes() == b"the one before"
    assert list(file.parent.iterdir()) == [file]


def test_no_backup_is_begun_without_room_for_it(
    paper: Paper, file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(paper, "size", lambda: 10**18)

    with pytest.raises(BackupError, match="MB may be needed"):
        back_up(file)


def test_what_a_killed_backup_left_goes_after_a_day(paper: Paper, file: Path):
    left = file.parent / f".site.zip.1234{writing.PARTIAL}"
    young = file.parent / f".site.zip.5678{writing.PARTIAL}"
    foreign = file.parent / ".cache"
    for folder in (left, young, foreign):
        folder.mkdir()
    for folder in (left, foreign):
        os.utime(folder, (0, 0))

    back_up(file)

    assert sorted(file.parent.iterdir()) == sorted([file, young, foreign])


@pytest.mark.parametrize("name", [".", "missing/site.zip"])
def test_a_file_that_cannot_be_is_refused(name: str, paper: Paper, file: Path):
    with pytest.raises(BackupError, match="a file in a folder that exists"):
        back_up(file.parent / name)


def test_a_backup_is_not_put_where_everybody_reads_it(paper: Paper, settings: Settings):
    with pytest.raises(BackupError, match="is public"):
        back_up(Path(settings.MEDIA_ROOT) / "posts" / "site.zip")


# Pictures that come and go


def test_a_picture_that_goes_meanwhile_is_no_error(
    paper: Paper, file: Path, monkeypatch: pytest.MonkeyPatch
):
    found = [*uploads.stored(), "posts/images/gone.webp"]
    monkeypatch.setattr(uploads, "stored", lambda: iter(found))

    assert back_up(file).uploads == [PICTURE]


def test_a_picture_that_is_missing_is_named(
    paper: Paper, file: Path, capsys: pytest.CaptureFixture[str]
):
    default_storage.delete(PICTURE)

    call_command("backup", str(file))

    assert f"names {PICTURE}" in capsys.readouterr().err


# What does not fit


def test_a_damaged_file_changes_nothing(paper: Paper, file: Path):
    back_up(file)
    data = file.read_bytes()
    file.write_bytes(data.replace(b"a picture", b"a pigture"))
    paper.facts = OTHER
    default_storage.delete(PICTURE)

    for act in (restore, verify):
        with pytest.raises(BackupError, match="damaged"):
            act(file)

    assert paper.facts == OTHER
    assert not default_storage.exists(PICTURE)


def test_a_backup_of_another_kind_of_database_is_refused(paper: Paper, file: Path):
    back_up(file)
    rewrite(file, engine="oracle")

    for act in (restore, verify):
        with pytest.raises(BackupError, match="another kind of database"):
            act(file)


def test_a_backup_of_a_later_version_is_refused(paper: Paper, file: Path):
    paper.facts = Facts({}, ["posts.0001_squashed", "posts.9999_later"])
    back_up(file)

    with pytest.raises(BackupError, match="newer than this program"):
        restore(file)


def test_an_app_that_is_gone_makes_no_backup_too_new(paper: Paper, file: Path):
    paper.facts = Facts({}, ["gone.0001_initial"])

    assert not restoring.is_newer(back_up(file))


def test_a_backup_of_an_earlier_version_asks_for_migrate(
    paper: Paper, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    plan = [object()]
    monkeypatch.setattr(restoring.MigrationExecutor, "migration_plan", lambda *_args: plan)
    back_up(file)

    call_command("restore", str(file), "--replace")

    assert "now run migrate" in capsys.readouterr().out


@pytest.mark.parametrize("table", ["posts_post", "posts_more"])
def test_a_backup_that_does_not_hold_what_it_says_is_not_verified(
    table: str, paper: Paper, file: Path
):
    facts = back_up(file).facts
    rewrite(file, facts=replace(facts, tables={**facts.tables, table: 7}))

    with pytest.raises(BackupError, match=f"does not hold what the backup says: {table}"):
        verify(file)


# Commands


def test_commands_say_each_thing_that_they_did(
    paper: Paper, file: Path, capsys: pytest.CaptureFixture[str]
):
    call_command("backup", str(file))
    call_command("verify_backup", str(file))
    call_command("restore", str(file), "--replace")

    name, upload, written, verified, *restored = capsys.readouterr().out.splitlines()
    assert (name, upload) == (paper.FILE, f"media/{PICTURE}")
    assert restored[:2] == [upload, name]
    assert all("1 rows and 1 files" in line for line in (written, verified, restored[2]))


def test_a_failed_command_has_an_exit_code_and_a_sentence(paper: Paper, file: Path):
    file.write_bytes(b"nothing")
    for command in ("verify_backup", "restore"):
        with pytest.raises(CommandError, match="is damaged, or no backup"):
            call_command(command, str(file))


@pytest.mark.parametrize("command", ["backup", "restore", "verify_backup"])
def test_each_command_shows_examples(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        call_command(command, "--help")

    assert f"examples:\n  manage.py {command} " in capsys.readouterr().out
