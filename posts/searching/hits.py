"""Rows of the index as hits: what readers get of each now, with the words of the query marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.utils.safestring import SafeString

from links.models import Link
from posts.models import LinkedItem, Post, SearchEntry
from posts.naming import beyond
from posts.prepared import padded, prepared
from posts.searching.excerpts import Marker

_SHOWN: Final = Q(item__link__standing=Link.Standing.SHOWN)
_REPLACED: Final = _SHOWN & ~Q(item__link__replacement_url="")
ADDRESS: Final = Case(
    When(_REPLACED, then=F("item__link__replacement_url")),
    When(_SHOWN, then=F("item__link__url")),
    default=Value(""),
    output_field=TextField(),
)
SOURCE: Final = Case(
    When(_SHOWN, then=F("item__link__source__name")), default=Value(""), output_field=TextField()
)
_COLUMNS: Final = (
    "key", "kind", "date", "place", "title", "text", "extra", "post_id", "post__uid", "post__slug",
    "post__title", "post__language", "item_id", "item__uid",
)  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """A row that was found. ``title`` and ``excerpt`` are safe HTML with ``<mark>``, which are most
    of the work of a hit, and made for whom asks for them.

    ``url`` is the path of its place on the site, ``address`` where an item's title leads ("" for
    others, and where readers get no address).
    """

    key: int
    kind: str
    date: datetime
    url: str
    plain_title: str
    text: str
    extra: str
    address: str
    source: str
    slug: str
    issue: str
    language: str
    uid: Any
    post_id: int | None
    item_id: int | None
    marker: Marker

    @cached_property
    def title(self) -> SafeString:
        """Its title with the words of the query."""
        return self.marker.title(self.plain_title)

    @cached_property
    def excerpt(self) -> SafeString:
        """What surrounds the first of these words in its text, if that says more than its title."""
        return self.marker.excerpt(beyond(self.plain_title, self.text), self.extra)

    @cached_property
    def post(self) -> Post | None:
        """The issue it stands in; None for a page."""
        return Post.objects.filter(pk=self.post_id).first() if self.post_id else None

    @cached_property
    def item(self) -> LinkedItem | None:
        """The item it is, if it is one."""
        return LinkedItem.objects.filter(pk=self.item_id).first() if self.item_id else None


def read_hits(found: Sequence[int], at: datetime, marker: Marker) -> list[Hit]:
    """Return hits by their keys, in this order, without what readers do not see."""
    known = {row[0]: row for row in _rows(at, *padded(found))} if found else {}
    return [_hit(known[key], marker) for key in found if key in known]


@prepared
def _rows(at: datetime, *found: int) -> QuerySet[SearchEntry, Any]:
    seen = Q(item=None) | Q(item__hidden=False)
    rows = SearchEntry.objects.filter(seen, key__in=found, date__lte=at)
    return rows.values_list(*_COLUMNS, ADDRESS, SOURCE)


def _hit(row: Sequence[Any], marker: Marker) -> Hit:
    (
        key, kind, date, place, title, text, extra, post_id, post_uid, slug, issue, language,
        item_id, item_uid, address, source,
    ) = row  # fmt: skip
    return Hit(
        key=key,
        kind=kind,
        date=date,
        url=path_of(kind, slug, place),
        plain_title=title or issue or "",
        text=text,
        extra=extra,
        address=address,
        source=source or "",
        slug=slug or "",
        issue=issue or "",
        language=language or "",
        uid=item_uid or post_uid,
        post_id=post_id,
        item_id=item_id,
        marker=marker,
    )


def path_of(kind: str, slug: str, place: str) -> str:
    """Return where a row leads on the site."""
    if kind == SearchEntry.Kind.PAGE:
        return place
    return f"{_issue(slug)}#{place}" if place else _issue(slug)


@lru_cache(maxsize=1024)
def _issue(slug: str) -> str:
    return Post(slug=slug).get_absolute_url()
