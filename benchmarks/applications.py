"""What the server under measurement runs: the site, and a bare view that sends the same bytes."""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import include, path

django.setup()

# ruff: noqa: E402 (Django's parts are at hand only after setup)
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from newsletter.shortcut import Shortcut

BODIES = Path(os.environ.get("BENCH_BODIES", "/nonexistent"))
_kept: dict[str, bytes] = {}


def send(request: HttpRequest, name: str) -> HttpResponse:
    """Send bytes that are at hand: the yardstick."""
    if name not in _kept:
        _kept[name] = (BODIES / name).read_bytes()
    return HttpResponse(_kept[name])


def not_modified(request: HttpRequest) -> HttpResponse:
    """Answer 304: the yardstick of those."""
    return HttpResponseNotModified()


urlpatterns = [
    path("bare/", not_modified),
    path("bare/<str:name>", send),
    path("", include("newsletter.urls")),
]

settings.ROOT_URLCONF = "benchmarks.applications"
site = Shortcut(WSGIHandler())  # as newsletter/wsgi.py has it
_middleware, settings.MIDDLEWARE = settings.MIDDLEWARE, []
bare = WSGIHandler()
settings.MIDDLEWARE = _middleware
