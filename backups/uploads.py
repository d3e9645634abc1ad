"""Uploaded files, in whatever storage they are; it takes files whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import FileField


def named() -> set[str]:
    """Return the files that rows of the database name."""
    fields = (
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, FileField)
    )
    return {
        name
        for model, field in fields
        for name in model._default_manager.values_list(field, flat=True)
        if name
    }


def stored(folder: str = "") -> Iterator[str]:
    """Give the names of all files but hidden ones, such as those half written."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    yield from (f"{prefix}{name}" for name in sorted(files) if not name.startswith("."))
    for name in sorted(folders):
        if not name.startswith("."):
            yield from stored(f"{prefix}{name}")


def size() -> int:
    """Return the bytes of all files."""
    return sum(map(_size, stored()))


def _size(name: str) -> int:
    try:
        return default_storage.size(name)
    except FileNotFoundError:
        return 0


def put(name: str, content: Iterable[bytes]) -> None:
    """Store a file under exactly this name, in the place of one that is there."""
    file = ContentFile(b"".join(content))
    stored_as = default_storage.save(name, file)
    if stored_as != name:  # a storage that replaces nothing
        for taken in (stored_as, name):
            default_storage.delete(taken)
        default_storage.save(name, file)
