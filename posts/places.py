"""Where links stand in issues that readers can see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from links.models import Link
from links.registering import canonical_or_none
from posts.models import Appearance, LinkedItem, Post, item_anchor, public
from posts.prepared import in_lists, prepared

# So many places of one link are named: nobody needs the others to believe it.
NAMED = 5
# A link that stands in more earlier issues than these is furniture: that of the newsletter itself.
MOST = 7
# What a ``Place`` is made of.
_PLACE = ("post__title", "post__slug", "post__published_at", "section__heading", "section__anchor",
          "item__uid")  # fmt: skip


class Place(NamedTuple):
    """A place of a link: in which issue, under which heading, at which path, since when."""

    title: str
    section: str
    path: str
    date: datetime


def places_of(links: Iterable[int], at: datetime | None = None) -> dict[int, list[Place]]:
    """Return the places of links (by key) that readers can see at a moment, the newest first.

    One for each issue; a link without any is missing. Hidden items and blocked links are no places.
    """
    rows = (
        visible_places(at)
        .filter(link__in=list(links))
        .order_by("-post__published_at", "-post", "section__position", "position")
    )  # fmt: skip
    found: dict[int, dict[int, Place]] = defaultdict(dict)
    for link, post, *values in rows.values_list("link", "post", *_PLACE):
        found[link].setdefault(post, _place(*values))
    return {link: list(places.values()) for link, places in found.items()}


def visible_places(at: datetime | None = None) -> QuerySet[Appearance]:
    """Return the places of links that readers can see at a moment."""
    return Appearance.objects.filter(
        public(at, post="post"),
        Q(item=None) | Q(item__hidden=False),
        link__standing=Link.Standing.SHOWN,
    )


def latest_before(links: Iterable[int], at: datetime, post: Post | None) -> dict[int, Place]:
    """Return of links (by key) the latest issue but ``post`` that had them before a moment.

    What more issues have than a few is furniture, and missing. A few rows are read for each link,
    however many issues have it.
    """
    but = post.pk if post else 0
    last = [pk for some in in_lists(links) for (pk,) in _latest_before(at, but, *some)]
    places = (place for some in in_lists(last) for place in _at(*some))
    return {link: _place(*values) for link, *values in places}


@prepared
def _latest_before(at: datetime, but: int, *links: int) -> QuerySet[Link, Any]:
    earlier = Appearance.objects.filter(link=OuterRef("pk"), date__lt=at).exclude(post=but)
    earlier = earlier.order_by("-date", "-id")
    rows = Link.objects.filter(pk__in=links, standing=Link.Standing.SHOWN).order_by()
    rows = rows.annotate(last=Subquery(earlier.values("pk")[:1])).exclude(last=None)
    rows = rows.annotate(more=Subquery(earlier.values("pk")[MOST : MOST + 1])).filter(more=None)
    return rows.values_list("last")


@prepared
def _at(*places: int) -> QuerySet[Appearance, Any]:
    return Appearance.objects.filter(pk__in=places).order_by().values_list("link", *_PLACE)


def unseen_among(links: Iterable[int]) -> set[int]:
    """Return those of the links (by key) that stand in issues, none of which readers can see."""
    places = Appearance.objects.filter(link=OuterRef("pk")).order_by()
    rows = Link.objects.filter(Exists(places), ~Exists(places.filter(public(post="post"))))
    return set(rows.filter(pk__in=list(links)).values_list("pk", flat=True))


def covered(url: str) -> list[Place]:
    """Return the latest places of an address as anybody writes it; none for what is no address."""
    canonical = canonical_or_none(url)
    if canonical is None:
        return []
    link = Link.objects.filter(key=Link.key_for(canonical)).values_list("pk", flat=True).first()
    return places_of([link]).get(link, [])[:NAMED] if link else []


def item_called(anchor: str) -> LinkedItem | None:
    """Return the item that readers see under ``#item-<anchor>``."""
    try:
        first, last = UUID(anchor + "0" * 20), UUID(anchor + "f" * 20)
    except ValueError:
        return None
    rows = LinkedItem.objects.filter(
        public(post="post"), uid__range=(first, last), hidden=False, removed_at=None
    )
    return rows.select_related("post", "link").first()


def _place(
    title: str, slug: str, date: datetime, heading: str, anchor: str, item: UUID | None
) -> Place:
    fragment = item_anchor(item) if item else anchor
    path = reverse("posts:post", args=[slug]) + (f"#{fragment}" if fragment else "")
    return Place(title, heading, path, date)
