"""The rows of the API's lists: read as columns, in the order of an index, as JSON has them."""

from __future__ import annotations

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
from posts.site.library import as_text, marked_broken, shown, shown_address
from posts.site.shell import address_of


def items(at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return the items that readers see, newest issue first, in the order of each."""
    rows = LinkedItem.objects.filter(hidden=False, date__lte=at).order_by("-date", "pk")
    return rows.values_list(*_columns(), "date", "pk")


def items_of_issue(slug: str, at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return the items of an issue as ``items`` does."""
    posts = Post.objects.published(at).filter(slug=slug)
    return items(at).filter(post__in=posts.values("pk"))


def items_of_section(recurring: int, at: datetime) -> QuerySet[SectionEntry, Any]:
    """Return the items under a recurring heading as ``items`` does."""
    rows = SectionEntry.objects.filter(recurring=recurring, item__hidden=False, date__lte=at)
    return rows.order_by("-date", "item_id").values_list(*_columns("item__"), "date", "item_id")


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


def item(row: tuple[Any, ...]) -> str:
    """Return a row of ``items`` as JSON, written as it is sent."""
    uid, title, anchor, summary, group, section, address, source, broken, *of, date, _pk = row
    page, issue = _issue(*of, settings.SITE_URL)
    digits = uid.replace("-", "")
    # As str(UUID(uid)) says it, in a quarter of the time.
    uuid = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return (
        f'{{"id": "{uuid}", "url": {quoted(f"{page}#{anchor_of(digits)}")}, '
        f'"title": {quoted(title or anchor or summary)}, '
        f'"summary": {quoted(summary if title or anchor else "")}, '
        f'"group": {quoted(group)}, "section": {quoted(section or "")}, '
        f'"address": {quoted(address) if address else "null"}, '
        f'"source": {"null" if source is None else quoted(source)}, '
        f'"is_broken": {"true" if broken else "false"}, '
        f'{issue}, "published_at": "{date.isoformat()}"}}'
    )


@lru_cache(maxsize=512)
def _issue(title: str, slug: str, language: str, _site_url: str) -> tuple[str, str]:
    """Return the address of an issue, and what all of its items say of it."""
    page = absolute(address_of("post", slug))
    said = {"issue": {"title": title, "slug": slug, "url": page}, "language": language}
    return page, as_json(said).decode()[1:-1]


def links(at: datetime) -> QuerySet[Link, Any]:
    """Return the links that readers get in some issue, the newest first."""
    places = Appearance.objects.filter(link=OuterRef("pk"), host__isnull=False, date__lte=at)
    rows = Link.objects.filter(Exists(places), standing=Link.Standing.SHOWN)
    columns = ("key", "url", "replacement_url", "title", "source__name", "health", "due_at")
    return rows.values_list(*columns, "created_at", "pk")


def links_of_source(source: str, at: datetime) -> QuerySet[Link, Any]:
    """Return those of a source as ``links`` does."""
    return links(at).filter(source__name=source)


def link(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row of ``links``."""
    key, url, replacement, title, source, health, due_at, created_at, _pk = row
    return {
        "id": key,
        "url": url,
        "address": replacement or url,
        "title": title,
        "source": source,
        "is_broken": health == Link.Health.BROKEN and due_at is None and not replacement,
        "first_seen": created_at.isoformat(),
    }


def tag(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row of ``indexes.used_tags``."""
    count, name, slug, _pk = row
    url = absolute(address_of("tag", slug))
    return {"name": name, "slug": slug, "url": url, "issue_count": count}


def section(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row of ``indexes.recurring``."""
    count, title, slug, first, last, _pk = row
    url = absolute(address_of("section", slug))
    return {"title": title, "slug": slug, "url": url, **_seen(count, first, last)}


def source(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row of ``indexes.hosts``."""
    count, name, first, last, _pk = row
    url = absolute(address_of("source", name))
    return {"name": name, "url": url, **_seen(count, first, last)}


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


def _seen(count: int, first: datetime | None, last: datetime | None) -> dict[str, Any]:
    return {
        "issue_count": count,
        "first_seen": first and first.isoformat(),
        "last_seen": last and last.isoformat(),
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
