"""The two commands as an operator meets them: lines, summary, exit code, help."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from posts.management.commands import import_posts as import_command
from posts.models import Post
from posts.sidefile import NAME
from tests.builders import make_post
from tests.posts.test_importing import ISSUE, TOO_DEEP, write

pytestmark = pytest.mark.django_db


def call(*arguments: object) -> tuple[list[str], str]:
    """Return the lines a command writes, and its error ('' for exit code 0)."""
    out = io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=io.StringIO())
    except CommandError as error:
        return out.getvalue().splitlines(), str(error)
    return out.getvalue().splitlines(), ""


def test_one_line_per_file_and_a_summary(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": ISSUE, "b.md": ISSUE})
    lines, error = call("import_posts", tmp_path)
    assert lines == [
        f"created {tmp_path}/a.md",
        f"created {tmp_path}/b.md",
        "2 created, 0 updated, 0 unchanged, 0 conflict, 0 refused",
    ]
    assert error == ""
    lines, error = call("import_posts", tmp_path)
    assert lines[-1] == "0 created, 0 updated, 2 unchanged, 0 conflict, 0 refused"
    assert error == ""


def test_anything_that_went_wrong_makes_the_exit_code_one(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": ISSUE, "bad.md": b"\xff", "deep.md": TOO_DEEP})
    lines, error = call("import_posts", tmp_path)
    assert error == "2 of 3 files need attention, see above"
    assert lines[1] == f"refused {tmp_path}/bad.md: not UTF-8: byte 0 is 0xff"
    assert "deep.md: kept as a draft: " in lines[2]


def test_a_dry_run_shows_the_items(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": ISSUE})
    lines, error = call("import_posts", tmp_path, "--dry-run")
    assert "  + added A (News)" in lines
    assert lines[-1].endswith("(dry run: nothing was written)")
    assert error == ""
    assert not Post.objects.exists()


def test_update_and_status_are_passed_on(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": ISSUE})
    call("import_posts", tmp_path, "--draft")
    assert Post.objects.get().status == "draft"
    write(tmp_path, {"a.md": ISSUE.replace("First", "Second")})
    assert call("import_posts", tmp_path)[1]
    assert call("import_posts", tmp_path, "--update", "--publish")[1] == ""
    assert (Post.objects.get().status, Post.objects.get().title) == ("published", "Second")


def test_publish_and_draft_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not allowed with"):
        call_command("import_posts", str(tmp_path), "--publish", "--draft")


def test_the_help_has_examples() -> None:
    text = import_command.Command().create_parser("manage.py", "import_posts").format_help()
    assert "manage.py import_posts issues/ --dry-run" in text


def test_export_can_be_narrowed_by_tag_and_day(tmp_path: Path) -> None:
    make_post(source_name="a.md", tags=["AI"])
    make_post(source_name="b.md", tags=["Rust"])
    lines, error = call("export_posts", tmp_path / "1", "--tag", "ai")
    assert (lines[1:], error) == (["written a.md", "1 posts, 2 files written"], "")
    assert call("export_posts", tmp_path / "2", "--since", "2024-05-11")[0] == [
        f"written {NAME}",
        "0 posts, 1 files written",
    ]
    assert call("export_posts", tmp_path / "3", "--since", "2024-05-10")[0][-1] == (
        "2 posts, 3 files written"
    )


def test_export_refuses_a_day_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a date"):
        call_command("export_posts", str(tmp_path), "--since", "yesterday")
