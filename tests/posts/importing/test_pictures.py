"""Which files an import takes for the pictures of an issue, and what it says of those it misses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.utils import translation
from PIL import Image as Drawing

from posts.exporting import write_posts
from posts.importing import Kind, import_sources
from posts.importing.sources import open_uploads
from posts.models import Image, Post, Redirect
from posts.preflight import check_post
from tests.posts.test_importing import picture, run, write, zipped

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

HEAD = "---\ntitle: T\ndate: 2024-05-10\n---\n\n"


def coloured(colour: str) -> bytes:
    out = io.BytesIO()
    Drawing.new("RGB", (30, 20), colour).save(out, "PNG")
    return out.getvalue()


def paths() -> list[str]:
    return sorted(Image.objects.values_list("path", flat=True))


def exported(folder: Path) -> list[str]:
    return [name for name, _is_new in write_posts(Post.objects.all(), folder)]


@pytest.mark.parametrize(
    ("issue", "file"),
    [
        ("_posts/a.md", "images/x.png"),  # Jekyll
        ("content/posts/2024/a.md", "static/images/x.png"),  # Hugo, Zola
        ("src/pages/a.md", "public/images/x.png"),  # Astro
        ("source/_posts/a.md", "source/images/x.png"),  # Hexo
        ("posts/a.md", "assets/images/x.png"),
        ("content/posts/a.md", "content/images/x.png"),
        ("blog-main/content/posts/a.md", "blog-main/static/images/x.png"),
        ("blog-main/_posts/a.md", "blog-main/images/x.png"),
        ("a.md", "images/x.png"),
    ],
)
def test_a_picture_from_the_root_of_a_site_comes_with_its_issue(
    tmp_path: Path, issue: str, file: str
) -> None:
    text = f"{HEAD}![A sky](/images/x.png?v=2)\n\n<img src='/images/x.png' alt='A sky'>\n"
    files: dict[str, bytes] = {issue: text.encode(), file: picture()}
    write(tmp_path, {**files, "packed/a.zip": zipped(files)})
    for source in (tmp_path, tmp_path / "packed/a.zip"):
        (outcome,) = run(source)
        assert outcome.kind is Kind.CREATED
        assert not outcome.failed
        assert paths() == ["/images/x.png", "/images/x.png?v=2"]
        post = Post.objects.get()
        shown = bytes(post.page.body).decode()
        assert shown.count(f'src="{post.images.all()[0].file.url}"') == 2
        assert post.document == text
        assert [one.kind for one in run(source)] == [Kind.UNCHANGED]
        post.delete()


def test_the_root_of_what_is_imported_comes_before_the_folders_in_it(tmp_path: Path) -> None:
    files = {"x.png": picture(), "static/x.png": b"no picture", "a.md": f"{HEAD}![A sky](/x.png)\n"}
    (outcome,) = run(write(tmp_path, files))
    assert not outcome.failed
    assert paths() == ["/x.png"]


def test_uploaded_pictures_are_found_by_their_names_from_the_root_too() -> None:
    text = f"{HEAD}![A sky](/images/x.png) ![B](..\\img\\y.png)\n".encode()
    uploads = [
        ("a.md", io.BytesIO(text)),
        ("x.png", io.BytesIO(picture())),
        ("y.png", io.BytesIO(picture())),
    ]
    with open_uploads(uploads) as sources:
        (outcome,) = import_sources(sources)
    # A path out of the folder stays one, though browsers tell no folders.
    assert outcome.warnings == (r"..\img\y.png: leads out of the folder (line 6)",)
    assert paths() == ["/images/x.png"]


def test_no_picture_from_the_root_is_found_outside_of_what_is_imported(tmp_path: Path) -> None:
    write(tmp_path, {"out.png": picture(), "static/out.png": picture()})
    inner = write(tmp_path / "blog", {"static/in.png": picture()})
    (inner / "static/link.png").symlink_to(tmp_path / "out.png")
    (inner / "public").symlink_to(tmp_path / "static")
    (inner / "circle.png").symlink_to("circle.png")
    names = ["../out.png", "%2e%2e/out.png", r"..\out.png", "..%5Cout.png", "link.png", "out.png"]
    names += ["../../out.png", "static/../../out.png", "circle.png", "%00.png", "static"]
    text = HEAD + "\n".join(f"![A](/{name})" for name in names)
    (outcome,) = run(write(inner, {"posts/a.md": text}))
    assert outcome.kind is Kind.CREATED
    assert paths() == []
    assert len(outcome.warnings) == len(names)


@pytest.mark.parametrize(
    ("address", "remark"),
    [
        ("/images/no.png", "/images/no.png: no such picture in the folder or archive (line 8)"),
        ("images/no.png", "images/no.png: no such picture beside a.md (line 8)"),
        (r"..\no.png", r"..\no.png: leads out of the folder (line 8)"),
        (r"img\no.png", r"img\no.png: no such picture beside a.md (line 8)"),
        ("/../no.png", "/../no.png: leads out of the folder (line 8)"),
        (f"{'가' * 90}.png", f"{'가' * 90}.png: no such picture beside a.md (line 8)"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_pictures_that_are_missing_are_told_with_their_line(
    tmp_path: Path, address: str, remark: str, line_end: str
) -> None:
    text = f"{HEAD}One\n\n![A sky]({address})\n".replace("\n", line_end)
    write(tmp_path, {"a.md": text})
    (looked,) = run(tmp_path, dry_run=True)
    (outcome,) = run(tmp_path)
    assert outcome.kind is Kind.CREATED
    assert looked.warnings == outcome.warnings == (remark,)
    assert Post.objects.get().document == text


def test_missing_pictures_are_told_in_the_language_of_the_reader(tmp_path: Path) -> None:
    with translation.override("ko"):
        (outcome,) = run(write(tmp_path, {"a.md": f"{HEAD}![A](/no.png)\n"}))
    assert outcome.warnings == (
        "/no.png: 가져오는 폴더나 압축 파일에 그런 그림이 없어요(6번째 줄)",
    )


def test_pictures_that_this_site_has_at_their_address_are_not_missing(tmp_path: Path) -> None:
    Redirect.objects.create(old="/old/x.png", new="/media/posts/images/x.webp")
    text = f"{HEAD}![A](/media/posts/images/x.webp) ![B](/old/x.png) ![C](//a.example/x.png)\n"
    (outcome,) = run(write(tmp_path, {"a.md": text}))
    assert outcome.warnings == ()


def test_an_address_of_a_picture_that_no_program_can_read_stops_nothing(tmp_path: Path) -> None:
    text = f"{HEAD}![A](</\t/[x>) ![B](/{{{{ site.image }}}}.png) ![C](</\t/[x.png>)\n"
    (outcome,) = run(write(tmp_path, {"a.md": text}))
    assert outcome.kind is Kind.CREATED
    post = Post.objects.get()
    assert post.document == text
    assert "missing-picture" not in {remark.finding.kind for remark in check_post(post)}


@pytest.mark.parametrize(
    ("written", "file"),
    [
        (r"![A](..\img\a.png)", "img/a.png"),
        (r"![A](img\sky_1\a.png)", "x/posts/img/sky_1/a.png"),
        (r"![A](..\..\img\a.png)", "img/a.png"),
        (r"![A](.\a.png)", "x/posts/a.png"),
        (r"![A](\img\a.png)", "static/img/a.png"),
        (r"![A](<..\new sky\a.png>)", "x/new sky/a.png"),
        (r'<img src="..\img\a.png" alt="A">', "x/img/a.png"),
        ("![A][a]\n\n[a]: ..\\img\\a.png", "x/img/a.png"),
        ("![A](..%5Cimg%5Ca.png)", "x/img/a.png"),
        (r"![A](a\_b.png)", "x/posts/a_b.png"),
        (r"![A](img\_1\a.png)", "x/posts/img/_1/a.png"),
        (r"![A \](B](img\_1\a.png)", "x/posts/img/_1/a.png"),
        ("![A](<그림 1.png>)", "x/posts/그림 1.png"),
    ],
)
def test_pictures_whose_paths_have_backslashes_or_spaces_are_found_and_come_back(
    tmp_path: Path, written: str, file: str
) -> None:
    name = "posts/a.md" if file.startswith("img/") and "..\\.." not in written else "x/posts/a.md"
    text = f"{HEAD}{written}\n"
    (outcome,) = run(write(tmp_path / "in", {name: text, file: picture()}))
    assert not outcome.failed
    image = Image.objects.get()
    assert image.file.url in bytes(image.post.page.body).decode()
    exported(tmp_path / "out")
    assert (tmp_path / "out" / name).read_bytes() == text.encode()
    Post.objects.all().delete()
    *_side, again = run(tmp_path / "out")
    assert not again.failed
    assert Image.objects.get().digest == image.digest


def test_pictures_from_the_root_come_back_from_an_export(tmp_path: Path) -> None:
    """Also two of one name, where the texts mean two."""
    for name, text, file, colour in (
        ("posts/a.md", "![A](/posts/x.png)", "static/posts/x.png", "red"),
        ("posts/b.md", "![B](x.png)", "posts/x.png", "blue"),
    ):
        folder = tmp_path / colour
        (outcome,) = run(write(folder, {name: f"{HEAD}{text}\n", file: coloured(colour)}))
        assert not outcome.failed
    before = dict(Image.objects.values_list("path", "digest"))
    assert len(set(before.values())) == 2
    names = exported(tmp_path / "out")
    assert {"posts/x.png", "posts/x-2.png"} <= set(names)
    Post.objects.all().delete()
    assert not [one for one in run(tmp_path / "out") if one.failed]
    assert dict(Image.objects.values_list("path", "digest")) == before


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("![A sky](그림 1.png)", "그림 1.png"),
        ('![](new sky.JPG "A title")', "new sky.JPG"),
        ("- ![A](image (1).png)", "image (1).png"),
        ("![A](//a.example/) ![B](image.png =100x20) ![C](//a.example/c.png)", "image.png =100x20"),
    ],
)
def test_pictures_that_are_text_for_the_spaces_in_their_address_are_told(
    tmp_path: Path, written: str, name: str
) -> None:
    text = f"{HEAD}One\n\n{written}\n"
    (outcome,) = run(write(tmp_path, {"a.md": text, name: picture()}))
    assert outcome.warnings == ()
    told = f"no pictures, as only < and > hold spaces together: {name} (line 8)"
    assert outcome.notices == (told,)


def test_links_that_are_text_as_html_stands_around_them_are_told(tmp_path: Path) -> None:
    body = (
        "<div>\n\n[a](https://a.example/)\n\n</div>\n\n<details>\n<summary>b</summary>\n"
        "- [c](https://c.example/)\n</details>\n\n<pre>\n[d](https://d.example/)\n</pre>\n\n"
        "<div><!-- [e](https://e.example/) --> f[1](g)</div>\n"
    )
    (outcome,) = run(write(tmp_path, {"a.md": f"{HEAD}{body}"}))
    told = "no links, as no blank line parts Markdown from HTML: [c](https://c.example/) (line 14)"
    assert outcome.notices == (told,)


def test_links_that_are_text_for_the_spaces_in_their_address_are_told(tmp_path: Path) -> None:
    body = (
        "[a]( https://a.example/ ) [b](https://b.example/c d) [e](https://e.example/ 'f') [g](h i)"
    )
    (outcome,) = run(write(tmp_path, {"a.md": f"{HEAD}{body}\n"}))
    told = "no links, as only < and > hold spaces together: https://b.example/c d (line 6)"
    assert outcome.notices == (told,)


@pytest.mark.parametrize(
    "body",
    [
        "`![A](a b.png)`\n",
        "```\n![A](a b.png)\n```\n",
        "![A](a b) c\n",
        "![A](//a.example/a 'b')\n",
    ],
)
def test_what_is_no_picture_with_spaces_needs_no_remark(tmp_path: Path, body: str) -> None:
    (outcome,) = run(write(tmp_path, {"a.md": HEAD + body}))
    assert outcome.notices == ()


def test_a_picture_in_code_is_none(tmp_path: Path) -> None:
    body = "`![A](a.png)`\n\n```\n![B](b.png)\n```\n\n\\![C](c.png) ![D [d]](d.png)\n"
    (outcome,) = run(
        write(tmp_path, {"a.md": HEAD + body, "c.png": coloured("red"), "d.png": coloured("red")})
    )
    assert outcome.notices == ("no page of this site for c.png (line 12)",)
    assert paths() == ["d.png"]


def test_what_is_embedded_like_a_picture_is_taken_for_a_link(tmp_path: Path) -> None:
    text = f"{HEAD}![](https://youtu.be/b) ![Talk](https://vimeo.com/1) ![](c.mp3)\n"
    (outcome,) = run(write(tmp_path, {"a.md": text, "c.mp3": b"sound"}))
    assert outcome.notices == ("no page of this site for c.mp3 (line 6)",)
    assert not outcome.failed
    assert not Image.objects.exists()
