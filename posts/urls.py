"""Addresses of the public site. Stable: scripts and people outside rely on them."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from posts.readers import collect, pages, reviewing
from posts.site import (
    api,
    cards,
    cited,
    feeds,
    indexes,
    links,
    manifest,
    markdown,
    oembed,
    own_pages,
    previews,
    robots,
    search,
    sitemaps,
    views,
)
from posts.site.further import OptionsConverter, listed


class YearConverter:
    """A year in four digits."""

    regex = "[0-9]{4}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:04}"


class MonthConverter(YearConverter):
    """A month in two digits, so that each has one address."""

    regex = "0[1-9]|1[0-2]"

    def to_url(self, value: int) -> str:
        return f"{value:02}"


class SourceConverter(StringConverter):
    """The name of a source: a host, and on shared hosts the owner in up to two parts."""

    regex = r"[^/]+(?:/[^/]+){0,2}"


class DigestConverter(StringConverter):
    """The digits that name a link: the first of its key, or as many more as somebody likes."""

    regex = "[0-9a-f]{16,64}"


register_converter(DigestConverter, "digest")
register_converter(YearConverter, "year")
register_converter(OptionsConverter, "options")
register_converter(SourceConverter, "source")
register_converter(MonthConverter, "month")
register_converter(own_pages.PageConverter, "page")

app_name = "posts"


WHOLE = {"feed.xml": "rss", "atom.xml": "atom", "feed.json": "json"}
BY_ITEM = {"items.xml": "rss", "items-atom.xml": "atom", "items.json": "json"}


def feeds_of(
    view: Callable[..., HttpResponse], prefix: str = "", forms: Mapping[str, str] = WHOLE
) -> list[URLPattern]:
    """Return the three feeds that a list has below its own address."""
    return [
        path(name, view, {"form": form}, name=f"{prefix}{form}") for name, form in forms.items()
    ]


archive = [
    path("", views.archive, name="archive"),
    *listed("<year:year>/", views.archive_year, "archive-year"),
    *listed("<year:year>/<month:month>/", views.archive_month, "archive-month"),
]
tags: list[URLPattern | URLResolver] = [
    *listed("", indexes.tags, "tags", "initial"),
    *listed("<str:slug>/", views.tag, "tag"),
    path("<str:slug>/", include(feeds_of(feeds.tag, "tag-"))),
    path("<str:slug>/", include(feeds_of(feeds.tag_items, "tag-items-", BY_ITEM))),
]
authors: list[URLPattern | URLResolver] = [
    *listed("<str:slug>/", views.author, "author"),
    path("<str:slug>/", include(feeds_of(feeds.author, "author-"))),
]
sections: list[URLPattern | URLResolver] = [
    *listed("", indexes.sections, "sections", "order"),
    *listed("<str:slug>/", views.section, "section"),
    path("<str:slug>/", include(feeds_of(feeds.section, "section-"))),
]
sources: list[URLPattern | URLResolver] = [
    *listed("", indexes.sources, "sources", "order"),
    *listed("<source:name>/", views.source, "source"),
    path("<source:name>/", include(feeds_of(feeds.source, "source-"))),
]
of_links = [
    *listed("", cited.links, "links"),
    *listed("rediscovered/", cited.back, "back"),
    path("random/", links.random, name="random-link"),
    path("item/<slug:anchor>/", links.of_item, name="link-of-item"),
    *listed("<digest:digest>/", links.link, "link"),
]
searches = [
    path("", search.search, name="search"),
    *feeds_of(feeds.search, "search-"),
    path("suggest/", search.suggest, name="search-suggest"),
]
taking_part = [
    path("suggest/", pages.suggest, name="suggest"),
    path("suggest/<slug:token>/", pages.suggestion, name="suggestion"),
    path("report/", pages.report, name="report"),
    path("report/thanks/", pages.reported, name="reported"),
    path("collect/", collect.collect, name="collect"),
]
for_machines = [
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<str:section>.xml", sitemaps.section, name="sitemap-section"),
    path("style-<slug:digest>.css", views.style, name="style"),
    path("robots.txt", robots.robots, name="robots"),
    path("llms.txt", markdown.llms, name="llms"),
    path("manifest.webmanifest", manifest.manifest, name="manifest"),
    path("opensearch.xml", search.description, name="opensearch"),
    path("oembed", oembed.oembed, name="oembed"),
    path("cards/<slug:digest>/<slug:kind>/<str:slug>.png", cards.card, name="card"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("posts/<str:slug>/", views.post, name="post"),
    path("posts/<str:slug>.md", markdown.issue, name="post-markdown"),
    path("api/v1/", include((api.urlpatterns, "api"))),
    # Signed tokens have colons, those of stored addresses none.
    path("preview/<slug:token>/", reviewing.shared, name="shared"),
    path("preview/<str:token>/", previews.preview, name="preview"),
    path("preview/pages/<str:token>/", own_pages.preview, name="preview-page"),
    path("archive/", include(archive)),
    path("follow/", views.follow, name="follow"),
    path("tags/", include(tags)),
    path("authors/", include(authors)),
    path("sections/", include(sections)),
    path("sources/", include(sources)),
    path("links/", include(of_links)),
    path("search/", include(searches)),
    *taking_part,
    *feeds_of(feeds.site),
    *feeds_of(feeds.items, "items-", BY_ITEM),
    *for_machines,
    # Whatever has no address above may be a page.
    path("<page:slug>/", own_pages.own_page, name="page"),
]
