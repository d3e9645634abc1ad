"""The site's addresses and, beside them, views that do nothing but send bytes."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

BODIES: dict[str, bytes] = {}


def bare(request: HttpRequest, name: str) -> HttpResponse:
    """Send bytes that are at hand: the yardstick."""
    return HttpResponse(BODIES[name])


urlpatterns = [path("bare/<str:name>", bare), path("", include("newsletter.urls"))]
