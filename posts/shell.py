"""The site's shell around stored parts: one template, rendered with marks, joined as bytes.

A large part sent through a template as text costs sixty times what it costs as bytes (460 KB took
6 ms against 0.1), so only small parts are given to templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from django.template.loader import get_template
from django.utils.safestring import SafeString

from posts.composing import absolute, site

ARTICLE_MARK = SafeString("\ue000article\ue000")


def page(
    name: str, context: dict[str, Any], *, nav: str = "", path: str = "", status: int = 200
) -> HttpResponse:
    """Return a page made from ``templates/posts/<name>.html``.

    ``nav`` names the entry of the navigation the page belongs to, ``path`` its canonical path.
    """
    return HttpResponse(_render(name, context, nav, path), status=status)


def article_page(head: bytes, article: Sequence[bytes], pager: str = "") -> HttpResponse:
    """Return the page of one issue from its stored parts, sent as one body."""
    context = {"head": safe(head), "article": ARTICLE_MARK, "pager": SafeString(pager)}
    before, after = _render("post", context).split(ARTICLE_MARK)
    return HttpResponse(b"".join((before.encode(), *article, after.encode())))


def safe(part: bytes | memoryview | None) -> SafeString:
    """Return a stored part, made by our own templates and the sanitiser, as template text."""
    return SafeString(bytes(part or b"").decode())


def joined(rows: Iterable[Sequence[Any]]) -> SafeString:
    """Return the stored parts in the first column of rows, one after the other."""
    return safe(b"".join(row[0] or b"" for row in rows))


def _render(name: str, context: dict[str, Any], nav: str = "", path: str = "") -> str:
    shared = {"site": site(), "nav": nav, "canonical": absolute(path) if path else ""}
    return get_template(f"posts/{name}.html").render(shared | context)
