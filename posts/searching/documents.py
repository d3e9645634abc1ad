"""What of an issue is found by itself: the issue, its sections and its items, made of its rows.

An item is found by its words and by the hosts of the links that readers get; a section by its
heading and by what of it is no item; an issue by its title, description, tags and opening.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from django.utils import timezone

from links.models import Link
from posts.models import LinkedItem, Post, SearchEntry, Section, Tag, item_anchor
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
    sections: Collection[int] = ()
    sources: tuple[int, ...] = ()


class Content(NamedTuple):
    """What an issue was found to consist of, and the rows derived from it."""

    found: Sequence[FoundSection]
    sections: Sequence[Section]
    items: Sequence[Sequence[LinkedItem]]
    links: Mapping[str, Link]
    headings: Sequence[Collection[int]]
    """The recurring sections that each section is part of."""


def entries_of(post: Post, tags: Sequence[Tag], content: Content) -> list[Entry]:
    """Return the rows of the index that a post has; none while it is a draft."""
    if post.listed_at is None:
        return []
    shared = shared_facets(post, tags)
    documents = islice(_documents(post, tags, content), MOST_ROWS)
    return [
        _entry(post, place, document, shared)
        for place, document in enumerate(document for whole in documents for document in cut(whole))
        if place < MOST_ROWS
    ]


def shared_facets(post: Post, tags: Iterable[Tag]) -> list[str]:
    """Return the facets that all rows of a post have."""
    year = timezone.localtime(post.listed_at).year
    return [f"=y{year}", *(f"=t{tag.pk}" for tag in tags)]


def _entry(post: Post, place: int, document: Document, shared: Sequence[str]) -> Entry:
    assert post.listed_at is not None  # noqa: S101
    facets = [f"=k{document.kind}", *shared]
    facets += [f"=s{section}" for section in sorted(document.sections)]
    facets += [f"=h{source}" for source in document.sources]
    return Entry(
        key=key_of(post.listed_at, post.pk, place),
        date=post.listed_at,
        kind=document.kind,
        post_id=post.pk,
        item_id=document.item,
        place=document.place,
        facets=" ".join(facets),
        title=document.title,
        text=document.text,
        extra=document.extra,
    )


def cut(document: Document) -> Iterator[Document]:
    """Yield a document in pieces that are no longer than an engine takes."""
    title, extra = document.title[:TITLE_LENGTH], document.extra[:EXTRA_LENGTH]
    first, *rest = _pieces(document.text) or [""]
    yield document._replace(title=title, text=first, extra=extra)
    for piece in rest:
        yield document._replace(title=title, text=piece, extra="")


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
        if found is not opening and (found.heading or found.text):
            yield _section(found, headings, content.links)
        for row, item in zip(items, found.items, strict=False):
            if not row.hidden:
                yield _item(row, item, headings, content.links)


def _issue(
    post: Post, tags: Sequence[Tag], opening: FoundSection | None, links: Mapping[str, Link]
) -> Document:
    described = "" if post.description == post.title else post.description
    # What opens an issue is its own, also where it holds a link; what it lists is not.
    prose = _without_items(opening, "list") if opening else ""
    text = f"{described}\n{prose}".strip()
    beside = [place for place in opening.links if place.item is None] if opening else []
    names = "\n".join(tag.name for tag in tags)
    return Document(Kind.ISSUE, post.title, text, names, sources=_sources(beside, links))


def _section(found: FoundSection, headings: Collection[int], links: Mapping[str, Link]) -> Document:
    beside = [place for place in found.links if place.item is None]
    return Document(
        Kind.SECTION,
        found.heading,
        _without_items(found, "list", "paragraph"),
        place=found.anchor,
        sections=headings,
        sources=_sources(beside, links),
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
    row: LinkedItem, found: FoundItem, headings: Collection[int], links: Mapping[str, Link]
) -> Document:
    text = row.summary or ("" if found.text == row.title else found.text)
    shown = [place for place in found.links if _is_shown(place, links)]
    said = f"{row.title}\n{text}"
    anchors = (place.anchor for place in found.links if place.anchor not in said)
    hosts = dict.fromkeys(links[place.url].source.name for place in shown)  # type: ignore[union-attr]
    return Document(
        Kind.ITEM,
        row.title,
        text,
        "\n".join(part for part in (row.group, *dict.fromkeys(anchors), *hosts) if part),
        place=item_anchor(row.uid),
        item=row.pk,
        sections=headings,
        sources=_sources(shown, links),
    )


def _is_shown(place: FoundLink, links: Mapping[str, Link]) -> bool:
    link = links.get(place.url)
    return link is not None and link.source_id is not None and link.standing == Link.Standing.SHOWN


def _sources(places: Iterable[FoundLink], links: Mapping[str, Link]) -> tuple[int, ...]:
    """Return the keys of the sources, and of the hosts of those, of the links readers get."""
    found: dict[int, None] = {}
    for place in places:
        if _is_shown(place, links) and (source := links[place.url].source):
            found |= dict.fromkeys(pk for pk in (source.parent_id, source.pk) if pk)
    return tuple(found)
