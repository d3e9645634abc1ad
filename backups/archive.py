"""The file of a backup: a zip archive of the database, the uploaded files and a manifest.

The manifest names every file with its size and SHA-256, and what the database holds. Uploads are
stored as they are and the database may be deflated; who unpacks it looks for room first. Whatever
is read is compared with the manifest; no name leads out of its folder.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _

from backups.facts import Facts
from backups.progress import Progress

FORMAT = 1
MANIFEST = "manifest.json"
MEDIA = "media/"
BLOCK = 1024 * 1024
# Empty pages shrink to a thousandth. Deflate does not get below 1/1032: who claims more lies.
MOST_DEFLATED = 1100
# What broken archives raise while they are read.
DAMAGE = (BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OverflowError, OSError)
_DRIVE_OR_CONTROL = re.compile(r"[\\:\x00-\x1f\x7f]")


class BackupError(Exception):
    """Why there is no backup, or nothing was restored, in words for people."""


class Untried(BackupError):
    """Why nobody knows whether a backup is good: the machine could not read it or try it out."""

    retry = False  # a task that tried again at once would find the same machine


def in_use() -> str:
    """Return what to do where others hold on to the database."""
    return _("The database is in use: stop the site and its workers first.")


@dataclass(frozen=True)
class Entry:
    """A file in an archive."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What stands in an archive, and what made it."""

    engine: str
    version: str
    created: str
    facts: Facts
    files: dict[str, Entry]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(entry.size for entry in self.files.values())

    @property
    def uploads(self) -> list[str]:
        """The names of uploaded files, as their storage knows them."""
        return [name.removeprefix(MEDIA) for name in self.files if name.startswith(MEDIA)]

    def dump(self) -> bytes:
        """Return it as JSON."""
        values = {"format": FORMAT, **asdict(self)}
        return json.dumps(values, ensure_ascii=False, indent=1).encode()

    @classmethod
    def load(cls, data: bytes) -> Manifest:
        """Read it again. Raises BackupError, or ValueError where it is damaged."""
        values = json.loads(data)
        if not isinstance(values, dict) or type(values.get("format")) is not int:
            raise ValueError("no manifest")
        if values["format"] > FORMAT:
            raise BackupError(_("A newer version of the program wrote this backup."))
        try:
            facts = values["facts"]
            files = {_checked(name): _entry(**entry) for name, entry in values["files"].items()}
            return cls(
                engine=str(values["engine"]),
                version=str(values["version"]),
                created=str(values["created"]),
                facts=Facts(dict(facts["tables"]), list(facts["migrations"])),
                files=files,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no manifest") from error


def _entry(size: object, sha256: object) -> Entry:
    if type(size) is not int or size < 0 or not isinstance(sha256, str):
        raise ValueError("no entry")
    return Entry(size, sha256)


def _checked(name: str) -> str:
    """Return a name that leads nowhere else; raise ValueError for any other."""
    parts = name.split("/")
    if _DRIVE_OR_CONTROL.search(name) or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"the name {name!r}")
    if len(parts) > 1 and not name.startswith(MEDIA):
        raise ValueError(f"the name {name!r}")
    return name


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Give what a file holds in pieces."""
    while block := file.read(BLOCK):
        yield block


class Writer:
    """Writes an archive into an open file; the manifest comes last."""

    def __init__(self, file: IO[bytes]) -> None:
        self.zip = ZipFile(file, "w")
        self.files: dict[str, Entry] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_error: object) -> None:
        self.zip.close()

    def add(
        self, name: str, content: Iterable[bytes], progress: Progress, *, deflated: bool = False
    ) -> None:
        """Add a file, given in pieces."""
        digest, size = hashlib.sha256(), 0
        info = ZipInfo(name)
        info.compress_type = ZIP_DEFLATED if deflated else ZIP_STORED
        with self.zip.open(info, "w", force_zip64=True) as target:
            for block in content:
                target.write(block)
                digest.update(block)
                size += len(block)
                progress.advance(len(block))
        self.files[name] = Entry(size, digest.hexdigest())
        progress.done(name)

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest."""
        self.zip.writestr(MANIFEST, manifest.dump())


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        said = _("%(file)s is damaged, or no backup: %(reason)s")
        # Wrong offsets are invalid arguments; any other number is what the machine refused.
        refused = isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}
        kind = Untried if refused else BackupError
        raise kind(said % {"file": path.name, "reason": error}) from error


class Archive:
    """An archive that is open for reading. Raises BackupError for all that is not as it says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise BackupError(_("There is no file %(file)s.") % {"file": path})
        with _reading(path), ExitStack() as stack:
            self.zip = stack.enter_context(ZipFile(path))
            self.manifest = self._read_manifest()
            self._compare()
            stack.pop_all()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_error: object) -> None:
        self.zip.close()

    def _read_manifest(self) -> Manifest:
        info = self.zip.NameToInfo.get(MANIFEST)
        if info is None or info.compress_type != ZIP_STORED:
            raise ValueError("no manifest")
        return Manifest.load(self.zip.read(info))

    def _compare(self) -> None:
        """Compare the directory with the manifest, before anything is unpacked."""
        infos = self.zip.infolist()
        names = sorted(info.filename for info in infos)
        if names != sorted([MANIFEST, *self.manifest.files]):
            raise ValueError("other files than the manifest names")
        if sum(info.compress_size for info in infos) > self.path.stat().st_size:
            raise ValueError("files that lie one in another")
        for info in infos:
            self._compare_entry(info)

    def _compare_entry(self, info: ZipInfo) -> None:
        deflated = info.compress_type == ZIP_DEFLATED and "/" not in info.filename
        most = info.compress_size * (MOST_DEFLATED if deflated else 1)
        known = self.manifest.files.get(info.filename)
        if info.file_size > most or (known and known.size != info.file_size):
            raise ValueError(f"the size of {info.filename}")

    def read(self, name: str) -> Iterator[bytes]:
        """Give a file in pieces; raises BackupError at its end if it is not what was stored."""
        digest = hashlib.sha256()
        with _reading(self.path), self.zip.open(name) as source:
            for block in blocks(source):
                digest.update(block)
                yield block
            if digest.hexdigest() != self.manifest.files[name].sha256:
                raise ValueError(f"the digest of {name}")

    def extract(self, name: str, target: Path) -> None:
        """Write a file that is not there yet."""
        with target.open("xb") as file:
            file.writelines(self.read(name))
