"""Compose what readers get of a post: bytes from templates, when the post is saved."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from copy import copy
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from links.normalizing import host_of
from links.registering import canonical_or_none
from posts import identity
from posts.markdown.html import VOID_TAGS
from posts.markdown.references import encode_url
from posts.models import Author, Correction, LinkedItem, Post, PostPage, Section, Tag
from posts.naming import ELLIPSIS
from posts.outlining import depths
from posts.prepared import prepared
from posts.publishing import describing, marks
from posts.publishing.decisions import link_words
from posts.publishing.marks import stored
from posts.rendering import title_section
from posts.sanitizing import sanitize_for_feed

LONG = 20
OPENING_SECTIONS = 8
OPENING_ITEMS = 3
OPENING_BLOCKS = 3
SUMMARY_LENGTH = 160
TITLE_LENGTH = 80
# Links without a text: what the site adds to a body, such as those of items to themselves.
EMPTY_LINK = re.compile(r'<a(?: [a-z-]+="[^"]*")*></a>')
PLAIN_HEADING = re.compile(r"<h([2-6])[^>]*>(?:(?!<(?:a|img)\b).)*?</h\1>\s*", re.DOTALL)
"""A heading that goes where it is the title of the page: it holds no link or picture."""
_VOID = VOID_TAGS | {"input", "source"}
_TAG = re.compile(r'<(/?)([a-z0-9]+)(?: [a-z-]+(?:="[^"]*")?)*>')


def compose(
    post: Post,
    tags: Sequence[Tag],
    authors: Sequence[Author],
    sections: Sequence[Section],
    items: Sequence[Sequence[LinkedItem]],
    html: Sequence[str],
    markdown: str,
) -> None:
    """Compose a post's page of its rows, of the safe HTML of its sections, and of its Markdown.

    ``items`` and ``html`` go with ``sections``; the last HTML ends with the footnotes.
    """
    sections, html = _without_title(post, sections, html)
    with translation.override(identity.current().language):
        context = _context(post, tags, authors, sections)
        opening = _render("opening", context | _opening(post, sections, items, html))
        corrected = _render("corrections", context) if context["corrections"] else ""
        fed = stored(feed_body("".join((corrected, *html)), context["absolute_url"]))
        columns = {
            **_frame(context, [item for rows in items for item in rows], fed),
            "opening": stored(opening),
            "body": marks.clean("".join(html)),
            "feed_body": fed,
            "markdown": marks.clean(markdown),
        }
    PostPage.objects.bulk_create(
        [PostPage(post=post, **columns)],
        update_conflicts=True,
        unique_fields=["post"],
        update_fields=columns.keys(),
    )


def _without_title(
    post: Post, sections: Sequence[Section], html: Sequence[str]
) -> tuple[list[Section], list[str]]:
    """Return sections and HTML without the heading that is the title, which stands above them.

    One that holds a link or picture of its author stays.
    """
    shown, pages = list(sections), list(html)
    place = title_section(post.title, shown)
    if place is not None and (found := PLAIN_HEADING.match(pages[place])):
        shown[place] = copy(shown[place])
        shown[place].level = 0
        pages[place] = pages[place][found.end() :]
    return shown, pages


def compose_frame(post: Post, tags: Sequence[Tag], authors: Sequence[Author]) -> None:
    """Compose what stands around the body of a post's page; the body stays as it is."""
    page = PostPage.objects.only("body", "feed_body").filter(post=post).first()
    if page is not None:
        sections = list(post.sections.defer("source").order_by("position"))
        items = post.items.filter(removed_at=None, hidden=False)
        shown = items.order_by("section__position", "position")[: describing.LISTED]
        fed = bytes(page.feed_body or page.body)
        with translation.override(identity.current().language):
            columns = _frame(_context(post, tags, authors, sections), list(shown), fed)
        PostPage.objects.filter(post=post).update(**columns)


def _frame(context: dict[str, Any], items: Sequence[LinkedItem], fed: bytes) -> dict[str, Any]:
    """Return the columns around a body with these items, which feeds send as ``fed``."""
    intro, outro = _article(context)
    parts = {
        "card": _render("card", context),
        "newer": _render("neighbour", context | {"side": "newer"}),
        "older": _render("neighbour", context | {"side": "older"}),
        "head": _render("head", context | {"described": describing.json_ld(context, items)}),
        "intro": intro,
        "outro": outro,
        "rss": _render("feed/rss_item", context | {"body": SafeString(marks.BODY)}, "xml"),
        "atom": _render("feed/atom_entry", context | {"body": SafeString(marks.BODY)}, "xml"),
        "json": describing.json_item(context),
        "api": describing.api_row(context),
        "markdown_head": describing.markdown_head(context),
    }
    columns = {name: stored(part) for name, part in parts.items()}
    digest = hashlib.sha256(b"\0".join((*(columns[n] for n in ("rss", "atom", "json")), fed)))
    return {**columns, "digest": digest.hexdigest()}


def _article(context: dict[str, Any]) -> list[str]:
    """Return an article up to its body and from there on."""
    around = context | {"body": SafeString(marks.CUT)}
    if len(context["contents"]) > 1:
        around["contents_list"] = SafeString(_render("contents", context))
    return _render("article", around).split(marks.CUT)


