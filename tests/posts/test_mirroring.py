"""Pictures from elsewhere, shown from this site where it is set so."""

from types import SimpleNamespace

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from links.fetching import FetchError
from posts.exporting.files import files_of
from posts.models import Image, Post
from posts.publishing import rebuild
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
