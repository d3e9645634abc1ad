"""Uploaded files, kept on the server between looking at them and importing them.

Each upload lies in a private folder of its own below ``UPLOAD_ROOT``, which all workers of a
machine share: not in the system's folder for such files, where any other user may be first, and
never below ``MEDIA_ROOT``, which is public. Behind several machines it must be on a shared disk, or
a browser must stay with one of them; else the import says that the files are gone and asks for them
again.
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any, TypeAlias

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django_tasks import task

from posts import storage
from posts.storage import write_whole

Upload: TypeAlias = "UploadedFile[Any]"

MAX_AGE = 3600
_KEY = "[0-9a-f]" * 32  # the name of a folder of ours
MANIFEST = "names.json"


class NotKept(Exception):
    """The files are gone: they were imported, or too long ago, or never here."""


def keep(files: Iterable[Upload]) -> str:
    """Keep files for an hour; return the key that opens them again.

    Raises OSError, such as for a full disk, and keeps nothing then.
    """
    _sweep_uploads()  # where there is no worker, too
    key = secrets.token_hex(16)
    folder = _folder(key)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    try:
        _fill(folder, files)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return key


def _fill(folder: Path, files: Iterable[Upload]) -> None:
    names = []
    for number, file in enumerate(files):
        # The name of an upload is the client's claim: it goes nowhere near a path.
        with (folder / str(number)).open("wb") as target:
            shutil.copyfileobj(file, target)
        names.append(file.name or "")
    # Last, and whole: without it the files are not opened.
    write_whole(folder / MANIFEST, json.dumps(names).encode())


@contextmanager
def opened(key: str) -> Iterator[list[tuple[str, IO[bytes]]]]:
    """Give the kept files as (name, open file). Raises NotKept."""
    folder = _folder(key)
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotKept from error
    with ExitStack() as stack:
        yield [
            (name, stack.enter_context((folder / str(number)).open("rb")))
            for number, name in enumerate(names)
        ]


def forget(key: str) -> None:
    """Delete kept files; those that are gone already are no error."""
    shutil.rmtree(_folder(key), ignore_errors=True)


def place_of(key: str) -> Path:
    """Return the folder of kept files, where what is made of them may stand. Raises NotKept."""
    if not (found := _folder(key)).is_dir():
        raise NotKept
    return found


def _folder(key: str) -> Path:
    if not fnmatchcase(key, _KEY):
        raise NotKept
    return Path(settings.UPLOAD_ROOT) / key


@task()
def sweep() -> int:
    """Delete what was kept for longer than an hour; return how many uploads that were.

    With them goes what killed writers of pictures left over.
    """
    storage.sweep(Path(settings.MEDIA_ROOT), below=True)
    return _sweep_uploads()


def _sweep_uploads() -> int:
    kept = Path(settings.UPLOAD_ROOT).glob(_KEY)  # what else is there belongs to others
    old = [folder for folder in kept if _age(folder) > MAX_AGE]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _age(folder: Path) -> float:
    """Return how far a folder's last change is from now: a clock may have been ahead."""
    try:
        return abs(time.time() - folder.lstat().st_mtime)
    except FileNotFoundError:  # another worker was faster
        return 0
