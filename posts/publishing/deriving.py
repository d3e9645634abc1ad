"""Bring the rows derived from a post's text in line with it: sections, items, links, the page.

One direction only: text in, rows out. Rows that already say the right thing are not written.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from links.inbox import mark_printed
from links.models import Link, Source
from links.queue import compare_texts
from links.registering import register
from links.rows import change, insert, rewrite
from posts.documents import SectionSource
from posts.languages import reading_minutes
from posts.models import (
    SLUG_LENGTH,
    Citation,
    Image,
    Post,
    PostPage,
    RecurringSection,
    Section,
    Tag,
)
from posts.naming import heading_key, unicode_slug, with_suffix
from posts.publishing.composing import Material, compose
from posts.publishing.itemizing import (
    ItemGrid,
    Known,
    find_rows,
    known_items,
    linked_from,
    stored_appearances,
    sync_appearances,
    write_items,
)
from posts.rendering import (
    Decisions,
    FoundSection,
    ImageSize,
    LinkWords,
    ParsedIssue,
)

KEY_LENGTH = 400


def derive(
    post: Post,
    sources: Sequence[SectionSource],
    parsed: ParsedIssue | None,
    tags: Sequence[Tag],
    images: Mapping[str, Image],
    *,
    is_new: bool = False,
) -> None:
    """Write every derived row of a saved post; call it inside the transaction of the save.

    ``parsed`` is None when the text cannot be rendered: then its sections are kept, its items
    become tombstones and readers get no page. Of a post that ``is_new`` nothing is stored yet, so
    nothing is looked for.
    """
    found = parsed.sections if parsed else ()
    sections = _sync_sections(post, sources, found, {} if is_new else _stored_sections(post))
    items = find_rows(post, sections, found, Known() if is_new else known_items(post))
    urls = (link.url for section in found for link in section.links)
    links = register(urls, printed_at=post.published_at)
    compare_texts((links[p.url], p.anchor) for s in found for p in s.links if p.url in links)
    write_items(post, items, links)
    places = {} if is_new else stored_appearances(post)
    sync_appearances(sections, items, found, links, places)
    mark_printed({link.pk for link in links.values()} - linked_from(places))
    if not is_new:
        _drop_surplus_sections(post, len(sources))
    shown = _shown_links(items, found, links)
    _sync_citations(post, shown, {} if is_new else _stored_citations(post))
    _count(post, items, shown, parsed)
    if parsed is None:
        PostPage.objects.filter(post=post).delete()
        return
    anchors = [[row.anchor for row in rows] for rows in items]
    html = parsed.to_html(anchors, decisions(items, links, post.language), image_sizes(images))
    visible = [[row for row in rows if not row.hidden] for rows in items]
    pairs = list(zip(sections, visible, strict=True))
    _write_page(Material(post=post, tags=tags, sections=pairs, html=html, images=images))


def _write_page(material: Material) -> None:
    columns = compose(material)
    PostPage.objects.bulk_create(
        [PostPage(post=material.post, **columns)],
        update_conflicts=True,
        unique_fields=["post"],
        update_fields=columns.keys(),
    )


def images_of(post: Post) -> dict[str, Image]:
    """Return the pictures that came with a post by the path its Markdown names them with."""
    return {image.path: image for image in post.images.all()} if post.pk else {}


def image_sizes(images: Mapping[str, Image]) -> dict[str, ImageSize]:
    """Return what the renderer needs to know of pictures."""
    return {
        path: ImageSize(url=image.file.url, width=image.width, height=image.height)
        for path, image in images.items()
    }


# Sections


def _stored_sections(post: Post) -> dict[int, Section]:
    return {section.position: section for section in post.sections.order_by("position")}


def _sync_sections(
    post: Post,
    sources: Sequence[SectionSource],
    found: Sequence[FoundSection],
    known: Mapping[int, Section],
) -> list[Section]:
    wanted = list(_section_values(post, sources, found))
    new = [Section(**values) for n, values in enumerate(wanted) if n not in known]
    kept = [(row, wanted[n]) for n, row in known.items() if n < len(wanted)]
    rewrite([row for row, values in kept if change(row, values)], SECTION_FIELDS)
    Section.objects.bulk_create(new)
    rows = {**known, **{section.position: section for section in new}}
    return [rows[position] for position in range(len(sources))]


SECTION_FIELDS = (
    "source",
    "level",
    "heading",
    "anchor",
    "item_count",
    "date",
    "recurring_id",
    "repeat",
)


def _section_values(
    post: Post, sources: Sequence[SectionSource], found: Sequence[FoundSection]
) -> Iterator[dict[str, Any]]:
    recurring = _recurring_sections([section.heading for section in found])
    seen: Counter[int] = Counter()
    for position, source in enumerate(sources):
        read = found[position] if found else None
        heading = read.heading if read else source.heading
        key = recurring.get(heading_key(heading)[:KEY_LENGTH])
        yield {
            "post_id": post.pk,
            "position": position,
            "source": source.source,
            "level": source.level,
            "heading": heading,
            "anchor": read.anchor if read else "",
            "item_count": len(read.items) if read else 0,
            "date": post.published_at,
            "recurring_id": key,
            "repeat": seen[key] if key else 0,
        }
        if key:
            seen[key] += 1


def _recurring_sections(headings: Sequence[str]) -> dict[str, int]:
    """Return the keys of the recurring sections of headings, creating those not seen before."""
    titles: dict[str, str] = {}
    for heading in headings:
        if key := heading_key(heading)[:KEY_LENGTH]:
            titles.setdefault(key, heading)
    known = RecurringSection.objects.in_bulk(titles, field_name="key")
    new = {key: title for key, title in titles.items() if key not in known}
    if new:
        _create_recurring(new)
        known |= RecurringSection.objects.in_bulk(new, field_name="key")
    return {key: row.pk for key, row in known.items()}


def _create_recurring(titles: dict[str, str]) -> None:
    wanted = {key: unicode_slug(key)[: SLUG_LENGTH - 8] or "section" for key in titles}
    taken = set(
        RecurringSection.objects.filter(slug__in=wanted.values()).values_list("slug", flat=True)
    )
    rows = []
    for key, title in sorted(titles.items()):
        slug = wanted[key]
        if slug in taken:
            slug = with_suffix(slug, hashlib.sha256(key.encode()).hexdigest()[:6], SLUG_LENGTH)
        taken.add(slug)
        rows.append(RecurringSection(key=key, slug=slug, title=title))
    RecurringSection.objects.bulk_create(rows, ignore_conflicts=True)


def _drop_surplus_sections(post: Post, count: int) -> None:
    surplus = post.sections.filter(position__gte=count)
    if surplus.exists():
        surplus.delete()


# Citations


def _shown_links(
    items: ItemGrid, found: Sequence[FoundSection], links: dict[str, Link]
) -> list[Link]:
    """Return the web links that readers see, once for each place."""
    return [
        links[link.url]
        for rows, section in zip(items, found, strict=False)
        for link in section.links
        if link.url in links
        and links[link.url].source_id
        and links[link.url].standing == Link.Standing.SHOWN
        and not (link.item is not None and rows[link.item].hidden)
    ]


def _stored_citations(post: Post) -> dict[int, tuple[int, datetime | None]]:
    rows = post.citations.values_list("source_id", "link_count", "date")
    return {source: (count, date) for source, count, date in rows}


def _sync_citations(
    post: Post, shown: Sequence[Link], stored: Mapping[int, tuple[int, datetime | None]]
) -> None:
    cited = Counter(link.source_id for link in shown if link.source_id is not None)
    # What is cited of an owner is cited of the host, too.
    for source in Source.objects.in_bulk(tuple(cited)).values():
        if source.parent_id is not None:
            cited[source.parent_id] += cited[source.pk]
    wanted = {source: (count, post.published_at) for source, count in cited.items()}
    outdated = [source for source, values in stored.items() if wanted.get(source) != values]
    if outdated:
        post.citations.filter(source__in=outdated).delete()
    insert(
        Citation,
        ("post_id", "source_id", "link_count", "date"),
        [
            (post.pk, source, *values)
            for source, values in wanted.items()
            if stored.get(source) != values
        ],
    )


# The page


def _count(post: Post, items: ItemGrid, shown: Sequence[Link], parsed: ParsedIssue | None) -> None:
    post.item_count = sum(not row.hidden for rows in items for row in rows)
    post.link_count = len(shown)
    text = " ".join(section.text for section in parsed.sections) if parsed else ""
    post.reading_minutes = reading_minutes(text) if parsed else 0
    Post.objects.filter(pk=post.pk).update(
        item_count=post.item_count,
        link_count=post.link_count,
        reading_minutes=post.reading_minutes,
    )


def decisions(items: ItemGrid, links: dict[str, Link], language: str) -> Decisions:
    """Return what was decided about these items and links, in the renderer's terms."""
    standings = {url: link.standing for url, link in links.items()}
    return Decisions(
        blocked=frozenset(u for u, standing in standings.items() if standing == _BLOCKED),
        held=frozenset(u for u, standing in standings.items() if standing == _HELD),
        replaced={url: link.replacement_url for url, link in links.items() if link.replacement_url},
        copies={url: link.offered_copy for url, link in links.items() if link.offered_copy},
        hidden=frozenset(
            (section, position)
            for section, rows in enumerate(items)
            for position, row in enumerate(rows)
            if row.hidden
        ),
        words=link_words(language),
        report_at=f"{reverse('posts:report')}?item=",
    )


_BLOCKED, _HELD = Link.Standing.BLOCKED, Link.Standing.HELD


@cache
def link_words(language: str) -> LinkWords:
    """Return what readers are told about decided links, in a post's language if we speak it."""
    spoken = {code for code, _name in settings.LANGUAGES}
    base = language.partition("-")[0].lower()
    with translation.override(base if base in spoken else settings.LANGUAGE_CODE):
        return LinkWords(
            blocked=gettext("link removed"),
            held=gettext("link not reviewed yet"),
            replaced=gettext("link replaced"),
            copy=gettext("archived copy"),
            report=gettext("Report this link"),
        )
