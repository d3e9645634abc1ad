"""What people do with the library: each verb is one transaction, and asks whether they may."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from django.db import IntegrityError, transaction

from posts import access
from posts.access import Actor
from posts.images import reencode, size_of
from posts.models import Image, Picture, Post
from posts.pictures.files import drop, stored
from posts.pictures.naming import who_names
from posts.pictures.using import free_name
from posts.signals import pages_outdated

Row = TypeVar("Row", Picture, Image)
Log = Callable[[Picture], object]
"""Writes down what was done to a picture, in the transaction of it."""


class Words(NamedTuple):
    """What is said of a picture; see ``Picture``."""

    alt: str = ""
    caption: str = ""
    credit: str = ""
    is_decorative: bool = False


def keep(
    data: bytes, filename: str, *, by: Actor = None, log: Log | None = None
) -> tuple[Picture, bool]:
    """Take a picture into the library; return it, and whether it is new there.

    The same one again is the one that is there. Raises ImageError, NotStored and PermissionDenied.
    """
    access.check(by, access.WRITE)
    digest = hashlib.sha256(data).hexdigest()
    if known := Picture.objects.filter(digest=digest).order_by("pk").first():
        return known, False
    encoded = reencode(data, filename)
    picture = _filled(Picture(added_by_id=getattr(by, "pk", None)), encoded, digest)
    _save_named(picture, filename, log)
    stored(encoded)  # somebody may have deleted the same one meanwhile
    return picture, True


def describe(
    picture: Picture, words: Words, *, by: Actor = None, log: Log | None = None
) -> Picture:
    """Change what is said of a picture. Raises PermissionDenied and Picture.DoesNotExist."""
    access.check(by, access.WRITE)
    with transaction.atomic():
        row = Picture.objects.select_for_update().get(pk=picture.pk)
        for name, value in words._asdict().items():
            setattr(row, name, value)
        row.save(update_fields=Words._fields)
        if log:
            log(row)
    return row


def replace(
    picture: Picture, data: bytes, filename: str, *, by: Actor = None, log: Log | None = None
) -> Picture:
    """Put another picture in the place of one, in all issues that show it.

    Their pages are made again in the background. Raises ImageError, NotStored, PermissionDenied
    and Picture.DoesNotExist.
    """
    access.check(by, access.CHANGE_PICTURES)
    encoded, digest = reencode(data, filename), hashlib.sha256(data).hexdigest()
    name = stored(encoded)
    with transaction.atomic():
        row = Picture.objects.select_for_update().get(pk=picture.pk)
        if row.file.name != name:
            _filled(row, encoded, digest).save()
            for image in row.images.select_for_update().order_by("pk"):
                _filled(image, encoded, digest).save()
            _outdate(_shown_in(row))
        if log:
            log(row)
    return row


def delete(picture: Picture, *, by: Actor = None, log: Log | None = None) -> bool:
    """Delete a picture with its files; issues that show it lack it from now on.

    Tells whether it was there. Raises PermissionDenied.
    """
    access.check(by, access.CHANGE_PICTURES)
    with transaction.atomic():
        row = Picture.objects.select_for_update().filter(pk=picture.pk).first()
        if row is None:
            return False
        if log:
            log(row)
        posts = _shown_in(row)
        row.images.all().delete()
        _delete_rows([row])
        _outdate(posts)
    return True


def let_go(images: Sequence[Image]) -> None:
    """Delete what only these rows had, which are gone: in the transaction that deleted them.

    What anything else names stays (``who_names``).
    """
    keys = {image.picture_id for image in images if image.picture_id}
    rows = Picture.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    used = who_names(rows)
    lone = [row for row in rows if not used[row.name]]
    used = who_names(lone, versions=True)
    _delete_rows([row for row in lone if not used[row.name]])
    _drop_files(images)


def _delete_rows(pictures: list[Picture]) -> None:
    Picture.objects.filter(pk__in=[row.pk for row in pictures]).delete()
    _drop_files(pictures)


def _drop_files(rows: Iterable[Picture | Image]) -> None:
    files = {
        name
        for row in rows
        for name in (row.file.name or "", *(name for _kind, _width, name in row.sizes or ()))
    }
    if files:
        transaction.on_commit(partial(drop, files), robust=True)


def _shown_in(picture: Picture) -> list[int]:
    """Return the keys of the posts that show a picture."""
    return list(picture.images.order_by("post").values_list("post", flat=True).distinct())


def _outdate(posts: list[int]) -> None:
    """Have the pages of posts made again."""
    if posts:
        pages_outdated.send(sender=Post, posts=Post.objects.filter(pk__in=posts))


def _filled(row: Row, encoded: bytes, digest: str) -> Row:
    row.file.name = stored(encoded)
    row.width, row.height = size_of(encoded)
    row.digest, row.sizes = digest, None
    return row


def _save_named(picture: Picture, filename: str, log: Log | None) -> None:
    """Store the row of a new picture; if somebody takes its name just now, under the next."""
    while True:
        picture.name = free_name(filename)
        try:
            with transaction.atomic():
                picture.save()
                if log:
                    log(picture)
            return
        except IntegrityError:
            if not Picture.objects.filter(name=picture.name).exists():
                raise
