"""What a CDN is told of public answers: how long it may keep them, and what to forget them by."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from posts.models import Post
from posts.purging import LISTS, SITE, key_of

FRESH = "public, max-age=0, must-revalidate"
LONGEST = 3600  # seconds
STALE = 30  # seconds for which an old answer may be sent while a new one is asked for
OF_AN_ISSUE = frozenset({"post", "post-markdown"})


def fresh() -> str:
    """Return how long an answer that is the same for everybody may be kept.

    Browsers ask each time; a CDN only where it is told what to forget.
    """
    if not settings.CDN_PURGE_URL:
        return FRESH
    seconds = _seconds(timezone.now())
    stale = f", stale-while-revalidate={STALE}" if seconds == LONGEST else ""
    return f"public, max-age=0, s-maxage={seconds}{stale}"


def keys(request: HttpRequest) -> dict[str, str]:
    """Return the headers that name the keys by which a CDN forgets an answer."""
    if not settings.CDN_PURGE_URL:
        return {}
    match = request.resolver_match
    is_issue = match is not None and match.url_name in OF_AN_ISSUE
    own = key_of(match.kwargs["slug"]) if match and is_issue else LISTS
    return {"Surrogate-Key": f"{SITE} {own}", "Cache-Tag": f"{SITE},{own}"}


def _seconds(now: datetime) -> int:
    """Return for how long an answer may be kept: not beyond the moment of a scheduled issue."""
    posts = Post.objects.scheduled(now).order_by("published_at")
    due = posts.values_list("published_at", flat=True).first()
    left = int((due - now).total_seconds()) if due else LONGEST + STALE
    return LONGEST if left >= LONGEST + STALE else min(left, LONGEST - 1)
