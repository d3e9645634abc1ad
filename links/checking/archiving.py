"""Archived copies of pages that are gone: looked up where somebody keeps them.

``LINKS_ARCHIVE`` names the archive that is asked, the Internet Archive, or "none".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks import task

from links.fetching import FetchError, Policy, fetch
from links.models import Link
from links.signals import links_changed

logger = logging.getLogger(__name__)

ENDPOINT: Final = "https://archive.org/wayback/available?url="
# An archive that had no copy is asked again after as long.
ASKED_AGAIN: Final = timedelta(days=30)
# As many links are looked up in one run of the task.
A_RUN: Final = 20


class ArchiveError(Exception):
    """An archive gave no answer, or one that is not understood."""


def _find_copy(url: str) -> str:
    """Return the address of the latest copy of a page that was no error, or "" if there is none.

    See https://archive.org/help/wayback_api.php. Raises ArchiveError.
    """
    try:
        response = fetch(ENDPOINT + quote(url, safe=""), policy=own_policy())
        found = json.loads(response.body)["archived_snapshots"].get("closest") or {}
        copy = str(found.get("url", "")) if found.get("available") else ""
        is_page = str(found.get("status", "200")).startswith("2")
    except (FetchError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(f"The archive gave no answer: {error}") from error
    # Nothing but a copy of theirs is shown to readers.
    if not is_page or urlsplit(copy).hostname != "web.archive.org":
        return ""
    return copy.replace("http://", "https://", 1)


def own_policy() -> Policy:
    """Return the policy of requests that say which site asks."""
    agent = f"NewsletterLinkCheck/1.0 (+{settings.SITE_URL})"
    return Policy(user_agent=agent, total_seconds=20)


@task()
def look_for_copies(pks: list[int]) -> int:
    """Look up copies of broken links (by key) that have none yet; return how many were found.

    The answer is kept; an archive that had none is asked again after a month.
    """
    if settings.LINKS_ARCHIVE == "none":
        return 0
    now, rest = pks[:A_RUN], pks[A_RUN:]
    found = sum(_look_up(link) for link in _to_look_up(now))
    if rest:
        look_for_copies.enqueue(rest)
    return found


def look_for_copies_of_marked(links: QuerySet[Link], **_signal: Any) -> None:
    """Look for copies of links that somebody just said are broken (receiver of links_changed)."""
    marked = links.filter(health=Link.Health.BROKEN, due_at=None, archived_url="")
    if keys := list(marked.filter(archive_asked_at=None).values_list("pk", flat=True)):
        look_for_copies.enqueue(keys)


def _to_look_up(pks: Iterable[int]) -> Iterable[Link]:
    now = timezone.now()
    recently = Q(archive_asked_at__range=(now - ASKED_AGAIN, now))
    return Link.objects.filter(~recently, pk__in=list(pks), archived_url="")


def _look_up(link: Link) -> bool:
    try:
        copy = _find_copy(link.url)
    except ArchiveError as error:
        logger.info("No answer about %s: %s", link.url, error)
        return False
    with transaction.atomic():
        row = Link.objects.select_for_update().get(pk=link.pk)
        row.archived_url, row.archive_asked_at = copy, timezone.now()
        row.save(update_fields=["archived_url", "archive_asked_at"])
        if row.offered_copy:
            links_changed.send(sender=Link, links=Link.objects.filter(pk=row.pk))
    return bool(copy)
