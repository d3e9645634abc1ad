"""Archives as nobody wrote them: changed, damaged, made up."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from backups.archive import Archive, Manifest, Writer
from backups.facts import Facts
from backups.progress import Progress

NOTHING = Manifest("sqlite", "1.0", "2026-11-29T00:00:00+00:00", Facts({}, []), {})


def small_archive(files: Mapping[str, bytes], *, deflated: bool = False) -> bytes:
    """Return an archive of these files, with a manifest that fits."""
    target = BytesIO()
    with Writer(target) as writer:
        for name, content in files.items():
            writer.add(name, [content], Progress(), deflated=deflated)
        writer.finish(replace(NOTHING, files=writer.files))
    return target.getvalue()


def rewrite(path: Path, content: Mapping[str, bytes] = {}, **values: object) -> None:
    """Change files of a backup and values of its manifest, so that both fit together again."""
    with Archive(path) as archive:
        manifest = archive.manifest
        files = {name: b"".join(archive.read(name)) for name in manifest.files} | dict(content)
    with path.open("wb") as file, Writer(file) as writer:
        for name, data in files.items():
            writer.add(name, [data], Progress(), deflated="/" not in name)
        writer.finish(replace(manifest, **{"files": writer.files, **values}))


def with_member(data: bytes, name: str, content: bytes = b"x") -> bytes:
    """Return an archive with one more file, which the manifest does not name."""
    target = BytesIO(data)
    with ZipFile(target, "a", ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()
