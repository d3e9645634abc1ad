"""Addresses pasted into the text of an issue: what is known of them at once, and their titles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from links.admin import StaffAdmin
from links.checking import look_up
from links.normalizing import AddressError, host_of
from posts.inserting import (
    HouseForm,
    Pasted,
    escape,
    escape_address,
    house_form_of,
    look_at,
    title_before,
)
from posts.inserting import note_of as note_of_page
from posts.numbers import number_in
from posts.places import Place
from posts.throttling import Limit, wait

LONGEST = 2000
NAMED = 2
ASKED = (Limit(30, timedelta(minutes=1)), Limit(1000, timedelta(days=1)))


class PastingPages(StaffAdmin):
    """What is asked about an address while somebody writes. Both answers store nothing; they come
    by POST so that addresses stand in no log."""

    def get_urls(self) -> list[URLPattern]:
        """Add the two."""
        view = self.admin_site.admin_view
        return [
            path("address/", view(require_POST(self.address_view)), name="posts_post_address"),
            path("title/", view(require_POST(self.title_view)), name="posts_post_title"),
            *super().get_urls(),
        ]

    def address_view(self, request: HttpRequest) -> JsonResponse:
        """Say what is known of an address, from the database alone."""
        url = request.POST.get("url", "")[:LONGEST]
        try:
            found = look_at(url, by=request.user)
        except AddressError as error:
            return JsonResponse({"error": str(error)}, status=400)
        form = house_form_of(number_in(request.POST.get("post")))
        said = {
            "canonical": escape_address(found.canonical) if found.removed else "",
            "removed": found.removed,
            "host": host_of(found.canonical),
            "covered": [named_place(place) for place in found.places[:NAMED]],
            "more": max(len(found.places) - NAMED, 0),
            "waiting": found.is_waiting,
            "warnings": found.warnings,
            "ask": found.may_be_asked,
        }
        title = found.link.title
        if not title and not found.may_be_asked:
            title = title_before(found.link)
        return JsonResponse(said | _written(form, url, found, title, _known(found)))

    def title_view(self, request: HttpRequest) -> JsonResponse:
        """Ask a page for its title: seconds at most, and so often."""
        url = request.POST.get("url", "")[:LONGEST]
        try:
            found = look_at(url, by=request.user)
        except AddressError as error:
            return JsonResponse({"error": str(error)}, status=400)
        if not found.may_be_asked:
            return JsonResponse({"title": ""})
        if seconds := wait("titles", str(request.user.pk), ASKED):
            message = gettext("Too many requests. Try again later.")
            headers = {"Retry-After": str(seconds)}
            return JsonResponse({"error": message}, status=429, headers=headers)
        page = look_up(found.canonical)
        form = house_form_of(number_in(request.POST.get("post")))
        note = note_of_page(page.description)
        title = page.title or title_before(found.link)
        return JsonResponse(_written(form, url, found, title, note))


def named_place(place: Place) -> dict[str, str]:
    """Return a place as scripts show it: the issue, its day in words, and where it is."""
    day = date_format(timezone.localtime(place.date), "DATE_FORMAT")
    return {"title": place.title, "day": day, "path": place.path}


def _known(found: Pasted) -> str:
    return note_of_page(found.link.description)


def _written(form: HouseForm, url: str, found: Pasted, title: str, note: str) -> dict[str, Any]:
    """Return an item with the address as pasted, and the link alone, empty without a title; and an
    item that is called by its host as long as nobody named it."""
    plain = form.item(host_of(found.canonical), url)
    if not title:
        return {"title": "", "item": "", "link": "", "plain": plain}
    link = f"[{escape(title)}]({escape_address(url)})"
    return {"title": title, "item": form.item(title, url, note), "link": link, "plain": plain}
