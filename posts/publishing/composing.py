"""Compose what readers get of a post: bytes from templates, when the post is saved."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from links.normalizing import host_of
from links.registering import canonical_or_none
from posts.models import LinkedItem, Post, PostPage, Section, Tag

OPENING_SECTIONS = 8
OPENING_ITEMS = 3
SUMMARY_LENGTH = 160
TITLE_LENGTH = 80
# Where the body goes in the article template; the article is stored in two parts around it.
BODY_MARK = "\ue000body\ue000"
# What follows from the settings is left open in what is stored, and filled in when it is sent
# (``posts.site.shell``): to change the address, the name or the zone of a site needs no rebuild.
SITE_URL_MARK = "\ue000site-url\ue000"
SITE_NAME_MARK = "\ue000site-name\ue000"
LONG_DATE_MARK = "\ue000long-date\ue000"
SHORT_DATE_MARK = "\ue000short-date\ue000"
# Characters that XML 1.0 allows in no form (section 2.2) and that mean nothing in HTML: without
# them what is stored can go into a feed as it is. In UTF-8 no other character holds their bytes.
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NONCHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")
_IMAGE_PATH = re.compile(rb'(<img [^>]*?src=")/(?!/)')


def compose(
    post: Post,
    tags: Sequence[Tag],
    sections: Sequence[Section],
    items: Sequence[Sequence[LinkedItem]],
    html: Sequence[str],
) -> None:
    """Compose a post's page of its rows and of the safe HTML of its sections.

    ``items`` and ``html`` go with ``sections``; the last HTML ends with the footnotes.
    """
    with translation.override(settings.LANGUAGE_CODE):
        context = _context(post, tags, sections)
        opening = _render("opening", context | _opening(post, sections, items, html))
        body = _bytes("".join(html))
        fed = _feed_body(body)
        columns = {
            **_frame(context, fed),
            "opening": _bytes(opening),
            "body": body,
            "feed_body": fed if fed != body else None,
        }
    PostPage.objects.bulk_create(
        [PostPage(post=post, **columns)],
        update_conflicts=True,
        unique_fields=["post"],
        update_fields=columns.keys(),
    )


def compose_frame(post: Post, tags: Sequence[Tag]) -> None:
    """Compose what stands around the body of a post's page; the body stays as it is."""
    page = PostPage.objects.only("body", "feed_body").filter(post=post).first()
    if page is not None:
        sections = list(post.sections.defer("source").order_by("position"))
        with translation.override(settings.LANGUAGE_CODE):
            columns = _frame(_context(post, tags, sections), bytes(page.feed_body or page.body))
        PostPage.objects.filter(post=post).update(**columns)


def _frame(context: dict[str, Any], fed: bytes) -> dict[str, Any]:
    """Return the columns around a body, which feeds send as ``fed``."""
    intro, outro = _article(context)
    parts = {
        "card": _render("card", context),
        "newer": _render("neighbour", context | {"side": "newer"}),
        "older": _render("neighbour", context | {"side": "older"}),
        "head": _render("head", context),
        "intro": intro,
        "outro": outro,
        "rss": _render("feed/rss_item", context, "xml"),
        "atom": _render("feed/atom_entry", context, "xml"),
        "json": _json_item(context),
    }
    columns = {name: _bytes(part) for name, part in parts.items()}
    digest = hashlib.sha256(b"\0".join((*(columns[n] for n in ("rss", "atom", "json")), fed)))
    return {**columns, "digest": digest.hexdigest()}


def _article(context: dict[str, Any]) -> list[str]:
    """Return an article up to its body and from there on."""
    around = context | {"body": SafeString(BODY_MARK)}
    if len(context["contents"]) > 1:
        around["contents_list"] = SafeString(_render("contents", context))
    return _render("article", around).split(BODY_MARK)


def _bytes(text: str) -> bytes:
    return _NONCHARACTERS.sub(b"", text.encode().translate(None, _CONTROLS))


