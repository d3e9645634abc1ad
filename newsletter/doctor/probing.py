"""`/readyz`: whether the site is as it should be, for whoever watches it from outside."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletter.doctor.examining import examine, is_ready, troubles
from newsletter.doctor.findings import Level, Result

# Seconds for which a process remembers what it found: anybody may ask, as often as they like.
KEPT = 5.0
PLAIN: Final = "text/plain; charset=utf-8"
# What proxies add; a request with one of these comes from elsewhere.
FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")

_last: list[tuple[float, list[Result]]] = []


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer `ok`, or 503 with the names of the checks that fail.

    What is wrong in words, warnings too, is for this machine and for who has METRICS_TOKEN.
    """
    results = _lately()
    failing = [result.check.name for result in results if result.level is Level.ERROR]
    said = [f"failing: {', '.join(failing)}" if failing else "ok"]
    if is_trusted(request):
        said += _lines(results)
    status = 200 if is_ready(results) else 503
    return HttpResponse("\n".join(said) + "\n", status=status, content_type=PLAIN)


def _lately() -> list[Result]:
    now = time.monotonic()
    if not _last or now - _last[0][0] > KEPT:
        _last[:] = [(now, examine())]
    return _last[0][1]


def _lines(results: Sequence[Result]) -> list[str]:
    return [
        f"{result.check.name}: {finding.level}: {finding.wrong} {finding.remedy}"
        for result in troubles(results)
        for finding in result.findings
    ]


def is_trusted(request: HttpRequest) -> bool:
    """Tell whether a request comes from this machine itself, or brings METRICS_TOKEN."""
    return has_token(request) or _is_local(request)


def has_token(request: HttpRequest) -> bool:
    """Tell whether a request brings METRICS_TOKEN, in `Authorization: Bearer` (RFC 6750)."""
    scheme, _blank, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    expected = settings.METRICS_TOKEN
    is_same = constant_time_compare(token.strip(), expected)
    return bool(expected) and scheme.lower() == "bearer" and is_same


def _is_local(request: HttpRequest) -> bool:
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not any(name in request.META for name in FORWARDED)
