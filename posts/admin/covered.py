"""A column of lists of links: where they were covered before."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.admin import EMPTY, StaffAdmin
from posts.places import Place, places_of

NAMED = 2


class Covered(StaffAdmin):
    """Mixin: rows with a ``link_id``, and ``covered``: its places, asked once for a whole list."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list with the places of its rows."""
        changes = super().get_changelist_instance(request)
        rows: Any = list(changes.result_list)
        places = places_of({row.link_id for row in rows})
        for row in rows:
            row.places = places.get(row.link_id, [])
        changes.result_list = rows
        return changes

    @admin.display(description=_("covered before"))
    def covered(self, row: Any) -> SafeString | str:
        places = row.places if hasattr(row, "places") else _places_of_one(row)
        return named(places) if places else EMPTY


def summary(row: Any) -> SafeString:
    """Return what the first column of such a list says: title, address and note."""
    asides = ((row.url, "aside address"), (Truncator(row.note).chars(160), "aside"))
    return format_html(
        '<span class="title">{}</span>{}',
        row.title or row.link.title or row.url,
        format_html_join(
            "", '<span class="{}">{}</span>', ((kind, text) for text, kind in asides if text)
        ),
    )


def _places_of_one(row: Any) -> list[Place]:
    return places_of([row.link_id]).get(row.link_id, [])


def named(places: list[Place]) -> SafeString:
    """Return the latest places as links, and how many more there are."""
    shown = format_html_join(
        ", ", '<a href="{}">{}</a>', ((place.path, place.title) for place in places[:NAMED])
    )
    more = len(places) - NAMED
    if more <= 0:
        return shown
    return format_html("{} {}", shown, gettext("and %(n)d more") % {"n": more})
