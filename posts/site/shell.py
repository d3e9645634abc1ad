"""The site's shell around stored parts: one template, rendered with marks, joined as bytes.

A large part sent through a template as text costs sixty times what it costs as bytes (460 KB took
6 ms against 0.1), so only small parts are given to templates, and the shell of an issue, which is
the same for all, is rendered once per process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from posts.publishing.composing import (
    LONG_DATE_MARK,
    SHORT_DATE_MARK,
    SITE_NAME_MARK,
    SITE_URL_MARK,
    absolute,
    site,
)
from posts.templatetags.newsletter import long_date, short_date

MARK = "\ue000mark\ue000"


def page(
    name: str, context: dict[str, Any], *, nav: str = "", path: str = "", status: int = 200
) -> HttpResponse:
    """Return a page made from ``templates/posts/<name>.html``.

    ``nav`` names the entry of the navigation the page belongs to, ``path`` its canonical path.
    """
    shared = {"nav": nav, "canonical": absolute(path) if path else ""}
    return HttpResponse(_render(name, shared | context), status=status)


def article_page(
    parts: Sequence[bytes],
    published_at: datetime | None,
    neighbours: Iterable[bytes | None] = (),
) -> HttpResponse:
    """Return the page of one issue from its stored head, intro, body and outro, as one body."""
    stored_head, stored_intro, *article = parts
    head, intro = with_site(stored_head), with_dates(stored_intro, published_at)
    shell = (_shell if settings.DEBUG else _kept_shell)(get_language() or "", settings.SITE_NAME)
    beside = b"".join(link for link in neighbours if link)
    pager = (shell[2], beside, shell[3]) if beside else ()
    return HttpResponse(b"".join((shell[0], head, shell[1], intro, *article, *pager, shell[4])))


def joined(rows: Iterable[Sequence[Any]]) -> SafeString:
    """Return stored parts as template text, from rows of a part and its publish time."""
    return SafeString(b"".join(with_dates(part, time) for part, time, *_key in rows).decode())


def with_site(part: bytes) -> bytes:
    """Return a stored part with the site's address and name where it left them open."""
    part = bytes(part).replace(SITE_URL_MARK.encode(), settings.SITE_URL.encode())
    return part.replace(SITE_NAME_MARK.encode(), escape(settings.SITE_NAME).encode())


def with_dates(part: bytes | None, published_at: datetime | None) -> bytes:
    """Return a stored part with the publish time where it left it open, in the site's zone."""
    stored = bytes(part or b"")
    if published_at is None:
        return stored
    short, long = _dates(published_at, get_language() or "", get_current_timezone_name())
    return stored.replace(SHORT_DATE_MARK.encode(), short).replace(LONG_DATE_MARK.encode(), long)


@lru_cache(maxsize=8192)
def _dates(moment: datetime, _language: str, _zone: str) -> tuple[bytes, bytes]:
    """Return a moment as rows and as issues show it; saying one anew costs more than its row."""
    return short_date(moment).encode(), long_date(moment).encode()


def _shell(language: str, name: str) -> list[bytes]:
    """Return what stands before the head, the article, the pager's links, after these, at the end.

    Language and name are what a kept shell depends on.
    """
    mark = SafeString(MARK)
    pager = _render("pager", {"neighbours": mark}).split(MARK)
    page = _render("post", {"head": mark, "article": mark}).split(MARK)
    return [part.encode() for part in (*page[:2], *pager, page[2])]


_kept_shell = lru_cache(maxsize=8)(_shell)


def _render(name: str, context: dict[str, Any]) -> str:
    return get_template(f"posts/{name}.html").render({"site": site()} | context)
