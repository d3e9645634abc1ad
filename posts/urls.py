"""Addresses of the public site. Stable: scripts and people outside rely on them."""

from django.urls import include, path, register_converter

from posts import feeds, sitemaps, views


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


register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")

app_name = "posts"

# Every list of posts has the same three feeds below its own address.
site_feeds = [
    path("feed.xml", feeds.site, {"form": "rss"}, name="rss"),
    path("atom.xml", feeds.site, {"form": "atom"}, name="atom"),
    path("feed.json", feeds.site, {"form": "json"}, name="json"),
]
tag_feeds = [
    path("feed.xml", feeds.tag, {"form": "rss"}, name="tag-rss"),
    path("atom.xml", feeds.tag, {"form": "atom"}, name="tag-atom"),
    path("feed.json", feeds.tag, {"form": "json"}, name="tag-json"),
]
section_feeds = [
    path("feed.xml", feeds.section, {"form": "rss"}, name="section-rss"),
    path("atom.xml", feeds.section, {"form": "atom"}, name="section-atom"),
    path("feed.json", feeds.section, {"form": "json"}, name="section-json"),
]
source_feeds = [
    path("feed.xml", feeds.source, {"form": "rss"}, name="source-rss"),
    path("atom.xml", feeds.source, {"form": "atom"}, name="source-atom"),
    path("feed.json", feeds.source, {"form": "json"}, name="source-json"),
]
archive = [
    path("", views.archive, name="archive"),
    path("<year:year>/", views.archive_year, name="archive-year"),
    path("<year:year>/<month:month>/", views.archive_month, name="archive-month"),
]
lists = [
    path("tags/", views.tags, name="tags"),
    path("tags/<str:slug>/", views.tag, name="tag"),
    path("tags/<str:slug>/", include(tag_feeds)),
    path("sections/", views.sections, name="sections"),
    path("sections/<str:slug>/", views.section, name="section"),
    path("sections/<str:slug>/", include(section_feeds)),
    path("sources/", views.sources, name="sources"),
    path("sources/<str:host>/", views.source, name="source"),
    path("sources/<str:host>/", include(source_feeds)),
]
for_machines = [
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<str:section>.xml", sitemaps.section, name="sitemap-section"),
    path("robots.txt", views.robots, name="robots"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("posts/<str:slug>/", views.post, name="post"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("archive/", include(archive)),
    *lists,
    *site_feeds,
    *for_machines,
]
