"""The rows of the API's lists: read as columns, in the order of an index, and written as JSON.

They are written into the text that is sent: through objects of Python it took twice as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring as quoted
from typing import Any

from django.conf import settings
from django.db.models import Case, Exists, F, OuterRef, QuerySet, TextField, When

from links.models import Link
from posts.models import Appearance, LinkedItem, Post, Section, SectionEntry, anchor_of
from posts.prepared import prepared
from posts.publishing.describing import absolute
from posts.searching import Hit
from posts.site.api.answers import as_json
from posts.site.entries import in_iso_format
from posts.site.library import as_text, marked_broken, shown, shown_address
from posts.site.listing import read_as_text
from posts.site.shell import address_of

Found = Sequence[tuple[Any, ...]]


def items(at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return the items that readers see, newest issue first, in the order of each."""
    rows = LinkedItem.objects.filter(hidden=False, date__lte=at).order_by("-date", "pk")
    return rows.values_list(*_columns(), read_as_text("date"), "pk")


def items_of_issue(slug: str, at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return the items of an issue as ``items`` does."""
    posts = Post.objects.published(at).filter(slug=slug)
    return items(at).filter(post__in=posts.values("pk"))


def items_of_section(recurring: int, at: datetime) -> QuerySet[SectionEntry, Any]:
    """Return the items under a recurring heading as ``items`` does."""
    rows = SectionEntry.objects.filter(recurring=recurring, item__hidden=False, date__lte=at)
    columns = (*_columns("item__"), read_as_text("date"), "item_id")
    return rows.order_by("-date", "item_id").values_list(*columns)


def _columns(item: str = "") -> tuple[Any, ...]:
    link = f"{item}link"
    return (
        as_text(f"{item}uid"),
        *(f"{item}{name}" for name in ("title", "anchor_text", "summary", "group")),
        f"{item}section__heading",
        shown_address(link),
        Case(When(shown(link), then=F(f"{link}__source__name")), output_field=TextField()),
        marked_broken(link),
        *(f"{item}post__{name}" for name in ("title", "slug", "language")),
    )


def items_as_json(found: Found) -> bytes:
    """Return rows of ``items`` as JSON."""
    site, issues = settings.SITE_URL, dict[str, tuple[str, str]]()
    written = []
    for uid, title, anchor, summary, group, section, address, source, broken, *of, _pk in found:
        slug = of[1]
        page, issue = issues.get(slug) or issues.setdefault(slug, _issue(site, *of))
        digits, said = uid.replace("-", ""), title or anchor or summary
        # As str(UUID(uid)) says it, in a quarter of the time.
        uuid = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
        written.append(
            f'{{"id": "{uuid}", "url": {page}#{anchor_of(digits)}", '
            f'"title": {quoted(said)}, "summary": {quoted(summary if summary != said else "")}, '
            f'"group": {quoted(group)}, "section": {quoted(section or "")}, '
            f'"address": {quoted(address) if address else "null"}, '
            f'"source": {"null" if source is None else quoted(source)}, '
            f'"is_broken": {"true" if broken else "false"}, {issue}}}'
        )
    return ", ".join(written).encode()


@lru_cache(maxsize=512)
def _issue(site: str, title: str, slug: str, language: str, date: datetime) -> tuple[str, str]:
    """Return the address of an issue as a string that is left open, and what all of its items say
    of it."""
    page = f"{site}{address_of('post', slug)}"
    issue = {"issue": {"title": title, "slug": slug, "url": page}}
    said = issue | {"language": language, "published_at": date.isoformat()}
    return quoted(page)[:-1], as_json(said).decode()[1:-1]


def links(at: datetime) -> QuerySet[Link, Any]:
    """Return the links that readers get in some issue, the newest first."""
    places = Appearance.objects.filter(link=OuterRef("pk"), host__isnull=False, date__lte=at)
    rows = Link.objects.filter(Exists(places), standing=Link.Standing.SHOWN)
    columns = ("key", "url", "replacement_url", "title", "source__name")
    return rows.values_list(*columns, marked_broken(), read_as_text("created_at"), "pk")


def links_of_source(source: str, at: datetime) -> QuerySet[Link, Any]:
    """Return those of a source as ``links`` does."""
    return links(at).filter(source__name=source)


def links_as_json(found: Found) -> bytes:
    """Return rows of ``links`` as JSON."""
    written = (
        f'{{"id": "{key}", "url": {quoted(url)}, "address": {quoted(replacement or url)}, '
        f'"title": {quoted(title)}, "source": {"null" if source is None else quoted(source)}, '
        f'"is_broken": {"true" if broken else "false"}, "first_seen": {_moment(created_at)}}}'
        for key, url, replacement, title, source, broken, created_at, _pk in found
    )
    return ", ".join(written).encode()


def tags_as_json(found: Found) -> bytes:
    """Return rows of ``indexes.used_tags`` as JSON."""
    site = settings.SITE_URL
    written = (
        f'{{"name": {quoted(name)}, "slug": {quoted(slug)}, '
        f'"url": {quoted(site + address_of("tag", slug))}, "issue_count": {count}}}'
        for count, name, slug, _pk in found
    )
    return ", ".join(written).encode()


def sections_as_json(found: Found) -> bytes:
    """Return rows of ``indexes.recurring`` as JSON."""
    site = settings.SITE_URL
    written = (
        f'{{"title": {quoted(title)}, "slug": {quoted(slug)}, '
        f'"url": {quoted(site + address_of("section", slug))}, {_seen(count, first, last)}}}'
        for count, title, slug, first, last, _pk in found
    )
    return ", ".join(written).encode()


def sources_as_json(found: Found) -> bytes:
    """Return rows of ``indexes.hosts`` as JSON."""
    site = settings.SITE_URL
    written = (
        f'{{"name": {quoted(name)}, "url": {quoted(site + address_of("source", name))}, '
        f"{_seen(count, first, last)}}}"
        for count, name, first, last, _pk in found
    )
    return ", ".join(written).encode()


def _seen(count: int, first: datetime | None, last: datetime | None) -> str:
    seen = f'"first_seen": {_moment(first)}, "last_seen": {_moment(last)}'
    return f'"issue_count": {count}, {seen}'


def _moment(at: datetime | None) -> str:
    """Return a moment as JSON."""
    return f'"{in_iso_format(at)}"' if at else "null"


def found(hit: Hit) -> dict[str, Any]:
    """Return what a search found."""
    return {
        "kind": hit.kind,
        "id": str(hit.uid) if hit.uid else None,
        "url": absolute(hit.url),
        "title": hit.plain_title,
        "excerpt_html": hit.excerpt,
        "address": hit.address or None,
        "source": hit.source or None,
        "issue": hit.issue or None,
        "language": hit.language,
        "published_at": hit.date.isoformat(),
    }


# One issue


@prepared
def issue(slug: str, at: datetime) -> QuerySet[Post, Any]:
    """Return what is stored of an issue: its row in lists, and its text as feeds send it."""
    rows = Post.objects.published(at).filter(slug=slug, page__api__isnull=False)
    return rows.values_list("page__api", "page__feed_body", "page__body", "pk")


@prepared
def headings(post: int) -> QuerySet[Section, Any]:
    """Return the headings of an issue in its order."""
    rows = Section.objects.filter(post=post, level__gt=0).order_by("position")
    return rows.values_list("heading", "level", "anchor", "item_count")
