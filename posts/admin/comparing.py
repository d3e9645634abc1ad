"""Two texts beside each other, as pages show them: rows of HTML, with what changed marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from posts.documents.comparing import Row, Span, compare_texts


def compared_texts(old: str, new: str) -> dict[str, Any]:
    """Return rows of a comparison, and how many lines that differ are beyond the last of them."""
    comparison = compare_texts(old, new)
    return {"rows": [_shown(row) for row in comparison.rows], "more": comparison.more}


def _shown(row: Row) -> dict[str, Any]:
    """Return a row of a comparison with its lines as HTML, what changed in them marked."""
    marks = row.kind == "changed"
    return {
        "kind": row.kind,
        "has_old": row.old_line is not None,
        "has_new": row.new_line is not None,
        "old": _marked(row.old, marks=marks),
        "new": _marked(row.new, marks=marks),
    }


def _marked(spans: Sequence[Span], *, marks: bool) -> SafeString:
    parts = ("<mark>{}</mark>" if marks and span.is_changed else "{}" for span in spans)
    line = mark_safe("").join(
        format_html(part, span.text) for part, span in zip(parts, spans, strict=True)
    )
    return mark_safe(line)  # noqa: S308 (each part is escaped)
