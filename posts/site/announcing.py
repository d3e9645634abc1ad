"""Telling a WebSub hub that the feeds of the site changed (https://www.w3.org/TR/websub/).

The hub is told what feeds say now, not what somebody did: so a scheduled issue is announced when
its time comes, a link that was blocked as well, and nothing is told twice or forgotten when a
worker is killed.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task

from links.fetching import fetch
from posts.models import Announcement, Post
from posts.publishing.describing import absolute
from posts.site.shell import address_of

TOPICS = ("rss", "atom", "json", "items-rss", "items-atom", "items-json")
LATEST = 20  # of which feeds tell


@task()
def announce() -> bool:
    """Tell the hub, if there is one, of feeds that changed since it was told; return if it was.

    Raises FetchError, or RuntimeError when the hub refuses: then it is told at the next run.
    """
    hub, digest = settings.WEBSUB_HUB, _digest()
    if not hub or Announcement.objects.filter(hub=hub, digest=digest).exists():
        return False
    for name in TOPICS:
        _publish(hub, absolute(address_of(name)))
    Announcement.objects.update_or_create(
        hub=hub, defaults={"digest": digest, "told_at": timezone.now()}
    )
    return True


def _publish(hub: str, topic: str) -> None:
    form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
    answer = fetch(hub, method="POST", form=form, max_bytes=1000, truncate=True)
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise RuntimeError(f"The hub answered {answer.status}.")


def _digest() -> str:
    """Return a digest of all that the feeds of the site say now."""
    said = "\n".join(_pages()[:LATEST])
    return hashlib.sha256(f"{settings.SITE_URL}\n{said}".encode()).hexdigest()


def _pages() -> QuerySet[Post, str]:
    rows = Post.objects.published().newest_first().filter(page__isnull=False)
    return rows.values_list("page__digest", flat=True)
