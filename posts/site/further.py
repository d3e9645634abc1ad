"""Further pages of a list and its orders have paths of their own, so that each can be a file.

``/tags/initial/n/older/12/`` is what ``/tags/?initial=n&page=older-12`` was, which leads there for
good. Views know the options alone, as ``request.GET``; what is sought (``?q=``) stays a query.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, unquote, urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path

from posts.site.paging import Page

View = Callable[..., HttpResponse]
_OPTIONS = (
    "(?:initial/(?P<initial>[^/]+)/)?"
    "(?:by/(?P<order>[a-z]+)/)?"
    "(?:(?P<page>(?:older|newer)/[0-9]+(?:-[0-9]+)?)/)?"
)


class OptionsConverter:
    """The options of a list in a path, at least one."""

    regex = f"(?=.){re.sub('[?]P<[a-z]+>', '?:', _OPTIONS)}"

    def to_python(self, value: str) -> dict[str, str]:
        """Return the options by their names in a query."""
        match = re.fullmatch(_OPTIONS, value)
        found = match.groupdict() if match else {}
        return {
            name: text.replace("/", "-") if name == "page" else text
            for name, text in found.items()
            if text
        }

    def to_url(self, value: dict[str, str]) -> str:
        return _written(value)


def _written(options: dict[str, str]) -> str:
    """Return options as a path, "" for none."""
    initial, order, page = (options.get(name) for name in ("initial", "order", "page"))
    return "".join(
        (
            f"initial/{quote(initial, safe='')}/" if initial else "",
            f"by/{order}/" if order else "",
            f"{page.replace('-', '/', 1)}/" if page else "",
        )
    )


def listed(route: str, view: View, name: str, *options: str) -> list[URLPattern]:
    """Return the patterns of a list: of its further pages and other options, and of itself."""
    return [
        path(f"{route}<options:options>", _by_path(view, {"page", *options})),
        path(route, _by_query(view, {"page", *options}), name=name),
    ]


def _by_path(view: View, known: set[str]) -> View:
    @wraps(view)
    def shown(
        request: HttpRequest, *args: Any, options: dict[str, str], **kwargs: Any
    ) -> HttpResponse:
        if not options.keys() <= known:
            raise Http404("This list has no such order.")
        vars(request)["GET"] = QueryDict(urlencode(options))
        # What is asked for as an initial is decoded in a path, and quoted in what we write.
        request.path = request.path.removesuffix(unquote(_written(options)))
        return view(request, *args, **kwargs)

    return shown


def _by_query(view: View, known: set[str]) -> View:
    """Lead from what was a query once to its path, if there is such a page."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        given = {name: request.GET.get(name, "") for name in known}
        if response.status_code == 200 and any(given.values()) and not request.GET.get("q"):
            return redirect(request.path + _written(given), permanent=True)
        return response

    return shown


def address(request: HttpRequest, **options: str) -> str:
    """Return the address of a list with options; of what is sought a query."""
    if options.get("q"):
        return (
            f"{request.path}?{urlencode({name: value for name, value in options.items() if value})}"
        )
    return f"{request.path}{_written(options)}"


def steps(request: HttpRequest, found: Page, **options: str) -> dict[str, str]:
    """Return the addresses of a page's neighbours."""
    return {
        "newer": found.newer and address(request, **options, page=found.newer),
        "older": found.older and address(request, **options, page=found.older),
    }
