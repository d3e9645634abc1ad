"""What of an issue is found by itself: the issue, its sections and its items, made of its rows.

An item is found by its words and by the hosts of the links that readers get; a section by its
heading and by what of it is no item; an issue by its title, description, tags and opening.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from django.utils import timezone

from links.models import Link, Source
from posts.models import LinkedItem, Post, SearchEntry, Section, Tag
from posts.rendering import FoundItem, FoundLink, FoundSection
from posts.searching.engines.base import Entry
from posts.searching.keys import MOST_ROWS, key_of

TITLE_LENGTH: Final = 1_000
PIECE_LENGTH: Final = 4_000  # so that no engine runs out of places for its tokens
EXTRA_LENGTH: Final = 2_000
Kind = SearchEntry.Kind


class Document(NamedTuple):
    """What is put into the index, without what all of its post share."""

    kind: str
    title: str
    text: str
    extra: str = ""
    place: str = ""
    item: int | None = None
    facets: Sequence[str] = ()


class Content(NamedTuple):
    """What an issue was found to consist of, and the rows derived from it."""

    found: Sequence[FoundSection]
    sections: Sequence[Section]
    items: Sequence[Sequence[LinkedItem]]
    links: Mapping[str, Link]
    headings: Sequence[Collection[int]]
    """The recurring sections that each section is part of."""


def entries_of(post: Post, slot: int, tags: Sequence[Tag], content: Content) -> list[Entry]:
    """Return the rows of the index that a post has, in its slot; none while it is a draft."""
    if post.listed_at is None:
        return []
    first, shared = key_of(slot, 0), " ".join(shared_facets(post, tags))
    number, listed_at = post.pk, post.listed_at
    pieces = (piece for document in _documents(post, tags, content) for piece in cut(document))
    return [
        Entry(
            first - place,
            listed_at,
            document.kind,
            number,
            document.item,
            document.place,
            " ".join((f"=k{document.kind} {shared}", *document.facets)),
            document.title,
            document.text,
            document.extra,
        )
        for place, document in enumerate(islice(pieces, MOST_ROWS))
    ]


def shared_facets(post: Post, tags: Iterable[Tag]) -> list[str]:
    """Return the facets that all rows of a post have."""
    year = timezone.localtime(post.listed_at).year
    return [f"=y{year}", *(f"=t{tag.pk}" for tag in tags)]


def cut(document: Document) -> list[Document]:
    """Return a document in pieces that are no longer than an engine takes."""
    title, text, extra = document.title, document.text, document.extra
    if len(title) <= TITLE_LENGTH and len(text) <= PIECE_LENGTH and len(extra) <= EXTRA_LENGTH:
        return [document]
    title, extra = title[:TITLE_LENGTH], extra[:EXTRA_LENGTH]
    first, *rest = _pieces(document.text) or [""]
    return [
        document._replace(title=title, text=first, extra=extra),
        *(document._replace(title=title, text=piece, extra="") for piece in rest),
    ]


def _pieces(text: str) -> list[str]:
    """Return a text cut at line ends, or at spaces where a line is too long."""
    pieces = []
    while len(text) > PIECE_LENGTH:
        end = max(text.rfind("\n", 1, PIECE_LENGTH), 0) or text.rfind(" ", 1, PIECE_LENGTH)
        end = end if end > 0 else PIECE_LENGTH
        pieces.append(text[:end].strip())
        text = text[end:].strip()
    return [*pieces, text] if text else pieces


def _documents(post: Post, tags: Sequence[Tag], content: Content) -> Iterator[Document]:
    opening = content.found[0] if content.found and not content.found[0].level else None
    yield _issue(post, tags, opening, content.links)
    for found, items, headings in zip(content.found, content.items, content.headings, strict=False):
        within = [f"=s{section}" for section in sorted(headings)]
        if found is not opening and (found.heading or found.text):
            yield _section(found, within, content.links)
        for row, item in zip(items, found.items, strict=False):
            if not row.hidden:
                yield _item(row, item, within, content.links)


def _issue(
    post: Post, tags: Sequence[Tag], opening: FoundSection | None, links: Mapping[str, Link]
) -> Document:
    described = "" if post.description == post.title else post.description
    # What opens an issue is its own, also where it holds a link; what it lists is not.
    prose = _without_items(opening, "list") if opening else ""
    text = f"{described}\n{prose}".strip()
    beside = [place for place in opening.links if place.item is None] if opening else []
    names = "\n".join(tag.name for tag in tags)
    return Document(Kind.ISSUE, post.title, text, names, facets=_sources(_shown(beside, links)))


def _section(found: FoundSection, within: list[str], links: Mapping[str, Link]) -> Document:
    beside = [place for place in found.links if place.item is None]
    return Document(
        Kind.SECTION,
        found.heading,
        _without_items(found, "list", "paragraph"),
        place=found.anchor,
        facets=within + _sources(_shown(beside, links)),
    )


def _without_items(found: FoundSection, *kinds: str) -> str:
    """Return the text of a section without its heading and some items, which are found alone."""
    left_out = [item for item in found.items if item.kind in kinds]
    items = "\n".join(text for item in left_out for text in (item.text, item.group))
    lines = found.text.split("\n")
    if lines and lines[0] == found.heading:
        del lines[0]
    return "\n".join(line for line in lines if line not in items)


def _item(
    row: LinkedItem, found: FoundItem, within: list[str], links: Mapping[str, Link]
) -> Document:
    text = row.summary or ("" if found.text == row.title else found.text)
    beside = [row.group] if row.group else []
    if found.links:
        said, sources = f"{row.title}\n{text}", _shown(found.links, links)
        beside += dict.fromkeys(link.anchor for link in found.links if link.anchor not in said)
        beside += dict.fromkeys(source.name for source in sources)
        within = within + _sources(sources)
    return Document(
        Kind.ITEM,
        row.title,
        text,
        "\n".join(beside),
        row.anchor,
        row.pk,
        within,
    )


def _shown(places: Iterable[FoundLink], links: Mapping[str, Link]) -> list[Source]:
    """Return the sources of the links that readers get, of one for each of its links."""
    found = (links.get(place.url) for place in places)
    return [
        link.source
        for link in found
        if link is not None and link.source is not None and link.standing == Link.Standing.SHOWN
    ]


def _sources(sources: Iterable[Source]) -> list[str]:
    """Return the facets of sources, and of the hosts of those."""
    keys = (pk for source in sources for pk in (source.parent_id, source.pk) if pk)
    return [f"=h{pk}" for pk in dict.fromkeys(keys)]
