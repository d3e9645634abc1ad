"""What is no whole backup is refused, and never by an exception that nobody expects."""

import errno
import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from backups import archive
from backups.archive import Archive, BackupError, Entry, Untried, Writer
from backups.progress import Progress
from backups.restoring import check_digests
from tests.backups.forging import NOTHING, small_archive, with_member

FILES = {"database.sqlite3": b"rows " * 9, "media/a/b.webp": b"a picture", "media/c.webp": b""}


def read(path: Path) -> dict[str, bytes]:
    """Return the files of an archive once all of it was compared."""
    with Archive(path) as opened:
        check_digests(opened, Progress())
        return {name: b"".join(opened.read(name)) for name in opened.manifest.files}


def read_bytes(data: bytes, file: Path) -> dict[str, bytes]:
    file.write_bytes(data)
    return read(file)


def test_an_archive_gives_back_what_was_put_in(file: Path):
    assert read_bytes(small_archive(FILES), file) == FILES


def test_an_archive_can_be_read_with_any_program_for_zip_files(file: Path):
    file.write_bytes(small_archive(FILES))

    with ZipFile(file) as opened:
        assert opened.testzip() is None
        assert opened.read("media/a/b.webp") == b"a picture"


def test_a_flipped_byte_is_found_wherever_it_makes_a_difference(file: Path):
    whole = small_archive(FILES)
    file.write_bytes(whole)
    refused = 0
    with file.open("r+b", buffering=0) as opened:
        for place, byte in enumerate(whole):
            os.pwrite(opened.fileno(), bytes([byte ^ 0x55]), place)
            try:
                assert read(file) == FILES, place
            except BackupError:
                refused += 1
            os.pwrite(opened.fileno(), bytes([byte]), place)

    assert refused > len(whole) / 2


def test_a_file_that_is_cut_off_anywhere_is_refused(file: Path):
    file.write_bytes(small_archive(FILES))
    for length in reversed(range(file.stat().st_size)):
        os.truncate(file, length)
        with pytest.raises(BackupError):
            read(file)


@pytest.mark.parametrize(
    "name",
    ["../out.webp", "/etc/out", "media/../../out", "media//out", "media/./out", "other/out",
     "media\\..\\out", "C:out", "media/a\x01", ""],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str, file: Path):
    with pytest.raises(BackupError):
        read_bytes(small_archive({**FILES, name: b"x"}), file)


@pytest.mark.parametrize("name", ["media/more.webp", "../out", "media/c.webp"])
def test_a_file_that_the_manifest_does_not_name_is_refused(
    name: str, file: Path, recwarn: pytest.WarningsRecorder
):
    with pytest.raises(BackupError):
        read_bytes(with_member(small_archive(FILES), name), file)


def test_an_upload_that_unfolds_to_far_more_than_it_is_is_refused_unread(file: Path):
    bomb = small_archive({"media/bomb.webp": bytes(10_000_000)}, deflated=True)
    assert len(bomb) < 20_000

    file.write_bytes(bomb)
    with pytest.raises(BackupError, match="the size of"):
        Archive(file)


def test_a_database_of_empty_pages_is_taken_and_a_size_that_none_unfolds_to_is_not(file: Path):
    empty = {"database.sqlite3": bytes(10_000_000)}
    assert read_bytes(small_archive(empty, deflated=True), file) == empty

    with file.open("wb") as opened, Writer(opened) as writer:
        writer.add("database.sqlite3", empty.values(), Progress(), deflated=True)
        writer.zip.NameToInfo["database.sqlite3"].file_size = 10**8
        writer.files["database.sqlite3"] = Entry(10**8, "")
        writer.finish(replace(NOTHING, files=writer.files))
    with pytest.raises(BackupError, match="the size of"):
        Archive(file)


def test_an_archive_that_the_machine_does_not_read_is_not_called_damaged(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    file.write_bytes(small_archive(FILES))

    def refuse(*_args: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(archive, "ZipFile", refuse)
    with pytest.raises(Untried, match="Too many open files"):
        Archive(file)


def test_a_deflated_manifest_is_refused_unread(file: Path):
    with ZipFile(file, "w", ZIP_DEFLATED) as opened:
        opened.writestr("manifest.json", b" " * 10_000)

    with pytest.raises(BackupError, match="no manifest"):
        Archive(file)


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b'{"format": "1"}', b'{"format": 1, "files": []}', b"[" * 100_000,
     b'{"format": 1, "engine": "", "version": "", "created": "", "facts": 1, "files": {}}',
     b'{"format": 1, "files": {"media/a": {"size": -1, "sha256": ""}}}', b"\xff"],
    ids=range(9),
)  # fmt: skip
def test_a_manifest_that_says_nothing_is_refused(manifest: bytes, file: Path):
    target = BytesIO()
    with ZipFile(target, "w") as opened:
        opened.writestr("manifest.json", manifest)

    with pytest.raises(BackupError, match="damaged, or no backup"):
        read_bytes(target.getvalue(), file)


def test_a_format_of_a_later_version_is_named(file: Path):
    later = small_archive({}).replace(b'"format": 1', b'"format": 2')
    target = BytesIO()
    with ZipFile(target, "w") as opened:
        opened.writestr("manifest.json", later[later.index(b"{") : later.index(b"\n}") + 2])

    with pytest.raises(BackupError, match="newer version"):
        read_bytes(target.getvalue(), file)


@pytest.mark.parametrize("content", [b"", b"no archive", os.urandom(1000)], ids=range(3))
def test_what_is_no_archive_is_refused(content: bytes, file: Path):
    with pytest.raises(BackupError, match=r"site\.zip is damaged"):
        read_bytes(content, file)


def test_a_missing_file_is_said_to_be_missing(file: Path):
    with pytest.raises(BackupError, match="There is no file"):
        Archive(file)