def _feed_body(body: bytes) -> bytes:
    """Return a body as feeds send it, inside a CDATA section, which only ``]]>`` can end.

    Paths of images are made absolute: many readers resolve them against nothing.
    """
    if b'src="/' in body:
        body = _IMAGE_PATH.sub(rb"\1" + SITE_URL_MARK.encode() + b"/", body)
    return body.replace(b"]]>", b"]]&gt;")


def absolute(path: str, site_url: str = "") -> str:
    """Return the absolute address of a path on this site."""
    return path if "://" in path else f"{site_url or settings.SITE_URL}{path}"


def _render(name: str, context: dict[str, Any], extension: str = "html") -> str:
    return get_template(f"posts/{name}.{extension}").render(context)


def _context(post: Post, tags: Sequence[Tag], sections: Sequence[Section]) -> dict[str, Any]:
    url = post.get_absolute_url()
    return {
        "site": {"name": SITE_NAME_MARK, "url": SITE_URL_MARK},
        "post": post,
        "url": url,
        "absolute_url": SITE_URL_MARK + url,
        "date": post.published_at or post.created_at,
        "long_date": LONG_DATE_MARK,
        "short_date": SHORT_DATE_MARK,
        "tags": [(tag.name, tag.get_absolute_url()) for tag in tags],
        "item_count": post.item_count,
        "link_count": post.link_count,
        "reading_minutes": post.reading_minutes,
        "contents": contents(sections),
        "cover": _cover(post),
    }


def site() -> dict[str, str]:
    """Return what templates say about the site."""
    return {
        "name": settings.SITE_NAME,
        "description": settings.SITE_DESCRIPTION,
        "url": settings.SITE_URL,
    }


def contents(sections: Sequence[Section]) -> list[tuple[str, str, int]]:
    """Return the table of contents as (anchor, heading, level): two levels, fewer when long."""
    headings = [section for section in sections if section.level and section.heading]
    levels = sorted({section.level for section in headings})
    for depth in (2, 1):
        shown = [section for section in headings if section.level in levels[:depth]]
        if len(shown) <= 40:
            break
    return [(section.anchor, section.heading, section.level) for section in shown]


def _cover(post: Post) -> dict[str, Any] | None:
    if image := post.images.filter(path=post.cover).first() if post.cover else None:
        return {"url": image.file.url, "width": image.width, "height": image.height, "alt": ""}
    if post.cover.startswith(("https://", "/")):
        return {"url": post.cover, "width": None, "height": None, "alt": ""}
    return None


def _opening(
    post: Post,
    sections: Sequence[Section],
    items: Sequence[Sequence[LinkedItem]],
    html: Sequence[str],
) -> dict[str, Any]:
    url = post.get_absolute_url()
    filled = [pair for pair in zip(sections, items, strict=True) if pair[0].level and pair[1]]
    return {
        "opening": SafeString(html[0]) if sections and not sections[0].level else "",
        "sections": [
            (
                section.heading,
                f"{url}#{section.anchor}",
                [_row(url, i) for i in rows[:OPENING_ITEMS]],
            )
            for section, rows in filled[:OPENING_SECTIONS]
        ],
    }


def _row(url: str, item: LinkedItem) -> tuple[str, str, str, str]:
    host = host_of(canonical_or_none(item.link.shown_url) or "") if item.link else ""
    title = item.title or _cut(item.summary, TITLE_LENGTH)
    summary = _cut(item.summary, SUMMARY_LENGTH) if item.title else ""
    return title, f"{url}#{item.anchor}", host, summary


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else Truncator(text).chars(length)


def _json_item(context: dict[str, Any]) -> str:
    post = context["post"]
    item = {
        "id": context["absolute_url"],
        "url": context["absolute_url"],
        "title": post.title,
        "summary": post.description,
        "language": post.language,
        "date_published": context["date"].isoformat(),
        "tags": [name for name, _url in context["tags"]],
    }
    if post.revised_at:
        item["date_modified"] = post.revised_at.isoformat()
    if context["cover"]:
        item["image"] = absolute(context["cover"]["url"], SITE_URL_MARK)
    return json.dumps({key: value for key, value in item.items() if value}, ensure_ascii=False)
