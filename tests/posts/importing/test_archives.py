"""Names in zip archives as Windows and other systems write them."""

import io
import zipfile
from pathlib import Path

import pytest

from posts.importing.zipnames import names_in
from posts.models import Post
from tests.posts.test_importing import ISSUE, picture, run, write, zipped

WITH_PICTURE = b"---\ndate: 2026-03-02\n---\n![](%s)\n"


def legacy_zip(files: dict[str, bytes], encoding: str) -> bytes:
    """Return an archive with its names in a code page, without the mark for UTF-8."""
    names = {f"{number:04}" + "x" * len(name.encode(encoding)): name.encode(encoding)
             for number, name in enumerate(files)}  # fmt: skip
    names = {key[: len(name)]: name for key, name in names.items()}
    data = zipped(dict(zip(names, files.values(), strict=True)))
    for stand_in, name in names.items():
        data = data.replace(stand_in.encode(), name)
    return data


def names(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return names_in(archive.infolist())


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    [
        ("cp949", ["뉴스레터/2026-03-02-주간.md", "뉴스레터/그림.png"]),
        ("cp949", ["똠방각하 펲시/2026-03-02.md", "가나다라.md"]),
        ("cp949", ["2026-03-02-똠방각하 펲시콜라.md", "햏.md"]),
        ("cp949", ["똠펲.md"]),
        ("cp932", ["週刊ニュース/2026-03-02.md", "図のまとめ.png"]),
        ("cp932", ["週刊/2026-03-02-表示能力.md", "予定.png"]),
        ("gbk", ["周刊/第12期-科技爱好者.md", "图片说明.png"]),
        ("cp950", ["每週新聞/第12期-週刊.md", "圖片說明.png"]),
        ("utf-8", ["뉴스레터/그림.md", "naïve.md"]),
        ("cp437", ["résumé/2026-03-02.md", "naïve.md"]),
        ("cp850", ["Øresund/æbler.md", "Übung.md"]),
        ("cp1252", ["résumé/2026-03-02.md", "l’été – Äpfel.md"]),
        ("cp866", ["Выпуск 12/Новости недели.md"]),
        ("cp866", ["НОВОСТИ/ОБЗОР.md"]),
        ("cp862", ["חדשות/2026-03-02-עדכון שבועי.md", "weekly/תמונה.png"]),
        ("cp720", ["أخبار/2026-03-02-نشرة الأسبوع.md", "صورة.png"]),
    ],
)
def test_names_are_read_in_the_code_page_they_make_sense_in(
    encoding: str, wanted: list[str]
) -> None:
    assert names(legacy_zip(dict.fromkeys(wanted, b""), encoding)) == wanted


def test_names_that_were_misread_and_written_as_utf_8_are_read_again() -> None:
    wanted = ["뉴스레터/2026-03-02-주간.md", "뉴스레터/그림.png"]
    misread = [name.encode("cp949").decode("cp437") for name in wanted]
    assert names(zipped(dict.fromkeys(misread, b""))) == wanted
    assert names(zipped({"résumé.md": b"", "뉴스.md": b""})) == ["résumé.md", "뉴스.md"]


@pytest.mark.django_db
def test_pictures_are_found_under_their_korean_names(tmp_path: Path) -> None:
    issue = WITH_PICTURE % "그림.png".encode()
    files = {"뉴스레터/2026-03-02-주간.md": issue, "뉴스레터/그림.png": picture()}
    (outcome,) = run(write(tmp_path, {"a.zip": legacy_zip(files, "cp949")}) / "a.zip")
    post = Post.objects.get()
    assert not outcome.failed
    assert (post.source_name, post.title) == ("뉴스레터/2026-03-02-주간.md", "주간")
    assert post.images.get().path == "그림.png"


@pytest.mark.django_db
def test_backslashes_between_folders_are_slashes(tmp_path: Path) -> None:
    files = {
        r"posts\2026-03-03-win.md": WITH_PICTURE % b"img/p.png",
        r"posts\img\p.png": picture(),
        r"..\evil.md": ISSUE.encode(),
        r"C:\evil.md": ISSUE.encode(),
        r"2026\..\..\evil/b.md": ISSUE.encode(),
        r"\evil.md": ISSUE.encode(),
    }
    run(write(tmp_path, {"a.zip": zipped(files)}) / "a.zip")
    assert Post.objects.get().source_name == "posts/2026-03-03-win.md"
    assert Post.objects.get().images.get().path == "img/p.png"


@pytest.mark.django_db
def test_a_name_may_hold_a_colon(tmp_path: Path) -> None:
    names = ["12:30/What: a week?.md", "Q: why.md"]
    archive = write(tmp_path, {"a.zip": zipped(dict.fromkeys(names, ISSUE.encode()))}) / "a.zip"
    assert [outcome.kind for outcome in run(archive)] == ["created", "created"]
    assert sorted(Post.objects.values_list("source_name", flat=True)) == names


@pytest.mark.django_db
def test_a_path_in_an_archive_may_be_written_with_both_slashes(tmp_path: Path) -> None:
    archive = zipped({r"posts\2026/03-02-a.md": ISSUE.encode()})
    run(write(tmp_path, {"a.zip": archive}) / "a.zip")
    assert Post.objects.get().source_name == "posts/2026/03-02-a.md"
