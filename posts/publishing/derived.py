"""What was derived of a post, as it is stored: read once, before a save changes it.

Two ask for it: the steps that write what differs (``posts.publishing.deriving``), and the counters,
which move by what a post adds now and did not before (``posts.publishing.counting``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from posts.models import Appearance, Citation, LinkedItem, Post, Section
from posts.prepared import prepared

Cited = tuple[int, int, datetime | None]
"""The key of a source, how many of its links a post has, and the date of the row."""


class Place(NamedTuple):
    """A place of a link, by the columns of its row (``Appearance``) that follow from the text."""

    section_id: int
    position: int
    item_id: int | None
    link_id: int
    url: str
    anchor_text: str
    host_id: int | None
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class Derived:
    """What the counters go by: the sections of a post, the places of its links in their order, and
    its citations."""

    sections: Sequence[Section] = ()
    places: Sequence[Place] = ()
    citations: Collection[Cited] = ()


@dataclass(frozen=True, slots=True)
class Stored(Derived):
    """The same with all items, tombstones among them.

    Whoever writes rows changes these objects.
    """

    items: Sequence[LinkedItem] = ()


NOTHING = Stored()
"""What is stored of a post that is new."""


def derived_of(post: Post) -> Derived:
    """Return what is stored of a post and counted; sections come without their text."""
    return Derived(_sections(post, "source"), _places(post), _citations(post))


def stored_of(post: Post) -> Stored:
    """Return all that is stored of a post."""
    # Not `post.items`, which ties each row to the post, and in the order of no join: that takes
    # half as long, and a long issue has a thousand of them.
    items = list(LinkedItem.objects.filter(post=post.pk).order_by())
    return Stored(_sections(post), _places(post), _citations(post), items)


def _sections(post: Post, *left_out: str) -> list[Section]:
    return list(Section.objects.filter(post=post.pk).order_by("position").defer(*left_out))


def _places(post: Post) -> list[Place]:
    return list(map(Place._make, _appearances_in(post.pk)))


@prepared
def _appearances_in(post: int) -> QuerySet[Appearance, Any]:
    # (Without their dates: to read those takes SQLite longer than all else.)
    rows = Appearance.objects.filter(post=post).order_by("section", "position")
    return rows.values_list(*Place._fields)


def _citations(post: Post) -> set[Cited]:
    return set(_citations_in(post.pk))


@prepared
def _citations_in(post: int) -> QuerySet[Citation, Any]:
    rows = Citation.objects.filter(post=post).order_by()
    return rows.values_list("source_id", "link_count", "date")
