"""What stands below an issue: others on its subject, and its links that other issues had."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Subquery
from django.utils.safestring import SafeString

from links.models import Link
from posts.models import LinkedItem, Post, TaggedPost, item_anchor
from posts.prepared import prepared
from posts.site.shell import address_of, filled, joined, short_days

RELATED = 3
RETURNS = 5
FIELDS = ("here", "title", "place", "issue", "day")


@prepared
def related(slug: str, at: datetime) -> QuerySet[TaggedPost, Any]:
    """Return (card, date, tag's name and slug) of the latest posts of a post's rarest tag, but
    for itself in other languages."""
    shared = TaggedPost.objects.filter(content_object__slug=slug, tag__post_count__gt=1)
    rarest = shared.order_by("tag__post_count", "tag").values("tag")[:1]
    rows = TaggedPost.objects.filter(tag=Subquery(rarest), date__lte=at)
    same = Post.objects.filter(slug=slug).exclude(translation_key="").values("translation_key")
    rows = rows.exclude(content_object__slug=slug)
    rows = rows.exclude(content_object__translation_key__in=same)
    rows = rows.order_by("-date", "-content_object_id")
    columns = ("content_object__page__card", "date", "tag__name", "tag__slug")
    found: QuerySet[TaggedPost, Any] = rows.values_list(*columns)[:RELATED]
    return found


@prepared
def came_back(slug: str, at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return (uid, title, text) of a post's items whose links came back, and (uid, slug, title,
    date) of the items and posts that had them, the latest first."""
    other = "link__main_items__"
    own = LinkedItem.objects.filter(
        post__slug=slug, returns=True, is_news=False, date__isnull=False
    )
    rows = LinkedItem.objects.filter(
        _differs(f"{other}post", "post"),
        Q(post__translation_key="")
        | _differs(f"{other}post__translation_key", "post__translation_key"),
        pk__in=own.order_by("pk").values("pk")[:RETURNS],
        link__standing=Link.Standing.SHOWN,
        **{f"{other}returns": True, f"{other}date__lte": at},
    )
    names = ("uid", "post__slug", "post__title", "date")
    found: QuerySet[LinkedItem, Any] = rows.order_by(
        f"-{other}date", "pk", f"{other}pk"
    ).values_list("uid", "title", "summary", *(f"{other}{name}" for name in names))[:RETURNS]
    return found


def _differs(one: str, other: str) -> Q:
    """Say that two columns differ; negated, ``one`` would stand for all rows of a relation."""
    return Q(**{f"{one}__gt": F(other)}) | Q(**{f"{one}__lt": F(other)})


def ending(slug: str, at: datetime, *, with_links: bool = True) -> bytes:
    """Return the HTML below a public issue, with its links that came back if it has any; nothing
    where there is nothing to say."""
    cards, links = related(slug, at), came_back(slug, at) if with_links else []
    if not cards and not links:
        return b""
    name, tag = cards[0][2:] if cards else ("", "")
    say = short_days()
    values = (
        name,
        tag and address_of("tag", tag),
        joined(cards),
        filled("came_back", FIELDS, [_returned(row, say) for row in links]),
    )
    return filled("ending", ("tag", "tag_url", "cards", "links"), [values]).encode()


def _returned(
    row: tuple[Any, ...], say: Callable[[datetime], SafeString]
) -> tuple[str | SafeString, ...]:
    own, title, summary, uid, slug, issue, date = row
    place = f"{address_of('post', slug)}#{item_anchor(uid)}"
    return f"#{item_anchor(own)}", title or summary[:80], place, issue, say(date)
