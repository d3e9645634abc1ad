"""Time zones as people find them: some by city and distance from UTC, the others by region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posts.identity.current import time_zones

# From west to east.
_OFTEN: Final = {
    "Pacific/Honolulu": _("Honolulu"),
    "America/Los_Angeles": _("Los Angeles"),
    "America/Denver": _("Denver"),
    "America/Chicago": _("Chicago"),
    "America/New_York": _("New York"),
    "America/Sao_Paulo": _("São Paulo"),
    "UTC": "UTC",
    "Europe/London": _("London"),
    "Europe/Berlin": _("Berlin"),
    "Europe/Paris": _("Paris"),
    "Europe/Istanbul": _("Istanbul"),
    "Asia/Dubai": _("Dubai"),
    "Asia/Kolkata": _("Kolkata"),
    "Asia/Bangkok": _("Bangkok"),
    "Asia/Ho_Chi_Minh": _("Ho Chi Minh City"),
    "Asia/Hong_Kong": _("Hong Kong"),
    "Asia/Shanghai": _("Shanghai"),
    "Asia/Singapore": _("Singapore"),
    "Asia/Taipei": _("Taipei"),
    "Asia/Seoul": _("Seoul"),
    "Asia/Tokyo": _("Tokyo"),
    "Australia/Sydney": _("Sydney"),
    "Pacific/Auckland": _("Auckland"),
}
# Names of other kinds (US/Pacific, GB, Etc/GMT+9) are older or point the wrong way.
_REGIONS: Final = {
    "Africa": _("Africa"),
    "America": _("Americas"),
    "Antarctica": _("Antarctica"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}
Choice = tuple[str, Any]


def zone_choices(chosen: Iterable[str] = (), at: datetime | None = None) -> list[Choice]:
    """Return groups of time zones for a field; ``chosen`` are there whatever they are called."""
    now = at or timezone.now()
    often = [(name, _named(name, city, now)) for name, city in _OFTEN.items()]
    regions: dict[str, list[Choice]] = defaultdict(list)
    for name in time_zones():
        region, _slash, place = name.partition("/")
        if place and region in _REGIONS:
            regions[region].append((name, place.replace("_", " ").replace("/", ", ")))
    offered = {*_OFTEN, *(name for rows in regions.values() for name, _place in rows)}
    others = [(name, name) for name in chosen if name not in offered and name in time_zones()]
    groups: list[Choice] = [(gettext("Often chosen"), often)]
    groups += [(str(label), regions[region]) for region, label in _REGIONS.items()]
    return [*groups, *([(gettext("Others"), others)] if others else [])]


def zone_words(name: str, at: datetime | None = None) -> str:
    """Return a time zone as people read it."""
    city = _OFTEN.get(name, name.replace("_", " "))
    return _named(name, city, at or timezone.now()) if name in time_zones() else name


def _named(name: str, city: Any, now: datetime) -> str:
    offset = now.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    said = f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"
    return str(city) if str(city) == said else f"{city} ({said})"
