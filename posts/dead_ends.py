"""Links in a text that lead readers nowhere, though their author meant them to."""

from __future__ import annotations

import xml.etree.ElementTree as etree
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.db.models import Model
from django.urls import Resolver404, ResolverMatch, resolve

from links.rows import chunks
from posts.markdown.document import Document
from posts.markdown.references import is_linkable
from posts.markdown.templates import may_hold_tags
from posts.markdown.tree import fold, plain_text
from posts.models import OldSlug, Post, Redirect
from posts.naming import nfc

ISSUE: Final = "/posts/_/"
"""The address of any issue, against which browsers read what is relative."""
_OF_ISSUES: Final = ("posts:post", "posts:post-markdown")
_EMPTY: Final = ("http:", "https:")
_SHOWN: Final = 80


class Why(StrEnum):
    """Why a link leads nowhere."""

    EMPTY = "empty"
    """It has no address."""
    TEXT = "text"
    """Its address becomes no link, and readers do not see it."""
    NO_PAGE = "no page"
    """This site has no such page."""


class DeadEnds(NamedTuple):
    """Links that lead nowhere: their addresses, or what stands in the place of one, and the line of
    the first, counted from 0."""

    shown: list[str]
    line: int


def dead_ends(document: Document, *, with_issues: bool) -> dict[Why, DeadEnds]:
    """Return the links of a document that lead nowhere, but those to places in it.

    Addresses of issues count ``with_issues`` that are not there, or never. Raises
    ``MarkdownLimitError`` if a limit is crossed.
    """
    ends = [(why, link) for link in _links(document) if (why := _why(link)) is not None]
    asked = {link.get("href", "") for why, link in ends if why is Why.NO_PAGE}
    missing = missing_pages(asked, with_issues=with_issues) if asked else ()
    found: dict[Why, DeadEnds] = {}
    for why, link in ends:
        if why is not Why.NO_PAGE or link.get("href") in missing:
            if why not in found:
                found[why] = DeadEnds([], document.line_of(link))
            found[why].shown.append(_shown(why, link))
    return found


def _links(document: Document) -> Iterator[etree.Element]:
    return (link for root in document.roots for link in root.iter("a"))


def _why(link: etree.Element) -> Why | None:
    """Return why a link leads nowhere; of this site, why it may."""
    url = link.get("href", "")
    if url.strip().rstrip("/") in ("", *_EMPTY):
        return Why.EMPTY
    if not is_linkable(url):
        return None if url in plain_text(link) else Why.TEXT
    return Why.NO_PAGE if is_of_this_site(url) else None


def _shown(why: Why, link: etree.Element) -> str:
    url = link.get("href", "")
    if why is Why.EMPTY:
        return f"[{fold(plain_text(link))[:_SHOWN]}]({url.strip()})"
    return url[:_SHOWN]


def is_of_this_site(url: str) -> bool:
    """Tell whether an address is relative, and no place in its issue nor what a generator fills."""
    address = url.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_relative = not parts.scheme and not parts.netloc and not address.startswith(("#", "//"))
    return is_relative and not may_hold_tags(address)


def missing_pages(addresses: Iterable[str], *, with_issues: bool = True) -> Collection[str]:
    """Return those relative addresses, as issues write them, at which this site has no page."""
    paths = {address: _path(address) for address in addresses}
    found = {address: _found(path) for address, path in paths.items()}
    missing = {address for address, match in found.items() if match is None}
    missing -= {address for address in missing if paths[address].startswith(settings.MEDIA_URL)}
    if with_issues:
        slugs = {
            address: nfc(match.kwargs["slug"])
            for address, match in found.items()
            if match is not None and match.view_name in _OF_ISSUES
        }
        known = _known_slugs(slugs.values())
        missing |= {address for address, slug in slugs.items() if slug not in known}
    olds = {nfc(path) for address in missing if _may_be_stored(path := paths[address])}
    elsewhere = _stored(Redirect, "old", olds)
    return {address for address in missing if nfc(paths[address]) not in elsewhere}


def _path(address: str) -> str:
    return unquote(urlsplit(urljoin(ISSUE, address.strip())).path)


def _may_be_stored(path: str) -> bool:
    """Tell whether a row may have a path: PostgreSQL takes no NUL, not even to look for it."""
    return "\0" not in path


def _found(path: str) -> ResolverMatch | None:
    if not _may_be_stored(path):
        return None
    for candidate in (path, f"{path}/"):
        try:
            return resolve(candidate)
        except Resolver404:
            continue
    return None


def _known_slugs(slugs: Collection[str]) -> set[str]:
    """Return those slugs that issues have, or had, and that of any issue."""
    any_issue = ISSUE.split("/")[2]
    return {*_stored(Post, "slug", slugs), *_stored(OldSlug, "slug", slugs), any_issue}


def _stored(model: type[Model], name: str, values: Iterable[str]) -> set[str]:
    """Return those values that rows have in a column."""
    rows = model._default_manager.values_list(name, flat=True)
    return {one for some in chunks(values) for one in rows.filter(**{f"{name}__in": some})}
