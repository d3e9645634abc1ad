"""The links that wait in the inbox, as they are offered beside the text of an issue."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from links import access
from links.access import Actor
from links.models import InboxEntry
from posts.inserting.house import HouseForm, house_form
from posts.models import Post, Section
from posts.places import Place, places_of, visible_places

A_PAGE: Final = 30
COVERED: Final = "covered"
NEW: Final = "new"
# Enough to tell a form by; nobody's habits change below that.
_MOST_PAGES: Final = 10_000
_LOOKED_AT: Final = 40
_ISSUES: Final = 3


class Waiting(NamedTuple):
    """A page of entries, the latest first, where each link was covered before, and whether there
    are more."""

    entries: list[InboxEntry]
    places: dict[int, list[Place]]
    more: bool


def waiting(query: str = "", only: str = "", page: int = 1, *, by: Actor) -> Waiting:
    """Return entries that wait, of which title, host, address or note have all words of a query.

    ``only`` those whose link was COVERED before, or those that are NEW. Raises PermissionDenied.
    """
    access.check(by, access.SEE_INBOX)
    rows = _found(query).select_related("link__source").order_by("-added_at", "-pk")
    if only in (COVERED, NEW):
        before = Exists(visible_places().filter(link=OuterRef("link")))
        rows = rows.filter(before if only == COVERED else ~before)
    start = (min(max(page, 1), _MOST_PAGES) - 1) * A_PAGE
    entries = list(rows[start : start + A_PAGE + 1])
    shown = entries[:A_PAGE]
    return Waiting(shown, places_of({entry.link_id for entry in shown}), len(entries) > A_PAGE)


def _found(query: str) -> QuerySet[InboxEntry]:
    rows = InboxEntry.objects.filter(done_at=None)
    for word in query.split():
        columns = ("title", "note", "url", "link__url", "link__title", "link__source__name")
        found = Q()
        for column in columns:
            found |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(found)
    return rows


def house_form_of(post: int | None) -> HouseForm:
    """Return the form of the items of a post (by key), else of the latest issues, else our own."""
    own = Section.objects.filter(post=post).order_by("position") if post else None
    if own is not None and (form := house_form(_sources(own))):
        return form
    latest = Post.objects.published().order_by("-published_at", "-pk").values_list("pk", flat=True)
    theirs = Section.objects.filter(post__in=list(latest[:_ISSUES]))
    return house_form(_sources(theirs.order_by("-post", "position"))) or HouseForm()


def _sources(sections: QuerySet[Section]) -> list[str]:
    return list(sections.values_list("source", flat=True)[:_LOOKED_AT])
