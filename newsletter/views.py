"""Addresses of no app: probe, security.txt, uploaded files, rows' own pages, what went wrong."""

import mimetypes
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from functools import cache

from django.conf import settings
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.static import serve

from newsletter.unsaved import busy, is_busy
from posts import identity

# What a browser may show in place; anything else is handed over as a download.
SHOWN_TYPES = frozenset({"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"})
# An uploaded file, whatever it turns out to be, runs nothing and loads nothing.
UPLOAD_POLICY = "default-src 'none'; style-src 'none'; frame-ancestors 'none'; sandbox"
# For so long a contact holds.
EXPIRES_AFTER = timedelta(days=180)
# Seconds that a probe waits for the database.
PATIENCE = 0.8
# A database that hangs keeps this thread, and none of those that answer requests.
_prober = ThreadPoolExecutor(1, "healthz")


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer `ok`, or 503 while the database does not answer at once."""
    probe = _prober.submit(_ask_database)
    try:
        probe.result(PATIENCE)
    except (DatabaseError, TimeoutError):
        probe.cancel()
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def _ask_database() -> None:
    """Ask over a connection of its own: no limit of the server ends waiting for one that hangs."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Send the icon to what asks for it without reading a page, such as readers of feeds."""
    if own := identity.current().icons:
        return HttpResponseRedirect(own["32"])
    return HttpResponse(
        _icon(), content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"}
    )


@cache
def _icon() -> bytes:
    return (settings.BASE_DIR / "static/icons/favicon.svg").read_bytes()


@require_safe
def security(_request: HttpRequest) -> HttpResponse:
    """Say whom to write to about a hole in the site (RFC 9116)."""
    contact = settings.SECURITY_CONTACT
    if not contact:
        raise Http404
    # The same all day, and never further away than half a year.
    expires = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + EXPIRES_AFTER
    lines = [
        f"Contact: {contact if contact.startswith('https:') else f'mailto:{contact}'}",
        f"Expires: {expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, ko",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Send an uploaded file of `MEDIA_ROOT`; 404 for folders and for paths that lead outside."""
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (SuspiciousFileOperation, OSError, ValueError):  # such as a name too long for a file
        raise Http404 from None
    kind, _encoding = mimetypes.guess_type(path)
    if kind not in SHOWN_TYPES:
        response.headers["Content-Disposition"] = "attachment"
        response.headers["Content-Type"] = "application/octet-stream"
    response.headers["Content-Security-Policy"] = UPLOAD_POLICY
    response.headers.setdefault("Cache-Control", "public, max-age=3600")
    return response


def on_site(request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponseBase:
    """Lead staff from a row to its page; 404 for what has none, such as a type without a table."""
    try:
        return shortcut(request, content_type_id, object_id)
    except (DatabaseError, OverflowError, ValidationError) as error:
        if is_busy(error):
            raise
        raise Http404 from None


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody caught; middleware, such as that of sessions, may meet a lock, too."""
    error = sys.exc_info()[1]
    return busy(request, error) if is_busy(error) else defaults.server_error(request)
