"""What may be meant by what was typed so far: tags, sections, sources, and titles of issues."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet, Value
from django.db.models.functions import StrIndex
from django.utils import timezone
from django.utils.translation import gettext

from links.models import Source
from posts import searching
from posts.naming import fold, heading_key
from posts.prepared import Rows, prepared
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
    return [
        *_filters("tag", gettext("Tag"), _tags(key, now)),
        *_filters("section", gettext("Section"), _sections(heading_key(key) or key, now)),
        *_filters("source", gettext("Source"), _sources(key, now)),
        *(Suggestion(title, gettext("Issue")) for title in searching.titles(typed, now, MOST)),
    ]


@prepared
def _tags(key: str, at: datetime) -> QuerySet[Any, Any]:
    return _most_used(indexes.used_tags(at), "key", key)


@prepared
def _sections(key: str, at: datetime) -> QuerySet[Any, Any]:
    return _most_used(indexes.recurring(at), "key", key)


@prepared
def _sources(name: str, at: datetime) -> QuerySet[Any, Any]:
    return _most_used(indexes.sources_named(Source.objects.all(), at), "name", name)


def _most_used(rows: QuerySet[Any, Any], column: str, part: str) -> QuerySet[Any, Any]:
    """Return the most used that have what was typed in a column."""
    found: QuerySet[Any, Any] = rows.alias(place=StrIndex(column, Value(part)))
    return found.filter(place__gt=0).order_by("-post_count", "pk")[:MOST]


def _filters(name: str, kind: str, rows: Rows) -> list[Suggestion]:
    values = [value for count, value, *_more in rows if count > 0]
    return [Suggestion(str(Filter(name, value)), f"{kind}: {value}") for value in values]
