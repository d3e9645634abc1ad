"""What allauth asks this site about itself, and how its functions learn of a request."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from newsletter.hosts import bracketed
from posts import identity

View = Callable[..., HttpResponseBase]


class Adapter(DefaultMFAAdapter):
    """The site under its own name, and the host of SITE_URL as the one that passkeys belong to."""

    def get_totp_issuer(self) -> str:
        """Return the name under which an app shows its codes."""
        return identity.current().name

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return whose codes they are."""
        return user.get_username()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the relying party: a passkey works at this host and those below it."""
        return {"id": settings.SITE_HOST or "localhost", "name": identity.current().name}

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        """Return an account as a browser shows it where several passkeys are there."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        name = user.get_username()
        return {**entity, "name": name, "display_name": name}


def passkeys_work() -> bool:
    """Tell whether browsers take passkeys for this site: they belong to a name, never to an IP
    address (Web Authentication, section 5.1.2)."""
    return _address() is None


def at_home() -> str:
    """Return the address at which passkeys work where the site is at the IP address of the machine
    itself, as `make run` has it; "" elsewhere."""
    address = _address()
    if address is None or not address.is_loopback:
        return ""
    own: str = settings.SITE_URL
    return own.replace(bracketed(str(address)), "localhost")


def _address() -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the host of the site where that is an IP address."""
    try:
        return ipaddress.ip_address((settings.SITE_HOST or "").strip("[]"))
    except ValueError:
        return None


def with_request(view: View) -> View:
    """Let allauth's functions know the request of a view; its middleware would do so for all."""

    @wraps(view)
    def known(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with context.request_context(request):
            return view(request, *args, **kwargs)

    return known
