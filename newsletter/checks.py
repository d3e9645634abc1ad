"""What `manage.py check --deploy` says about the surroundings of a site."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_proxies(**_options: Any) -> list[CheckMessage]:
    """Ask for the proxy that must be there where this site is reached by HTTPS."""
    if settings.TRUSTED_PROXIES or not settings.HTTPS:
        return []
    return [
        Info(
            "SITE_URL says https, and TRUSTED_PROXIES is 0.",
            hint="Set it to the number of proxies in front, which end HTTPS: until then every"
            " page redirects to itself, and all readers count as one client.",
            id="newsletter.I001",
        )
    ]


@register(Tags.files, deploy=True)
def check_folders(**_options: Any) -> list[CheckMessage]:
    """Ask for folders in which pictures and uploads can be written."""
    return [
        Warning(f"{name} cannot be written: {folder}.", id="newsletter.W001")
        for name in ("MEDIA_ROOT", "UPLOAD_ROOT")
        if not _is_writable(folder := Path(getattr(settings, name)))
    ]


def _is_writable(folder: Path) -> bool:
    """Tell whether a folder can be written, or made."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
