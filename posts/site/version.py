"""Which version of the public site readers get now; ``posts.publication`` moves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, F, Func, QuerySet, Subquery
from django.utils import timezone

from posts.models import Post, Publication, SiteSettings
from posts.models.identity import THE_ROW
from posts.prepared import prepared

# Without GROUP BY: there is a row whether anything moved or not.
_SUM = Func(F("step"), function="SUM", output_field=BigIntegerField())


class Found(NamedTuple):
    """Which version of the site it is, and which revision of its settings."""

    version: str
    revision: str


def current(at: datetime | None = None) -> str:
    """Return the version of the public site at a moment (default: now), by one query.

    It is another one after each ``publication.move``, and when a scheduled issue is due.
    """
    return look(at).version


def look(at: datetime | None = None) -> Found:
    """Return the version at a moment, and the revision of the settings, by the same one query."""
    ((steps, newest, revision),) = _version(at or timezone.now())
    return Found(f"{steps or 0}-{newest.isoformat() if newest else ''}", revision or "")


@prepared
def _version(at: datetime) -> QuerySet[Publication, Any]:
    """Return the sum of all moves, and when the newest public issue became public."""
    newest = Post.objects.published(at).newest_first().values("published_at")[:1]
    revision = SiteSettings.objects.filter(pk=THE_ROW).values("revision")[:1]
    rows = Publication.objects.annotate(
        steps=_SUM, newest=Subquery(newest), revision=Subquery(revision)
    )
    return rows.values_list("steps", "newest", "revision")
