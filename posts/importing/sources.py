"""Where issues come from: files, folders, zip archives and uploads, each as a `SourceFile`.

Nothing a name says is trusted: a path that leaves its folder, a link out of it, an archive that
unfolds to far more than it is are refused, one by one, with a line that says why.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Final

from django.utils import timezone

from posts import sidefile
from posts.documents import MAX_BYTES, DocumentError, check_size
from posts.importing.zipnames import names_in
from posts.messages import Message
from posts.messages import Message as _
from posts.naming import nfc
from posts.paths import safe_name
from posts.sidefile import NAME as SIDE_FILE
from posts.sidefile import Entry, SideFile

ENDINGS: Final = (".md", ".markdown")
OTHER_ENDINGS: Final = (
    ".mdx", ".mdown", ".mdwn", ".mkd", ".mkdn", ".mkdown", ".qmd", ".rmd",
)  # fmt: skip
"""How files end that hold Markdown, or nearly, and are not read: nobody should miss them."""
MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024
# Text packs to a third, seldom below a twentieth; an archive far beyond that is a bomb.
MAX_ENTRIES: Final = 20_000
MAX_UNPACKED: Final = 1024**3
MAX_RATIO: Final = 100
RATIO_COUNTS_FROM: Final = 20 * 1024 * 1024

_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to import: `name` relative to its folder or archive, `where` for messages.

    `read` returns its bytes, `attachment` those of a file beside it by its path in the folder or
    None; both raise DocumentError. `refusal` says why the file cannot be taken at all. `entry` is
    what the side file of an export says of it; one that is a side file itself has `side`.
    """

    name: str
    where: str
    read: Callable[[], bytes]
    modified: datetime | None = None
    attachment: Callable[[str], bytes | None] = lambda _path: None
    refusal: str = ""
    entry: Entry | None = None
    side: SideFile | None = None


def refused(where: str, why: str) -> SourceFile:
    """Return a source that stands for something that cannot be imported."""

    def read() -> bytes:
        raise DocumentError(why)

    return SourceFile(where, where, read, refusal=why)


def _otherwise_called(where: str) -> SourceFile:
    ending = PurePosixPath(where).suffix
    why = _("files that end with %(ending)s are not read: call it .md if it is plain Markdown",
            ending=ending)  # fmt: skip
    return refused(where, why)


@contextmanager
def open_sources(paths: Iterable[Path]) -> Iterator[list[SourceFile]]:
    """Give the files in paths (files, folders, zip archives), sorted within each path.

    What cannot be read is among them, as refused. Archives stay open until the end.
    """
    with ExitStack() as stack:
        yield [source for path in paths for source in _in_path(path, stack)]


@contextmanager
def open_uploads(uploads: Iterable[tuple[str, IO[bytes]]]) -> Iterator[list[SourceFile]]:
    """Give the files among uploaded ones, (name, open file); zip archives are looked into."""
    with ExitStack() as stack:
        files = list(uploads)
        beside = {nfc(name.replace("\\", "/")): file for name, file in files}
        loose: list[SourceFile] = []
        packed: list[SourceFile] = []
        for name, file in files:
            of = packed if name.lower().endswith(".zip") else loose
            of += _in_upload(name, file, beside, stack)
        side = beside.get(SIDE_FILE)
        read = side and partial(_read_upload, side, sidefile.MAX_BYTES)
        yield [*with_entries(loose, [(SIDE_FILE, SIDE_FILE, read)] if read else []), *packed]


# Side files