def feed_body(html: str, url: str) -> str:
    """Return a body as feeds send it: whole addresses, and nothing that only the page needs.

    It stands in a CDATA section, which only ``]]>`` can end.
    """
    return sanitize_for_feed(EMPTY_LINK.sub("", html), url).replace("]]>", "]]&gt;")


def _render(name: str, context: dict[str, Any], extension: str = "html") -> str:
    return get_template(f"posts/{name}.{extension}").render(context)


def _context(
    post: Post, tags: Sequence[Tag], authors: Sequence[Author], sections: Sequence[Section]
) -> dict[str, Any]:
    url = post.get_absolute_url()
    return {
        "site": {"name": marks.SITE_NAME, "url": marks.SITE_URL},
        "post": post,
        "url": url,
        "absolute_url": marks.SITE_URL + url,
        "date": post.published_at or post.created_at,
        "long_date": marks.LONG_DATE,
        "short_date": marks.SHORT_DATE,
        "tags": [(tag.name, tag.get_absolute_url()) for tag in tags],
        "tag_rows": tags,
        "item_count": post.item_count,
        "link_count": post.link_count,
        "reading_minutes": post.reading_minutes,
        "contents": contents(sections, title_section(post.title, sections)),
        "cover": _cover(post),
        "authors": [(author.name, author.get_absolute_url()) for author in authors],
        "card": describing.card_of(post),
        "corrections": _corrections(post),
        "forms": marks.FORMS,
    }


def _corrections(post: Post) -> list[tuple[date, SafeString]]:
    """Return what readers are told was wrong: days and safe HTML, the latest first."""
    return [(day, SafeString(html)) for day, html in _corrections_of(post.pk)]


@prepared
def _corrections_of(post: int) -> QuerySet[Correction, Any]:
    return Correction.objects.filter(post=post, taken_back_at=None).values_list("day", "html")


def site() -> dict[str, object]:
    """Return what templates say about the site."""
    now = identity.current()
    return {
        "name": now.name,
        "description": now.description,
        "url": settings.SITE_URL,
        "has_forms": settings.READERS_FORMS,
        "identity": now,
    }


def contents(sections: Sequence[Section], title: int | None = None) -> list[tuple[str, str, int]]:
    """Return the table of contents as (anchor, heading, depth): two levels, three where it is long.

    Long is what lies below a heading of the first level and has more than ``LONG`` items. The
    section at the place ``title`` is not among them.
    """
    below = (section for place, section in enumerate(sections) if place != title)
    headings = [section for section in below if section.level]
    found = list(zip(headings, depths(row.level for row in headings), strict=True))
    part, items = 0, Counter[int]()
    parts = []
    for section, depth in found:
        part += depth == 1
        items[part] += section.item_count
        parts.append(part)
    return [
        (section.anchor, section.heading, depth)
        for (section, depth), part in zip(found, parts, strict=True)
        if section.heading and depth <= (3 if items[part] > LONG else 2)
    ]


def _cover(post: Post) -> dict[str, Any] | None:
    if image := post.images.filter(path=post.cover).first() if post.cover else None:
        size = {"width": image.width, "height": image.height}
        return {"url": image.file.url, "sources": image.sources, "alt": "", **size}
    if post.cover.startswith("/") or (
        post.cover.startswith("https://") and not settings.MIRROR_IMAGES
    ):
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
    opening = _first_blocks(html[0]) if sections and not sections[0].level else ""
    return {
        "opening": SafeString(opening),
        "is_whole": EMPTY_LINK.sub("", "".join(html)).rstrip() == opening.rstrip(),
        "sections": [
            (
                section.heading,
                f"{url}#{section.anchor}",
                [_brief(url, item, post.language) for item in rows[:OPENING_ITEMS]],
            )
            for section, rows in filled[:OPENING_SECTIONS]
        ],
    }


def _first_blocks(html: str) -> str:
    """Return the first blocks of safe HTML, without the links of items to themselves."""
    depth = ended = 0
    for tag in _TAG.finditer(html):
        if tag[2] not in _VOID:
            depth += -1 if tag[1] else 1
            ended += not depth
            if ended == OPENING_BLOCKS:
                html = html[: tag.end()]
                break
    return EMPTY_LINK.sub("", html)


class Brief(NamedTuple):
    """An item as the home page shows it: its title leads to the article, ``place`` to the issue."""

    title: str
    address: str
    place: str
    host: str
    summary: str


def _brief(url: str, item: LinkedItem, language: str) -> Brief:
    link = item.link
    shown = link.shown_url if link else ""
    address = encode_url(link.replacement_url or item.url) if link and shown else ""
    host = host_of(canonical_or_none(shown) or "")
    title = item.title or _cut(item.summary, TITLE_LENGTH) or host
    summary = _cut(item.summary, SUMMARY_LENGTH) if item.title else ""
    if not link and item.title and item.summary.startswith(item.title.removesuffix(ELLIPSIS)):
        # What has no link and nothing bold is called by its own first words.
        title, summary = summary, ""
    if link and link.is_marked_broken and not link.replacement_url:
        title = f"{title} ({link_words(language).broken})"
    return Brief(title, address, f"{url}#{item.anchor}", host, summary)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else Truncator(text).chars(length)
