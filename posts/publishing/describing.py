"""What machines are told of an issue, made when it is saved: rows of feeds and API, metadata.

Each is a function of what templates know of an issue (``posts.publishing.composing``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from posts.cards import can_draw, digest_of
from posts.models import LinkedItem, Post
from posts.publishing import marks

LISTED = 30  # of an issue's items: a page says no more of itself than it must
NAME_LENGTH = 120
# What could end a script element, or begin a comment in it (HTML Living Standard, 4.12.1.3).
_IN_SCRIPT = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"})


def absolute(path: str, site_url: str = "") -> str:
    """Return the absolute address of a path on this site."""
    return path if "://" in path else f"{site_url or settings.SITE_URL}{path}"


def card_digest(title: str, date: datetime | None) -> str:
    """Return the digest of what the social card of a page says, but for that of the site."""
    return digest_of(title, date.astimezone(UTC).isoformat() if date else "")


def card_of(post: Post) -> str:
    """Return the address of an issue's social card, with marks; "" where it has none."""
    if post.published_at is None or not can_draw(post.title):
        return ""
    digest = f"{card_digest(post.title, post.published_at)}-{marks.SITE_CARD}"
    return f"{marks.SITE_URL}{reverse('posts:card', args=[digest, 'post', post.slug])}"


def json_ld(context: dict[str, Any], items: Sequence[LinkedItem]) -> SafeString:
    """Return an issue as schema.org describes it, in a form that may stand in a script element:
    an article, its first items in their order, and the way to it."""
    url, post = context["absolute_url"], context["post"]
    listed = ((item, item.title or item.anchor_text or item.summary) for item in items)
    said = ((f"{url}#{item.anchor}", name[:NAME_LENGTH]) for item, name in listed if name)
    named = list(islice(said, LISTED))
    way = [
        (f"{marks.SITE_URL}{reverse('posts:home')}", marks.SITE_NAME_JSON),
        (f"{marks.SITE_URL}{reverse('posts:archive')}", gettext("Archive")),
        (url, post.title[:NAME_LENGTH]),
    ]
    parts = [_article(context)]
    if named:
        parts.append(_list("ItemList", named, numberOfItems=post.item_count))
    parts.append(_list("BreadcrumbList", way))
    return in_script({"@context": "https://schema.org", "@graph": parts})


def _article(context: dict[str, Any]) -> dict[str, Any]:
    """Return an issue as an article; what is not known of it is left out."""
    url, post, cover = context["absolute_url"], context["post"], context["cover"]
    site = {"@type": "Organization", "name": marks.SITE_NAME_JSON, "url": marks.SITE_URL}
    article = {
        "@type": "NewsArticle",
        "@id": url,
        "url": url,
        "mainEntityOfPage": url,
        "headline": post.title[:NAME_LENGTH],
        "description": post.description,
        "inLanguage": post.language,
        "datePublished": context["date"].isoformat(),
        "dateModified": (post.revised_at or context["date"]).isoformat(),
        "keywords": [name for name, _url in context["tags"]],
        "image": absolute(cover["url"], marks.SITE_URL) if cover else context["card"],
        "author": _people(context["authors"]) or site,
        "publisher": site,
    }
    return {name: value for name, value in article.items() if value}


def _people(authors: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return authors, (name, path) each, as schema.org describes people."""
    return [
        {"@type": "Person", "name": name, "url": absolute(path, marks.SITE_URL)}
        for name, path in authors
    ]


def in_script(value: object) -> SafeString:
    """Return a value as JSON that no text in it can lead out of a script element."""
    return SafeString(json.dumps(value, ensure_ascii=False).translate(_IN_SCRIPT))


def _list(kind: str, entries: Iterable[tuple[str, str]], **more: int) -> dict[str, Any]:
    """Return a list of pages, (address, name) each."""
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": url}
        for position, (url, name) in enumerate(entries, 1)
    ]
    return {"@type": kind, **more, "itemListElement": items}


def api_row(context: dict[str, Any]) -> str:
    """Return an issue as the API lists it (``posts.site.api.schemas.Issue``)."""
    post, cover = context["post"], context["cover"]
    values = {
        "id": str(post.uid),
        "slug": post.slug,
        "url": context["absolute_url"],
        "markdown_url": marks.SITE_URL + reverse("posts:post-markdown", args=[post.slug]),
        "title": post.title,
        "description": post.description,
        "language": post.language,
        "published_at": context["date"].isoformat(),
        "updated_at": post.revised_at.isoformat() if post.revised_at else None,
        "authors": [
            {"name": name, "url": marks.SITE_URL + path} for name, path in context["authors"]
        ],
        "tags": [
            {"name": tag.name, "slug": tag.slug, "url": marks.SITE_URL + tag.get_absolute_url()}
            for tag in context["tag_rows"]
        ],
        "item_count": post.item_count,
        "link_count": post.link_count,
        "reading_minutes": post.reading_minutes,
        "image": absolute(cover["url"], marks.SITE_URL) if cover else None,
    }
    return json.dumps(values, ensure_ascii=False)


def markdown_head(context: dict[str, Any]) -> str:
    """Return what an issue as Markdown says of itself, as YAML, of which JSON is a part.

    Nothing of its author's own header: that may hold what is for nobody else.
    """
    post = context["post"]
    said = {
        "title": post.title,
        "date": context["date"].isoformat(),
        "tags": [name for name, _url in context["tags"]],
        "canonical": context["absolute_url"],
    }
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items())
    return "\n".join(("---", *lines, "---", "", ""))


def json_item(context: dict[str, Any]) -> str:
    post = context["post"]
    item = {
        "id": post.uid.urn,
        "url": context["absolute_url"],
        "title": post.title,
        "summary": post.description,
        "language": post.language,
        "date_published": context["date"].isoformat(),
        "tags": [name for name, _url in context["tags"]],
        "content_html": marks.BODY,
    }
    if context["authors"]:
        item["authors"] = [
            {"name": name, "url": absolute(path, marks.SITE_URL)}
            for name, path in context["authors"]
        ]
    if post.revised_at:
        item["date_modified"] = post.revised_at.isoformat()
    if context["cover"]:
        item["image"] = absolute(context["cover"]["url"], marks.SITE_URL)
    return json.dumps({key: value for key, value in item.items() if value}, ensure_ascii=False)
