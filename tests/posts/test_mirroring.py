"""Pictures from elsewhere, shown from this site where it is set so."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from links.fetching import FetchError
from posts import authors, pages, publishing
from posts.exporting.files import files_of
from posts.models import Author, Image, Post, SiteSettings
from posts.models import Page as OwnPage
from posts.publishing import rebuild
from posts.settling import settle
from tests.builders import make_post
from tests.posts.test_images import noise
from tests.reading import Page

pytestmark = pytest.mark.django_db
URL = "https://images.example.org/chart.png"
BODY = f"Text with ![a dot]({URL}?small) in it.\n\n![A chart]({URL})\n"


class Web:
    """Another server: what it answers, and what it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.asked: list[str] = []

    def fetch(self, url: str, **_limits: object) -> SimpleNamespace:
        self.asked.append(url)
        if url not in self.answers:
            raise FetchError("refused", "no such server")
        return SimpleNamespace(status=200, body=self.answers[url])


@pytest.fixture
def web(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Web:
    settings.MIRROR_IMAGES = True
    web = Web()
    monkeypatch.setattr("posts.mirroring.fetch", web.fetch)
    return web


def page(client: Client) -> Page:
    return Page(client.get("/posts/charts/"))


def test_a_picture_from_elsewhere_is_shown_from_this_site(client: Client, web: Web) -> None:
    web.answers = {URL: noise(), f"{URL}?small": noise(size=(20, 20))}
    make_post("Charts", BODY)
    shown = page(client)
    assert shown.values(".body img", "src") == [
        image.file.url for image in Image.objects.order_by("pk")
    ]
    assert "images.example.org" not in client.get("/posts/charts/").content.decode()
    assert shown.values(".body figure img", "width") == ["300"]
    rebuild(Post.objects.get())
    assert len(web.asked) == 2


def test_what_cannot_be_fetched_leaves_its_words(client: Client, web: Web) -> None:
    web.answers = {f"{URL}?small": b"<svg onload=alert(1)>"}
    make_post("Charts", BODY)
    shown = page(client)
    assert shown.all(".body img") == []
    assert shown.texts(".body > p") == ["Text with a dot in it.", "A chart"]
    assert shown.values(".body > p a", "href") == [URL]
    assert not Image.objects.exists()


def test_an_export_names_the_original_and_has_no_mirror(web: Web) -> None:
    web.answers = {URL: noise()}
    post = make_post("Charts", BODY)
    assert Image.objects.count() == 1
    files = {file.name: file.read() for file in files_of(Post.objects.all())}
    assert [name for name in files if name.endswith((".png", ".webp"))] == []
    assert post.document.encode() in files.values()


def test_without_the_setting_nothing_is_fetched(client: Client, web: Web, settings) -> None:
    settings.MIRROR_IMAGES = False
    make_post("Charts", BODY)
    assert page(client).values(".body img", "src") == [f"{URL}?small", URL]
    assert web.asked == []


# Texts beside those of issues


def write_beside_an_issue() -> None:
    """Show a picture from elsewhere in each text that is none of an issue."""
    picture = f"![A chart]({URL})"
    post = make_post("Charts", "Words.\n", author="Ada")
    publishing.correct(post, picture, date(2024, 5, 11))
    author = Author.objects.get()
    author.bio = picture
    authors.describe(author)
    pages.save(OwnPage(title="About", slug="about", text=picture, status="published"))
    SiteSettings.objects.update_or_create(pk=1, defaults={"ending": picture})
    settle()


def pictures(client: Client) -> list[str]:
    """Return the pictures from elsewhere on the pages that show these texts."""
    paths = ("/posts/charts/", "/about/", Author.objects.get().get_absolute_url())
    found = (Page(client.get(path)).values("img", "src") for path in paths)
    return [url for urls in found for url in urls if url == URL]


def test_other_texts_show_no_picture_from_elsewhere(client: Client, web: Web) -> None:
    write_beside_an_issue()
    assert pictures(client) == []
    links = Page(client.get("/posts/charts/")).values("a", "href")
    assert links.count(URL) == 2


def test_other_texts_follow_the_setting_once_all_is_rebuilt(
    client: Client, web: Web, settings: Settings
) -> None:
    settings.MIRROR_IMAGES = False
    write_beside_an_issue()
    assert pictures(client) == [URL] * 4
    settings.MIRROR_IMAGES = True
    call_command("rebuild_posts")
    assert pictures(client) == []
