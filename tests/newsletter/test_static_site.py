"""The site as files is the live site, to the byte."""

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from links.models import DIGEST_LENGTH, FormerKey, Link
from mailing.models import MailSettings
from mailing.settling import settle
from newsletter import static_site
from posts import authors, pages, publishing, retagging
from posts.models import Author, Redirect, Tag
from posts.models import Page as OwnPage
from posts.publishing import save_document
from tests.builders import make_draft, make_post, make_posts, make_scheduled, parsed

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture(autouse=True)
def static(settings: Settings, tmp_path: Path) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "news.example.org"]
    settings.STATIC_ROOT = tmp_path / "static"
    (settings.STATIC_ROOT / "css").mkdir(parents=True)
    (settings.STATIC_ROOT / "css/base.css").write_text("body {}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site"


def built(folder: Path, **options: object) -> dict[str, bytes]:
    call_command("build_static", folder, verbosity=0, **options)
    files = (file for file in folder.rglob("*") if file.is_file())
    return {
        f"/{file.relative_to(folder)}".removesuffix("index.html"): file.read_bytes()
        for file in files
    }


def inodes(folder: Path) -> dict[str, int]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.stat().st_ino for file in files}


def test_every_file_is_the_live_answer(client: Client, folder: Path, settings: Settings) -> None:
    make_posts(
        33, body="- [One](https://one.example.org/)\n", start=datetime(2024, 1, 1, tzinfo=UTC)
    )
    make_post("평가 소식", "## Preview\n- [Two](https://github.com/rust-lang/rust)\n")
    make_draft("Secret")
    make_scheduled("To come")
    files = built(folder)
    index = client.get("/sitemap.xml").content.decode()
    parts = [p.removeprefix(settings.SITE_URL) for p in re.findall("<loc>(.*?)</loc>", index)]
    named = "".join(files[part].decode() for part in parts)
    addresses = {
        unquote(a.removeprefix(settings.SITE_URL)) for a in re.findall("<loc>(.*?)</loc>", named)
    }
    assert len(addresses) > 38
    assert addresses <= files.keys()
    leading = ("/report/", *static_site.PROGRAMS)
    more = {path for path in files if not path.startswith(("/static/", "/suggest/", *leading))}
    assert any("/older/" in path for path in more)
    for path in more - {"/404.html", "/_redirects"}:
        answer = client.get(path)
        if answer.status_code == 200:
            assert files[path] == answer.content, path
        else:
            assert answer.status_code == 301, path
    assert files["/404.html"] == client.get("/404.html").content
    assert not any(b"Secret" in body or b"To come" in body for body in files.values())


def test_every_link_of_a_file_leads_to_a_file_or_to_the_live_site(folder: Path) -> None:
    make_posts(35)
    files = built(folder)
    linked = {
        unquote(path)
        for name, body in files.items()
        if name.endswith("/")
        for path in re.findall(r'href="(/[^"#?]*)"', body.decode())
    }
    live = ("/static/", "/admin/", "/api/")
    assert {path for path in linked if not path.startswith(live)} <= files.keys()


def test_only_what_changed_is_written_and_what_is_gone_is_removed(folder: Path) -> None:
    posts = make_posts(3)
    built(folder)
    before, place = inodes(folder), folder.readlink().name
    built(folder)
    assert inodes(folder) == before
    assert folder.readlink().name != place
    save_document(posts[0], parsed("Issue 1", "Other words.\n"))
    publishing.withdraw([posts[2]])
    files = built(folder)
    after = inodes(folder)
    assert after["static/css/base.css"] == before["static/css/base.css"]
    assert after["posts/issue-1/index.html"] != before["posts/issue-1/index.html"]
    assert "/posts/issue-3/" not in files
    left = {file.name for file in folder.parent.iterdir()} - {"static"}
    assert left == {"site", folder.readlink().name, f"{folder.readlink().name}.json"}


def test_old_addresses_lead_on(folder: Path) -> None:
    make_post(author="Ann Lee")
    retagging.rename(Tag.objects.get(name="AI"), "Machines")
    author = Author.objects.get()
    author.name, author.slug = "Ann Kim", "ann-kim"
    authors.describe(author)
    page = pages.save(OwnPage(title="About", slug="info", text="Us.", status="published"))
    page.slug = "us"
    pages.save(page)
    link = Link.objects.first()
    assert link
    FormerKey.objects.create(key=f"{0:064}", link=link)
    Redirect.objects.create(old="/2019/first.html", new="/posts/a-first-issue/")
    Redirect.objects.create(old="/now", new="/posts/a-first-issue/", kind=302)
    files = built(folder)
    assert b"url=/tags/machines/" in files["/tags/ai/"]
    lines = files["/_redirects"].decode().splitlines()
    assert "/tags/ai/ /tags/machines/ 301" in lines
    assert "/2019/first.html /posts/a-first-issue/ 301" in lines
    assert "/now /posts/a-first-issue/ 302" in lines
    assert "/authors/ann-lee/ /authors/ann-kim/ 301" in lines
    assert "/info/ /us/ 301" in lines
    digest = f"{0:0{DIGEST_LENGTH}}"
    assert f"/links/{digest}/ /links/{link.digest}/ 301" in lines


