"""Pictures in the size that a screen needs, made in the background."""

import io

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image as Picture
from PIL import ImageDraw

from posts.images import reencode, size_of
from posts.models import Image, Post
from posts.paths import picture_name
from posts.publishing import rebuild, save_document
from posts.resizing import make_missing_sizes, make_sizes
from tests.builders import LONG_AGO, make_post, parsed
from tests.reading import Page

pytestmark = pytest.mark.django_db
BODY = "Text.\n\n![A sky](sky.png)\n"


def sky(width: int = 1200, frames: int = 1) -> bytes:
    """Return a picture with more colours than a drawing has."""
    pictures = []
    for frame in range(frames):
        across = Picture.linear_gradient("L").resize((width, width // 2))
        along = Picture.linear_gradient("L").rotate(90).resize((width, width // 2))
        picture = Picture.merge("RGB", (across, along, across))
        ImageDraw.Draw(picture).ellipse((frame, 10, 300, 290), fill=(200, 180, 20))
        pictures.append(picture)
    out = io.BytesIO()
    kind = "PNG" if frames == 1 else "GIF"
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:])
    return reencode(out.getvalue(), "sky.png")


def issue(data: bytes) -> tuple[Post, Image]:
    """Return an issue with a stored picture that has no smaller files yet."""
    image = Image(path="sky.png", digest="d" * 64)
    image.file.name = image.file.storage.save(picture_name(data), ContentFile(data))
    image.width, image.height = size_of(data)
    post = Post()
    save_document(post, parsed("Sky", BODY, cover="sky.png"), published_at=LONG_AGO, images=[image])
    return post, image


def page(client: Client) -> Page:
    return Page(client.get("/posts/sky/"))


def test_a_page_offers_a_picture_in_sizes_once_they_are_there(client: Client) -> None:
    post, image = issue(sky())
    Image.objects.update(sizes=None)
    rebuild(post)
    assert page(client).all("source") == []
    assert page(client).value(".body img", "src") == image.file.url

    assert make_sizes.func(image.pk) > 0
    image.refresh_from_db()
    shown = page(client)
    assert shown.values(".body source", "type") == ["image/avif", "image/webp"]
    avif, webp = shown.values(".body source", "srcset")
    assert [file.split()[1] for file in avif.split(", ")] == ["480w", "960w", "1200w"]
    assert [file.split()[1] for file in webp.split(", ")] == ["480w", "960w", "1200w"]
    assert webp.endswith(f"{image.file.url} 1200w")
    assert shown.value(".body img", "src") == image.file.url
    assert shown.values("picture > .cover", "src") == [image.file.url]
    assert shown.values("picture source", "srcset")[0] == avif
    for _kind, width, name in image.sizes:
        with image.file.storage.open(name) as file, Picture.open(file) as picture:
            assert picture.width == width
            assert file.size < image.file.size


def test_feeds_have_the_picture_itself(client: Client) -> None:
    _post, image = issue(sky())
    feed = client.get("/feed.xml").content.decode()
    assert image.file.url in feed
    assert "<source" not in feed
    assert "avif" not in feed


def test_no_file_is_wider_or_larger_than_the_picture() -> None:
    issue(sky(width=300))
    assert {width for _kind, width, _name in Image.objects.get().sizes} <= {300}


def test_an_animation_and_a_file_that_is_gone_stay_as_they_are(client: Client) -> None:
    _post, image = issue(sky(frames=3))
    assert Image.objects.values_list("sizes", flat=True).get() == []
    Image.objects.update(sizes=None)
    image.file.storage.delete(image.file.name)
    assert make_sizes.func(image.pk) == 0
    assert Image.objects.values_list("sizes", flat=True).get() == []
    assert page(client).all("source") == []


def test_pictures_from_before_get_their_sizes_too() -> None:
    issue(sky())
    Image.objects.update(sizes=None)
    assert make_missing_sizes.func() == 1
    assert Image.objects.get().sizes


def test_authors_write_no_sources_of_their_own(client: Client) -> None:
    raw = '<picture><source srcset="https://spy.example.org/x.webp" type="image/webp"></picture>'
    post = make_post("Raw", f"Text {raw} and more.\n")
    body = client.get(post.get_absolute_url()).content.decode()
    assert "spy.example.org" not in body
