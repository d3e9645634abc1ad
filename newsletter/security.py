"""The one place that knows django-csp and django-axes, and that decides who a client is."""

import hashlib
import ipaddress
import logging
import re
from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from newsletter.refusals import Refusal, refuse

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# Django's own pages about an error, with the inline styles that a developer wants to see.
DEBUG_PAGES = frozenset({404, 500})
# What django-csp's decorators and nonces leave behind: then the policy is built anew.
CHANGES = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")


class PolicyMiddleware(CSPMiddleware):
    """Send the Content-Security-Policy, built once; per response only where a view changed it.

    Building it takes django-csp longer than everything else a stored page costs.
    """

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        # django-csp goes through a set: sorted, all workers send the same bytes.
        self._policy = "; ".join(sorted(build_policy().split("; ")))

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the header, unless the response brings its own."""
        if HEADER in response.headers:
            return response
        if (
            getattr(request, "_csp_nonce", None)
            or not response.__dict__.keys().isdisjoint(CHANGES)
            or (settings.DEBUG and response.status_code in DEBUG_PAGES)
        ):
            return super().process_response(request, response)
        response.headers[HEADER] = self._policy
        return response


class UncountedProxyMiddleware:
    """Say in the log that a proxy is in front which the settings do not count."""

    def __init__(self, get_response: GetResponse) -> None:
        if settings.TRUSTED_PROXIES:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_X_FORWARDED_FOR" in request.META:
            logger.warning(
                "A request came with X-Forwarded-For, but TRUSTED_PROXIES is 0. If a proxy is in"
                " front, set it: until then all readers count as one, so that five failed"
                " sign-ins of anybody lock everybody out."
            )
        return self.get_response(request)


def client_address(request: HttpRequest) -> str:
    """Return the address by which a client's failures are counted.

    Behind `TRUSTED_PROXIES` proxies it is the one that the outermost of them saw; what stands
    further left in X-Forwarded-For is the client's own claim. An IPv6 client owns a /64 network
    at least (RFC 6177), so that network counts as one client.
    """
    claimed = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        claimed = hops[-min(settings.TRUSTED_PROXIES, len(hops))].strip() or claimed
    if not claimed:
        return "0.0.0.0"  # noqa: S104 (an unknown client, such as one on a Unix socket)
    try:
        address = ipaddress.ip_address(_without_port(claimed))
    except ValueError:
        return _stand_in(claimed)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False).network_address)


def _without_port(claimed: str) -> str:
    """Return an address as some proxies write it, `192.0.2.1:5000` or `[2001:db8::1]:5000`."""
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::[0-9]+)?", claimed)
    return bracketed[1] if bracketed else re.sub(r"^([^:]*):[0-9]+$", r"\1", claimed)


def _stand_in(name: str) -> str:
    """Return an address for what is none, such as a proxy's own name for a client.

    A private one (RFC 4193) made of the name's digest: clients of different names stay apart.
    """
    logger.warning("A proxy wrote no address into X-Forwarded-For: %.100r", name)
    digest = hashlib.sha256(name.encode("utf-8", "replace")).digest()
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:7] + bytes(8)))


def locked_out(request: HttpRequest, *_of_axes: object) -> HttpResponse:
    """Answer whoever failed to sign in too often; called by django-axes."""
    refusal = Refusal(
        429,
        "rate",
        gettext("Too many attempts"),
        gettext(
            "Somebody at your address entered wrong names or passwords too often."
            " Wait a quarter of an hour, then try again."
        ),
    )
    return refuse(request, refusal, int(settings.AXES_COOLOFF_TIME.total_seconds()))
