"""Smaller files of the pictures of issues, made in the background: WebP and AVIF.

Pages are right before and after: until the files are there they show the picture itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from posts.images import ImageError, resized
from posts.models import Image, Post
from posts.paths import picture_name
from posts.signals import pages_outdated

logger = logging.getLogger(__name__)

WIDTHS: Final = (480, 960, 1600)
KINDS: Final = ("webp", "avif")
A_RUN: Final = 50
A_CHAIN: Final = 55 * 60
"""Seconds after which no further run follows; each hour a chain begins anew."""


def follow_image(sender: type[Image], instance: Image, **_kwargs: Any) -> None:
    """Have smaller files made of a picture that is new (receiver of ``post_save``)."""
    if instance.sizes is None:
        transaction.on_commit(partial(make_sizes.enqueue, instance.pk))


@task()
def make_sizes(pk: int) -> int:
    """Make the smaller files of a picture that has none yet, and have its page made again.

    Files are named by their content, so it may run any number of times. A picture that cannot be
    read, or that moves, gets none; one whose file is not there waits for it. Returns how many there
    are. Raises OSError when the storage does not answer.
    """
    image = Image.objects.filter(pk=pk, sizes__isnull=True).first()
    if image is None:
        return 0
    try:
        found = [list(one) for one in _smaller(image)]
    except FileNotFoundError:
        logger.warning("The file of picture %d is not there.", pk)
        return 0
    except ImageError as error:
        logger.warning("Picture %d gets no smaller files: %s", pk, error)
        found = []
    with transaction.atomic():
        known = Image.objects.filter(pk=pk, sizes__isnull=True, digest=image.digest)
        if known.update(sizes=found) and found:
            posts = Post.objects.filter(pk=image.post_id)
            pages_outdated.send(sender=Post, posts=posts)
    return len(found)


@task()
def make_missing_sizes(after: int = 0, until: float = 0) -> int:
    """Make the smaller files of the next pictures that have none yet, in the order of their keys,
    starting behind one; return of how many.

    While there are more another run follows these, up to a moment (seconds since 1970), before
    the next chain begins: so there is one at a time.
    """
    now = timezone.now().timestamp()
    until = until or now + A_CHAIN
    rows = Image.objects.filter(sizes__isnull=True, pk__gt=after).order_by("pk")
    keys = list(rows.values_list("pk", flat=True)[:A_RUN]) if now < until else []
    for pk in keys:
        make_sizes.enqueue(pk)
    if len(keys) == A_RUN:
        make_missing_sizes.enqueue(keys[-1], until)
    return len(keys)


def _smaller(image: Image) -> Iterator[tuple[str, int, str]]:
    """Store the smaller files of a picture that are worth it; yield kind, width and name."""
    with image.file.open() as file:
        data = file.read()
    storage = image.file.storage
    for kind in KINDS:
        widths = [width for width in WIDTHS if width < image.width]
        # AVIF in the picture's own width, too; as WebP that is the picture.
        for width in [*widths, image.width] if kind == "avif" else widths:
            content = resized(data, width, kind)
            if content and len(content) < len(data):
                name = picture_name(content, kind)
                if not storage.exists(name):
                    name = storage.save(name, ContentFile(content))
                yield kind, width, name
