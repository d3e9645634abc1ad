"""The site as Markdown: issues as readers get them, and where they are (https://llmstxt.org)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from posts import identity
from posts.models import Post, RecurringSection
from posts.naming import nfc
from posts.prepared import prepared
from posts.publishing.counting import RECURS
from posts.publishing.describing import absolute
from posts.publishing.marks import clean
from posts.site import feeds, indexes, listing, moved
from posts.site.shell import address_of, with_site

LATEST = 50
SECTIONS = 30
LINE_LENGTH = 200
_SPECIAL = re.compile(r"[\\\[\]`*_<>]")


@prepared
def _stored(slug: str, at: datetime) -> QuerySet[Post, Any]:
    rows = Post.objects.published(at).filter(slug=slug, page__markdown__isnull=False)
    return rows.values_list("page__markdown_head", "page__markdown")


@prepared
def _sections(at: datetime) -> QuerySet[RecurringSection, Any]:
    return indexes.recurring(at).order_by("-post_count", "pk")[:SECTIONS]


@require_safe
def issue(request: HttpRequest, slug: str) -> HttpResponse:
    """One issue as Markdown, without what was hidden, held or blocked."""
    slug = nfc(slug)
    rows = _stored(slug, timezone.now())
    if not rows:
        return redirect(_markdown_of(moved.post(slug).slug), permanent=True)
    head, body = rows[0]
    response = _sent(with_site(head or b"") + bytes(body))
    page = absolute(address_of("post", slug))
    response.headers["Link"] = f'<{page}>; rel="canonical"'
    return response


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """What the site is and where its texts are, for programs that read them."""
    here, now = identity.current(), timezone.now()
    latest = listing.newest(listing.cards, LATEST, "title", "slug", "description")(now)
    issues = ((title, _markdown_of(slug), line) for title, slug, line, *_key in latest)
    sections = (
        (title, address_of("section", slug), "")
        for count, title, slug, *_dates in _sections(now)
        if count >= RECURS
    )
    follow = [
        (f"{name}{by}", address_of(f"{prefix}{form}"), feeds.FORMS[form].media_type)
        for by, prefix in (("", ""), (", link by link", "items-"))
        for name, form in feeds.NAMES
    ]
    others = [
        ("API", address_of("api:openapi-view"), "JSON"),
        ("Archive", address_of("archive"), ""),
        ("Tags", address_of("tags"), ""),
    ]
    parts = (
        f"# {_plain(here.name)}\n",
        f"> {_plain(here.description)}\n" if here.description else "",
        *_part("Issues", issues),
        *_part("Sections", sections),
        *_part("Feeds", follow),
        *_part("Optional", others),
    )
    return _sent(clean("\n".join(filter(None, parts))))


def _part(heading: str, rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield a list of links with what is said of each; nothing for an empty one."""
    lines = []
    for name, path, said in rows:
        line = _plain(said)[:LINE_LENGTH]
        lines.append(f"- [{_plain(name)}]({absolute(path)}){f': {line}' if line else ''}")
    if lines:
        yield "\n".join((f"## {heading}\n", *lines, ""))


def _plain(text: str) -> str:
    """Return a text as one line that means in Markdown what it says."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def _markdown_of(slug: str) -> str:
    return address_of("post-markdown", slug)


def _sent(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="text/markdown; charset=utf-8")
