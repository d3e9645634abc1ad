"""Bringing issues in: what is recognised, what is honoured, what is refused, what is never lost."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image as Picture
from pytest_django.fixtures import Settings

from links.models import Link
from posts import publishing
from posts.documents import DocumentError, parse_issue
from posts.importing import ImportOptions, Kind, Outcome, files, import_sources
from posts.importing.sources import open_sources, open_uploads
from posts.markdown.blocks import DocumentParser
from posts.models import LinkedItem, Post, Tag
from posts.paths import safe_name
from posts.rendering import ParsedIssue

pytestmark = pytest.mark.django_db

ISSUE = """---
title: First
date: 2024-05-10
tags: [AI, Llama 3 평가]
---

Opening [link](https://one.example.org/).

## News
- **A**: [a](https://a.example.org/)
- **B**: [b](https://b.example.org/)
"""
# An issue that the renderer refuses: one list inside the other, too deep.
TOO_DEEP = "---\ntitle: Deep\ndate: 2024-05-10\n---\n" + "- " * 60 + "x\n"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def run(*paths: Path, **options: object) -> list[Outcome]:
    with open_sources(paths) as sources:
        return list(import_sources(sources, ImportOptions(**options)))


def run_one(folder: Path, text: str | bytes, name: str = "a.md", **options: object) -> Outcome:
    (outcome,) = run(write(folder, {name: text}), **options)
    return outcome


def zipped(files: dict[str, bytes], **attributes: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2024, 5, 10, 12, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = attributes.get("external_attr", 0)
            archive.writestr(entry, data)
    return out.getvalue()


def picture() -> bytes:
    out = io.BytesIO()
    Picture.new("RGB", (30, 20), "red").save(out, "PNG")
    return out.getvalue()


# What the header says


def test_what_the_header_says_is_honoured(tmp_path: Path, settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    header = (
        "title: T\ndescription: D\ndate: 2024-05-10\nupdate: 2024-05-11T10:00:00Z\nslug: 한국 어\n"
        "lang: ko\nimage: https://example.org/c.png\ntags: [AI, Llama 3 평가]"
    )
    assert run_one(tmp_path, f"---\n{header}\n---\ntext\n").kind is Kind.CREATED
    post = Post.objects.get()
    assert (post.title, post.description, post.slug) == ("T", "D", "한국-어")
    assert (post.language, post.cover) == ("ko", "https://example.org/c.png")
    assert post.published_at == datetime(2024, 5, 9, 15, 0, tzinfo=UTC)
    assert post.revised_at == datetime(2024, 5, 11, 10, 0, tzinfo=UTC)
    assert post.status == Post.Status.PUBLISHED
    assert [tagging.tag.name for tagging in post.taggings.order_by("position")] == [
        "AI",
        "Llama 3 평가",
    ]


def test_tags_are_read_from_the_keys_in_the_settings(tmp_path: Path, settings: Settings) -> None:
    settings.NEWSLETTER_TAG_KEYS = ["tags", "companies"]
    run_one(tmp_path, "---\ntitle: T\ndate: 2024-05-10\ncompanies: [nvidia]\ntags: [AI]\n---\nx\n")
    assert set(Tag.objects.values_list("name", flat=True)) == {"AI", "nvidia"}


def test_a_taken_slug_gets_the_date(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.md": ISSUE, "b.md": ISSUE.replace("05-10", "05-11")})
    assert [outcome.kind for outcome in run(folder)] == [Kind.CREATED, Kind.CREATED]
    assert set(Post.objects.values_list("slug", "source_name")) == {
        ("first", "a.md"),
        ("first-2024-05-11", "b.md"),
    }


@pytest.mark.parametrize(
    ("header", "status", "expected"),
    [
        ("", None, "published"),
        ("draft: true", None, "draft"),
        ("status: draft", "published", "published"),
        ("", "draft", "draft"),
    ],
)
def test_options_win_over_the_header(
    tmp_path: Path, header: str, status: str | None, expected: str
) -> None:
    text = f"---\ntitle: T\ndate: 2024-05-10\n{header}\n---\nx\n"
    run_one(tmp_path, text, status=status)
    assert Post.objects.get().status == expected


def test_a_date_to_come_is_scheduled(tmp_path: Path) -> None:
    run_one(tmp_path, "---\ntitle: T\ndate: 2999-01-01\n---\nx\n")
    assert Post.objects.scheduled().count() == 1
    assert not Post.objects.published().exists()


def test_without_header_the_file_tells_and_a_notice_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"notes.md": "# Hello\n\ntext\n"})
    moment = datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "notes.md", (moment, moment))
    (outcome,) = run(tmp_path)
    post = Post.objects.get()
    assert post.title == "Hello"
    assert post.published_at == datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert "last changed on 2023-01-02" in str(outcome)
    assert not outcome.failed


def test_the_date_in_the_file_name_is_taken(tmp_path: Path) -> None:
    run_one(tmp_path, "text\n", "2024-05-10-hello-world.md")
    post = Post.objects.get()
    assert post.title == "hello world"
    assert timezone.localtime(post.published_at).date() == date(2024, 5, 10)


# Importing again


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    first = run(write(tmp_path, {"x/a.md": ISSUE, "b.markdown": ISSUE}))
    before = list(Post.objects.order_by("pk").values())
    uids = list(LinkedItem.objects.values_list("uid", flat=True))
    again = run(tmp_path)
    assert [outcome.kind for outcome in first] == [Kind.CREATED] * 2
    assert [outcome.kind for outcome in again] == [Kind.UNCHANGED] * 2
    assert list(Post.objects.order_by("pk").values()) == before
    assert list(LinkedItem.objects.values_list("uid", flat=True)) == uids


def test_a_changed_file_is_a_conflict_until_an_update_is_asked_for(tmp_path: Path) -> None:
    run_one(tmp_path, ISSUE)
    changed = ISSUE.replace("First", "Second")
    conflict = run_one(tmp_path, changed)
    assert conflict.kind is Kind.CONFLICT
    assert conflict.failed
    assert Post.objects.get().document == ISSUE
    assert run_one(tmp_path, changed, update=True).kind is Kind.UPDATED
    post = Post.objects.get()
    assert (post.title, post.document, post.slug) == ("Second", changed, "first")


def test_what_was_edited_here_is_never_overwritten_silently(tmp_path: Path) -> None:
    run_one(tmp_path, ISSUE)
    post = Post.objects.get()
    edited = ISSUE.replace("**A**", "**Edited**")
    publishing.save_document(post, parse_issue(edited.encode(), post.source_name))
    outcome = run_one(tmp_path, ISSUE)
    assert outcome.kind is Kind.CONFLICT
    assert "edited here" in outcome.reason
    assert Post.objects.get().document == edited


def test_items_keep_their_identity_over_an_update(tmp_path: Path) -> None:
    run_one(tmp_path, ISSUE)
    uids = dict(LinkedItem.objects.values_list("title", "uid"))
    run_one(
        tmp_path,
        ISSUE.replace("- **A**", "- **New**: [n](https://n.example.org/)\n- **A**"),
        update=True,
    )
    after = dict(LinkedItem.objects.values_list("title", "uid"))
    assert {title: after[title] for title in uids} == uids


def test_publishing_again_does_not_undo_a_withdrawal(tmp_path: Path) -> None:
    run_one(tmp_path, ISSUE, status="published")
    publishing.withdraw([Post.objects.get()])
    assert run_one(tmp_path, ISSUE, status="published").kind is Kind.UNCHANGED
    assert Post.objects.get().status == "draft"


# Dry runs


def test_a_dry_run_tells_the_difference_and_writes_nothing(tmp_path: Path) -> None:
    run_one(tmp_path, ISSUE)
    before = (list(Post.objects.values()), list(LinkedItem.objects.values()))
    lines = (
        "- **B**: [b](https://b.example.org/)\n"
        "- **A**: now with more words [a](https://a.example.org/)\n"
        "- **C**: [c](https://c.example.org/)\n"
    )
    text = ISSUE[: ISSUE.index("Opening")] + "## News\n" + lines
    outcome = run_one(tmp_path, text, update=True, dry_run=True)
    told = {(difference.kind, difference.item) for difference in outcome.differences}
    assert ("added", "C") in told
    assert ("changed", "A") in told
    assert any(kind == "moved" for kind, _ in told)
    assert ("removed", "link") in told
    assert (list(Post.objects.values()), list(LinkedItem.objects.values())) == before


def test_a_dry_run_of_a_new_file_writes_nothing(tmp_path: Path) -> None:
    outcome = run_one(tmp_path, ISSUE, dry_run=True)
    assert outcome.kind is Kind.CREATED
    assert {difference.kind for difference in outcome.differences} == {"added"}
    assert not Post.objects.exists()
    assert not Tag.objects.exists()


# What goes wrong


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"a\0b", "NUL"),
        (b"---\na: &a [x]\nb: [*a, *a]\n---\n", "Line 2: &a and *a repeat a value by its name"),
        (b"---\ntags: {a: b}\n---\n", "tags: must be a list"),
        (b"---\ntitle: a\ntitle: b\n---\n", "twice"),
        (b"---\ndate: soon\n---\n", "“soon” is not a date"),
        (b"x" * 50_000_000, "larger than 1 MB"),
    ],
)
def test_wrong_input_gets_one_line_and_leaves_nothing_behind(
    tmp_path: Path, data: bytes, message: str
) -> None:
    first, second = run(write(tmp_path, {"a.md": data, "b.md": ISSUE}))
    assert first.kind is Kind.REFUSED
    assert message in first.reason
    assert "\n" not in str(first)
    assert second.kind is Kind.CREATED
    assert Post.objects.get().source_name == "b.md"


def test_markdown_that_cannot_be_rendered_is_kept_as_a_draft_with_the_error(tmp_path: Path) -> None:
    outcome = run_one(tmp_path, TOO_DEEP)
    post = Post.objects.get()
    assert outcome.failed
    assert (post.status, post.document) == ("draft", TOO_DEEP)
    assert post.problem
    assert post.problem in str(outcome)
    assert run_one(tmp_path, TOO_DEEP).failed


def test_a_mended_file_is_published_after_all(tmp_path: Path) -> None:
    run_one(tmp_path, TOO_DEEP)
    run_one(tmp_path, ISSUE, update=True)
    assert Post.objects.get().status == "published"


HEAD = "---\ntitle: A\ndate: 2024-05-10\n---\n"


def test_links_that_lead_nowhere_are_named_with_the_line_of_the_file(tmp_path: Path) -> None:
    text = HEAD + "See [this][a] and\n![that][B c], [here](#there) a[i][j] [1][2].[^n]\n"
    outcome = run_one(tmp_path, text)
    line = HEAD.count("\n") + 1
    assert not outcome.failed
    assert outcome.notices == (
        f"no address for [a], [B c], [^n] (line {line})",
        f"no place in this issue for #there (line {line + 1})",
    )


def test_a_definition_below_a_line_of_text_is_told_to_be_none(tmp_path: Path) -> None:
    outcome = run_one(tmp_path, HEAD + "text\n[a]: https://a.example/\n\nSee [a] and [it][a].\n")
    assert outcome.notices == (f"no address for [a] (line {HEAD.count(chr(10)) + 4})",)
    outcome = run_one(tmp_path / "b", HEAD + "[TOC]\n\n# A\n\n[a](#A) [b](#top) [c](#)\n", "b.md")
    assert outcome.notices == ()


def test_links_that_only_a_tool_for_notes_knows_are_named(tmp_path: Path) -> None:
    text = HEAD + "[[A note|한글]] and ![[pic.png]] or [[it](https://a.example/)]\n"
    outcome = run_one(tmp_path, text)
    line = HEAD.count("\n") + 1
    assert outcome.notices == (f"no address for [[A note|한글]], [[pic.png]] (line {line})",)
    others = (
        '`[[B]]` x[["a"]] [[nodiscard]] [[1, 2], [3]] [[4]] [[A](https://a.example/) [[B]] c](d:e)'
    )
    assert run_one(tmp_path / "b", HEAD + others + "\n", "b.md").notices == ()


def test_a_loss_keeps_the_issue_a_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "posts.importing.files.find_losses", lambda source, html: "words are missing: “x”"
    )
    outcome = run_one(tmp_path, ISSUE)
    post = Post.objects.get()
    assert post.status == "draft"
    assert post.problem == "words are missing: “x”"
    assert outcome.failed


def test_a_failure_inside_stops_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: str, html: str) -> str:
        if "BOOM" in source:
            raise RuntimeError("boom")
        return ""

    monkeypatch.setattr("posts.importing.files.find_losses", fail)
    outcomes = run(write(tmp_path, {"a.md": ISSUE + "BOOM\n", "b.md": ISSUE}))
    assert [outcome.kind for outcome in outcomes] == [Kind.REFUSED, Kind.CREATED]
    assert [post.source_name for post in Post.objects.all()] == ["b.md"]


def test_paths_that_are_nothing_to_import_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "x", "empty/.keep": "", "bad.zip": "no zip"})
    outcomes = run(tmp_path / "no", tmp_path / "a.txt", tmp_path / "empty", tmp_path / "bad.zip")
    assert [outcome.kind for outcome in outcomes] == [Kind.REFUSED] * 4


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"outside/secret.md": ISSUE, "in/a.md": ISSUE})
    (tmp_path / "in" / "b.md").symlink_to(tmp_path / "outside" / "secret.md")
    outcomes = run(tmp_path / "in")
    assert [outcome.kind for outcome in outcomes] == [Kind.CREATED, Kind.REFUSED]


# Archives and uploads


def test_an_archive_is_imported_like_its_folder(tmp_path: Path) -> None:
    data = ISSUE.encode()
    write(
        tmp_path,
        {"f/x/a.md": data, "a.zip": zipped({"x/a.md": data, "__MACOSX/x/a.md": b"", "b.txt": b""})},
    )
    assert [outcome.kind for outcome in run(tmp_path / "f")] == [Kind.CREATED]
    assert [outcome.kind for outcome in run(tmp_path / "a.zip")] == [Kind.UNCHANGED]


@pytest.mark.parametrize(
    "name", ["../a.md", "/a.md", "x/../../a.md", "C:/a.md", "..\\a.md", "x//a.md"]
)
def test_paths_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError):
        safe_name(name)
    data = zipped({name: ISSUE.encode(), "ok.md": ISSUE.encode()})
    outcomes = run(write(tmp_path, {"a.zip": data}) / "a.zip")
    assert sorted(outcome.kind for outcome in outcomes)[0] is Kind.CREATED
    assert [post.source_name for post in Post.objects.all()] == ["ok.md"]


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    data = zipped({"a.md": b"/etc/passwd"}, external_attr=0o120777 << 16)
    (outcome,) = run(write(tmp_path, {"a.zip": data}) / "a.zip")
    assert (outcome.kind, outcome.reason) == (Kind.REFUSED, "is a link, not a file")


def test_a_zip_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    data = zipped({f"{n}.md": b"\0" * 9_000_000 for n in range(4)})
    (outcome,) = run(write(tmp_path, {"a.zip": data}) / "a.zip")
    assert outcome.kind is Kind.REFUSED
    assert "times its size" in outcome.reason


def test_a_large_file_in_an_archive_is_refused_unread(tmp_path: Path) -> None:
    (outcome,) = run(write(tmp_path, {"a.zip": zipped({"a.md": b"x" * 2_000_000})}) / "a.zip")
    assert "larger than 1 MB" in outcome.reason


def test_uploaded_files_are_imported_with_their_pictures() -> None:
    text = b"---\ntitle: U\ndate: 2024-05-10\n---\n![p](images/p.png)\n"
    uploads = [
        ("a.md", io.BytesIO(text)),
        ("p.png", io.BytesIO(picture())),
        ("n.txt", io.BytesIO()),
    ]
    with open_uploads(uploads) as sources:
        (outcome,) = import_sources(sources)
    assert outcome.kind is Kind.CREATED
    assert not outcome.failed
    assert Post.objects.get().images.get().path == "images/p.png"


# Pictures


def test_pictures_beside_an_issue_come_with_it(tmp_path: Path) -> None:
    header = "---\ntitle: P\ndate: 2024-05-10\ncover: ../p.png\n---\n"
    text = f"{header}![p](../p.png)\n\n![q](./q%20q.png)\n"
    write(tmp_path, {"p.png": picture(), "x/q q.png": picture(), "x/a.md": text})
    (outcome,) = run(tmp_path)
    assert not outcome.failed
    post = Post.objects.get()
    images = {image.path: image for image in post.images.all()}
    assert set(images) == {"../p.png", "./q%20q.png"}
    body = bytes(post.page.body).decode()
    for image in images.values():
        assert image.file.url in body
        assert (image.width, image.height) == (30, 20)
        with image.file.open("rb") as file:
            assert file.read(12)[8:] == b"WEBP"
    assert post.document == text
    assert [outcome.kind for outcome in run(tmp_path)] == [Kind.UNCHANGED]


def test_pictures_that_are_missing_or_none_are_told(tmp_path: Path) -> None:
    text = "---\ntitle: P\ndate: 2024-05-10\n---\n![](no.png) ![](bad.png) ![](../../out.png)\n"
    (outcome,) = run(write(tmp_path, {"a.md": text, "bad.png": b"<svg/>"}))
    assert outcome.kind is Kind.CREATED
    assert len(outcome.warnings) == 3
    assert outcome.failed


# What an import costs


class Counted:
    """How often texts are parsed and written as HTML."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parsed = self.written = 0
        parse, write = DocumentParser.parseDocument, ParsedIssue.to_html

        def parse_document(*args: object) -> object:
            self.parsed += 1
            return parse(*args)

        def to_html(*args: object, **options: object) -> object:
            self.written += 1
            return write(*args, **options)

        monkeypatch.setattr(DocumentParser, "parseDocument", parse_document)
        monkeypatch.setattr(ParsedIssue, "to_html", to_html)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def test_a_new_issue_with_pictures_is_parsed_and_written_once(
    tmp_path: Path, counted: Counted
) -> None:
    write(tmp_path, {"p.png": picture(), "a.md": f"{ISSUE}\n![p](p.png)\n"})
    assert not run(tmp_path)[0].failed
    assert Post.objects.get().images.count() == 1
    assert (counted.parsed, counted.written) == (1, 1)


def test_a_loss_is_found_in_the_html_that_readers_get(
    tmp_path: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posts.importing.files.find_losses", lambda source, html: "a loss")
    assert run_one(tmp_path, ISSUE).problem == "a loss"
    assert (counted.parsed, counted.written) == (1, 1)


def test_where_something_was_decided_the_html_is_written_once_more_for_the_loss_check(
    tmp_path: Path, counted: Counted
) -> None:
    run_one(tmp_path, ISSUE)
    LinkedItem.objects.filter(title="A").update(hidden=True)
    Link.objects.filter(url__contains="b.example").update(standing=Link.Standing.BLOCKED)
    assert not run_one(tmp_path, f"{ISSUE}- more\n", update=True).failed
    assert (counted.parsed, counted.written) == (2, 3)
    body = bytes(Post.objects.get().page.body)
    assert b"a.example" not in body
    assert b"b.example" not in body


def test_the_database_looks_at_its_tables_after_many_files(tmp_path: Path, monkeypatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(files, "analyze", lambda: looks.append(1))
    monkeypatch.setattr(files, "MANY", 1)
    for number in range(3):
        (tmp_path / f"{number}.md").write_text(f"# Issue {number}\n\nText.\n")
    with open_sources([tmp_path]) as sources:
        list(import_sources(sources))
        list(import_sources(sources))
    assert looks == [1]
