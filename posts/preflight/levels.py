"""Which checks the owner of the site wants, and which of them hold an issue back."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from posts import access
from posts.access import Actor
from posts.models import SiteSettings
from posts.models.identity import THE_ROW
from posts.slots import CHECKS, Level


def levels() -> dict[str, Level]:
    """Return the level of each check by its name."""
    chosen = SiteSettings.objects.filter(pk=THE_ROW).values_list("checks", flat=True).first() or {}
    return {check.name: _level(chosen.get(check.name), check.level) for check in CHECKS}


def set_levels(wanted: Mapping[str, Level], *, by: Actor = None) -> None:
    """Store the levels of checks; those that are as they come are not stored, so that they follow
    when that changes. Raises PermissionDenied."""
    access.check(by, access.CHANGE_SETTINGS)
    ours = {check.name: check.level for check in CHECKS}
    chosen = {name: level for name, level in wanted.items() if level != ours.get(name)}
    with transaction.atomic():
        row, _made = SiteSettings.objects.select_for_update().get_or_create(pk=THE_ROW)
        row.checks = chosen
        row.save(update_fields=["checks"])


def _level(chosen: str | None, default: Level) -> Level:
    try:
        return Level(chosen or default)
    except ValueError:  # of a later version
        return default
