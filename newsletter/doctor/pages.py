"""What staff see of it: a page of all checks, and what is wrong on the first page."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from links.access import Actor
from newsletter.doctor.examining import examine, troubles
from newsletter.doctor.findings import Level, Result
from newsletter.retention import KEPT
from newsletter.version import version
from posts.access import CHANGE_SETTINGS, may

ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2, None: 3}


def may_see(user: Actor) -> bool:
    """Tell whether somebody looks after the site: its owners do."""
    return may(user, CHANGE_SETTINGS)


def state(request: HttpRequest) -> HttpResponse:
    """Show all that is looked at, the version, and for how long things are kept."""
    if not may_see(request.user):
        raise PermissionDenied
    results = examine(slowly="mail" in request.GET)
    context = {
        **admin.site.each_context(request),
        "title": gettext("State of the site"),
        # The worst first; what is well stays in its order.
        "results": sorted(results, key=lambda result: ORDER[result.level]),
        "version": version(),
        "kept": KEPT,
    }
    return TemplateResponse(request, "admin/state.html", context)


def troubles_for(user: Actor) -> list[Result]:
    """Return what is wrong, for who may see it."""
    return troubles(examine()) if may_see(user) else []
