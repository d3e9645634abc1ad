"""Which version of the public site readers get now; ``posts.publication`` moves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, F, Func, QuerySet, Subquery
from django.utils import timezone

from posts.models import Post, Publication
from posts.site.prepared import prepared

# Without GROUP BY: there is a row whether anything moved or not.
_SUM = Func(F("step"), function="SUM", output_field=BigIntegerField())


def current(at: datetime | None = None) -> str:
    """Return the version of the public site at a moment (default: now), by one query.

    It is another one after each ``publication.move``, and when a scheduled issue is due.
    """
    ((steps, newest),) = _version(at or timezone.now())
    return f"{steps or 0}-{newest.isoformat() if newest else ''}"


@prepared
def _version(at: datetime) -> QuerySet[Publication, Any]:
    """Return the sum of all moves, and when the newest public issue became public."""
    newest = Post.objects.published(at).newest_first().values("published_at")[:1]
    rows = Publication.objects.annotate(steps=_SUM, newest=Subquery(newest))
    return rows.values_list("steps", "newest")
