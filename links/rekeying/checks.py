"""Say after an upgrade that stored links follow older rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

from links.models import Keying, Link
from links.normalizing import RULES_VERSION
from links.rekeying.planning import keyed_by


def check_keying(databases: Sequence[str] | None = None, **_options: Any) -> list[checks.Warning]:
    """Return a warning if links are keyed by other rules; asks only where a database is checked."""
    if "default" not in (databases or ()) or not _is_migrated():
        return []
    version = keyed_by()
    if version == RULES_VERSION:
        return []
    return [
        checks.Warning(
            f"Links are keyed by version {version} of the rules; this release has {RULES_VERSION}.",
            hint="Run `manage.py rekey_links --dry-run`, then without --dry-run.",
            id="links.W001",
        )
    ]


def _is_migrated() -> bool:
    tables = set(connections["default"].introspection.table_names())
    return {Keying._meta.db_table, Link._meta.db_table} <= tables
