"""Give issues back as files: each post its document, to the byte, under the name it came with."""

from __future__ import annotations

import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from django.utils import timezone

from posts.documents import DocumentError
from posts.models import Post, PostQuerySet
from posts.paths import resolve, safe_name

_EXPORT_NAME = re.compile(r"(?:\d{4}-\d{2}-\d{2}|draft)-(?P<slug>.+)\.md")
_UNSAFE = re.compile(r"[^\w.-]+")


def export_name(post: Post) -> str:
    """Return the name of a post's file: the one it was imported from, else date-slug.md."""
    try:
        return safe_name(post.source_name)
    except DocumentError:
        pass  # made here, or stored by something that let a bad name through
    day = f"{timezone.localtime(post.published_at):%Y-%m-%d}" if post.published_at else "draft"
    return f"{day}-{_UNSAFE.sub('-', post.slug)}.md"


def post_of_export(name: str) -> Post | None:
    """Return the post made here whose export has this name, so that it comes back as itself."""
    found = _EXPORT_NAME.fullmatch(name)
    if found is None:
        return None
    post = Post.objects.filter(source_name="", slug=found["slug"]).first()
    return post if post and export_name(post) == name else None


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
    """Write each post into a folder; yield its name and whether the file is new or changed."""
    root = folder.resolve()
    for name, data, _post in files_of(posts):
        path = root / name
        if not path.resolve().is_relative_to(root):  # through a link that lies in the folder
            raise DocumentError(f"{name}: leads out of {folder}")
        path.parent.mkdir(parents=True, exist_ok=True)
        changed = not path.is_file() or path.read_bytes() != data
        if changed:
            partial = path.with_name(f".{path.name}.partial")
            partial.write_bytes(data)
            partial.replace(path)
        yield name, changed


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
    path, number = PurePosixPath(unicodedata.normalize("NFC", name)), 1
    candidate = str(path)
    while candidate.casefold() in taken:
        number += 1
        candidate = str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
    taken.add(candidate.casefold())
    return candidate


def _zip_time(moment: datetime | None) -> tuple[int, int, int, int, int, int]:
    local = timezone.localtime(moment) if moment else None
    if local is None or local.year < 1980:  # before the calendar of zip begins
        return (1980, 1, 1, 0, 0, 0)
    return (local.year, local.month, local.day, local.hour, local.minute, local.second)
