"""An issue ready for mails: its pieces as HTML and its text, with what was decided by now.

Read by the pipeline that makes its page. Texts that were read are kept for a while, since the same
issue goes to many: as it was decided about at that moment, so that a block is in the next mail.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Final

from django.conf import settings

from mailing.composing.fitting import Section
from mailing.composing.pieces import Box, Piece, pieces_of
from posts import pictures
from posts.entitling import first_words
from posts.markdown.references import encode_url
from posts.models import Post
from posts.publishing.composing import PLAIN_HEADING
from posts.publishing.decisions import decisions_about
from posts.publishing.deriving import stored_rows
from posts.publishing.describing import absolute
from posts.publishing.recurring import covered_before
from posts.publishing.texts import read, stored_issue
from posts.rendering import Decisions, FoundItem, ImageSize, ParsedIssue, PlainText
from posts.sanitizing import whole_address
from posts.site import version

KEPT: Final = 80


@dataclass(frozen=True)
class Reading:
    """What an issue is read from: its text, the anchors and identities of its items, decisions."""

    parsed: ParsedIssue
    url: str
    decided: Decisions
    images: Mapping[str, ImageSize]
    anchors: Sequence[Sequence[str]]
    uids: Mapping[str, uuid.UUID]


@dataclass(frozen=True)
class Issue:
    """An issue as mails need it. ``sections`` and ``text`` go with each other; ``uids`` are the
    identities of items by anchor, in their order, and ``items`` the texts of these."""

    title: str
    description: str
    language: str
    url: str
    date: datetime | None
    sections: Sequence[Section]
    headings: Sequence[str]
    text: PlainText
    uids: Mapping[str, uuid.UUID]

    def as_entry(self, anchor: str) -> str:
        """Return the text of an item as an entry of a list."""
        first, *rest = self.text.items.get(anchor, "").split("\n")
        return "\n".join((f"- {first}", *(f"  {line}" if line else "" for line in rest)))


def issue_of(post: Post) -> Issue:
    """Return a stored issue. Raises ValueError for one whose text cannot be rendered."""
    document = post.document
    parsed = _parsed(post.pk, post.source_name, document, post.title)
    rows = stored_rows(post)
    decided = decisions_about(rows, post.language, covered_before(post, rows.items))
    reading = Reading(
        parsed,
        absolute(post.get_absolute_url()),
        decided,
        {image.path: pictures.mailed_size_of(image) for image in post.images.all()},
        rows.anchors,
        {row.anchor: row.uid for items in rows.items for row in items if not row.hidden},
    )
    said = (post.pk, post.title, post.description, post.language, post.published_at, reading.url)
    found = (decided, reading.images, rows.anchors, settings.MIRROR_IMAGES)
    known = repr((document, said, found))
    return _kept(hashlib.sha256(known.encode()).hexdigest(), post, reading)


def issues_of(posts: Iterable[Post]) -> dict[int, Issue]:
    """Return stored issues by key.

    What is kept of one holds for a version of the site, which every decision and every save makes
    another in its own transaction: so of issues that were read nothing but that is asked.
    """
    now = version.current()
    found = {}
    for post in posts:
        key = f"{now} {post.pk} {post.version}"
        if key not in _issues:
            _keep(key, issue_of(post))
        found[post.pk] = _issues[key]
    return found


_issues: OrderedDict[str, Issue] = OrderedDict()


def _kept(key: str, post: Post, reading: Reading) -> Issue:
    if key not in _issues:
        _keep(key, made(post, reading))
    return _issues[key]


def _keep(key: str, issue: Issue) -> None:
    _issues[key] = issue
    while len(_issues) > KEPT:
        _issues.popitem(last=False)


def forget() -> None:
    """Forget the issues that are kept."""
    _issues.clear()
    _parsed.cache_clear()


@lru_cache(maxsize=2)
def _parsed(pk: int, name: str, document: str, title: str) -> ParsedIssue:
    post = Post.objects.get(pk=pk)
    parsed, problem = read(stored_issue(post))
    if parsed is None:
        raise ValueError(problem)
    return parsed


def made(post: Post, reading: Reading) -> Issue:
    """Return an issue of what is read, which may not be stored."""
    parsed, foreign = reading.parsed, not settings.MIRROR_IMAGES
    html = list(parsed.to_html(reading.anchors, reading.decided, reading.images, foreign=foreign))
    headings = [section.heading for section in parsed.sections]
    title = parsed.title_place
    if title is not None and (found := PLAIN_HEADING.match(html[title])):
        html[title], headings[title] = html[title][found.end() :], ""
    lines = _lines(reading)
    places = [section.anchor for section in parsed.sections]
    boxes = (pieces_of(part, reading.url, lines) for part in html)
    sections = [
        _section(box, f"{reading.url}#{place}" if place else reading.url, bool(heading))
        for box, place, heading in zip(boxes, places, headings, strict=True)
    ]
    text = parsed.to_text(
        reading.anchors,
        reading.decided,
        lambda url: whole_address(reading.url, url),
        foreign=foreign,
        images=reading.images,
    )
    if title is not None and not headings[title]:
        text = text._replace(sections=_without_heading(text.sections, title))
    return Issue(
        title=post.title,
        description=post.description,
        language=post.language,
        url=reading.url,
        date=post.published_at,
        sections=sections,
        headings=headings,
        text=text,
        uids=reading.uids,
    )


def _section(box: Box, place: str, is_headed: bool) -> Section:
    """Take the heading, which is no item, out of what stands below it."""
    first = box.parts[0] if box.parts else None
    if is_headed and isinstance(first, Piece) and not first.anchor:
        return Section(first.html, Box("", "", box.parts[1:]), place)
    return Section("", box, place)


def _without_heading(sections: Iterable[str], place: int) -> tuple[str, ...]:
    """Return texts without the heading that is the title, of two lines."""
    found = list(sections)
    found[place] = "\n".join(found[place].split("\n")[2:]).lstrip("\n")
    return tuple(found)


def _lines(reading: Reading) -> dict[str, str]:
    """Return what a line of each item says: its title, which leads where the item leads."""
    found = {}
    for section, anchors in zip(reading.parsed.sections, reading.anchors, strict=True):
        for item, anchor in zip(section.items, anchors, strict=False):
            found[anchor] = line_of(item, reading)
    return found


def line_of(item: FoundItem, reading: Reading) -> str:
    """Return the title of an item, linked, as HTML."""
    decided = reading.decided
    title = escape(item.title or first_words(item.text), quote=False)
    url = "" if item.main is None else item.links[item.main].url
    if url in decided.blocked or url in decided.held:
        words = decided.words.blocked if url in decided.blocked else decided.words.held
        return f"{title} ({escape(words, quote=False)})"
    if not url:
        return title
    address = url if url.startswith("#") else encode_url(decided.shown(url))
    return f'<a href="{escape(whole_address(reading.url, address))}">{title}</a>'
