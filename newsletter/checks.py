"""What `manage.py check --deploy` says about the surroundings of a site."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import DatabaseError

from newsletter.doctor.database import unapplied
from newsletter.doctor.files import unfit_static

SURROUNDINGS = "surroundings"


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


@register(SURROUNDINGS, deploy=True)
def check_static(**_options: Any) -> list[CheckMessage]:
    """Ask for static files as this code needs them."""
    words = {
        "missing": "The static files were never collected: every page will fail.",
        "bare": "The static files were collected with DEBUG=true: every page will fail.",
        "old": "The static files are older than the code.",
    }
    found = unfit_static()
    hint = "Run `manage.py collectstatic --no-input`."
    return [Warning(words[found], hint=hint, id="newsletter.W002")] if found else []


@register(SURROUNDINGS, deploy=True)
def check_migrations(**_options: Any) -> list[CheckMessage]:
    """Ask for the tables of this code; a database that is away is for `doctor` to name."""
    try:
        missing = unapplied()
    except DatabaseError:
        return []
    hint = "Take a backup, then run `manage.py migrate`."
    words = f"The database lacks {len(missing)} migrations of this code."
    return [Warning(words, hint=hint, id="newsletter.W003")] if missing else []
