"""Issues come in as uploaded files, looked at first, and go out as an archive."""

import io
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from posts.admin import uploads
from posts.importing import staging
from posts.models import Post
from posts.sidefile import NAME
from tests.builders import document, make_draft, make_post, make_posts
from tests.conftest import SignIn
from tests.reading import Page, inner

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
UPLOAD = "/admin/posts/post/upload/"


@pytest.fixture(autouse=True)
def _folder(settings: Settings, tmp_path: Path) -> None:
    settings.UPLOAD_ROOT = tmp_path / "data" / "uploads"


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


def file(name: str, text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())


def archive(**files: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name.replace("__", "/") + ".md", text)
    return target.getvalue()


def look(client: Client, *files: SimpleUploadedFile, **options: str) -> Page:
    """Choose files and return the report of what importing would do."""
    response = client.post(UPLOAD, {"documents": list(files), **options})
    assert response.status_code == 200
    return Page(response)


def ticket(page: Page) -> str:
    return str(page.one("input[name=ticket]").attributes["value"])


def confirm(client: Client, page: Page) -> Any:
    return client.post(UPLOAD, {"ticket": ticket(page), "confirm": "1"})


def rows(page: Page) -> dict[str, str]:
    return {inner(row, "th"): inner(row, ".state") for row in page.all(".report tbody tr")}


def test_looking_at_files_writes_nothing(client: Client) -> None:
    page = look(client, file("a.md", document("One")), file("b.md", document("Two")))

    assert rows(page) == {"a.md": "New", "b.md": "New"}
    assert not Post.objects.exists()
    assert not LogEntry.objects.exists()


def test_confirming_imports_the_same_files(client: Client) -> None:
    text = document("One", date="2024-05-10")
    page = look(
        client, file("a.md", text), file("b.zip", archive(**{"2024__c": document("Three")}))
    )

    response = confirm(client, page)

    assert response.status_code == 200
    assert {post.source_name for post in Post.objects.all()} == {"a.md", "2024/c.md"}
    assert Post.objects.get(source_name="a.md").document == text
    assert Post.objects.get(source_name="a.md").is_public()
    assert LogEntry.objects.count() == 2
    assert "a.md" in LogEntry.objects.get(object_repr="One").change_message


def test_the_report_tells_each_files_fate(client: Client) -> None:
    first = document("Same")
    confirm(client, look(client, file("same.md", first), file("other.md", document("Other"))))

    page = look(
        client,
        file("same.md", first),
        file("other.md", document("Other").replace("Third find", "New find")),
        file("new.md", document("New one")),
        file("bad.md", b"\xff\xfe"),
    )

    assert rows(page) == {
        "same.md": "Unchanged",
        "other.md": "Conflict",
        "new.md": "New",
        "bad.md": "Refused",
    }
    assert "not UTF-8" in page.one(".report").text()
    assert "New find" in page.one(".differences").text()
    assert "Import 1 file" in page.one(".submit-row").text()


def test_changed_files_replace_posts_only_when_asked(client: Client) -> None:
    confirm(client, look(client, file("a.md", document("One"))))
    changed = document("One, again")

    confirm(client, look(client, file("a.md", changed)))
    assert Post.objects.get().title == "One"
    page = look(client, file("a.md", changed), update="on")
    assert rows(page) == {"a.md": "Changed"}
    confirm(client, page)

    assert Post.objects.get().title == "One, again"


def test_all_can_be_stored_as_drafts(client: Client) -> None:
    text = document("One", date="2024-05-10")

    confirm(client, look(client, file("a.md", text), status="draft"))

    assert Post.objects.get().status == "draft"


def test_the_files_can_be_imported_once(client: Client) -> None:
    page = look(client, file("a.md", document("One")))
    confirm(client, page)

    response = confirm(client, page)

    assert response.status_code == 302
    assert "gone" in str(next(iter(response.wsgi_request._messages)))


def test_nobody_else_can_import_them(client: Client, sign_in: SignIn, admin: User) -> None:
    page = look(client, file("a.md", document("One")))

    assert confirm(sign_in(admin), page).status_code == 302
    assert not Post.objects.exists()


