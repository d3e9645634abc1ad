"""What stands below an issue: others on its subject, and its links that other issues had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import (
    BinaryField,
    F,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
)
from django.utils.safestring import SafeString

from links.models import Link
from posts.models import LinkedItem, Post, TaggedPost, item_anchor
from posts.prepared import prepared
from posts.site.shell import address_of, filled, joined, short_days

RELATED = 3
RETURNS = 5
FIELDS = ("here", "title", "place", "issue", "day")
_NO_UID, _NO_TEXT = Value(None, UUIDField()), Value("", TextField())
_CARD = (
    *("content_object__page__card", "date", "tag__name", "tag__slug"),
    *(_NO_UID, _NO_UID, _NO_TEXT, _NO_TEXT),
)


def _latest(slug: str, at: datetime) -> QuerySet[TaggedPost]:
    """Return the latest posts of a post's rarest tag, but for itself in other languages."""
    shared = TaggedPost.objects.filter(content_object__slug=slug, tag__post_count__gt=1)
    rarest = shared.order_by("tag__post_count", "tag").values("tag")[:1]
    rows = TaggedPost.objects.filter(tag=Subquery(rarest), date__lte=at)
    same = Post.objects.filter(slug=slug).exclude(translation_key="").values("translation_key")
    rows = rows.exclude(content_object__slug=slug)
    rows = rows.exclude(content_object__translation_key__in=same)
    found: QuerySet[TaggedPost] = rows.order_by("-date", "-content_object_id")[:RELATED]
    return found


def _came_back(slug: str, at: datetime) -> QuerySet[LinkedItem]:
    """Return a post's items whose links came back, each with all items that had its link, which
    are few (``posts.publishing.returning``)."""
    other = "link__main_items__"
    own = LinkedItem.objects.filter(
        post__slug=slug, returns=True, is_news=False, date__isnull=False
    )
    rows: QuerySet[LinkedItem] = LinkedItem.objects.filter(
        _differs(f"{other}post", "post"),
        Q(post__translation_key="")
        | _differs(f"{other}post__translation_key", "post__translation_key"),
        pk__in=own.order_by("pk").values("pk")[:RETURNS],
        link__standing=Link.Standing.SHOWN,
        **{f"{other}returns": True, f"{other}date__lte": at},
    )
    return rows


def _differs(one: str, other: str) -> Q:
    """Say that two columns differ; negated, ``one`` would stand for all rows of a relation."""
    return Q(**{f"{one}__gt": F(other)}) | Q(**{f"{one}__lt": F(other)})


@prepared
def related(slug: str, at: datetime) -> QuerySet[TaggedPost, Any]:
    """Return (card, date, tag's name and slug, nothing …) of the latest posts on its subject."""
    return _latest(slug, at).values_list(*_CARD)


@prepared
def related_and_back(slug: str, at: datetime) -> QuerySet[Any, Any]:
    """Return the rows of ``related``, and of what came back (nothing; date, title and slug of the
    other post, uid of its item; uid, title and text of the post's own), the latest first.

    One query: a page has no more than three, and two come before.
    """
    # No part of it has a limit or an order: SQLite takes these of the whole alone.
    posts = TaggedPost.objects.filter(pk__in=_latest(slug, at).values("pk")).order_by()
    order = {"first": -F("content_object_id"), "then": Value(0)}
    cards = posts.annotate(**order).values_list(*_CARD, *order)
    other = "link__main_items__"
    links = _came_back(slug, at).order_by().annotate(first=F("pk"), then=F(f"{other}pk"))
    there = (f"{other}{name}" for name in ("date", "post__title", "post__slug", "uid"))
    no_card = Value(None, BinaryField())
    back = links.values_list(no_card, *there, "uid", "title", "summary", "first", "then")
    rows: QuerySet[Any, Any] = cards.union(back, all=True)
    return rows.order_by("-date", "first", "then")


def ending(slug: str, at: datetime, *, with_links: bool = True) -> bytes:
    """Return the HTML below a public issue, with its links that came back if it has any; nothing
    where there is nothing to say."""
    rows = related_and_back(slug, at) if with_links else related(slug, at)
    if not rows:
        return b""
    cards = [row for row in rows if row[4] is None]
    links = [row for row in rows if row[4] is not None][:RETURNS]
    name, tag = cards[0][2:4] if cards else ("", "")
    values = name, tag and address_of("tag", tag), joined(cards), _returned(links)
    return filled("ending", ("tag", "tag_url", "cards", "links"), [values]).encode()


def _returned(links: Sequence[tuple[Any, ...]]) -> SafeString:
    """Return the rows of links that came back."""
    if not links:
        return SafeString()
    say = short_days()
    rows = [
        (
            f"#{item_anchor(own)}",
            title or summary[:80],
            f"{address_of('post', slug)}#{item_anchor(uid)}",
            issue,
            say(date),
        )
        for _card, date, issue, slug, uid, own, title, summary, *_order in links
    ]
    return filled("came_back", FIELDS, rows)
