"""Texts beside those of issues, as readers get them: corrections, bios, the end of issues."""

from __future__ import annotations

from django.conf import settings

from posts.rendering import render_markdown


def prose(text: str) -> str:
    """Return safe HTML of a text, "" of a blank one; pictures from elsewhere as the settings say.

    Raises ``MarkdownLimitError``.
    """
    return render_markdown(text, foreign=not settings.MIRROR_IMAGES) if text.strip() else ""
