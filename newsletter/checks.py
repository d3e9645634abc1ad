"""What `manage.py check --deploy` says about the surroundings of a site."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, register


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
