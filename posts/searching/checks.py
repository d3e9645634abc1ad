"""Say after an upgrade that the search index is not built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

from posts.models import SearchIndex
from posts.searching.indexing import is_complete


def check_index(databases: Sequence[str] | None = None, **_options: Any) -> list[checks.Warning]:
    """Return a warning if posts are missing in it; asks only where a database is checked."""
    if "default" not in (databases or ()) or not _is_migrated() or is_complete():
        return []
    return [
        checks.Warning(
            "Search does not find every issue: its index is not built.",
            hint="The worker builds it within some minutes; `manage.py rebuild_search` at once.",
            id="posts.W001",
        )
    ]


def _is_migrated() -> bool:
    return SearchIndex._meta.db_table in connections["default"].introspection.table_names()
