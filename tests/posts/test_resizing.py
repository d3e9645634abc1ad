"""Pictures in the size that a screen needs, made in the background."""

import io
import time
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as Picture
from PIL import ImageDraw

from posts import resizing
from posts.images import reencode, resized, size_of
from posts.models import Image, Post
from posts.models import Picture as Kept
from posts.paths import picture_name
from posts.publishing import rebuild, save_document
from posts.resizing import make_missing_sizes, make_sizes
from tests.builders import LONG_AGO, make_post, parsed
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
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
            assert file.size < image.file.size or picture.format == "JPEG"


def test_a_picture_has_one_file_that_every_mail_program_shows() -> None:
    _post, image = issue(sky(width=1400))
    image.refresh_from_db()

    [(width, name)] = [(width, name) for kind, width, name in image.sizes if kind == "jpeg"]
    assert (width, image.mailed) == (1120, image.file.storage.url(name))
    with image.file.storage.open(name) as file, Picture.open(file) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1120, 560))

    Image.objects.update(sizes=None)
    image.refresh_from_db()
    assert image.mailed == image.file.url


def test_a_picture_of_the_library_from_before_gets_a_file_for_mails(
    run_waiting_tasks: Callable[[], int],
) -> None:
    data = sky(width=600)
    name = picture_name(data)
    default_storage.save(name, ContentFile(data))
    row = Kept.objects.create(name="sky.webp", file=name, digest="d" * 64)
    Kept.objects.filter(pk=row.pk).update(sizes=[["webp", 480, "posts/images/old.webp"]])

    make_missing_sizes.call()
    run_waiting_tasks()

    row.refresh_from_db()
    assert "jpeg" in {kind for kind, _width, _name in row.sizes}
    assert make_missing_sizes.call() == 0
    assert run_waiting_tasks() == 0


def test_what_is_transparent_is_white_where_a_file_knows_no_transparency() -> None:
    out = io.BytesIO()
    Picture.new("RGBA", (40, 20), (255, 0, 0, 0)).save(out, "PNG")

    jpeg = resized(reencode(out.getvalue(), "clear.png"), 40, "jpeg")

    with Picture.open(io.BytesIO(jpeg)) as picture:
        assert picture.getpixel((20, 10)) == (255, 255, 255)


def test_feeds_have_the_picture_itself(client: Client) -> None:
    _post, image = issue(sky())
    feed = client.get("/feed.xml").content.decode()
    assert image.file.url in feed
    assert "<source" not in feed
    assert "avif" not in feed


def test_no_file_is_wider_or_larger_than_the_picture() -> None:
    issue(sky(width=300))
    assert {width for _kind, width, _name in Image.objects.get().sizes} <= {300}


def test_an_animation_stays_as_it_is(client: Client) -> None:
    issue(sky(frames=3))
    assert Image.objects.values_list("sizes", flat=True).get() == []
    assert page(client).all("source") == []


def forget_sizes() -> None:
    """Have no smaller files of any picture, in issues or in the library."""
    Image.objects.update(sizes=None)
    Kept.objects.update(sizes=None)


def test_a_picture_whose_file_is_away_gets_its_sizes_once_it_is_back(client: Client) -> None:
    _post, image = issue(sky(width=600))
    forget_sizes()
    with image.file.open() as file:
        data = file.read()
    image.file.storage.delete(image.file.name)
    assert make_sizes.func(image.pk) == 0
    image.file.storage.save(image.file.name, ContentFile(data))
    make_missing_sizes.func()
    assert Image.objects.get().sizes


def test_a_storage_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _post, image = issue(sky(width=600))
    forget_sizes()

    def fail(*_args: object) -> None:
        raise TimeoutError("the storage is away")

    with monkeypatch.context() as away:
        away.setattr("django.core.files.storage.Storage.open", fail)
        with pytest.raises(TimeoutError):
            make_sizes.func(image.pk)
    assert make_sizes.func(image.pk) > 0


def test_a_picture_that_cannot_be_read_is_left_alone() -> None:
    _post, image = issue(sky(width=600))
    Image.objects.update(sizes=None)
    name = image.file.storage.save("images/broken.webp", ContentFile(b"no picture"))
    Image.objects.update(file=name)
    assert make_sizes.func(image.pk) == 0
    assert Image.objects.get().sizes == []


def test_all_pictures_from_before_get_their_sizes_one_run_after_the_other(
    run_waiting_tasks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    post, image = issue(sky(width=600))
    Image.objects.all().delete()
    monkeypatch.setattr(resizing, "A_RUN", 2)
    sizes = {"digest": "d" * 64, "file": image.file.name, "width": 600, "height": 300}
    rows = [Image(post=post, path=f"{place}.png", sizes=None, **sizes) for place in range(5)]
    Image.objects.bulk_create(rows)
    make_missing_sizes.enqueue()
    run_waiting_tasks()
    assert not Image.objects.filter(sizes__isnull=True).exists()


def test_a_chain_of_runs_ends_before_the_next_begins() -> None:
    issue(sky(width=600))
    Image.objects.update(sizes=None)
    an_hour_ago = time.time() - 3600
    assert make_missing_sizes.func(0, an_hour_ago + resizing.A_CHAIN) == 0
    assert make_missing_sizes.func() == 1


def test_authors_write_no_sources_of_their_own(client: Client) -> None:
    raw = '<picture><source srcset="https://spy.example.org/x.webp" type="image/webp"></picture>'
    post = make_post("Raw", f"Text {raw} and more.\n")
    body = client.get(post.get_absolute_url()).content.decode()
    assert "spy.example.org" not in body
