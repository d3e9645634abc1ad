"""Production settings, but for static files, which nobody collected and no figure depends on."""

from newsletter import env
from newsletter.settings import *  # noqa: F403

MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]  # noqa: F405
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
PAGE_CACHE = env.integer("PAGE_CACHE", 0)  # but where copies of pages are measured
