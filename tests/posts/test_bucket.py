"""Pictures in a bucket (`STORAGE_URL`), on a server that speaks S3."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from backups import uploads
from newsletter import buckets, env, static_site
from newsletter.policy import image_sources
from posts import pictures
from posts.models import Image, Picture
from posts.pictures.files import sweep
from posts.publishing import delete as put_into_trash
from posts.publishing import erase
from tests.builders import make_picture, make_post, picture_file
from tests.posts.test_resizing import sky
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

BUCKET = "news-pictures"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that speaks S3, with a bucket that all may read."""
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    address = f"http://{host}:{port}"
    httpx.put(f"{address}/{BUCKET}", headers={"x-amz-acl": "public-read"}).raise_for_status()
    yield address
    moto.stop()


@pytest.fixture(autouse=True)
def bucket(server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """Keep files in the bucket; return where browsers get them from."""
    query = f"region=us-east-1&endpoint={server}&public={server}/{BUCKET}"
    monkeypatch.setenv("STORAGE_URL", f"s3://key:secret%2F%2B@{BUCKET}/site?{query}")
    settings.STORAGES = {**settings.STORAGES, "default": env.storage("STORAGE_URL")}
    return f"{server}/{BUCKET}/site"


def fetched(address: str) -> bytes:
    return httpx.get(address).raise_for_status().content


def test_pages_show_pictures_from_the_bucket_in_all_sizes(
    bucket: str, client: Client, run_waiting_tasks: Callable[[], int]
) -> None:
    picture = make_picture("하늘.png", sky(width=1200))
    post = make_post(body=f"![Sky]({picture.path})\n", cover=picture.path)
    while run_waiting_tasks():
        pass

    page = Page(client.get(post.get_absolute_url()))
    shown = page.value("figure img", "src")
    assert shown == f"{bucket}/{picture.file.name}"
    sets = [
        part.split(" ")[0] for row in page.values("source", "srcset") for part in row.split(", ")
    ]
    assert len(set(sets)) > 4
    assert all(address.startswith(f"{bucket}/posts/images/") for address in sets)
    assert all(fetched(address) for address in {shown, *sets})
    assert "?" not in shown  # nothing that expires
    feed = client.get("/feed.xml").content.decode()
    assert shown in feed


def test_pictures_are_replaced_and_deleted_in_the_bucket(bucket: str) -> None:
    picture = make_picture()
    post = make_post(body=f"![x]({picture.path})\n")
    old = picture.file.name
    pictures.replace(picture, picture_file((20, 20, 200)), "b.png")
    assert sweep.func() == 0  # the old one stays a day
    assert default_storage.exists(old)
    new = Image.objects.get().file.name

    put_into_trash(post)
    erase(post)
    assert not Picture.objects.exists()
    assert not default_storage.exists(new)


def test_a_file_that_is_there_is_not_stored_again(bucket: str) -> None:
    assert pictures.stored(b"one") == pictures.stored(b"one")
    assert len(list(uploads.stored("posts/images"))) >= 1


def test_a_static_site_shows_pictures_from_the_bucket(
    bucket: str, tmp_path: Path, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["news.example.org"]
    settings.STATIC_ROOT = tmp_path / "static"
    (settings.STATIC_ROOT / "css").mkdir(parents=True)
    picture = make_picture()
    post = make_post(body=f"![x]({picture.path})\n")
    for _done in static_site.build(tmp_path / "site", "https://live.example.org"):
        pass
    page = (tmp_path / "site" / post.get_absolute_url().strip("/") / "index.html").read_text()
    assert f'src="{bucket}/{picture.file.name}"' in page
    assert not (tmp_path / "site" / "media").exists()


def test_backups_read_and_write_what_is_in_the_bucket(bucket: str) -> None:
    picture = make_picture("backed-up.png", picture_file((7, 7, 7)))
    name = picture.file.name
    assert name in set(uploads.stored())
    assert name in uploads.named()
    with default_storage.open(name) as file:
        data = file.read()
    default_storage.delete(name)
    uploads.put(name, [b"something else"])
    uploads.put(name, [data])
    assert fetched(f"{bucket}/{name}") == data


def test_browsers_may_load_pictures_from_the_bucket_and_mirrors_from_nowhere_else(
    server: str,
) -> None:
    origin = buckets.origin(env.storage("STORAGE_URL"))
    assert origin == server
    assert image_sources(mirrored=True, bucket=origin)["img-src"] == ["'self'", server]
    assert image_sources(mirrored=False, bucket="")["img-src"] == ["'self'", "https:"]
