"""Which pages `benchmarks.serving` measures: all that the URL tree names, but for those said here.

`tests/newsletter/test_benchmarks.py` fails for an address that is named nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver, reverse

# Public pages by the name of their address, with an example of it.
PUBLIC: dict[str, str] = {
    "posts:home": "/",
    "posts:post": "/posts/{slug}/",
    "posts:post-markdown": "/posts/{slug}.md",
    "posts:archive": "/archive/",
    "posts:archive-year": "/archive/2022/",
    "posts:archive-month": "/archive/2022/05/",
    "posts:tags": "/tags/",
    "posts:tag": "/tags/tag-1/",
    "posts:tag-rss": "/tags/tag-1/feed.xml",
    "posts:tag-atom": "/tags/tag-1/atom.xml",
    "posts:tag-json": "/tags/tag-1/feed.json",
    "posts:tag-items-rss": "/tags/tag-1/items.xml",
    "posts:tag-items-atom": "/tags/tag-1/items-atom.xml",
    "posts:tag-items-json": "/tags/tag-1/items.json",
    "posts:sections": "/sections/",
    "posts:section": "/sections/section-0/",
    "posts:section-rss": "/sections/section-0/feed.xml",
    "posts:section-atom": "/sections/section-0/atom.xml",
    "posts:section-json": "/sections/section-0/feed.json",
    "posts:sources": "/sources/",
    "posts:source": "/sources/github.com/",
    "posts:source-rss": "/sources/github.com/feed.xml",
    "posts:source-atom": "/sources/github.com/atom.xml",
    "posts:source-json": "/sources/github.com/feed.json",
    "posts:links": "/links/",
    "posts:back": "/links/rediscovered/",
    "posts:link": "/links/{digest}/",
    "posts:rss": "/feed.xml",
    "posts:atom": "/atom.xml",
    "posts:json": "/feed.json",
    "posts:items-rss": "/items.xml",
    "posts:items-atom": "/items-atom.xml",
    "posts:items-json": "/items.json",
    "posts:api:posts": "/api/v1/posts",
    "posts:api:post": "/api/v1/posts/{slug}",
    "posts:api:items": "/api/v1/items",
    "posts:api:links": "/api/v1/links",
    "posts:api:tags": "/api/v1/tags",
    "posts:api:sections": "/api/v1/sections",
    "posts:api:sources": "/api/v1/sources",
    "posts:api:search": "/api/v1/search?q=item",
    "posts:api:openapi-view": "/api/v1/docs",
    "posts:sitemap": "/sitemap.xml",
    "posts:sitemap-section": "/sitemap-sources.xml",
    "posts:author": "/authors/author-1/",
    "posts:author-rss": "/authors/author-1/feed.xml",
    "posts:author-atom": "/authors/author-1/atom.xml",
    "posts:author-json": "/authors/author-1/feed.json",
    "posts:robots": "/robots.txt",
    "posts:llms": "/llms.txt",
    "posts:page": "/about/",
    "posts:style": "/style-0.css",
    "posts:oembed": "/oembed?url=http://127.0.0.1:8000/posts/{slug}/",
    "posts:suggest": "/suggest/",
    "posts:follow": "/follow/",
    "posts:search": "/search/?q=issue",
    "posts:search-rss": "/search/feed.xml?q=issue",
    "posts:search-atom": "/search/atom.xml?q=issue",
    "posts:search-json": "/search/feed.json?q=issue",
    "posts:search-suggest": "/search/suggest/?q=tag",
    "posts:opensearch": "/opensearch.xml",
    "posts:manifest": "/manifest.webmanifest",
}
# The same addresses, otherwise.
FURTHER = {
    "posts:source of an owner": "/sources/github.com/owner-1/",
    "posts:sitemap-section of posts": "/sitemap-posts.xml",
    "posts:sitemap-section of sections": "/sitemap-sections.xml",
}
STAFF = ("desk", "admin:app_list")
# The staff's pages about an issue that was saved again.
PAST = {
    "admin:posts_post_history": "/admin/posts/post/{pk}/history/",
    "admin:posts_post_version": "/admin/posts/post/{pk}/history/{old}/",
    "admin:posts_post_compare": "/admin/posts/post/{pk}/history/compare/?from={old}&to={new}",
}
# Why others have no figure.
_FORM = "a form, or what it sends"
UNMEASURED: dict[str, str] = {
    "healthz": "asks the database whether it is there",
    "favicon": "a file",
    "media": "a file",
    "posts:api:api-root": "answers nothing",
    "posts:api:openapi-json": "asked by developers",
    "posts:card": "a file; the first to ask has it drawn",
    "posts:preview": "an issue's page with another key",
    "posts:preview-page": "a page with another key",
    "posts:shared": "an issue's page with another key, and comments",
    "posts:suggestion": "one row, by its key",
    "posts:random-link": "a redirect",
    "posts:link-of-item": "a redirect",
    "posts:report": _FORM,
    "posts:reported": "answers only who has just reported",
    "posts:collect": _FORM,
    "admin:index": "desk stands in its place",
    "admin:login": _FORM,
    "admin:logout": _FORM,
    "admin:password_change": _FORM,
    "admin:password_change_done": _FORM,
    "admin:autocomplete": _FORM,
    "admin:jsi18n": "a script",
    "admin:view_on_site": "a redirect",
    "admin:posts_sitesettings_checks": _FORM,
    "admin:posts_post_name": _FORM,
    "admin:posts_post_restore": _FORM,
    "admin:posts_post_preflight": "measured by preflight.py",
    "admin:posts_post_calendar": "a range of the index that the list of issues reads",
    "admin:posts_post_unsaved": "the few texts that one account did not save",
    "admin:posts_post_inbox": "what a script asks for while somebody writes",
    "admin:posts_post_address": _FORM,
    "admin:posts_post_title": _FORM,
    "admin:links_link_health": "what it shows is counted by the worker",
    "admin:links_link_healthfile": "what it shows is counted by the worker",
    "admin:links_link_measure": _FORM,
    "admin_password_reset": _FORM,
    "password_reset_done": "answers only who has just asked",
    "password_reset_confirm": _FORM,
    "password_reset_complete": "answers only who has just set a password",
    "readyz": "asks everything whether it is there",
    "metrics": "asked once a minute by one program",
    "security": "a file",
    "state": "what the site says of itself to those who run it",
    "notices": _FORM,
    "add_factor": _FORM,
    "confirm_password": _FORM,
    "end_sessions": _FORM,
    "factor": _FORM,
    "factors": "one's own, and few",
    "passkey": _FORM,
    "remove_factor": _FORM,
    "renew_codes": _FORM,
    "mailing:subscribe": _FORM,
    "mailing:asked": "answers only who has just asked",
    "mailing:confirm": _FORM,
    "mailing:reader": "one row, by its key, and a form",
    "mailing:leave": _FORM,
    "mailing:pause": _FORM,
    "mailing:come-back": _FORM,
    "mailing:address": _FORM,
    "mailing:move": _FORM,
    "mailing:renew": _FORM,
    "mailing:erase": _FORM,
    "mailing:data": "one row, by its key",
    "mailing:style": "a file",
    "mailing:events": "what providers send",
    "admin:mailing_subscriber_numbers": "counted by the day",
}
# What a changelist, which is measured, leads to: one row, or a form.
_ONE_ROW = ("_add", "_change", "_delete", "_history")
_VERBS = (
    "copy", "anywhere", "decide", "open", "skip", "claim", "release", "undo", "rule", "bulk",
    "progress", "end", "upload", "export", "publish", "withdraw", "previews", "merge", "suggest",
    "password", "hide", "show", "split", "resolve", "table", "file", "correct",
    "copies", "copy", "keep", "discard", "trash", "recover", "untrash", "erase",
    "send", "find", "words", "replace", "proof", "known", "pending", "drop",
    "review", "duplicate", "move", "plan", "test", "do", "act", "import", "report", "cancel",
    "try",
)  # fmt: skip


def names() -> list[str]:
    """Return the names of all addresses."""
    return sorted(set(_names(get_resolver(), ())))


def _names(resolver: Any, spaces: tuple[str, ...]) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _names(pattern, inner)
        elif pattern.name:
            yield ":".join((*spaces, pattern.name))


def missing() -> list[str]:
    """Return the names of addresses that are neither measured nor left out for a reason."""
    return [name for name in names() if not _is_known(name)]


def _is_known(name: str) -> bool:
    known = name in {*PUBLIC, *STAFF, *PAST, *UNMEASURED} or is_list(name)
    verb = name.rpartition("_")[2]
    return known or (name.startswith("admin:") and (name.endswith(_ONE_ROW) or verb in _VERBS))


def is_list(name: str) -> bool:
    """Tell whether an address is a list of the staff's."""
    return name.endswith("_changelist")


def staff() -> dict[str, str]:
    """Return the addresses of the staff's pages by name: all their lists, and the desk."""
    lists = {name: reverse(name) for name in names() if is_list(name)}
    return {"desk": "/admin/", "admin:app_list": "/admin/posts/"} | lists
