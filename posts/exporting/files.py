"""Give issues back as files: each post its document, to the byte, under the name it came with."""

from __future__ import annotations

import logging
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Final

from django.db.models import Q
from django.utils import timezone

from posts.documents import DocumentError
from posts.exporting.gathering import entry_of, side_file
from posts.markdown.marks import is_foreign
from posts.models import Image, OldSlug, Post, PostQuerySet
from posts.paths import path_in, place_of, safe_name
from posts.sidefile import NAME as SIDE_FILE
from posts.sidefile import Entry, SideFile, read, written
from posts.storage import sweep, write_whole

logger = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class _Planned:
    """A post with the name of its file, and its pictures with those of theirs."""

    post: Post
    name: str
    pictures: Sequence[tuple[str, Image]]

    def entry(self) -> Entry:
        """Return what the side file says of the post."""
        beside = [(_beside(image.path, path), image) for path, image in self.pictures]
        return entry_of(self.post, self.name, beside)


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export. ``read`` returns its bytes, or raises OSError; the side file has no
    ``post``."""

    name: str
    read: Callable[[], bytes]
    post: Post | None = None


def files_of(posts: PostQuerySet, before: SideFile | None = None) -> Iterator[ExportedFile]:
    """Yield the side file, and one for each post and each of its pictures; no name comes twice.

    The side file is the first, so that an export that is cut short publishes nothing when it is
    imported. It keeps what one of ``before`` says of other issues.
    """
    planned = list(_plan(posts))
    found = side_file(posts, {one.name: one.entry() for one in planned})
    data = written(_together(before, found) if before else found)
    yield ExportedFile(SIDE_FILE, lambda: data)
    seen: set[str] = set()
    for one in planned:
        yield ExportedFile(one.name, partial(_document, one.post), one.post)
        for path, image in one.pictures:
            if path not in seen:
                seen.add(path)
                yield ExportedFile(path, partial(_read_picture, image), one.post)


def _plan(posts: PostQuerySet) -> Iterator[_Planned]:
    taken = {SIDE_FILE.casefold()}
    stored: dict[str, str] = {}
    for post in posts.prefetch_related("images").iterator(chunk_size=100):
        name = _free(export_name(post), taken)
        yield _Planned(post, name, tuple(_pictures(post, name, taken, stored)))


def _together(before: SideFile, found: SideFile) -> SideFile:
    """Return a new side file with what one of before says of issues that are not in the new one.

    The one that knows more tags, sections and sources says what is known of them.
    """
    uids = {entry.uid for entry in found.issues.values()}
    kept = {
        name: entry
        for name, entry in before.issues.items()
        if name not in found.issues and entry.uid not in uids
    }
    site = found if found.sources or not before.sources else before
    return replace(site, issues={**found.issues, **kept})


def write_posts(posts: PostQuerySet, folder: Path) -> Iterator[tuple[str, bool]]:
    """Write each post into a folder; yield its name and whether the file is new or changed.

    One that cannot be written stops no other. Raises DocumentError at the end that names those,
    and those whose names were too long; and at once where a side file lies that is none.
    """
    root = folder.resolve()
    problems: dict[str, str] = {}
    swept: set[Path] = set()
    for file in files_of(posts, side_file_in(root)):
        try:
            yield file.name, _write(root, file.name, file.read())
            _sweep_once((root / file.name).parent, swept)
        except (OSError, DocumentError) as error:
            problems[file.name] = getattr(error, "strerror", None) or str(error)
        if file.post and _shortened(wish := export_name(file.post)) != wish:
            problems[wish] = f"its name is too long for a file; written as {_shortened(wish)}"
    if problems:
        raise DocumentError("; ".join(f"{name}: {why}" for name, why in problems.items()))


def side_file_in(root: Path) -> SideFile | None:
    """Return what an export said in a folder. Raises DocumentError if nobody can read it."""
    try:
        return read((root / SIDE_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except DocumentError as error:
        raise DocumentError(f"{SIDE_FILE}: {error}; move it away first") from error


def stale_files(
    posts: PostQuerySet, folder: Path, before: SideFile | None, names: Collection[str]
) -> list[str]:
    """Return the files of issues that earlier exports left behind in a folder.

    Either the issue is gone, or its file is called otherwise since its time or address changed.
    ``before`` is what the side file said before posts were exported as ``names``. Nothing that no
    export wrote is among them.
    """
    told = {name: one.uid for name, one in before.issues.items()} if before else {}
    there = set(Post.objects.filter(uid__in=told.values()).values_list("uid", flat=True))
    gone = {name for name, uid in told.items() if uid not in there}
    left = (gone | _earlier_names(posts, folder)).difference(names)
    return sorted(name for name in left if (folder / name).is_file())


def _earlier_names(posts: PostQuerySet, folder: Path) -> set[str]:
    """Return the files in a folder that are named as the exports of posts may have been before."""
    made_here = posts.filter(source_name="").order_by()
    slugs = {*made_here.values_list("slug", flat=True)}
    slugs |= {*OldSlug.objects.filter(post__in=made_here).values_list("slug", flat=True)}
    written = {_UNSAFE.sub("-", slug) for slug in slugs}
    names = {path.name: _EXPORT_NAME.fullmatch(path.name) for path in folder.iterdir()}
    found = {name for name, match in names.items() if match and match["slug"] in written}
    return found - {
        *Post.objects.filter(source_name__in=found).values_list("source_name", flat=True)
    }


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
    """Return a zip archive of posts as an open file at its start; closing it deletes it.

    A picture that cannot be read is left out.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in files_of(posts):
            try:
                data = one.read()
            except OSError:
                logger.warning("%s cannot be read and is not exported", one.name)
                continue
            entry = zipfile.ZipInfo(
                one.name, _zip_time(one.post.published_at if one.post else None)
            )
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    file.seek(0)
    return file


# Pictures


def _pictures(
    post: Post, name: str, taken: set[str], stored: dict[str, str]
) -> Iterator[tuple[str, Image]]:
    """Yield the pictures of a post with the names of their files.

    Several texts may name one file; where another picture has its name, it gets a number. They
    come in the order of their names: PostgreSQL gives rows that were changed in another one.
    """
    for image in sorted(post.images.all(), key=lambda image: image.path):
        if is_foreign(image.path):  # a mirror: the text names the original
            continue
        path = place_of(name, path_in(image.path))
        if path is None:
            continue
        if stored.get(path.casefold()) != str(image.file):
            path = _free(path, taken)
            stored[path.casefold()] = str(image.file)
        yield path, image


def _beside(address: str, path: str) -> str:
    """Return the address of a picture, or how its text would write the name that its file got."""
    written, name = PurePosixPath(path_in(address)), PurePosixPath(path).name
    return address if written.name == name else str(written.with_name(name))


def _document(post: Post) -> bytes:
    return post.document.encode()


def _read_picture(image: Image) -> bytes:
    with image.file.open("rb") as file:
        data: bytes = file.read()
    return data


# Names


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
