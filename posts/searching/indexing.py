"""Put posts into the index, and take them out, in the transaction of what changes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from posts.models import Post, SearchEntry, SearchIndex, Section, Tag
from posts.prepared import prepared
from posts.searching.documents import Content, Document, Kind, cut, entries_of, shared_facets
from posts.searching.engines import engine
from posts.searching.engines.base import Entry
from posts.searching.keys import MOST_PIECES, PLACE_BITS, is_first, key_of, keys_in, slots_of
from posts.searching.tokens import VERSION

_SHARED: Final = "yt"  # facets that all rows of a post have


def index(post: Post, tags: Sequence[Tag], content: Content) -> None:
    """Write the rows of a post that changed; call it in the transaction of what changed it."""
    stored = _rows_of(post)
    slot = _slot(post.listed_at, post.pk, stored)
    _write(stored, entries_of(post, slot, tags, content))


def retag(post: Post, tags: Sequence[Tag]) -> None:
    """Give the rows of a post its tags, where those alone changed."""
    rows = _rows_of(post)
    shared = shared_facets(post, tags) if rows else []
    names = "\n".join(tag.name for tag in tags)
    _write(rows, [_with(row, _facets(row, shared), names) for row in rows])


def move_section(sections: Collection[int], into: int) -> None:
    """Give the rows of recurring sections to another, into which they are about to be merged."""
    old = {f"=s{section}" for section in sections}
    posts = Section.objects.filter(recurring__in=sections).order_by().values("post")
    rows = _stored(SearchEntry.objects.filter(post__in=posts))
    moved = [row for row in rows if not old.isdisjoint(row.facets.split())]
    _write(moved, [row._replace(facets=_renamed(row, old, f"=s{into}")) for row in moved])


def remove(post: Post) -> None:
    """Take a post out of the index."""
    _write(_rows_of(post), [])


def index_page(path: str, number: int, date: datetime | None, title: str, text: str) -> None:
    """Put a plain page into the index, in place of what stood there of it.

    ``number`` tells pages apart, as a primary key does; ``date`` is the moment from which readers
    see it, None while they do not.
    """
    stored = _stored(SearchEntry.objects.filter(post=None, place=path))
    slot = _slot(date, number, stored)
    document = Document(Kind.PAGE, title, text, place=path)
    pieces = list(cut(document))[:MOST_PIECES] if date else []
    wanted = [
        Entry(
            key=key_of(slot, place, is_page=True),
            date=date,
            kind=Kind.PAGE,
            post_id=None,
            item_id=None,
            place=path,
            facets=f"=kpage =y{timezone.localtime(date).year}",
            title=piece.title,
            text=piece.text,
            extra="",
        )
        for place, piece in enumerate(pieces)
        if date
    ]
    _write(stored, wanted)


def remove_page(path: str) -> None:
    """Take a plain page out of the index."""
    _write(_stored(SearchEntry.objects.filter(post=None, place=path)), [])


# Rows


def _rows_of(post: Post) -> list[Entry]:
    return [Entry(*values) for values in _entries_of(post.pk)] if post.pk else []


@prepared
def _entries_of(post: int) -> QuerySet[SearchEntry, Any]:
    return SearchEntry.objects.filter(post=post).values_list(*Entry._fields)


def _stored(rows: QuerySet[SearchEntry]) -> list[Entry]:
    return [Entry(*values) for values in rows.values_list(*Entry._fields)]


def _slot(date: datetime | None, number: int, stored: Sequence[Entry]) -> int:
    """Return the slot for rows of a date: the same as before while that stays, else a free one."""
    if date is None:
        return 0
    if stored and stored[0].date == date:
        return stored[0].key >> PLACE_BITS
    return next(slot for slot in slots_of(date, number) if not _taken(*keys_in(slot)))


@prepared
def _taken(lowest: int, highest: int) -> QuerySet[SearchEntry, Any]:
    return SearchEntry.objects.filter(key__gte=lowest, key__lte=highest).values_list("key")[:1]


def _write(stored: Sequence[Entry], wanted: Sequence[Entry]) -> None:
    """Write what differs. What was cut by other rules is left to who builds the index anew."""
    if not is_current():
        return
    known, new = set(stored), set(wanted)
    if gone := [row for row in stored if row not in new]:
        engine().delete(gone)
    if added := [row for row in wanted if row not in known]:
        engine().insert(added)


def _with(row: Entry, facets: str, names: str) -> Entry:
    """Return a row with other facets; the first of an issue with the names of its tags."""
    return row._replace(facets=facets, extra=names if is_first(row.key) else row.extra)


def _facets(row: Entry, shared: Sequence[str]) -> str:
    kind, *others = row.facets.split()
    own = [facet for facet in others if facet[1] not in _SHARED]
    return " ".join([kind, *shared, *own])


def _renamed(row: Entry, old: set[str], new: str) -> str:
    facets = (new if facet in old else facet for facet in row.facets.split())
    return " ".join(dict.fromkeys(facets))


# Whether it is there


def is_current() -> bool:
    """Tell whether the index was made by the rules of now."""
    return (VERSION,) in _versions()


@prepared
def _versions() -> QuerySet[SearchIndex, Any]:
    """Return by which rules an index was made."""
    return SearchIndex.objects.values_list("version")


def is_complete() -> bool:
    """Tell whether all posts are in it."""
    return (VERSION,) in _built()


@prepared
def _built() -> QuerySet[SearchIndex, Any]:
    """Return by which rules an index was made that is whole."""
    return SearchIndex.objects.filter(built_to=None).values_list("version")
