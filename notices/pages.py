"""The page on which each of the staff chooses of what they are told."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from notices.choosing import choose, kinds_for, wanted_by


def notices(request: HttpRequest) -> HttpResponse:
    """Show and take the choice of whoever asks."""
    if request.method == "POST":
        choose(request.user, request.POST.getlist("kind"))
        messages.success(request, gettext("Your choice is saved."))
        return HttpResponseRedirect(request.path)
    wanted = wanted_by(request.user)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Notices by mail"),
        "kinds": [(kind, kind.name in wanted) for kind in kinds_for(request.user)],
        "sends_mail": bool(settings.EMAIL),
    }
    return TemplateResponse(request, "admin/notices.html", context)
