"""The logo and the icon of the site: made anew, and stored under names that say what is in them."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from posts.images import reencode, size_of, square

FOLDER = "site"
# For the bar of a browser, the start screen of Apple's, and of others' (manifest).
SIDES = (32, 180, 192, 512)


def store_logo(data: bytes, filename: str) -> dict[str, Any]:
    """Store a logo; return its file, width and height. Raises ImageError."""
    encoded = reencode(data, filename)
    width, height = size_of(encoded)
    return {"file": _store(encoded, "webp"), "width": width, "height": height}


def store_icons(data: bytes, filename: str) -> dict[str, str]:
    """Store an icon as PNG; return its files by their side in pixels. Raises ImageError."""
    return {str(side): _store(square(data, filename, side), "png") for side in SIDES}


def _store(data: bytes, ending: str) -> str:
    name = f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:32]}.{ending}"
    if default_storage.exists(name):
        return name
    return default_storage.save(name, ContentFile(data))
