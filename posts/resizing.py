"""Smaller files of the pictures of issues, made in the background: WebP and AVIF, and one as JPEG
for mail programs that show neither (Outlook).

Pages are right before and after: until the files are there they show the picture itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from posts import publication
from posts.images import ImageError, resized
from posts.models import Image, Picture, Post
from posts.pictures import stored
from posts.signals import pages_outdated

logger = logging.getLogger(__name__)

WIDTHS: Final = (480, 960, 1600)
KINDS: Final = ("webp", "avif")
MAILED: Final = 1120
"""Of the JPEG at most: twice the column of a mail, for dense screens."""
# Made before there were files for mails. Those of the library are shown by issues to come; what
# cannot be made smaller has none of any kind.
_LACKS_MAILED: Final = Q(sizes__isnull=True) | ~Q(sizes=[]) & ~Q(sizes__icontains=".jpeg")
A_RUN: Final = 50
A_CHAIN: Final = 55 * 60
"""Seconds after which no further run follows; each hour a chain begins anew."""


def follow_image(
    sender: type[Image] | type[Picture], instance: Image | Picture, **_kwargs: Any
) -> None:
    """Have smaller files made of a picture that is new (receiver of ``post_save``)."""
    if instance.sizes is None:
        task = make_sizes if isinstance(instance, Image) else make_picture_sizes
        transaction.on_commit(partial(task.enqueue, instance.pk))


@task()
def make_sizes(pk: int) -> int:
    """Make the smaller files of a picture of an issue that has none yet; see ``_make``."""
    return _make(Image.objects.filter(pk=pk, sizes__isnull=True).first())


@task()
def make_picture_sizes(pk: int) -> int:
    """Make the smaller files of a picture of the library that has none yet, or none for mails;
    see ``_make``."""
    return _make(Picture.objects.filter(_LACKS_MAILED, pk=pk).first())


@task()
def make_missing_sizes(after: int = 0, until: float = 0) -> int:
    """Make the smaller files of the next pictures that have none yet, in the order of their keys,
    starting behind one; return of how many.

    While there are more another run follows these, up to a moment (seconds since 1970), before
    the next chain begins: so there is one at a time.
    """
    now = timezone.now().timestamp()
    until = until or now + A_CHAIN
    if not after:
        for pk in _unmade(Picture, 0):
            make_picture_sizes.enqueue(pk)
    keys = _unmade(Image, after) if now < until else []
    for pk in keys:
        make_sizes.enqueue(pk)
    if len(keys) == A_RUN:
        make_missing_sizes.enqueue(keys[-1], until)
    return len(keys)


def _unmade(model: type[Image] | type[Picture], after: int) -> list[int]:
    lacks = Q(sizes__isnull=True) if model is Image else _LACKS_MAILED
    rows = model._default_manager.filter(lacks, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:A_RUN])


def _make(image: Image | Picture | None) -> int:
    """Make the smaller files of a picture for all rows that have it, and have pages made again.

    Files are named by their content, so it may run any number of times. A picture that cannot be
    read, or that moves, gets none; one whose file is not there waits for it. Returns how many there
    are. Raises OSError when the storage does not answer.
    """
    if image is None:
        return 0
    found = _made_before(image.file.name or "")
    try:
        found = [list(one) for one in _smaller(image)] if found is None else found
    except FileNotFoundError:
        logger.warning("The file of picture %d is not there.", image.pk)
        return 0
    except ImageError as error:
        logger.warning("Picture %d gets no smaller files: %s", image.pk, error)
        found = []
    _note(image.file.name or "", found)
    return len(found)


def _made_before(file: str) -> list[Any] | None:
    """Return what was made of the same file for another row; None if nothing was tried."""
    for model in (Picture, Image):
        rows = model._default_manager.filter(file=file).exclude(_LACKS_MAILED)
        if (made := rows.values_list("sizes", flat=True).first()) is not None:
            return list(made)
    return None


def _note(file: str, found: list[Any]) -> None:
    """Store what was made of a file with all rows that have it; pages do not show the one for
    mails."""
    with transaction.atomic():
        Picture.objects.filter(_LACKS_MAILED, file=file).update(sizes=found)
        rows = Image.objects.filter(file=file, sizes__isnull=True)
        posts = list(rows.order_by("post").values_list("post", flat=True).distinct())
        if not rows.update(sizes=found) or not found:
            return
        if any(kind in KINDS for kind, _width, _name in found):
            pages_outdated.send(sender=Post, posts=Post.objects.filter(pk__in=posts))
        else:
            publication.move([])


def _smaller(image: Image | Picture) -> Iterator[tuple[str, int, str]]:
    """Store the smaller files of a picture that are worth it; yield kind, width and name."""
    with image.file.open() as file:
        data = file.read()
    for kind in KINDS:
        widths = [width for width in WIDTHS if width < image.width]
        # AVIF in the picture's own width, too; as WebP that is the picture.
        for width in [*widths, image.width] if kind == "avif" else widths:
            content = resized(data, width, kind)
            if content and len(content) < len(data):
                yield kind, width, stored(content, kind)
    if content := resized(data, min(image.width, MAILED), "jpeg"):
        yield "jpeg", min(image.width, MAILED), stored(content, "jpeg")