@pytest.mark.parametrize("name", ["site", "news.example.org"])
def test_what_a_killed_build_left_is_swept_and_what_another_writes_stays(
    tmp_path: Path, name: str
) -> None:
    make_post()
    folder = tmp_path / "out" / name
    built(folder)
    last, before = folder.readlink().name, inodes(folder)
    killed, running, foreign = (
        folder.parent / f".{name}-{end}" for end in ("0" * 16, "1" * 16, "backup")
    )
    for made in (killed, running, foreign):
        made.mkdir()
        made.with_name(f"{made.name}.json").write_text("{}")
    old = time.time() - 2 * static_site.LONGEST_BUILD
    for file in folder.parent.iterdir():
        if file.name.startswith((killed.name, foreign.name, last)):
            os.utime(file, (old, old))
    built(folder)
    assert inodes(folder) == before
    stays = {running.name, foreign.name, folder.readlink().name}
    assert {file.name for file in folder.parent.iterdir()} == {
        name,
        *stays,
        *(f"{one}.json" for one in stays),
    }


def test_forms_lead_to_the_live_site_or_are_left_out(folder: Path) -> None:
    make_post()
    files = built(folder, base_url="https://live.example.org/")
    assert b"https://live.example.org/suggest/" in files["/suggest/"]
    files = built(folder, without_forms=True)
    assert b"/report/" not in files["/posts/a-first-issue/"]
    assert "/suggest/" not in files


def test_forms_of_mail_are_sent_to_the_live_site(
    folder: Path, settings: Settings, client: Client
) -> None:
    settings.EMAIL = {"EMAIL_BACKEND": "console"}
    settle(MailSettings(is_on=True))
    make_post()
    assert b' action="/subscribe/"' in client.get("/posts/a-first-issue/").content

    files = built(folder, base_url="https://live.example.org/")

    for path in ("/", "/follow/", "/posts/a-first-issue/"):
        assert b' action="https://live.example.org/subscribe/"' in files[path], path
        assert b' action="/' not in files[path].replace(b' action="/search/"', b""), path


def test_without_forms_there_are_none_of_mail(folder: Path, settings: Settings) -> None:
    settings.EMAIL = {"EMAIL_BACKEND": "console"}
    settle(MailSettings(is_on=True))
    make_post()

    files = built(folder, without_forms=True)

    for path in ("/", "/follow/", "/posts/a-first-issue/", "/tags/ai/"):
        assert b"/subscribe/" not in files[path], path
    assert settings.EMAIL


def test_what_to_follow_by_mail_is_kept_on_the_way_to_the_live_site(
    folder: Path, settings: Settings
) -> None:
    settings.EMAIL = {"EMAIL_BACKEND": "console"}
    settle(MailSettings(is_on=True))
    make_post()

    page = built(folder, base_url="https://live.example.org/")["/tags/ai/"]

    assert b'href="https://live.example.org/subscribe/?follow=tag%3Aai"' in page


def test_pictures_come_along(folder: Path) -> None:
    name = default_storage.save("posts/2024/05/cat.webp", ContentFile(b"cat"))
    make_post(body=f"![A cat](/media/{name})\n")
    assert built(folder)[f"/media/{name}"] == b"cat"


def test_no_address_leads_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    make_post("One", "![x](/media/../../../etc/hostname) [y](/media//etc/hostname)\n")
    make_post("Two", f"[z](/media/{'a' * 300}.png) [up](/../../escape/)\n")
    Redirect.objects.create(old="/../../escape/", new="/")

    assert "/posts/one/" in built(folder)
    assert not list(tmp_path.parent.rglob("escape"))


def test_what_is_saved_meanwhile_is_in_all_files_or_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post()
    fill = static_site._fill
    done: list[object] = []

    def overtaken(*args: object) -> object:
        yield from fill(*args)
        if not done:
            done.append(save_document(post, parsed("Saved meanwhile")))

    monkeypatch.setattr(static_site, "_fill", overtaken)
    assert b"Saved meanwhile" in built(folder)["/"]


def test_a_build_that_fails_leaves_the_last_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_post()
    before = built(folder)

    def moving(*args: object) -> object:
        publishing.rebuild(make_post("Always more"))
        yield "/", True

    monkeypatch.setattr(static_site, "_fill", moving)
    with pytest.raises(CommandError, match="saved each time"):
        built(folder)
    assert (folder / "index.html").read_bytes() == before["/"]
    assert len(list(folder.parent.iterdir())) == 4


def test_a_folder_of_somebody_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    with pytest.raises(CommandError, match="was not built"):
        built(folder)
