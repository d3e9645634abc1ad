"""Uploaded files, kept on the server between looking at them and importing them.

They lie in a private folder under Django's folder for uploads (``FILE_UPLOAD_TEMP_DIR``, else the
system's), which all workers of a machine share, never below ``MEDIA_ROOT``, which is public.
Behind several machines that folder must be on a shared disk, or a browser must stay with one of
them; else the import says that the files are gone and asks for them again.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from posts.storage import write_whole

Upload: TypeAlias = "UploadedFile[Any]"

MAX_AGE = 3600
MANIFEST = "names.json"


class NotKept(Exception):
    """The files are gone: they were imported, or too long ago, or never here."""


def keep(files: Iterable[Upload]) -> str:
    """Keep files for an hour; return the key that opens them again.

    Raises OSError, such as for a full disk, and keeps nothing then.
    """
    root = _root()
    _sweep(root)
    key = secrets.token_hex(16)
    folder = root / key
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


def _folder(key: str) -> Path:
    if len(key) != 32 or not set(key) <= set("0123456789abcdef"):
        raise NotKept
    return _root() / key


def _root() -> Path:
    base = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    root = base / f"newsletter-uploads-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    found = root.lstat()
    # Somebody else may have put a folder or a link of this name there first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{root} is not a private folder of this user")
    return root


def _sweep(root: Path) -> None:
    now = time.time()
    for folder in root.iterdir():
        try:
            is_old = abs(now - folder.lstat().st_mtime) > MAX_AGE  # of a clock that was ahead, too
        except FileNotFoundError:  # another worker was faster
            continue
        if is_old:
            shutil.rmtree(folder, ignore_errors=True)