def with_entries(
    sources: list[SourceFile], sides: Iterable[tuple[str, str, Callable[[], bytes]]]
) -> list[SourceFile]:
    """Return sources with what side files say of them, in the order in which they name them.

    Side files are given by name, as messages call them, and how they are read; each speaks of the
    folder it lies in, and comes first. Beside one that cannot be read nothing is imported: it may
    say what is not to be public.
    """
    told: list[SourceFile] = []
    rest = list(sources)
    for name, where, read in sides:
        try:
            side = sidefile.read(read())
        except DocumentError as error:
            return [refused(where, error.message)]
        told.append(SourceFile(name, where, read, side=side))
        folder = name.removesuffix(SIDE_FILE)
        entries = {folder + nfc(beside): entry for beside, entry in side.issues.items()}
        places = {beside: place for place, beside in enumerate(entries)}
        named = sorted((s for s in rest if s.name in places), key=lambda s: places[s.name])
        told += (replace(source, entry=entries[source.name]) for source in named)
        rest = [source for source in rest if source.name not in places]
    return [*told, *rest]


# Files and folders


def _in_path(path: Path, stack: ExitStack) -> list[SourceFile]:
    try:
        if path.is_dir():
            return _in_folder(path)
        if not path.is_file():
            return [refused(str(path), _("no such file or folder"))]
        if path.suffix.lower() == ".zip":
            return _in_archive(path.open("rb"), str(path), stack)
        beside = path.parent / SIDE_FILE
        sides = [beside] if beside.is_file() else []
        return [
            source
            for source in _told([_on_disk(path, path.parent)], sides, path.parent)
            if source.side is None
        ]
    except OSError as error:
        return [refused(str(path), _os_message(error))]


def _in_folder(folder: Path) -> list[SourceFile]:
    names = [
        path
        for path in folder.rglob("*")
        if (path.suffix.lower() in (*ENDINGS, *OTHER_ENDINGS) or path.name == SIDE_FILE)
        and not _is_hidden(path.relative_to(folder).as_posix())
        and (path.is_file() or path.is_symlink())
    ]
    sources = [_on_disk(path, folder) for path in sorted(names) if path.name != SIDE_FILE]
    if not sources:
        return [refused(str(folder), _("no .md or .markdown file in this folder"))]
    return _told(sources, [path for path in sorted(names) if path.name == SIDE_FILE], folder)


def _told(sources: list[SourceFile], sides: Iterable[Path], root: Path) -> list[SourceFile]:
    found = [
        (
            path.relative_to(root).as_posix(),
            str(path),
            partial(_read_disk, path, sidefile.MAX_BYTES),
        )
        for path in sides
    ]
    return with_entries(sources, found)


def _on_disk(path: Path, root: Path) -> SourceFile:
    where = str(path)
    if path.suffix.lower() in OTHER_ENDINGS:
        return _otherwise_called(where)
    if path.suffix.lower() not in ENDINGS:
        return refused(where, _("neither a .md or .markdown file nor a folder or .zip archive"))
    try:
        name = safe_name(path.relative_to(root).as_posix())
        if not path.resolve().is_relative_to(root.resolve()):
            return refused(where, _("links to a file outside the folder"))
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        return refused(where, _os_message(error))
    except DocumentError as error:
        return refused(where, error.message)
    return SourceFile(
        name,
        where,
        lambda: _read_disk(path, MAX_BYTES),
        modified,
        lambda inner: _attachment_on_disk(root, inner),
    )


def _read_disk(path: Path, limit: int) -> bytes:
    try:
        check_size(path.stat().st_size, limit)
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(_os_message(error)) from error


def _attachment_on_disk(root: Path, inner: str) -> bytes | None:
    try:
        path = (root / inner).resolve()
        if not path.is_relative_to(root.resolve()) or not path.is_file():
            return None
    except (OSError, RuntimeError):  # a name that no file can have, links that go in a circle
        return None
    return _read_disk(path, MAX_IMAGE_BYTES)


def _os_message(error: OSError) -> Message:
    return _("cannot be read: %(why)s", why=error.strerror or str(error))


# Archives


