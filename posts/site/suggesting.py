"""What may be meant by what was typed so far: tags, sections, sources, and titles of issues."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from links.models import Source
from posts import searching
from posts.naming import fold, heading_key
from posts.searching.queries import Filter
from posts.site import indexes

MOST: Final = 5  # of each
LENGTH: Final = 100


class Suggestion(NamedTuple):
    """What to look for, as it is typed, and what it is."""

    value: str
    label: str


def suggest(typed: str) -> list[Suggestion]:
    """Return what readers see that is called so, the most used first, then the latest titles."""
    now, key = timezone.now(), fold(typed[:LENGTH])
    if not key:
        return []
    tags = indexes.used_tags(now).filter(key__contains=key)
    sections = indexes.recurring(now).filter(key__contains=heading_key(key) or key)
    sources = indexes.sources_named(Source.objects.filter(name__contains=key), now)
    return [
        *_filters("tag", gettext("Tag"), _most_used(tags)),
        *_filters("section", gettext("Section"), _most_used(sections)),
        *_filters("source", gettext("Source"), _most_used(sources)),
        *(Suggestion(title, gettext("Issue")) for title in searching.titles(typed, now, MOST)),
    ]


def _most_used(rows: QuerySet[Any, Any]) -> list[str]:
    found = rows.order_by("-post_count", "pk")[:MOST]
    return [row[1] for row in found if row[0] > 0]


def _filters(name: str, kind: str, values: Iterable[str]) -> list[Suggestion]:
    return [Suggestion(str(Filter(name, value)), f"{kind}: {value}") for value in values]
