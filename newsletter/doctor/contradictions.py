"""Settings that are right one by one and contradict one another, or what surrounds the site."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http.request import validate_host
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter import env, folders
from newsletter.buckets import origin
from newsletter.doctor.findings import Check, Finding, note, problem, warning
from newsletter.hosts import bracketed

ALIKE = 0.85  # as `difflib` counts: one letter of ten, or a letter too many
SHORTEST_KEY = 50  # characters, as Django asks for
PRIVATE = (".local", ".localhost", ".internal", ".lan", ".test")


def _is_public(host: str) -> bool:
    """Tell whether others than people on this machine or network may ask for a host."""
    return "." in host.strip(".") and not host.endswith(PRIVATE) and not host.startswith("127.")


def _address() -> Iterator[Finding]:
    host, hosts = settings.SITE_HOST or "", settings.ALLOWED_HOSTS
    if host and not validate_host(bracketed(host), hosts):
        words = gettext(
            "SITE_URL names %(host)s, which ALLOWED_HOSTS does not: links in feeds and mail are"
            " refused."
        )
        yield problem(words % {"host": host}, gettext("Add the host to ALLOWED_HOSTS."))
    if not hosts:
        wrong = gettext("No host is allowed: every request is refused.")
        yield problem(wrong, gettext("Set SITE_URL to the address of the site."))
    if "*" in hosts and not settings.DEBUG:
        wrong = gettext("ALLOWED_HOSTS is *: the site answers under any name.")
        yield warning(wrong, gettext("List the hosts of the site."))
    if _is_public(host) and not settings.HTTPS and not settings.DEBUG:
        wrong = gettext("SITE_URL is without https: passwords travel readable by anybody.")
        yield warning(wrong, gettext("Let a proxy end HTTPS, then set SITE_URL=https://…."))


def _proxy() -> Iterator[Finding]:
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        wrong = gettext(
            "SITE_URL says https, and TRUSTED_PROXIES is 0: behind a proxy every page redirects"
            " to itself, and all readers count as one client."
        )
        yield warning(wrong, gettext("Set TRUSTED_PROXIES to the number of proxies in front."))


def _secrets() -> Iterator[Finding]:
    if settings.DEBUG:
        if _is_public(settings.SITE_HOST or ""):
            wrong = gettext("DEBUG is on: strangers see the code and settings where a page fails.")
            yield problem(wrong, gettext("Set DEBUG=false."))
        return
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        wrong = gettext("SECRET_KEY is short: sessions and signed addresses can be guessed.")
        remedy = gettext("Set a long random one; the README has a command that makes it.")
        yield warning(wrong, remedy)
    if settings.SECRET_KEY in settings.SECRET_KEY_FALLBACKS:
        wrong = gettext("SECRET_KEY is among SECRET_KEY_FALLBACKS, too.")
        yield note(wrong, gettext("Take it out of SECRET_KEY_FALLBACKS."))


def _mail() -> Iterator[Finding]:
    if settings.ADMINS and not settings.EMAIL:
        wrong = gettext("ADMINS is set and EMAIL_URL is not: nobody is told by mail what fails.")
        yield warning(wrong, gettext("Set EMAIL_URL to a server that sends mail."))
    if settings.EMAIL and not settings.ADMINS:
        wrong = gettext("ADMINS is not set: nobody is told by mail what fails.")
        yield note(wrong, gettext("Set ADMINS to your e-mail address."))
    if settings.EMAIL and settings.EMAIL_FROM.rstrip(">").endswith("@localhost"):
        wrong = gettext("Mail comes from an address at localhost, which others refuse.")
        yield warning(wrong, gettext("Set EMAIL_FROM, or SITE_URL."))


def _cache() -> Iterator[Finding]:
    several = os.environ.get("WEB_CONCURRENCY", "1") not in {"", "0", "1"}
    if several and settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        wrong = gettext("Several processes serve the site, and each makes all pages for itself.")
        remedy = gettext("Set CACHE_URL to a Redis where that matters.")
        yield note(wrong, remedy)
    queue: dict[str, Any] = settings.TASKS["default"].get("OPTIONS", {})
    if queue.get("url") and queue["url"] == settings.CACHES["default"].get("LOCATION"):
        wrong = gettext(
            "CACHE_URL and TASKS name the same Redis database: emptying one empties both."
        )
        yield warning(wrong, gettext("Take another number for one of them."))


def _places() -> Iterator[Finding]:
    """Find what would be public because it lies where files are served from."""
    for name, inner in _private():
        for public in ("MEDIA_ROOT", "STATIC_ROOT"):
            outer = Path(getattr(settings, public))
            if inner.resolve().is_relative_to(outer.resolve()):
                words = gettext("%(name)s lies in %(public)s, from where everybody gets files.")
                said = {"name": name, "public": public}
                yield problem(words % said, gettext("Move it to a folder of its own."))


def _private() -> Iterable[tuple[str, Path]]:
    places = (("UPLOAD_ROOT", settings.UPLOAD_ROOT), ("BACKUP_DIR", settings.BACKUP_DIR))
    yield from ((name, Path(place)) for name, place in places if place)
    if database := folders.database_file(settings.DATABASES["default"]):
        yield "DATABASE_URL", database


def _cdn() -> Iterator[Finding]:
    if settings.CDN_PURGE_TOKEN and not settings.CDN_PURGE_URL:
        wrong = gettext("CDN_PURGE_TOKEN is set without CDN_PURGE_URL: it does nothing.")
        yield note(wrong, gettext("Set CDN_PURGE_URL, or take the token away."))
    if settings.HTTPS and origin(settings.BUCKET).startswith("http:"):
        wrong = gettext("Pictures come by http into pages by https: browsers show none.")
        yield warning(wrong, gettext("Give STORAGE_URL a public=https://…."))


def _names() -> Iterator[Finding]:
    """Find what stands in the environment and is read by nobody, but for a slip of the hand."""
    for name in sorted(os.environ):
        bare = name.removesuffix("_FILE")
        meant = get_close_matches(bare, env.KNOWN, 1, ALIKE)
        if meant and bare not in env.KNOWN:
            words = gettext("%(name)s is no setting: was %(meant)s meant?")
            remedy = gettext("Name it as the README does, or take it away.")
            yield warning(words % {"name": name, "meant": meant[0]}, remedy)


CHECKS: Final = (
    Check("names", _("Names of settings"), _names, 59),
    Check("address", _("Address of the site"), _address, 60),
    Check("proxy", _("Proxies"), _proxy, 61),
    Check("secrets", _("Secrets"), _secrets, 62),
    Check("recipients", _("Whom mail tells"), _mail, 63),
    Check("processes", _("Redis and processes"), _cache, 64),
    Check("places", _("Private folders"), _places, 65),
    Check("elsewhere", _("CDN and bucket"), _cdn, 66),
)
