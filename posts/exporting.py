"""Give issues back as files: each post its document, to the byte, under the name it came with."""

from __future__ import annotations

import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final

from django.db.models import Q
from django.utils import timezone

from posts.documents import DocumentError
from posts.models import Post, PostQuerySet
from posts.paths import resolve, safe_name
from posts.storage import sweep, write_whole

_EXPORT_NAME = re.compile(r"(?:\d{4}-\d{2}-\d{2}|draft)-(?P<slug>.+)\.md")
_UNSAFE = re.compile(r"[^\w.-]+")
MAX_NAME_BYTES: Final = 255
"""How long a name in a folder may be on Linux, in UTF-8; Windows and macOS count characters."""


def export_name(post: Post) -> str:
    """Return the name of a post's file: the one it was imported from, else date-slug.md."""
    try:
        return safe_name(post.source_name)
    except DocumentError:
        pass  # made here, or stored by something that let a bad name through
    day = f"{timezone.localtime(post.published_at):%Y-%m-%d}" if post.published_at else "draft"
    return f"{day}-{_UNSAFE.sub('-', post.slug)}.md"


def post_of_export(name: str) -> Post | None:
    """Return the post whose export has this name, so that it comes back as itself.

    It was made here, or its own name is too long for a file.
    """
    found = _EXPORT_NAME.fullmatch(name)
    slug = found["slug"] if found else ""
    if len(name.encode()) > MAX_NAME_BYTES - 4:  # may have lost what fits no more, of its last sign
        is_it = Q(source_name__startswith=name.rpartition(".")[0])
        is_it |= Q(source_name="", slug__startswith=slug or "/")
    else:
        is_it = Q(source_name="", slug=slug)
    posts = Post.objects.filter(is_it)
    return next((post for post in posts if _shortened(export_name(post)) == name), None)


def files_of(posts: PostQuerySet) -> Iterator[tuple[str, bytes, Post]]:
    """Yield (name, bytes, post) for each post and each of its pictures; no name comes twice."""
    taken: set[str] = set()
    for post in posts.prefetch_related("images").iterator(chunk_size=100):
        name = _free(export_name(post), taken)
        yield name, post.document.encode(), post
        for path, data in _pictures(post, name):
            if path.casefold() not in taken:
                taken.add(path.casefold())
                yield path, data, post


def write_posts(posts: PostQuerySet, folder: Path) -> Iterator[tuple[str, bool]]:
    """Write each post into a folder; yield its name and whether the file is new or changed.

    One that cannot be written stops no other. Raises DocumentError at the end that names those,
    and those whose names were too long.
    """
    root = folder.resolve()
    problems: dict[str, str] = {}
    swept: set[Path] = set()
    for name, data, post in files_of(posts):
        try:
            yield name, _write(root, name, data)
            _sweep_once((root / name).parent, swept)
        except (OSError, DocumentError) as error:
            problems[name] = getattr(error, "strerror", None) or str(error)
        if _shortened(wish := export_name(post)) != wish:
            problems[wish] = f"its name is too long for a file; written as {_shortened(wish)}"
    if problems:
        raise DocumentError("; ".join(f"{name}: {why}" for name, why in problems.items()))


def _write(root: Path, name: str, data: bytes) -> bool:
    """Write a file unless it is there; return whether it was not."""
    path = root / name
    if not path.resolve().is_relative_to(root):  # through a link that lies in the folder
        raise DocumentError(f"leads out of {root}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == data:
        return False
    write_whole(path, data)
    return True


def _sweep_once(folder: Path, swept: set[Path]) -> None:
    if folder not in swept:
        sweep(folder)
        swept.add(folder)


def zip_posts(posts: PostQuerySet) -> IO[bytes]:
    """Return a zip archive of posts as an open file at its start; closing it deletes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, post in files_of(posts):
            entry = zipfile.ZipInfo(name, _zip_time(post.published_at))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    file.seek(0)
    return file


def _pictures(post: Post, name: str) -> Iterable[tuple[str, bytes]]:
    for image in post.images.all():
        path = resolve(name, image.path)
        if path is None or "\\" in path:
            continue
        with image.file.open("rb") as file:
            yield path, file.read()


def _free(name: str, taken: set[str]) -> str:
    """Return the name, numbered if a file system that ignores case would find it taken."""
    number, plain = 1, unicodedata.normalize("NFC", name)
    candidate = _shortened(plain)
    while candidate.casefold() in taken:
        number += 1
        candidate = _shortened(plain, f"-{number}")
    taken.add(candidate.casefold())
    return candidate


def _shortened(name: str, mark: str = "") -> str:
    """Return a path with each name in it cut to what file systems take, and marked at its end."""
    *folders, last = PurePosixPath(name).parts
    tail = mark + PurePosixPath(last).suffix
    stem = _cut(PurePosixPath(last).stem, MAX_NAME_BYTES - len(tail.encode()))
    return "/".join([*(_cut(folder, MAX_NAME_BYTES) for folder in folders), stem + tail])


def _cut(text: str, size: int) -> str:
    """Return a text, or as many of its characters as fit ``size`` bytes."""
    return text.encode()[:size].decode(errors="ignore")


def _zip_time(moment: datetime | None) -> tuple[int, int, int, int, int, int]:
    local = timezone.localtime(moment) if moment else None
    if local is None or local.year < 1980:  # before the calendar of zip begins
        return (1980, 1, 1, 0, 0, 0)
    return (local.year, local.month, local.day, local.hour, local.minute, local.second)
