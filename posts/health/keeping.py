"""How the links fare, counted by a task and kept: seconds, for which nobody should wait."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django_tasks import task

from posts import identity
from posts.health.measuring import Health, Repeats, Rot, measure
from posts.models import Measurement

# Ends with the number of the shape of what is kept.
NAME: Final = "links.2"
# Whoever asks twice gets what is as young as this.
FRESH: Final = timedelta(minutes=1)


@task()
@identity.speaking()
def measure_links() -> bool:
    """Count how the links fare and keep it; return whether that was still to be done."""
    if is_fresh():
        return False
    now = timezone.now()
    figures = {"at": now, "figures": asdict(measure(now))}
    Measurement.objects.update_or_create(name=NAME, defaults=figures)
    return True


def is_fresh() -> bool:
    """Tell whether what was counted last is so young that nothing would be counted again."""
    now = timezone.now()
    return Measurement.objects.filter(name=NAME, at__range=(now - FRESH, now)).exists()


def kept_health() -> Health | None:
    """Return what was counted last; None if nothing was yet."""
    kept = Measurement.objects.filter(name=NAME).first()
    return _from_json(kept.figures) if kept else None


def _from_json(kept: dict[str, Any]) -> Health:
    shaped = {
        "at": datetime.fromisoformat(kept["at"]),
        "by_age": [Rot(**rot) for rot in kept["by_age"]],
        "by_source": [Rot(**rot) for rot in kept["by_source"]],
        "checks": [(date.fromisoformat(day), counts) for day, counts in kept["checks"]],
        "repeats": [
            Repeats(**{**row, "month": date.fromisoformat(row["month"])}) for row in kept["repeats"]
        ],
        "sources": [tuple(row) for row in kept["sources"]],
    }
    return Health(**{**kept, **shaped})
