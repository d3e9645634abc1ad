"""How readers' pages of mail are answered: for one reader alone, kept and told nowhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from posts.site.own_pages import private
from posts.site.shell import page_from


def shown(name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return a page made from ``templates/mailing/site/<name>.html``."""
    return private(page_from(f"mailing/site/{name}.html", context, status=status))


def only(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Make a view answer some methods alone: what it says to others is kept and told nowhere."""

    def narrow(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def narrowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                return private(HttpResponseNotAllowed(methods))
            return view(request, *args, **kwargs)

        return narrowed

    return narrow
