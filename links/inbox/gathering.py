"""Collect links for the next issue into the inbox, and notice when they were printed."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from links import access
from links.access import Actor
from links.models import InboxEntry, Link
from links.normalizing import AddressError, canonicalize
from links.registering import register


class Blocked(ValueError):
    """A link that is blocked cannot be collected; ``link`` says which, and why."""

    def __init__(self, link: Link) -> None:
        super().__init__("This link is blocked.")
        self.link = link


class Gathered(NamedTuple):
    """The entry of a link, and whether it is new; one link is in the inbox once."""

    entry: InboxEntry
    is_new: bool


def check(url: str) -> Link | None:
    """Return the link of an address if it is known already.

    Raises AddressError for what is no web address, Blocked for a link that readers would not get.
    """
    canonical = canonicalize(url)
    if not canonical.startswith("http"):
        raise AddressError("Only web addresses can be collected.")
    link = Link.objects.filter(key=Link.key_for(canonical)).first()
    if link is not None and link.standing == Link.Standing.BLOCKED:
        raise Blocked(link)
    return link


def gather(url: str, *, by: User, title: str = "", note: str = "") -> Gathered:
    """Put a link into the inbox, or return the entry that it has there already.

    Raises AddressError and Blocked as ``check`` does, and PermissionDenied.
    """
    access.check(by, access.COLLECT)
    with transaction.atomic():
        link = check(url) or register([url])[url]
        if link.standing == Link.Standing.BLOCKED:  # new, of a source that is blocked
            raise Blocked(link)
        entry, is_new = InboxEntry.objects.get_or_create(
            link=link,
            done_at=None,
            defaults={"url": url, "title": title[:300], "note": note, "added_by": by},
        )
    return Gathered(entry, is_new)


def put_aside(entries: QuerySet[InboxEntry], *, by: Actor) -> list[InboxEntry]:
    """Take entries off the list that will not be printed; return those that were on it.

    Raises PermissionDenied.
    """
    access.check(by, access.KEEP_INBOX)
    rows = list(entries.filter(done_at=None))
    InboxEntry.objects.filter(pk__in=[row.pk for row in rows]).update(done_at=timezone.now())
    return rows


def reopen(entries: QuerySet[InboxEntry], *, by: Actor) -> list[InboxEntry]:
    """Put entries back that were done; return those that are: one link is in the inbox once.

    Raises PermissionDenied.
    """
    access.check(by, access.KEEP_INBOX)
    waiting = set(InboxEntry.objects.filter(done_at=None).values_list("link", flat=True))
    chosen = {entry.link_id: entry for entry in entries.exclude(done_at=None).order_by("pk")}
    return [row for link, row in chosen.items() if link not in waiting and _is_reopened(row)]


def _is_reopened(entry: InboxEntry) -> bool:
    """Put an entry back; tell whether that worked, since the link may be collected just now."""
    try:
        with transaction.atomic():
            InboxEntry.objects.filter(pk=entry.pk).update(done_at=None)
    except IntegrityError:
        return False
    return True


def mark_printed(links: Collection[int]) -> None:
    """Take links (by key) off the inbox that stand in an issue now and did not before."""
    # Asked first, because the inbox is empty while an archive is imported.
    waiting = InboxEntry.objects.filter(done_at=None)
    if links and waiting.exists():
        waiting.filter(link__in=links).update(done_at=timezone.now())
