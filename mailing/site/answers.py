"""How readers' pages of mail are answered: for one reader alone, kept and told nowhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from posts.site.own_pages import private
from posts.site.shell import page_from


def shown(name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return a page made from ``templates/mailing/site/<name>.html``."""
    return private(page_from(f"mailing/site/{name}.html", context, status=status))
