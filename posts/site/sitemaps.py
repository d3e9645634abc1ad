"""The sitemap (https://www.sitemaps.org/protocol.html), one part for each kind of page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from links.models import Source
from posts.models import Citation, Post, RecurringSection, Section, Tag, TaggedPost
from posts.site import listing

LIMIT = 5_000


class Site:
    """What Django's sitemaps ask of a site; the address is a setting, not a row."""

    domain = urlsplit(settings.SITE_URL).netloc
    name = settings.SITE_NAME


class Part(Sitemap):
    """A part whose addresses all begin with SITE_URL."""

    limit = LIMIT
    protocol = urlsplit(settings.SITE_URL).scheme

    def get_urls(
        self, page: int | str = 1, site: Any = None, protocol: str | None = None
    ) -> list[dict[str, Any]]:
        return super().get_urls(page, Site, protocol)  # type: ignore[arg-type] # as good as one


class Posts(Part):
    def items(self) -> QuerySet[Post, Any]:
        rows = Post.objects.published().order_by("published_at", "id")
        return rows.values_list("slug", "modified_at")

    def location(self, item: tuple[str, datetime]) -> str:
        return reverse("posts:post", args=[item[0]])

    def lastmod(self, item: tuple[str, datetime]) -> datetime:
        return item[1]


class Pages(Part):
    """The entrances: home, archive and the indexes."""

    def items(self) -> list[str]:
        return ["home", "archive", "tags", "sections", "sources", "suggest"]

    def location(self, item: str) -> str:
        return reverse(f"posts:{item}")


class Tags(Part):
    def items(self) -> list[str]:
        rows = listing.with_public_count(
            Tag.objects.filter(post_count__gt=0), TaggedPost, timezone.now()
        )
        return list(rows.filter(public_count__gt=0).order_by("pk").values_list("slug", flat=True))

    def location(self, item: str) -> str:
        return reverse("posts:tag", args=[item])


class Sections(Part):
    def items(self) -> list[str]:
        recurring = RecurringSection.objects.filter(post_count__gt=1)
        rows = listing.with_public_count(recurring, Section, timezone.now()).filter(
            public_count__gt=1
        )
        return list(rows.order_by("pk").values_list("slug", flat=True))

    def location(self, item: str) -> str:
        return reverse("posts:section", args=[item])


class Sources(Part):
    def items(self) -> list[str]:
        rows = listing.with_public_count(
            Source.objects.filter(post_count__gt=0), Citation, timezone.now()
        )
        return list(rows.filter(public_count__gt=0).order_by("pk").values_list("name", flat=True))

    def location(self, item: str) -> str:
        return reverse("posts:source", args=[item])


def _public(
    rows: QuerySet[Any], listed: type[listing.Listed], column: str, above: int = 0
) -> list[str]:
    """Return what names each tag, section or source with more than ``above`` public posts."""
    counted = listing.with_public_count(rows, listed, timezone.now())
    names = counted.filter(public_count__gt=above).order_by("pk")
    return list(names.values_list(column, flat=True))


PARTS: dict[str, type[Sitemap] | Sitemap] = {
    "posts": Posts,
    "pages": Pages,
    "tags": Tags,
    "sections": Sections,
    "sources": Sources,
}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The list of the parts."""
    return views.index(request, PARTS, sitemap_url_name="posts:sitemap-section")


@require_safe
def section(request: HttpRequest, section: str) -> HttpResponse:
    """One part; long ones have pages (``?p=``)."""
    return views.sitemap(request, PARTS, section=section)
