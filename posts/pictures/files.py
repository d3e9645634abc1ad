"""The files of pictures: named by their content, so that equal ones are one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tasks import task

from posts.messages import Message as _
from posts.models import Image, Picture
from posts.paths import PICTURES, digest_in, picture_name

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=1)
"""So long a file stays that no row names any more: pages and caches may still show it."""


class NotStored(OSError):
    """The storage takes no file just now, such as on a full disk. The message is for people."""


def stored(content: bytes, kind: str = "webp") -> str:
    """Store a file unless it is there; return its name. Raises NotStored."""
    name = picture_name(content, kind)
    try:
        if default_storage.exists(name):
            return name
        return default_storage.save(name, ContentFile(content))
    except OSError as error:
        logger.exception("A picture could not be stored")
        words = _(
            "The site cannot store pictures just now, perhaps its disk is full. Nothing is lost."
        )
        raise NotStored(words) from error


def drop(names: Iterable[str]) -> int:
    """Delete those files that no row names; return how many there were."""
    gone = [name for name in names if not _is_named(name)]
    for name in gone:
        default_storage.delete(name)
    return len(gone)


@task()
def sweep() -> int:
    """Delete the files of pictures that no row names for a day; return how many there were."""
    named = set(_named())
    before = timezone.now() - KEPT
    return drop(name for name in _names() if name not in named and _is_older(name, before))


def damaged() -> Iterator[tuple[str, bool | None]]:
    """Read all files that rows name; yield each name and whether the file is as its name says.

    None says that there is no such file. Files of before names said anything are read only.
    """
    for name in sorted(set(_named())):
        try:
            with default_storage.open(name) as file:
                digest = hashlib.sha256()
                for block in file.chunks():
                    digest.update(block)
        except FileNotFoundError:
            yield name, None
        else:
            yield name, digest.hexdigest().startswith(digest_in(name))


def _names() -> list[str]:
    try:
        _folders, files = default_storage.listdir(PICTURES)
    except FileNotFoundError:
        return []
    return [f"{PICTURES}/{name}" for name in files if not name.startswith(".")]


def _is_older(name: str, moment: datetime) -> bool:
    try:
        return bool(default_storage.get_modified_time(name) < moment)
    except FileNotFoundError:
        return False


def _named() -> Iterator[str]:
    """Give the names of all files that pictures of issues or of the library have."""
    for model in (Image, Picture):
        for file, sizes in model._default_manager.values_list("file", "sizes").iterator():
            yield file
            yield from (name for _kind, _width, name in sizes or ())


def _is_named(name: str) -> bool:
    """Ask for one file, since rows may have come since all were read."""
    return any(
        model._default_manager.filter(file=name).exists()
        or model._default_manager.filter(sizes__icontains=name).exists()
        for model in (Image, Picture)
    )
