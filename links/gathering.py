"""Collect links for the next issue into the inbox, and notice when they were printed."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from links.models import InboxEntry, Link
from links.normalizing import AddressError
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


def gather(url: str, *, by: User, title: str = "", note: str = "") -> Gathered:
    """Put a link into the inbox, or return the entry that it has there already.

    Raises AddressError for what is no web address, Blocked for a link that readers would not get.
    """
    with transaction.atomic():
        link = register([url]).get(url)
        if link is None or not link.url.startswith("http"):
            raise AddressError("Only web addresses can be collected.")
        if link.standing == Link.Standing.BLOCKED:
            raise Blocked(link)
        entry, is_new = InboxEntry.objects.get_or_create(
            link=link,
            done_at=None,
            defaults={"url": url, "title": title[:300], "note": note, "added_by": by},
        )
    return Gathered(entry, is_new)


def mark_printed(links: Collection[int]) -> None:
    """Take links (by key) off the inbox that stand in an issue now and did not before."""
    if links:
        InboxEntry.objects.filter(link__in=links, done_at=None).update(done_at=timezone.now())
