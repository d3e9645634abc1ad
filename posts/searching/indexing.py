"""Put posts into the index, and take them out, in the transaction of what changes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from posts.models import Post, SearchEntry, SearchIndex, Section, Tag
from posts.searching.documents import Content, Document, Kind, cut, entries_of, shared_facets
from posts.searching.engines import engine
from posts.searching.keys import is_first, key_of
from posts.searching.tokens import VERSION

_NAMES: Final = [field.attname for field in SearchEntry._meta.concrete_fields]
_SHARED: Final = "yt"  # facets that all rows of a post have
_PAGE_PIECES: Final = 0x100


def index(post: Post, tags: Sequence[Tag], content: Content) -> None:
    """Write the rows of a post that changed; call it in the transaction of what changed it."""
    _write(_rows_of(post), entries_of(post, tags, content))


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
    rows = SearchEntry.objects.filter(post__in=posts)
    moved = [row for row in rows if not old.isdisjoint(row.facets.split())]
    _write(moved, [_with(row, _renamed(row, old, f"=s{into}")) for row in moved])


def remove(post: Post) -> None:
    """Take a post out of the index."""
    _write(_rows_of(post), [])


def index_page(path: str, number: int, date: datetime | None, title: str, text: str) -> None:
    """Put a plain page into the index, in place of what stood there of it.

    ``number`` tells pages apart, as a primary key does; ``date`` is the moment from which readers
    see it, None while they do not.
    """
    document = Document(Kind.PAGE, title, text, place=path)
    pieces = list(cut(document))[:_PAGE_PIECES] if date else []
    wanted = [
        SearchEntry(
            key=key_of(date, number, place, is_page=True),
            date=date,
            kind=Kind.PAGE,
            place=path,
            facets=f"=kpage =y{timezone.localtime(date).year}",
            title=piece.title,
            text=piece.text,
        )
        for place, piece in enumerate(pieces)
        if date
    ]
    _write(list(SearchEntry.objects.filter(post=None, place=path)), wanted)


def remove_page(path: str) -> None:
    """Take a plain page out of the index."""
    _write(list(SearchEntry.objects.filter(post=None, place=path)), [])


# Rows


def _rows_of(post: Post) -> list[SearchEntry]:
    return list(SearchEntry.objects.filter(post=post.pk)) if post.pk else []


def _write(stored: Sequence[SearchEntry], wanted: Sequence[SearchEntry]) -> None:
    """Write what differs. What was cut by other rules is left to who builds the index anew."""
    if not is_current():
        return
    known, new = _by_values(stored), _by_values(wanted)
    if gone := [row for values, row in known.items() if values not in new]:
        engine().delete(gone)
    if added := [row for values, row in new.items() if values not in known]:
        engine().insert(added)


def _by_values(rows: Iterable[SearchEntry]) -> dict[tuple[Any, ...], SearchEntry]:
    return {tuple(getattr(row, name) for name in _NAMES): row for row in rows}


def _with(row: SearchEntry, facets: str, names: str | None = None) -> SearchEntry:
    """Return a row with other facets; the first of an issue with the names of its tags."""
    values = {name: getattr(row, name) for name in _NAMES}
    if names is not None and is_first(row.key):
        values["extra"] = names
    return SearchEntry(**{**values, "facets": facets})


def _facets(row: SearchEntry, shared: Sequence[str]) -> str:
    kind, *others = row.facets.split()
    own = [facet for facet in others if facet[1] not in _SHARED]
    return " ".join([kind, *shared, *own])


def _renamed(row: SearchEntry, old: set[str], new: str) -> str:
    facets = (new if facet in old else facet for facet in row.facets.split())
    return " ".join(dict.fromkeys(facets))


# Whether it is there


def is_current() -> bool:
    """Tell whether the index was made by the rules of now."""
    return SearchIndex.objects.filter(version=VERSION).exists()


def is_complete() -> bool:
    """Tell whether all posts are in it."""
    return SearchIndex.objects.filter(version=VERSION, built_to=None).exists()
