"""What staff see of it: a page of all checks, and what is wrong on the first page."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext

from links.access import Actor
from newsletter.doctor.examining import examine, troubles
from newsletter.doctor.findings import Finding, Level
from newsletter.retention import KEPT
from newsletter.version import version
from posts.access import CHANGE_SETTINGS, may

KEPT_FOR: Final = 60  # seconds: the first page of staff asks some dozen times else
ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2, None: 3}


def may_see(user: Actor) -> bool:
    """Tell whether somebody looks after the site: its owners do."""
    return may(user, CHANGE_SETTINGS)


def state(request: HttpRequest) -> HttpResponse:
    """Show all that is looked at, the version, and for how long things are kept."""
    if not may_see(request.user):
        raise PermissionDenied
    results = examine(slowly="mail" in request.GET)
    found_lately.cache_clear()  # what was mended goes from the desk, too
    context = {
        **admin.site.each_context(request),
        "title": gettext("State of the site"),
        # The worst first; what is well stays in its order.
        "results": sorted(results, key=lambda result: ORDER[result.level]),
        "version": version(),
        "kept": KEPT,
    }
    return TemplateResponse(request, "admin/state.html", context)


def troubles_for(user: Actor) -> list[Finding]:
    """Return what is wrong, or was less than a minute ago, for who may see it."""
    if not may_see(user):
        return []
    return found_lately(get_language(), time.monotonic() // KEPT_FOR)


@lru_cache(maxsize=4)
def found_lately(_language: str | None, _minute: float) -> list[Finding]:
    """Return what is wrong, in sentences of a language: kept by this process, and in no Redis, of
    which it may have to say that it is away."""
    return [finding for result in troubles(examine()) for finding in result.findings]
