"""What other sites show of an issue that somebody links to (https://oembed.com)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from posts import identity
from posts.cards import HEIGHT, WIDTH
from posts.models import Post
from posts.naming import nfc
from posts.prepared import prepared
from posts.publishing.describing import absolute
from posts.site import moved
from posts.site.api import as_json, open_to_all, refused, sent
from posts.site.cards import address_of_card
from posts.site.shell import address_of

CACHE_SECONDS = 3600


@prepared
def _named(slug: str, at: datetime) -> QuerySet[Post, Any]:
    return Post.objects.published(at).filter(slug=slug).values_list("title", "slug", "published_at")


@open_to_all
@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """Say what an issue is called, as a link with the name of the site."""
    if request.GET.get("format", "json") != "json":
        return refused(501, "format", gettext("Only “json” is spoken here."), parameter="format")
    slug = _slug_of(request.GET.get("url", ""))
    try:
        title, slug, date = _issue(slug)
    except Http404:
        message = gettext("“url” must be the address of an issue of this site.")
        return refused(404, "missing", message, parameter="url")
    said: dict[str, Any] = {
        "version": "1.0",
        "type": "link",
        "title": title,
        "url": absolute(address_of("post", slug)),
        "provider_name": identity.current().name,
        "provider_url": settings.SITE_URL,
        "cache_age": CACHE_SECONDS,
    }
    if thumbnail := address_of_card("post", slug, title, date):
        size = {"thumbnail_width": WIDTH, "thumbnail_height": HEIGHT}
        said |= {"thumbnail_url": thumbnail, **size}
    return sent(as_json(said))


def _issue(slug: str) -> tuple[str, str, datetime | None]:
    """Return title, slug and time of a public issue, also by an old slug. Raises Http404."""
    found = _named(slug, timezone.now())
    if not found:
        row = moved.post(slug)
        return row.title, row.slug, row.published_at
    title, slug, date = found[0]
    return title, slug, date


def _slug_of(url: str) -> str:
    """Return which issue an address of this site names; "" for any other address."""
    try:
        parts = urlsplit(url)
        match = resolve(unquote(parts.path))
    except (ValueError, Resolver404):
        return ""
    here = urlsplit(settings.SITE_URL)
    is_ours = parts.netloc.lower() == here.netloc and parts.scheme in ("http", "https")
    slug = match.kwargs.get("slug", "") if match.view_name == "posts:post" and is_ours else ""
    return nfc(slug)
