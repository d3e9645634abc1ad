"""The project's settings as the tests see them, whatever the developer's environment says.

`DATABASE_URL` and `CACHE_URL` alone pass through: they choose what the suite runs on.
"""

import ast
import os
import tempfile
from pathlib import Path

SETTINGS_FILE = Path(__file__).resolve().parent.parent / "newsletter" / "settings.py"
READERS = "env"


def setting_names() -> list[str]:
    """Return the variables that newsletter/settings.py reads, in its order."""
    calls = (node for node in ast.walk(ast.parse(SETTINGS_FILE.read_text(encoding="utf-8"))))
    found = [
        (node.lineno, node.args[0].value)
        for node in calls
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == READERS
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    return [str(name) for _line, name in sorted(found)]


for _name in setting_names():
    if _name not in {"DATABASE_URL", "CACHE_URL"}:
        os.environ.pop(_name, None)
        os.environ.pop(f"{_name}_FILE", None)
os.environ["DEBUG"] = "true"
# A task runs where it is enqueued, and raises there.
os.environ["TASKS"] = "immediate"

from newsletter.settings import *  # noqa: E402, F403
from newsletter.settings import CACHES, DATABASES, MIDDLEWARE  # noqa: E402

DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SITE_URL = "https://news.example.org"
SITE_HOST = "news.example.org"
# Quick, for passwords that protect nothing.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Nobody waits for a disk that keeps nothing.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
_folder = tempfile.TemporaryDirectory(prefix="newsletter-tests-")
MEDIA_ROOT = Path(_folder.name) / "media"
UPLOAD_ROOT = Path(_folder.name) / "uploads"
# It stores what it counted in a thread of its own; those of the counting have it.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.endswith("FeedReaderMiddleware")]
# Tests look at what pages are made of; those of the copies have some.
PAGE_CACHE = 0
CARD_ROOT = Path(_folder.name) / "cards"
# Each worker has a cache to itself: `cache.clear()` empties a whole Redis database.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
if "LOCATION" in CACHES["default"]:
    _address, _, _number = CACHES["default"]["LOCATION"].rpartition("/")
    CACHES["default"]["LOCATION"] = f"{_address}/{int(_number or 0) + _worker}"
