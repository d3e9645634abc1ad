"""The one place that knows django-csp, and that decides who a client is."""

import ipaddress
from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

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
    try:
        address = ipaddress.ip_address(claimed)
    except ValueError:
        return "0.0.0.0"  # noqa: S104 (an unknown client, such as one on a Unix socket)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False).network_address)
