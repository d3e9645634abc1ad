"""Posts whose tags are called otherwise: their pages made again around the HTML they have.

What a tag is called stands around the body, never in it, so that no Markdown is rendered: a large
issue takes a few milliseconds instead of a second, and a tag may be on a thousand of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape

from django.conf import settings
from django.db import transaction

from posts import publishing, tagging
from posts.documents import parse_issue
from posts.models import LinkedItem, Post, PostPage, Section
from posts.publishing import counting
from posts.publishing.composing import Material, compose
from posts.publishing.deriving import images_of

# Of a link, what a row of the home page needs.
LINK_COLUMNS = ("link__url", "link__standing", "link__replacement_url")


def recompose_posts(pks: Iterable[int]) -> int:
    """Give posts the tags their headers name, and make their pages again; return how many."""
    count = 0
    with transaction.atomic():
        for post in Post.objects.filter(pk__in=set(pks)).order_by("pk").select_for_update():
            recompose(post)
            count += 1
    return count


def recompose(post: Post) -> None:
    """Give a post the tags its header names, and make its page again; the body stays as it is."""
    header = parse_issue(post.header.encode(), tag_keys=settings.NEWSLETTER_TAG_KEYS)
    before = counting.share_of(post)
    tags = tagging.find_or_create(header.metadata.tags)
    tagging.set_tags(post, tags)
    counting.apply_change(before, counting.share_of(post))
    page = PostPage.objects.only("body").filter(post=post).first()
    if page is None:
        return
    sections = list(post.sections.defer("source").order_by("position"))
    html = _parts(bytes(page.body).decode(), sections)
    if html is None:
        publishing.rebuild(post)
        return
    columns = compose(
        Material(
            post=post,
            tags=tags,
            sections=_with_items(post, sections),
            html=html,
            images=images_of(post),
        )
    )
    PostPage.objects.filter(post=post).update(**columns)


def _parts(body: str, sections: Sequence[Section]) -> list[str] | None:
    """Return the opening's HTML and the rest, or None where one cannot be told from the other."""
    if len(sections) < 2 or sections[0].level:
        return [body]
    heading = re.search(rf'<h[1-6] id="{re.escape(escape(sections[1].anchor))}"', body)
    return [body[: heading.start()], body[heading.start() :]] if heading else None


def _with_items(
    post: Post, sections: Sequence[Section]
) -> list[tuple[Section, Sequence[LinkedItem]]]:
    items: dict[int | None, list[LinkedItem]] = defaultdict(list)
    columns = ("post", "section", "uid", "title", "summary", *LINK_COLUMNS)
    shown = post.items.filter(removed_at=None, hidden=False).only(*columns)
    for item in shown.select_related("link").order_by("position"):
        items[item.section_id].append(item)
    return [(section, items[section.pk]) for section in sections]
