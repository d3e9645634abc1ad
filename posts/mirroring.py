"""Pictures that issues show from elsewhere, kept on this site where ``MIRROR_IMAGES`` says so.

So no other server learns who reads what. A mirror is a picture of its issue, whose path is the
address as written; exports leave it out, since their text names the original.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django_tasks import task

from links.fetching import FetchError, fetch
from posts.images import MAX_BYTES, ImageError, reencode, size_of
from posts.models import Image, Post
from posts.pictures import stored
from posts.signals import pages_outdated

logger = logging.getLogger(__name__)

MAX_IMAGES: Final = 50
"""So many pictures of an issue are mirrored; of the others their words lead there."""


def follow_missing(sender: type[Post], post: Post, addresses: Sequence[str], **_: Any) -> None:
    """Have pictures fetched (receiver of ``images_missing``)."""
    known = post.images.filter(path__contains="//").count()
    longest = Image._meta.get_field("path").max_length or 0
    wanted = [url for url in addresses if len(url) <= longest][: max(0, MAX_IMAGES - known)]
    if wanted:
        transaction.on_commit(partial(mirror.enqueue, post.pk, wanted))


@task()
def mirror(post: int, addresses: list[str]) -> int:
    """Fetch pictures of an issue, and have its page made again; return how many there are now.

    May run any number of times. One that cannot be had is asked for again when the issue is saved.
    """
    found = 0
    for url in addresses:
        if not settings.MIRROR_IMAGES or not Post.objects.filter(pk=post).exists():
            return found
        if Image.objects.filter(post=post, path=url).exists():
            continue
        try:
            found += _store(post, url, _fetched(url))
        except (FetchError, ImageError) as error:
            logger.info("A picture of issue %d cannot be mirrored: %s", post, error)
    if found:
        with transaction.atomic():
            pages_outdated.send(sender=Post, posts=Post.objects.filter(pk=post))
    return found


def _fetched(url: str) -> bytes:
    """Return a picture as this site stores them. Raises FetchError or ImageError."""
    address = f"https:{url}" if url.startswith("//") else url
    response = fetch(address, max_bytes=MAX_BYTES)
    if response.status != 200:
        raise ImageError(f"the server answered {response.status}")
    return reencode(response.body, url)


def _store(post: int, url: str, data: bytes) -> bool:
    """Store a mirror; tell whether it is new."""
    image = Image(post_id=post, path=url, digest=hashlib.sha256(data).hexdigest())
    image.width, image.height = size_of(data)
    image.file.name = stored(data)
    with transaction.atomic():
        if Image.objects.filter(post=post, path=url).exists():
            return False
        image.save()
    return True
