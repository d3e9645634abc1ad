"""The panels beside the text of an issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from posts.admin.outlines import outline
from posts.models import Post
from posts.slots import PANELS, Context, Panel


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel with what its template shows."""

    panel: Panel
    context: Context


def shown_panels(request: HttpRequest, post: Post | None) -> list[Shown]:
    """Return the panels that whoever asks has use for, in their order."""
    asked = ((panel, panel.context(request, post)) for panel in PANELS)
    return [Shown(panel, context) for panel, context in asked if context is not None]


def _outlined(_request: HttpRequest, post: Post | None) -> dict[str, Any] | None:
    return {"outline": outline(post) if post is not None else ()}


PANELS.add(
    Panel(
        "outline",
        _("Outline"),
        "admin/posts/post/panels/outline.html",
        _outlined,
        place=20,
        # Below the preview, whose scripts read the text for it, too.
        scripts=("js/admin/writing/moves.js", "js/admin/writing/outline.js"),
        styles=("css/admin/writing-outline.css",),
    )
)
