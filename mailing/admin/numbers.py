"""The page of numbers: how the list grows, what became of mailings, who reads feeds."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext

from mailing import access
from mailing.admin.bases import AddressList
from mailing.counting.panels import panels


def may_see(request: HttpRequest) -> bool:
    """Tell whether the user may see numbers: whoever sees the list, or mailings."""
    rights = (access.SEE_SUBSCRIBERS, access.SEE_MAILINGS)
    return any(access.may(request.user, right) for right in rights)


def pages(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the name and the address of the page, for the menu of whoever may see it."""
    found = (gettext("Mail statistics"), reverse("admin:mailing_subscriber_numbers"))
    return [found] if may_see(request) else []


class NumberPages(AddressList):
    """The page of numbers, beside the list of subscribers."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.numbers_view)
        return [path("numbers/", view, name="mailing_subscriber_numbers"), *super().get_urls()]

    def numbers_view(self, request: HttpRequest) -> HttpResponse:
        """Show the numbers."""
        if not may_see(request):
            raise PermissionDenied
        shown: dict[str, Any] = {"title": gettext("Mail statistics"), "panels": panels()}
        around = {**self.admin_site.each_context(request), "opts": self.opts}
        return render(request, "admin/mailing/numbers.html", {**around, **shown})
