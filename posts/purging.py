"""Having a CDN forget answers that changed, by their surrogate keys and never all at once.

Each public answer has two: ``site``, and that of its issue or ``lists``. What changed is written
down in the transaction of the change, so that a worker that is killed forgets nothing. A scheduled
issue needs none of it: no answer may be kept beyond its moment (``newsletter.cdn``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.db import transaction
from django_tasks import task

from links.fetching import fetch
from posts.models import OldSlug, Outdated, Post

SITE: Final = "site"
LISTS: Final = "lists"
A_REQUEST: Final = 100  # keys; CDNs take no more than some hundred


def key_of(slug: str) -> str:
    """Return the key of the answers about an issue alone."""
    return f"post-{blake2b(slug.encode(), digest_size=8).hexdigest()}"


def outdate(posts: Iterable[Post] | None) -> None:
    """Write down what a CDN is to forget: lists and some issues, or with None everything.

    Call it in the transaction of the change.
    """
    if not settings.CDN_PURGE_URL:
        return
    keys = {SITE} if posts is None else {LISTS, *(key for post in posts for key in _keys(post))}
    Outdated.objects.bulk_create(Outdated(key=key) for key in sorted(keys))
    transaction.on_commit(purge.enqueue)


def _keys(post: Post) -> Iterator[str]:
    """Yield the keys of an issue, of its old addresses, and of its neighbours that name it."""
    yield key_of(post.slug)
    yield from map(key_of, OldSlug.objects.filter(post=post.pk).values_list("slug", flat=True))
    if post.published_at is not None:
        others = Post.objects.filter(status=Post.Status.PUBLISHED).exclude(pk=post.pk)
        older = others.filter(published_at__lte=post.published_at).newest_first()
        newer = others.filter(published_at__gte=post.published_at).order_by("published_at", "pk")
        for rows in (older, newer):
            yield from map(key_of, rows.values_list("slug", flat=True)[:1])


@task()
def purge() -> int:
    """Have the CDN forget what is outdated; return how many keys that were.

    Raises FetchError, or RuntimeError when the CDN refuses: then it is asked at the next run.
    """
    rows = list(Outdated.objects.order_by("pk").values_list("pk", "key"))
    keys = sorted({key for _pk, key in rows})
    for start in range(0, len(keys), A_REQUEST):
        _ask(keys[start : start + A_REQUEST])
    Outdated.objects.filter(pk__in=[pk for pk, _key in rows]).delete()
    return len(keys)


def _ask(keys: list[str]) -> None:
    told = {"Surrogate-Key": " ".join(keys), "Cache-Tag": ",".join(keys)}
    if settings.CDN_PURGE_TOKEN:
        told |= {"Authorization": f"Bearer {settings.CDN_PURGE_TOKEN}"}
        told |= {"Fastly-Key": settings.CDN_PURGE_TOKEN}
    answer = fetch(
        settings.CDN_PURGE_URL, method="POST", headers=told, max_bytes=1000, truncate=True
    )
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise RuntimeError(f"The CDN answered {answer.status}.")
