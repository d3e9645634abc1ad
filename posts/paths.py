"""Names of files that belong to issues: relative paths that stay inside their folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from posts.documents import DocumentError
from posts.messages import Message as _
from posts.naming import nfc

MAX_NAME: Final = 500
PICTURES: Final = "posts/images"
_DRIVE: Final = re.compile(r"[A-Za-z]:(?:/|\Z)")
_DIGITS: Final = 32  # of a digest, in the name of a picture


def safe_name(name: str) -> str:
    """Return a relative path in NFC with forward slashes. Raises DocumentError if it is none."""
    path = nfc(name)
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or _DRIVE.match(path):
        raise DocumentError(_("its path must be relative, with forward slashes"))
    if any(part in ("", ".", "..") for part in parts):
        raise DocumentError(_("its path leads out of the folder"))
    if not path.isprintable():
        raise DocumentError(_("its name holds control characters"))
    if len(path) > MAX_NAME:
        raise DocumentError(_("its name is longer than %(count)d characters", count=MAX_NAME))
    return path


def resolve(folder_of: str, path: str) -> str | None:
    """Return a path written in a file, relative to the root of its folder; None if outside."""
    parts: list[str] = []
    for part in (*PurePosixPath(folder_of).parent.parts, *path.split("/")):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return nfc("/".join(parts)) if parts else None


def path_in(address: str) -> str:
    """Return the path that an address without a host means, without query and fragment.

    Backslashes, as Windows writes them, are slashes.
    """
    return unquote(re.split(r"[?#]", address, maxsplit=1)[0]).replace("\\", "/")


def place_of(name: str, path: str) -> str | None:
    """Return where the file of a path lies that the issue of a name has, relative to the root of
    its folder, where those lie that begin with a slash; None if outside."""
    return resolve("" if path.startswith("/") else name, path)


def picture_name(data: bytes, kind: str = "webp") -> str:
    """Return the name under which a picture is stored: it says what is in it."""
    return f"{PICTURES}/{hashlib.sha256(data).hexdigest()[:_DIGITS]}.{kind}"


def digest_in(name: str) -> str:
    """Return the digits of its content's digest in the name of a stored picture; "" if none are."""
    path = PurePosixPath(name)
    return path.stem[:_DIGITS] if path.parent.as_posix() == PICTURES else ""