def _in_archive(file: IO[bytes], where: str, stack: ExitStack) -> list[SourceFile]:
    stack.callback(file.close)
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _refuse_bomb(entries)
    except DocumentError as error:
        return [refused(where, error.message)]
    except _BROKEN_ZIP as error:
        return [refused(where, _("not a readable zip archive: %(why)s", why=str(error)))]
    sources = _in_entries(archive, entries, where)
    return sources or [refused(where, _("no .md or .markdown file in this archive"))]


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise DocumentError(_("holds more than %(count)d files", count=MAX_ENTRIES))
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        raise DocumentError(_("unfolds to more than %(size)d GB", size=MAX_UNPACKED // 1024**3))
    if unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed:
        raise DocumentError(_("unfolds to more than %(count)d times its size", count=MAX_RATIO))


def _in_entries(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], where: str
) -> list[SourceFile]:
    named = sorted(zip(names_in(entries), entries, strict=True), key=lambda pair: pair[0])
    by_name = {nfc(name): entry for name, entry in named}
    seen: set[str] = set()
    shown = [(name, entry) for name, entry in named if not _is_hidden(name)]
    sources = [
        _entry_source(archive, name, entry, by_name, f"{where}:{name}", seen)
        for name, entry in shown
        if name.lower().endswith(ENDINGS)
    ]
    sources += (
        _otherwise_called(f"{where}:{name}")
        for name, _entry in shown
        if name.lower().endswith(OTHER_ENDINGS)
    )
    sides = [
        (name, f"{where}:{name}", partial(_read_entry, archive, entry, sidefile.MAX_BYTES))
        for name, entry in shown
        if PurePosixPath(name).name == SIDE_FILE
    ]
    return with_entries(sources, sides) if sources else []


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return hidden or bool({"__MACOSX", "node_modules"}.intersection(parts))


def _entry_source(
    archive: zipfile.ZipFile,
    path: str,
    entry: zipfile.ZipInfo,
    by_name: Mapping[str, zipfile.ZipInfo],
    where: str,
    seen: set[str],
) -> SourceFile:
    try:
        name = safe_name(path)
    except DocumentError as error:
        return refused(where, error.message)
    if name in seen:
        return refused(where, _("stands in the archive twice"))
    seen.add(name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        return refused(where, _("is a link, not a file"))

    def attachment(inner: str) -> bytes | None:
        found = by_name.get(inner)
        return _read_entry(archive, found, MAX_IMAGE_BYTES) if found else None

    return SourceFile(
        name,
        where,
        lambda: _read_entry(archive, entry, MAX_BYTES),
        _entry_time(entry),
        attachment,
    )


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    check_size(entry.file_size, limit)
    if entry.flag_bits & 1:
        raise DocumentError(_("is encrypted"))
    try:
        with archive.open(entry) as file:
            data = file.read(limit + 1)
    except _BROKEN_ZIP as error:
        raise DocumentError(_("cannot be unpacked: %(why)s", why=str(error))) from error
    check_size(len(data), limit)
    return data


def _entry_time(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return timezone.make_aware(datetime(*entry.date_time))  # noqa: DTZ001
    except ValueError:
        return None


# Uploads


def _in_upload(
    name: str, file: IO[bytes], beside: Mapping[str, IO[bytes]], stack: ExitStack
) -> list[SourceFile]:
    if name.lower().endswith(".zip"):
        return _in_archive(file, name, stack)
    if name.lower().endswith(OTHER_ENDINGS):
        return [_otherwise_called(name)]
    if not name.lower().endswith(ENDINGS):
        return []  # an image, read when an issue names it
    try:
        safe = safe_name(name)
    except DocumentError as error:
        return [refused(name, error.message)]

    def attachment(inner: str) -> bytes | None:
        # Browsers send names without folders.
        found = beside.get(inner) or beside.get(PurePosixPath(inner).name)
        return _read_upload(found, MAX_IMAGE_BYTES) if found else None

    return [SourceFile(safe, name, lambda: _read_upload(file, MAX_BYTES), None, attachment)]


def _read_upload(file: IO[bytes], limit: int) -> bytes:
    size = file.seek(0, io.SEEK_END)
    check_size(size, limit)
    file.seek(0)
    return file.read()
