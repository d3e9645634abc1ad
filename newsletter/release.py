"""What pages are made of beside the database: code, templates, texts and settings."""

from __future__ import annotations

import hashlib
import hmac
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.signals import setting_changed

FOLDERS = ("newsletter", "posts", "links", "templates", "locale", "locale-libraries")
SUFFIXES = frozenset({".py", ".html", ".xml", ".txt", ".mo"})


@cache
def release() -> bytes:
    """Return a digest of this code and its settings, the same in all processes that run it.

    It holds the secret key, so that what is made of it, such as an ETag, cannot be made up.
    """
    shown = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    told = json.dumps(shown, default=_named, skipkeys=True, sort_keys=True)
    digest = hmac.new(settings.SECRET_KEY.encode(), told.encode(), hashlib.sha256)
    # The names of static files.
    for file in Path(settings.STATIC_ROOT).glob("staticfiles.json"):
        digest.update(file.read_bytes())
    folders = [settings.BASE_DIR / folder for folder in FOLDERS]
    if settings.THEME_DIR:
        folders.append(settings.THEME_DIR)
    digest.update(_code(*folders))
    return digest.digest()


def _named(value: object) -> object:
    """Return what stands for a setting that JSON does not know."""
    return str(value) if isinstance(value, Path) else type(value).__name__


@cache
def _code(*folders: Path) -> bytes:
    """Return a digest of all that a deployment may change and that is read from these folders."""
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.suffix in SUFFIXES:
                digest.update(file.read_bytes())
    return digest.digest()


setting_changed.connect(lambda **_signal: release.cache_clear(), weak=False)  # in tests