@pytest.mark.parametrize("forged", ["", "x", "WyIuLi8uLi8iXQ:1abc:sig"])
def test_a_forged_ticket_opens_nothing(client: Client, forged: str) -> None:
    response = client.post(UPLOAD, {"ticket": forged, "confirm": "1"})

    assert response.status_code == 302
    assert not Post.objects.exists()


@pytest.mark.parametrize("key", ["../../etc", "", "A" * 32, "0" * 31])
def test_a_key_is_no_path(key: str) -> None:
    with pytest.raises(staging.NotKept), staging.opened(key):
        pass


def kept(key: str) -> Path:
    return Path(django_settings.UPLOAD_ROOT) / key


def test_old_files_are_swept_away_by_the_worker_and_by_the_next_upload() -> None:
    for sweep in (staging.sweep.call, lambda: staging.keep([file("b.md", "y")])):
        old, new = staging.keep([file("a.md", "x")]), staging.keep([file("b.md", "y")])
        os.utime(kept(old), (1, 1))

        sweep()

        assert not kept(old).exists()
        assert kept(new).exists()
        with pytest.raises(staging.NotKept), staging.opened(old):
            pass
    assert "posts.importing.staging.sweep" in django_settings.PERIODIC_TASKS


def test_what_others_keep_in_the_folder_of_uploads_stays() -> None:
    staging.keep([file("a.md", "x")])
    other = kept("media")
    other.mkdir()
    os.utime(other, (1, 1))

    assert staging.sweep.call() == 0
    assert other.exists()
    other.rmdir()


def test_files_kept_while_the_clock_was_ahead_are_swept_away() -> None:
    key = staging.keep([file("a.md", "x")])
    ahead = time.time() + 365 * 24 * 3600
    os.utime(kept(key), (ahead, ahead))

    assert staging.sweep.call() == 1


def test_sweeping_before_anything_was_uploaded_finds_nothing() -> None:
    assert staging.sweep.call() == 0


def test_the_files_are_private() -> None:
    folder = kept(staging.keep([file("../../evil.md", "x")]))

    assert folder.stat().st_mode & 0o077 == folder.parent.stat().st_mode & 0o077 == 0
    assert {path.name for path in folder.rglob("*")} == {"0", "names.json"}


def test_a_folder_of_the_system_that_somebody_else_made_first_is_in_nobodys_way(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"newsletter-uploads-{os.getuid()}").mkdir(mode=0o755)

    assert rows(look(client, file("a.md", document("One")))) == {"a.md": "New"}


@pytest.mark.parametrize(
    ("files", "words"), [([], "required"), ([SimpleUploadedFile("empty.md", b"")], "empty")]
)
def test_choosing_nothing_is_said_at_the_field(client: Client, files: Any, words: str) -> None:
    page = look(client, *files)

    assert words in page.one(".field-documents .errorlist").text()


def test_too_many_issues_are_left_to_the_command(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_ISSUES", 1)

    page = look(client, file("a.md", document("One")), file("b.md", document("Two")))

    assert "import_posts" in page.one(".field-documents .errorlist").text()


def test_too_large_uploads_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 10)

    page = look(client, file("a.md", document("One")))

    assert "MB" in page.one(".field-documents .errorlist").text()


def unzipped(response: Any) -> dict[str, bytes]:
    data = b"".join(response.streaming_content)
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_all_posts_can_be_downloaded_and_come_back_unchanged(client: Client) -> None:
    post, draft = make_post(source_name="2024/one.md"), make_draft()

    response = client.get("/admin/posts/post/export/")

    assert response.headers["Content-Disposition"].startswith('attachment; filename="posts-')
    files = unzipped(response)
    assert files["2024/one.md"] == post.document.encode()
    assert draft.document.encode() in files.values()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as target:
        for name, data in files.items():
            target.writestr(name, data)
    page = look(client, file("all.zip", zipped.getvalue()))
    assert set(rows(page).values()) == {"Read", "Unchanged"}


def test_the_selected_posts_can_be_downloaded(client: Client) -> None:
    posts = make_posts(3)

    response = client.post(
        "/admin/posts/post/",
        {"action": "export_selected", "_selected_action": [posts[0].pk, posts[2].pk]},
    )

    files = unzipped(response)
    del files[NAME]
    assert set(files.values()) == {posts[0].document.encode(), posts[2].document.encode()}
