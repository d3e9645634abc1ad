"""Giving issues back: to the byte, under their names, inside the folder."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command

from posts import publishing
from posts.documents import DocumentError, parse_issue
from posts.exporting import export_name, write_posts, zip_posts
from posts.importing import Kind, import_sources
from posts.importing.sources import open_sources
from posts.models import Post
from posts.sidefile import NAME
from tests.builders import make_draft, make_post
from tests.posts.test_importing import ISSUE, picture, run, write, zipped

pytestmark = pytest.mark.django_db

ODD = (
    b"\xef\xbb\xbf---\r\ntitle: Odd # c\r\nX: 'y'\r\n---\r\n\r\n\r\n"
    b"Text\xe2\x80\xa8more\r# A\n## A\r\n\r\n"
    b"* x [l](https://a.example.org)\nno end"
)


def export(folder: Path) -> dict[str, bool]:
    """Write all posts; return which files are new, without the side file."""
    written = dict(write_posts(Post.objects.order_by("pk"), folder))
    del written[NAME]
    return written


def test_every_byte_comes_back(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "x/a.md": ODD,
        "b.markdown": ISSUE,
        "한국어.md": b"",
        "p.md": "Title: P\n\nx",
    }
    source = write(tmp_path / "in", files)
    run(source)
    assert set(export(tmp_path / "out")) == set(files)
    for name in files:
        assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()


def test_a_second_export_writes_nothing(tmp_path: Path) -> None:
    make_post(source_name="a.md")
    assert export(tmp_path) == {"a.md": True}
    assert export(tmp_path) == {"a.md": False}
    assert dict(write_posts(Post.objects.all(), tmp_path)) == {NAME: False, "a.md": False}
    assert {path.name for path in tmp_path.iterdir()} == {NAME, "a.md"}


def test_posts_made_here_are_named_by_date_and_slug_and_come_back_as_themselves(
    tmp_path: Path,
) -> None:
    make_post("Hello 세계")
    make_draft("Later")
    assert set(export(tmp_path)) == {"2024-05-10-hello-세계.md", "draft-later.md"}
    with open_sources([tmp_path]) as sources:
        assert {o.kind for o in import_sources(sources)} == {Kind.READ, Kind.UNCHANGED}
    assert Post.objects.count() == 2


@pytest.mark.parametrize("name", ["../../evil.md", "/etc/evil.md", "a/../../b.md", "C:\\b.md"])
def test_a_stored_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    post = make_post(source_name=name)
    assert export_name(post) == "2024-05-10-a-first-issue.md"
    export(tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*.md")] == ["2024-05-10-a-first-issue.md"]


def test_a_link_in_the_target_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "x").symlink_to(tmp_path / "elsewhere")
    make_post(source_name="x/a.md")
    with pytest.raises(ValueError, match="leads out of"):
        export(tmp_path / "out")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_names_that_differ_in_case_only_get_numbers(tmp_path: Path) -> None:
    make_post(source_name="a.md")
    make_post(source_name="A.md")
    assert set(export(tmp_path)) == {"a.md", "A-2.md"}


def test_a_name_too_long_for_a_file_stops_no_other_and_comes_back_as_itself(
    tmp_path: Path,
) -> None:
    long = "가" * 90
    files = {"a.md": ISSUE, f"x/{long}.md": ISSUE, f"x/{long}나.md": ISSUE, "힣.md": ISSUE}
    run(write(tmp_path, {"in.zip": zipped({n: t.encode() for n, t in files.items()})}) / "in.zip")
    with pytest.raises(DocumentError, match=f"x/{long}.md: its name is too long"):
        export(tmp_path / "out")
    written = sorted(path.name for path in (tmp_path / "out").rglob("*.md"))
    assert written == sorted(["a.md", f"{'가' * 84}.md", f"{'가' * 83}-2.md", "힣.md"])
    with open_sources([tmp_path / "out"]) as sources:
        kinds = {source.name: outcome.kind for source in sources
                 for outcome in import_sources([source])}  # fmt: skip
    assert kinds[f"x/{'가' * 84}.md"] is Kind.UNCHANGED


def test_a_file_that_cannot_be_written_stops_no_other(tmp_path: Path) -> None:
    make_post(source_name="a.md")
    make_post(source_name="b.md")
    (tmp_path / "a.md").mkdir()
    with pytest.raises(DocumentError, match=r"^a\.md: Is a directory$"):
        export(tmp_path)
    assert (tmp_path / "b.md").is_file()


def test_an_archive_holds_the_same_bytes_and_its_pictures(tmp_path: Path) -> None:
    text = "---\ntitle: P\ndate: 2024-05-10\n---\n![p](img/p.png)\n"
    run(write(tmp_path / "in", {"x/a.md": text, "x/img/p.png": picture()}))
    with zip_posts(Post.objects.all()) as file:
        data = file.read()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [NAME, "x/a.md", "x/img/p.png"]
        assert archive.read("x/a.md") == text.encode()
    (tmp_path / "back.zip").write_bytes(data)
    Post.objects.get().delete()
    _side, outcome = run(tmp_path / "back.zip")
    assert not outcome.failed
    assert Post.objects.get().document == text


def told(folder: Path, *options: str) -> list[str]:
    """Export by the command; return what it says of files that it did not write."""
    out = io.StringIO()
    call_command("export_posts", str(folder), *options, stdout=out)
    return [line for line in out.getvalue().splitlines() if line.startswith(("stale", "removed"))]


def test_what_an_export_left_behind_is_named_and_removed_when_asked(tmp_path: Path) -> None:
    gone, renamed = make_post("Gone"), make_post("Renamed")
    kept = make_post("Kept", source_name="x/kept.md", tags=["Only"])
    assert told(tmp_path) == []
    (tmp_path / "mine.md").write_text("Mine")
    (tmp_path / "2024-05-10-mine.md").write_text("Mine")
    publishing.delete(gone)
    publishing.save_document(renamed, parse_issue(renamed.document.encode()), slug="new-name")

    assert told(tmp_path, "--tag", "Only") == ["stale 2024-05-10-gone.md"]
    stale = {"2024-05-10-gone.md", "2024-05-10-renamed.md"}
    assert set(told(tmp_path)) == {f"stale {name}" for name in stale}
    assert stale < {path.name for path in tmp_path.iterdir()}

    assert set(told(tmp_path, "--remove-stale")) == {f"removed {name}" for name in stale}
    assert told(tmp_path) == []
    assert (tmp_path / "mine.md").exists()
    assert (tmp_path / "2024-05-10-mine.md").exists()
    assert (tmp_path / export_name(kept)).exists()
