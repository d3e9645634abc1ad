"""The library of pictures: sent while an issue is written, shown, replaced, deleted."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from posts import drafting, pictures, publishing
from posts.documents import parse_issue
from posts.exporting import write_posts
from posts.images import ImageError
from posts.models import Image, IssueTemplate, Picture, Post
from posts.pictures import Words
from posts.pictures.files import KEPT, sweep
from posts.publishing import save_document
from posts.storage import WholeFileStorage
from tests.builders import make_draft, make_member, make_picture, make_post, picture_file
from tests.conftest import SignIn
from tests.posts import odd_pictures
from tests.reading import Page

pytestmark = pytest.mark.django_db

BLUE = (20, 20, 200)
SOME_COLOURS = ((1, 2, 3), (40, 50, 60), (90, 80, 70))


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


def send(client: Client, data: bytes, name: str = "chart.png") -> dict:
    file = SimpleUploadedFile(name, data)
    response = client.post(reverse("admin:posts_picture_send"), {"file": file})
    return {"status": response.status_code, **json.loads(response.content)}


def files_stored() -> list[str]:
    return sorted(default_storage.listdir("posts/images")[1])


def page_of(post: Post) -> str:
    response = Client().get(post.get_absolute_url())
    return response.content.decode()


# Sending


def test_a_picture_that_is_sent_can_be_put_into_an_issue(client: Client) -> None:
    sent = send(client, picture_file(), "Größe der Welt.PNG")["picture"]
    assert sent["path"] == "pictures/größe-der-welt.webp"
    post = make_post(body=f'![A red box]({sent["path"]} "Red")\n')

    image = Image.objects.get(post=post)
    assert (image.path, image.picture_id) == (sent["path"], sent["pk"])
    page = Page(page_of(post))
    assert page.value("figure img", "src") == f"/media/{image.file.name}"
    assert page.value("figure img", "alt") == "A red box"
    assert page.texts("figcaption") == ["Red"]


def test_the_same_picture_again_is_the_one_that_is_there(client: Client) -> None:
    first = send(client, picture_file())
    second = send(client, picture_file(), "other.png")

    assert first["picture"]["pk"] == second["picture"]["pk"]
    assert (first["is_new"], second["is_new"]) == (True, False)


def test_pictures_of_one_name_get_names_of_their_own(client: Client) -> None:
    names = [
        send(client, picture_file((i, 0, 0)), "image.png")["picture"]["name"] for i in range(3)
    ]

    assert names == ["image.webp", "image-2.webp", "image-3.webp"]


def test_what_is_no_picture_is_refused_in_words(client: Client) -> None:
    assert "not a PNG" in send(client, b"no picture at all")["error"]
    assert "SVG" in send(client, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg")["error"]
    response = client.post(reverse("admin:posts_picture_send"), {})
    assert response.status_code == 400
    assert not Picture.objects.exists()


def test_a_picture_may_be_as_large_as_the_library_takes_and_no_larger(client: Client) -> None:
    address = reverse("admin:posts_picture_send")
    large = SimpleUploadedFile("a.png", picture_file() + b"\0" * 9 * 1024**2)
    assert client.post(address, {"file": large}).status_code == 200
    huge = SimpleUploadedFile("a.png", b"\0" * 22 * 1024**2)
    response = client.post(address, {"file": huge}, headers={"Accept": "application/json"})
    assert response.status_code == 413


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="0 bytes"),
        pytest.param(b"MZ" + b"\0" * 100, id="a program"),
        pytest.param(odd_pictures.svg(), id="svg"),
        pytest.param(odd_pictures.heic(), id="heic"),
        pytest.param(odd_pictures.raw_png((50_000, 50_000), 8, 2, rows=b""), id="a bomb"),
        pytest.param(picture_file()[:-30], id="cut off"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 30 * 1024**2, id="30 MB"),
    ],
)
def test_hostile_files_are_refused_in_words_in_the_form_and_the_library(
    client: Client, data: bytes
) -> None:
    picture = make_picture("there.png", picture_file(BLUE))
    before = files_stored()
    replace = f"{reverse('admin:posts_picture_replace')}?picture={picture.pk}"

    for address in (reverse("admin:posts_picture_send"), replace):
        sent = {"file": SimpleUploadedFile("a.png", data)}
        answer = client.post(address, sent, headers={"Accept": "application/json"})
        words = answer.content.decode()
        is_form = "application/json" not in answer.headers["Content-Type"]
        assert Page(words).one(".errorlist").text() if is_form else answer.json()["error"]
        assert answer.status_code in ({200} if is_form else {400, 413})

    assert Picture.objects.get().file.name == picture.file.name
    assert files_stored() == before


def test_a_storage_that_takes_nothing_leaves_no_row_and_is_said(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = make_picture("there.png", picture_file(BLUE))

    def full(*_args: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(WholeFileStorage, "_save", full)
    sent = send(client, picture_file())
    for address in (
        reverse("admin:posts_picture_add"),
        f"{reverse('admin:posts_picture_replace')}?picture={picture.pk}",
    ):
        file = SimpleUploadedFile("a.png", picture_file())
        assert "cannot store" in client.post(address, {"file": file}).content.decode()

    assert (sent["status"], "cannot store" in sent["error"]) == (507, True)
    assert Picture.objects.get().file.name == picture.file.name


def test_who_may_not_write_sends_nothing(sign_in: SignIn, moderator: User) -> None:
    client = sign_in(moderator)
    file = SimpleUploadedFile("a.png", picture_file())
    assert client.post(reverse("admin:posts_picture_send"), {"file": file}).status_code == 403
    assert client.get(reverse("admin:posts_picture_find")).status_code == 403
    with pytest.raises(PermissionDenied):
        pictures.keep(picture_file(), "a.png", by=moderator)
    assert not Picture.objects.exists()


def test_what_is_done_with_pictures_stands_on_the_record(client: Client, editor: User) -> None:
    key = send(client, picture_file())["picture"]["pk"]
    client.post(reverse("admin:posts_picture_words", args=[key]), {"alt": "A box"})

    entries = LogEntry.objects.filter(object_id=str(key), user=editor).order_by("pk")
    assert ["Added" in entry.change_message for entry in entries] == [True, False]
    assert Picture.objects.get().added_by == editor


def test_words_are_one_line_and_are_found(client: Client) -> None:
    key = send(client, picture_file())["picture"]["pk"]
    words = {"alt": " A red\r\n box ", "caption": "Red", "credit": "사진: 홍길동"}
    answer = client.post(reverse("admin:posts_picture_words", args=[key]), words)
    assert answer.json()["picture"]["alt"] == "A red box"
    make_picture("other.png", picture_file(BLUE))

    for asked in ("red box", "홍길동", "chart"):
        found = client.get(reverse("admin:posts_picture_find"), {"q": asked}).json()["pictures"]
        assert [row["pk"] for row in found] == [key]


def test_pictures_of_the_issue_are_offered_first(client: Client) -> None:
    mine = make_picture()
    make_picture("other.png", picture_file(BLUE))
    post = make_draft(body=f"![x]({mine.path})\n")

    found = client.get(reverse("admin:posts_picture_find"), {"post": post.pk}).json()["pictures"]
    assert [row["name"] for row in found] == ["sky.webp", "other.webp"]


# Issues and their pictures


def test_a_picture_that_the_text_names_no_more_is_the_issue_s_no_more() -> None:
    picture = make_picture()
    post = make_post(body=f"![x]({picture.path})\n")
    save_document(post, parse_issue(b"# One\n\nText\n"))
    assert not post.images.exists()

    save_document(post, parse_issue(f"# One\n\n![x]({picture.path})\n".encode()))
    assert post.images.get().picture == picture


def test_a_cover_may_come_from_the_library() -> None:
    picture = make_picture()
    post = make_post(cover=picture.path)

    assert post.images.get().picture == picture
    assert f"/media/{picture.file.name}" in page_of(post)


def test_a_picture_nobody_described_takes_the_words_of_the_text() -> None:
    picture = make_picture()
    make_post(body=f"![A *red* box]({picture.path})\n")
    picture.refresh_from_db()
    assert picture.alt == "A red box"

    make_post("Two", body=f"![Other]({picture.path})\n")
    picture.refresh_from_db()
    assert picture.alt == "A red box"


def test_saving_costs_as_many_queries_with_twice_the_pictures() -> None:
    paths = [make_picture("a.png", picture_file((i, 0, 0))).path for i in range(8)]

    def queries(named: list[str]) -> int:
        post = make_draft(body="".join(f"![x]({path})\n\n" for path in named))
        with CaptureQueriesContext(
            connection,
        ) as said:
            publishing.rebuild(post)
        return len(said)

    assert queries(paths[:4]) == queries(paths)


def test_an_export_has_the_pictures_where_the_text_names_them(tmp_path: Path) -> None:
    picture = make_picture("하늘.png")
    text = f"---\ntitle: One\n---\n\n![x]({picture.path})\n"
    save_document(Post(), parse_issue(text.encode()))

    list(write_posts(Post.objects.all(), tmp_path))

    issue = next(tmp_path.rglob("*.md"))
    assert issue.read_text(encoding="utf-8") == text
    beside = issue.parent / "pictures" / "하늘.webp"
    with default_storage.open(picture.file.name) as file:
        assert beside.read_bytes() == file.read()


def test_what_a_text_that_is_not_saved_shows_is_known() -> None:
    picture = make_picture()
    assert pictures.known(None, [picture.path, "pictures/none.webp", "other/a.png"]) == {
        picture.path: pictures.using.size_of(pictures.using.shown(picture, picture.path))
    }
    assert not Image.objects.exists()


# Replacing and deleting


def test_all_issues_show_what_replaced_a_picture(client: Client) -> None:
    picture = make_picture()
    posts = [make_post(title, body=f"![x]({picture.path})\n") for title in ("One", "Two")]
    old = picture.file.name
    address = f"{reverse('admin:posts_picture_replace')}?picture={picture.pk}"
    assert "in 2 issues" in client.get(address).content.decode()

    file = SimpleUploadedFile("new.png", picture_file(BLUE, (90, 30)))
    assert client.post(address, {"file": file}).status_code == 302

    picture.refresh_from_db()
    assert picture.file.name != old
    assert (picture.name, picture.width) == ("sky.webp", 90)
    for post in posts:
        assert old not in page_of(post)
        assert f'src="/media/{picture.file.name}" alt="x"' in page_of(post)
        assert post.images.get().width == 90


def test_a_file_that_was_replaced_goes_a_day_later() -> None:
    picture = make_picture()
    old = picture.file.name
    pictures.replace(picture, picture_file(BLUE), "b.png")
    assert sweep.func() == 0
    assert default_storage.exists(old)

    with time_machine.travel(timezone.now() + KEPT * 2):
        sweep.func()
    assert not default_storage.exists(old)
    assert default_storage.exists(Picture.objects.get().file.name)


def test_a_replacement_that_is_no_picture_changes_nothing(client: Client) -> None:
    picture = make_picture()
    with pytest.raises(ImageError):
        pictures.replace(picture, b"nothing", "a.png")
    address = f"{reverse('admin:posts_picture_replace')}?picture={picture.pk}"
    response = client.post(address, {"file": SimpleUploadedFile("a.png", b"nothing")})
    assert "not a PNG" in response.content.decode()
    assert Picture.objects.get().file.name == picture.file.name


def test_deleting_a_picture_that_issues_show_asks_and_leaves_them_without(client: Client) -> None:
    picture = make_picture()
    post = make_post(body=f"![x]({picture.path})\n")
    address = reverse("admin:posts_picture_delete", args=[picture.pk])
    asked = client.get(address).content.decode()
    assert "in 1 issue" in asked
    assert Picture.objects.exists()

    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Picture.objects.exists()
    assert not default_storage.exists(picture.file.name)
    assert "/media/" not in page_of(post)


def test_pictures_go_with_an_issue_that_is_deleted_unless_another_has_them() -> None:
    shared, own = make_picture(), make_picture("own.png", picture_file(BLUE))
    post = make_post(body=f"![x]({shared.path})\n\n![y]({own.path})\n")
    other = make_post("Other", body=f"![x]({shared.path})\n")
    waiting = make_picture("waiting.png", picture_file((1, 2, 3)))

    publishing.delete(post)
    assert Picture.objects.count() == 3  # the trash keeps them
    publishing.erase(post)

    assert set(Picture.objects.all()) == {shared, waiting}
    assert not default_storage.exists(own.file.name)
    assert f"/media/{shared.file.name}" in page_of(other)


def name_beside_issues(client: Client, where: str, picture: Picture) -> None:
    """Name a picture in a text that is no issue, or not yet one."""
    text = f"![x]({quote(picture.path)})\n"
    post = make_post("One")
    if where == "pending version":
        form = Page(client.get(reverse("admin:posts_post_change", args=[post.pk])))
        sent = form.fields("#post_form") | {"cover": picture.path, "_later": "1"}
        client.post(reverse("admin:posts_post_change", args=[post.pk]), sent)
    elif where == "text that is not saved":
        drafting.keep(drafting.new_handle(), 1, post, {"text": text}, by=make_member("admin"))
    elif where == "template":
        IssueTemplate.objects.create(name="Weekly", text=text)
    elif where == "old versions":
        for body in (text, "Without\n"):
            save_document(post, parse_issue(f"# One\n\n{body}".encode()))
    elif where == "in the trash":
        publishing.delete(make_draft(body=text))


@pytest.mark.parametrize(
    "where",
    ["pending version", "text that is not saved", "template", "in the trash", "old versions"],
)
def test_a_picture_that_a_text_beside_the_issues_names_is_not_unused_and_stays(
    client: Client, where: str
) -> None:
    picture = make_picture("하늘.png")
    gone = make_draft("Gone", body=f"![x]({picture.path})\n")
    name_beside_issues(client, where, picture)
    publishing.delete(gone)
    publishing.erase(gone)

    assert default_storage.exists(Picture.objects.get().file.name)
    asked = client.get(reverse("admin:posts_picture_delete", args=[picture.pk]))
    assert where in Page(asked).text()
    listed = reverse("admin:posts_picture_changelist")
    if where != "old versions":  # read only before something goes
        assert where in Page(client.get(listed)).text()
        assert picture.name not in client.get(listed, {"used": "no"}).content.decode()
        assert picture.name in client.get(listed, {"used": "yes"}).content.decode()


def test_pictures_are_deleted_by_those_who_may_publish(sign_in: SignIn, moderator: User) -> None:
    picture = make_picture()
    for verb in (
        lambda: pictures.delete(picture, by=moderator),
        lambda: pictures.replace(picture, picture_file(BLUE), "b.png", by=moderator),
        lambda: pictures.describe(picture, Words("x"), by=moderator),
    ):
        with pytest.raises(PermissionDenied):
            verb()


# The library


def test_the_library_says_which_issues_have_a_picture(client: Client) -> None:
    used, unused = make_picture(), make_picture("unused.png", picture_file(BLUE))
    post = make_post("하나", body=f"![x]({used.path})\n")
    listed = Page(client.get(reverse("admin:posts_picture_changelist"))).text()
    assert "in 1 issue" in listed
    assert "unused" in listed

    shown = client.get(reverse("admin:posts_picture_changelist"), {"used": "no"}).content.decode()
    assert unused.name in shown
    assert used.name not in shown
    form = client.get(reverse("admin:posts_picture_change", args=[used.pk])).content.decode()
    assert reverse("admin:posts_post_change", args=[post.pk]) in form


def test_the_list_asks_as_much_of_the_database_with_twice_the_pictures(client: Client) -> None:
    address = reverse("admin:posts_picture_changelist")

    def queries(names: range) -> int:
        for i in names:
            make_picture(f"{i}.png", picture_file((i, 0, 0)))
        with CaptureQueriesContext(connection) as said:
            client.get(address)
        return len(said)

    queries(range(1))
    assert queries(range(4)) == queries(range(4, 8))


def test_a_picture_is_added_and_described_without_scripts(client: Client) -> None:
    file = SimpleUploadedFile("a.png", picture_file())
    response = client.post(reverse("admin:posts_picture_add"), {"file": file})
    picture = Picture.objects.get()
    assert response.headers["Location"] == reverse("admin:posts_picture_change", args=[picture.pk])

    client.post(response.headers["Location"], {"alt": "A box", "credit": "Me"})
    picture.refresh_from_db()
    assert (picture.alt, picture.credit) == ("A box", "Me")


def test_smaller_files_are_made_once_for_all_issues(
    run_waiting_tasks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def resized(data: bytes, width: int, _kind: str) -> bytes:
        made.append(width)
        return data[:50]

    monkeypatch.setattr("posts.resizing.resized", resized)
    picture = make_picture("a.png", picture_file(size=(600, 400)))
    posts = [make_post(title, body=f"![x]({picture.path})\n") for title in ("One", "Two")]
    run_waiting_tasks()

    assert made == [480, 480, 600, 600]
    for post in posts:
        assert post.images.get().sizes


# Imports


def imported(folder: Path, body: str = "![A sky](images/sky.png)\n") -> Post:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images" / "sky.png").write_bytes(picture_file())
    (folder / "one.md").write_text(f"---\ntitle: One\n---\n\n{body}", encoding="utf-8")
    call_command("import_posts", folder, verbosity=0)
    return Post.objects.get(title="One")


def test_what_comes_with_an_import_is_in_the_library_by_the_same_file(tmp_path: Path) -> None:
    post = imported(tmp_path)
    image, picture = post.images.get(), Picture.objects.get()

    assert image.picture == picture
    assert (picture.name, picture.alt) == ("sky.webp", "A sky")
    assert picture.file.name == image.file.name
    files = [name for name in default_storage.listdir("posts/images")[1] if name.endswith(".webp")]
    assert len(files) == 1
    assert make_picture("again.png").pk == picture.pk

    other = make_post("Two", body=f"![x]({picture.path})\n")
    assert other.images.get().file.name == image.file.name


def test_an_export_with_pictures_of_the_library_comes_back_to_the_byte(tmp_path: Path) -> None:
    picture = make_picture("하늘.png")
    text = f'---\ntitle: One\ncover: {picture.path}\n---\n\n![x]({picture.path} "y")\n'
    post = save_document(Post(), parse_issue(text.encode()), status="draft")
    list(write_posts(Post.objects.all(), tmp_path))
    file = picture.file.name
    publishing.delete(post)
    publishing.erase(post)
    assert not Picture.objects.exists()

    call_command("import_posts", tmp_path, verbosity=0)

    post = Post.objects.get()
    assert post.document == text
    assert post.images.get().file.name == file
    assert Picture.objects.get().path == picture.path  # so that other issues may name it again


def test_a_picture_that_an_import_brought_stays_with_its_issue(tmp_path: Path) -> None:
    post = imported(tmp_path)
    save_document(post, parse_issue(b"---\ntitle: One\n---\n\nWords\n"))
    save_document(post, parse_issue(b"---\ntitle: One\n---\n\n![A sky](images/sky.png)\n"))

    assert "/media/" in page_of(publishing.publish([post])[0])


def test_pictures_of_before_come_into_the_library_with_the_upgrade(tmp_path: Path) -> None:
    post = imported(tmp_path)
    make_post("Two", body="![x](pictures/sky.webp)\n")
    Image.objects.update(picture=None)
    Picture.objects.all().delete()

    upgrade = import_module("posts.migrations.0031_pictures")
    upgrade.adopt(apps, None)

    picture = Picture.objects.get()
    assert picture.images.count() == 2
    assert picture.file.name == post.images.get().file.name
    assert picture.name == "sky.webp"


def test_a_check_names_pictures_that_are_damaged_or_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept, cut, gone = (pictures.keep(picture_file(colour), "a.png")[0] for colour in SOME_COLOURS)
    call_command("check_media")
    assert "files are as they were stored" in capsys.readouterr().out

    default_storage.delete(cut.file.name)
    default_storage.save(cut.file.name, ContentFile(b"RIFF"))
    default_storage.delete(gone.file.name)
    with pytest.raises(CommandError, match=r"2 of \d+ files are missing or damaged"):
        call_command("check_media")

    said = capsys.readouterr().out
    assert f"{cut.file.name} is damaged" in said
    assert f"{gone.file.name} is missing" in said
    assert kept.file.name not in said
