"""Files that appear under their name whole or not at all, whatever happens while they are written.

They are written beside their name, brought to the disk and then renamed, which file systems do at
once. So a full disk, `kill -9` or a power cut leaves the file of before, or none.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.core.files.storage import FileSystemStorage

_RANDOM_BYTES: Final = 8
LEFT_OVER: Final = f".{'[0-9a-f]' * (2 * _RANDOM_BYTES)}.partial"
"""A pattern of the names beside, of which those are left over that nobody wrote to for an hour."""
AN_HOUR: Final = 3600


class WholeFileStorage(FileSystemStorage):
    """Django's storage of files, each of them whole. With ``allow_overwrite`` one of the same name
    is replaced: that mends a file that was cut off, where names say what is in it."""

    def _save(self, name: str, content: File[Any]) -> str:
        with beside(Path(self.path(name))) as partial:
            super()._save(str(partial.relative_to(self.location)), content)  # type: ignore[misc]
        return name


def write_whole(path: Path, data: bytes) -> None:
    """Write a file; one of this name is replaced. Raises OSError."""
    with beside(path) as partial:
        partial.write_bytes(data)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a name beside a file's own; what is written there becomes the file in the end.

    Nothing is left of it if something goes wrong.
    """
    partial = path.with_name(f".{secrets.token_hex(_RANDOM_BYTES)}.partial")
    try:
        yield partial
        _bring_to_disk(partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _bring_to_disk(path.parent)


def sweep(folder: Path, *, below: bool = False) -> None:
    """Delete what writers left over that were killed, in a folder or in all those below it, too."""
    for path in folder.rglob(LEFT_OVER) if below else folder.glob(LEFT_OVER):
        with suppress(FileNotFoundError):  # somebody else was faster
            if path.lstat().st_mtime < time.time() - AN_HOUR:
                path.unlink()


def _bring_to_disk(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
