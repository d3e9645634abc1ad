"""The site's shell around stored parts: one template, rendered with marks, joined as bytes.

A large part sent through a template as text costs sixty times what it costs as bytes (460 KB took
6 ms against 0.1), so only small parts are given to templates, and the shell of an issue, which is
the same for all, is rendered once per process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from posts.publishing.composing import absolute, site

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
    head: bytes, article: Sequence[bytes], neighbours: Iterable[bytes | None] = ()
) -> HttpResponse:
    """Return the page of one issue from its stored parts, sent as one body."""
    shell = (_shell if settings.DEBUG else _kept_shell)(get_language() or "", settings.SITE_NAME)
    beside = b"".join(link for link in neighbours if link)
    pager = (shell[2], beside, shell[3]) if beside else ()
    return HttpResponse(b"".join((shell[0], head, shell[1], *article, *pager, shell[4])))


def safe(part: bytes | memoryview | None) -> SafeString:
    """Return a stored part, made by our own templates and the sanitiser, as template text."""
    return SafeString(bytes(part or b"").decode())


def joined(rows: Iterable[Sequence[Any]]) -> SafeString:
    """Return the stored parts in the first column of rows, one after the other."""
    return safe(b"".join(row[0] or b"" for row in rows))


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
