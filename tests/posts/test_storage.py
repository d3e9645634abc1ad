"""Files are there whole or not at all: on a full disk, and when their writer is killed."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image as Picture
from pytest_django.fixtures import Settings

from posts import storage
from posts.importing import Kind
from posts.importing.staging import keep, sweep
from posts.models import Image, Post
from posts.storage import WholeFileStorage
from tests.corpus import CHECKOUT
from tests.posts.test_admin_uploads import file
from tests.posts.test_exporting import export
from tests.posts.test_importing import run, write

PICTURED = "---\ntitle: P\ndate: 2024-05-10\n---\n![p](p.png)\n"
WRITE = """
import os, resource, signal, sys
from django.core.files.base import ContentFile
from posts.storage import WholeFileStorage

class Cut(ContentFile):
    def chunks(self, chunk_size=None):
        yield b"x" * 1000
        os.kill(os.getpid(), signal.SIGKILL)

how, folder = sys.argv[1:]
if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
content = Cut(b"") if how == "killed" else ContentFile(b"x" * 1_000_000)
WholeFileStorage(location=folder).save("a/b.bin", content)
"""


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Let writes fail beyond a size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def noise(seed: int = 1) -> bytes:
    """Return a picture that packs badly."""
    out = io.BytesIO()
    data = hashlib.shake_256(bytes([seed])).digest(200 * 200 * 3)
    Picture.frombytes("RGB", (200, 200), data).save(out, "PNG")
    return out.getvalue()


def stored_files() -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return sorted(path for path in root.rglob("*") if path.is_file())


def save_elsewhere(how: str, folder: Path) -> int:
    """Store a file in a process of its own that does not come to its end; return how it ended."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    process = subprocess.run(
        [sys.executable, "-c", WRITE, how, str(folder)],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        check=False,
    )
    return process.returncode


def test_a_full_disk_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    assert save_elsewhere("full", tmp_path) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_killed_writer_left_is_no_file_and_is_swept_away(
    tmp_path: Path, settings: Settings
) -> None:
    assert save_elsewhere("killed", tmp_path) == -signal.SIGKILL
    (left,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert left.name != "b.bin"
    WholeFileStorage(location=tmp_path).save("a/b.bin", io.BytesIO(b"b"))
    settings.MEDIA_ROOT = tmp_path
    sweep.call()
    assert left.exists()  # somebody may be writing it
    os.utime(left, (1, 1))
    sweep.call()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.bin"]


def test_a_file_is_stored_without_a_look_at_all_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "sweep", lambda *_args, **_options: pytest.fail("swept"))
    WholeFileStorage(location=tmp_path).save("a/b.bin", io.BytesIO(b"b"))


@pytest.mark.django_db
def test_nothing_is_imported_on_a_full_disk_and_all_of_it_later(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": PICTURED, "p.png": noise()})
    with no_file_over(5_000):
        (outcome,) = run(tmp_path)
    assert (outcome.kind, outcome.reason) == (
        Kind.REFUSED,
        "nothing was imported, for a file failed: File too large",
    )
    assert not Post.objects.exists()
    assert stored_files() == []
    (outcome,) = run(tmp_path)
    assert (outcome.kind, outcome.failed) == (Kind.CREATED, False)
    image = Image.objects.get()
    with Picture.open(image.file.path) as picture:
        picture.load()


@pytest.mark.django_db
def test_a_broken_file_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": PICTURED, "p.png": noise()})
    run(tmp_path)
    image = Image.objects.get()
    whole = Path(image.file.path).read_bytes()
    Post.objects.get().delete()
    Path(image.file.path).write_bytes(whole[:1000])
    run(tmp_path)
    assert Path(Image.objects.get().file.path).read_bytes() == whole


@pytest.mark.django_db
@pytest.mark.parametrize("left", [b"", b"RIFF", None])
def test_importing_again_mends_the_files_of_pictures(tmp_path: Path, left: bytes | None) -> None:
    write(tmp_path, {"a.md": PICTURED, "p.png": noise()})
    run(tmp_path)
    path = Path(Image.objects.get().file.path)
    whole = path.read_bytes()
    if left is None:
        path.unlink()
    else:
        path.write_bytes(left)
    (outcome,) = run(tmp_path, dry_run=True)
    assert outcome.kind is Kind.UPDATED
    (outcome,) = run(tmp_path)
    assert outcome.notices == ("stored again, as their files were broken: p.png",)
    assert path.read_bytes() == whole
    assert [outcome.kind for outcome in run(tmp_path)] == [Kind.UNCHANGED]


@pytest.mark.django_db
def test_an_export_leaves_a_file_of_before_whole(tmp_path: Path) -> None:
    write(tmp_path / "in", {"a.md": PICTURED, "p.png": noise()})
    run(tmp_path / "in")
    export(tmp_path / "out")
    before = (tmp_path / "out" / "p.png").read_bytes()
    write(tmp_path / "in", {"p.png": noise(2)})
    run(tmp_path / "in", update=True)
    with no_file_over(5_000), pytest.raises(ValueError, match=r"p\.png: File too large"):
        export(tmp_path / "out")
    assert (tmp_path / "out" / "p.png").read_bytes() == before
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_an_upload_that_finds_no_room_leaves_nothing(tmp_path: Path, settings: Settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    with no_file_over(5_000), pytest.raises(OSError, match="File too large"):
        keep([file("a.md", b"x" * 1000), file("b.zip", b"x" * 10_000)])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
