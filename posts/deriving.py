"""Bring the rows derived from a post's text in line with it: sections, items, links, the page.

One direction only: text in, rows out. Rows that already say the right thing are not written.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext

from links.models import Link
from links.registering import register
from links.triaging import compare_texts
from posts.composing import Material, compose
from posts.documents import SectionSource
from posts.languages import reading_minutes
from posts.matching import Trait, match_items, trait_of
from posts.models import (
    SLUG_LENGTH,
    Appearance,
    Citation,
    Image,
    LinkedItem,
    Post,
    PostPage,
    RecurringSection,
    Section,
    Tag,
)
from posts.naming import heading_key, unicode_slug, with_suffix
from posts.rendering import (
    Decisions,
    FoundItem,
    FoundSection,
    ImageSize,
    LinkWords,
    ParsedIssue,
)

TOMBSTONES_KEPT = timedelta(days=90)
KEY_LENGTH = 400

ItemGrid = list[list[LinkedItem]]


def derive(
    post: Post,
    sources: Sequence[SectionSource],
    parsed: ParsedIssue | None,
    tags: Sequence[Tag],
    images: Mapping[str, Image],
) -> None:
    """Write every derived row of a saved post; call it inside the transaction of the save.

    ``parsed`` is None when the text cannot be rendered: then its sections are kept, its items
    become tombstones and readers get no page.
    """
    found = parsed.sections if parsed else ()
    sections = _sync_sections(post, sources, found)
    items = _sync_items(post, sections, found)
    links = register(link.url for section in found for link in section.links)
    compare_texts((links[p.url], p.anchor) for s in found for p in s.links if p.url in links)
    _link_items(items, links)
    _write_items(items)
    _sync_appearances(post, sections, items, found, links)
    _drop_surplus_sections(post, len(sources))
    shown = _shown_links(items, found, links)
    _sync_citations(post, shown)
    _count(post, items, shown, parsed)
    if parsed is None:
        PostPage.objects.filter(post=post).delete()
        return
    visible = [[row for row in rows if not row.hidden] for rows in items]
    html = parsed.to_html(
        [[row.anchor for row in rows] for rows in items], decisions(items, links, post.language)
    )
    pairs = list(zip(sections, visible, strict=True))
    columns = compose(Material(post=post, tags=tags, sections=pairs, html=html, images=images))
    PostPage.objects.update_or_create(post=post, defaults=columns)


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


def _sync_sections(
    post: Post, sources: Sequence[SectionSource], found: Sequence[FoundSection]
) -> list[Section]:
    known = {section.position: section for section in post.sections.order_by("position")}
    recurring = _recurring_sections([section.heading for section in found])
    seen: Counter[int] = Counter()
    sections = []
    for position, source in enumerate(sources):
        read = found[position] if found else None
        section = known.get(position) or Section(post=post, position=position)
        before = _section_values(section)
        section.source = source.source
        section.level = source.level
        section.heading = read.heading if read else source.heading
        section.anchor = read.anchor if read else ""
        section.item_count = len(read.items) if read else 0
        section.date = post.published_at
        section.recurring = recurring.get(heading_key(section.heading)[:KEY_LENGTH])
        section.repeat = seen[section.recurring.pk] if section.recurring else 0
        if section.recurring:
            seen[section.recurring.pk] += 1
        section.changed = section.pk is None or _section_values(section) != before  # type: ignore[attr-defined]
        sections.append(section)
    _upsert(Section, sections, SECTION_FIELDS)
    return sections


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


def _section_values(section: Section) -> list[Any]:
    return [getattr(section, name) for name in SECTION_FIELDS]


def _upsert(model: Any, rows: Sequence[Any], fields: Sequence[str]) -> None:
    """Insert the new rows and rewrite the changed ones, in two statements.

    An upsert on the primary key costs a tenth of ``bulk_update``, which builds a CASE for every
    value.
    """
    new = [row for row in rows if row.pk is None]
    changed = [row for row in rows if row.pk is not None and row.changed]
    if changed:
        model.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[name.removesuffix("_id") for name in fields],
        )
    model.objects.bulk_create(new)


def _recurring_sections(headings: Sequence[str]) -> dict[str, RecurringSection]:
    titles: dict[str, str] = {}
    for heading in headings:
        if key := heading_key(heading)[:KEY_LENGTH]:
            titles.setdefault(key, heading)
    known = {row.key: row for row in RecurringSection.objects.filter(key__in=titles)}
    new = {key: title for key, title in titles.items() if key not in known}
    if new:
        _create_recurring(new)
        known |= {row.key: row for row in RecurringSection.objects.filter(key__in=new)}
    return known


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


# Items

ITEM_FIELDS = (
    "section_id",
    "position",
    "kind",
    "group",
    "title",
    "summary",
    "url",
    "anchor_text",
    "link_id",
    "link_count",
    "start_line",
    "end_line",
    "digest",
    "removed_at",
)


@dataclass(frozen=True, slots=True)
class _Known:
    living: list[LinkedItem]
    removed: list[LinkedItem]


def _sync_items(post: Post, sections: Sequence[Section], found: Sequence[FoundSection]) -> ItemGrid:
    """Return the item rows by section, each with its identity; nothing is written yet."""
    known = _known_items(post)
    rows = [*known.living, *known.removed]
    places = [(section, item) for section in found for item in section.items]
    matches = match_items(
        [_known_trait(item) for item in known.living],
        [_known_trait(item) for item in known.removed],
        [trait_of(section, item, _digest(item)) for section, item in places],
    )
    taken = iter(matches)
    grid: ItemGrid = []
    for section, read in zip(sections, found, strict=False):
        grid.append([])
        for position, item in enumerate(read.items):
            match = next(taken)
            row = LinkedItem(post=post) if match is None else rows[match]
            _fill_item(row, section, position, item)
            grid[-1].append(row)
    kept = {match for match in matches if match is not None}
    _bury(post, [row for index, row in enumerate(known.living) if index not in kept])
    return grid


def _known_items(post: Post) -> _Known:
    rows = list(
        post.items.select_related("section").order_by("section__position", "position", "pk")
    )
    for row in rows:
        row.before = _item_values(row)  # type: ignore[attr-defined]
    return _Known(
        living=[row for row in rows if row.removed_at is None],
        removed=[row for row in rows if row.removed_at is not None],
    )


def _item_values(item: LinkedItem) -> list[Any]:
    return [getattr(item, name) for name in ITEM_FIELDS]


def _known_trait(item: LinkedItem) -> Trait:
    return Trait(
        section=heading_key(item.section.heading) if item.section else "",
        digest=item.digest,
        url=item.url,
        title=item.title,
        anchor=item.anchor_text,
    )


def _digest(item: FoundItem) -> str:
    url = item.links[item.main].url if item.main is not None else ""
    return hashlib.sha256(f"{item.text}\0{url}".encode()).hexdigest()


def _fill_item(row: LinkedItem, section: Section, position: int, item: FoundItem) -> None:
    main = item.links[item.main] if item.main is not None else None
    row.section = section
    row.position = position
    row.kind = item.kind
    row.group, row.title, row.summary = item.group, item.title, item.summary
    row.url = main.url if main else ""
    row.anchor_text = main.anchor if main else ""
    row.link_count = len(item.links)
    row.start_line, row.end_line = item.start, item.end
    row.digest = _digest(item)
    row.removed_at = None


def _bury(post: Post, rows: Sequence[LinkedItem]) -> None:
    """Turn rows whose text is gone into tombstones, and forget the old ones."""
    now = timezone.now()
    if rows:
        LinkedItem.objects.filter(pk__in=[row.pk for row in rows]).update(
            removed_at=now, section=None
        )
        Appearance.objects.filter(item__in=rows).delete()
    post.items.filter(removed_at__lt=now - TOMBSTONES_KEPT).delete()


def _link_items(items: ItemGrid, links: dict[str, Link]) -> None:
    for rows in items:
        for row in rows:
            row.link = links.get(row.url)


def _write_items(items: ItemGrid) -> None:
    rows = [row for section_rows in items for row in section_rows]
    for row in rows:
        row.changed = row.pk is None or _item_values(row) != row.before  # type: ignore[attr-defined]
    _upsert(LinkedItem, rows, ITEM_FIELDS)


# Appearances and citations


def _sync_appearances(
    post: Post,
    sections: Sequence[Section],
    items: ItemGrid,
    found: Sequence[FoundSection],
    links: dict[str, Link],
) -> None:
    fields = ("position", "item_id", "link_id", "url", "anchor_text")
    stored: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    rows = post.appearances.order_by("section", "position").values_list("section_id", *fields)
    for section_id, *values in rows:
        stored[section_id].append(tuple(values))
    changed, new = [], []
    for index, section in enumerate(sections):
        wanted = _wanted_appearances(items[index], found[index], links) if found else []
        if wanted != stored[section.pk]:
            changed.append(section.pk)
            new += [
                Appearance(post=post, section=section, **dict(zip(fields, values, strict=True)))
                for values in wanted
            ]
    if changed:
        Appearance.objects.filter(section__in=changed).delete()
        Appearance.objects.bulk_create(new)


def _wanted_appearances(
    items: Sequence[LinkedItem], found: FoundSection, links: dict[str, Link]
) -> list[tuple[Any, ...]]:
    return [
        (
            position,
            items[link.item].pk if link.item is not None else None,
            links[link.url].pk,
            link.url,
            link.anchor,
        )
        for position, link in enumerate(found.links)
        if link.url in links
    ]


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


def _sync_citations(post: Post, shown: Sequence[Link]) -> None:
    # What is cited of an owner is cited of the host, too.
    wanted = Counter(
        source
        for link in shown
        if link.source is not None
        for source in (link.source_id, link.source.parent_id)
        if source is not None
    )
    stored = {
        source: (count, date)
        for source, count, date in post.citations.values_list("source_id", "link_count", "date")
    }
    target = {source: (count, post.published_at) for source, count in wanted.items()}
    if stored == target:
        return
    post.citations.exclude(source__in=wanted.keys()).delete()
    Citation.objects.bulk_create(
        [
            Citation(post=post, source_id=source, link_count=count, date=date)
            for source, (count, date) in target.items()
            if source is not None and stored.get(source) != (count, date)
        ],
        update_conflicts=True,
        unique_fields=["post", "source"],
        update_fields=["link_count", "date"],
    )


# The page


def _count(post: Post, items: ItemGrid, shown: Sequence[Link], parsed: ParsedIssue | None) -> None:
    post.item_count = sum(not row.hidden for rows in items for row in rows)
    post.link_count = len(shown)
    text = " ".join(section.text for section in parsed.sections) if parsed else ""
    post.reading_minutes = reading_minutes(text) if parsed else 0
    post.save(update_fields=["item_count", "link_count", "reading_minutes"])


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
        )
