"""Headers in TOML and JSON: read like those in YAML, changed in place, given back to the byte."""

import json
import tomllib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.documents import parse_issue, rewrite_header, split_header

TOML = """+++
title = "Old" # keep me
date = 2026-02-03T10:00:00+09:00
draft = true
summary = \"\"\"
two
lines\"\"\"

[taxonomies]
tags = ["a", "b b"]
[extra]
image = 'c.png'
+++

"""
JSON = (
    '{\n  "title": "Old",\n  "date": "2026-02-03",\n  "draft": true,\n  "tags": ["a", "b"]\n}\n\n'
)


def test_toml_is_read() -> None:
    issue = parse_issue(f"{TOML}- [x](https://example.org)\n".encode())
    read = issue.metadata
    assert (read.title, read.description, read.cover) == ("Old", "two\nlines", "c.png")
    assert read.date == datetime(2026, 2, 3, 1, tzinfo=UTC)
    assert (read.tags, read.draft) == (("a", "b b"), True)
    assert (issue.header, issue.body) == (TOML, "- [x](https://example.org)\n")
    assert issue.notices == ()


def test_json_is_read() -> None:
    issue = parse_issue(f"{JSON}text\n".encode())
    read = issue.metadata
    assert (read.title, read.date, read.tags) == ("Old", date(2026, 2, 3), ("a", "b"))
    assert (read.draft, issue.header, issue.body) == (True, JSON, "text\n")


@pytest.mark.parametrize(
    ("document", "body"),
    [
        ("---toml\ntitle = 'x'\n---\ntext", "text"),
        ('---json\n{"title": "x"}\n---\ntext', "text"),
        ('{"title": "x"}\n;;;\ntext', "text"),
        ("\ufeff+++\r\ntitle = 'x'\r\n+++\r\n\r\ntext", "text"),
        ("title: x\ntags:\n- a\n---\ntext", "text"),
    ],
)
def test_other_fences_are_known(document: str, body: str) -> None:
    issue = parse_issue(document.encode())
    assert (issue.metadata.title, issue.body) == ("x", body)
    assert issue.text == document


@pytest.mark.parametrize(
    "text", ['{"a": 1} is an object', "{ x }\n", "{% include x %}\n", "+ + +\n", "{{< x >}}\n{}\n"]
)
def test_text_that_starts_with_a_brace_is_text(text: str) -> None:
    assert split_header(text) == ("", text)


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"title": 'New "one"'}, '"Old" #', '"New \\"one\\"" #'),
        ({"date": date(2026, 5, 1)}, "2026-02-03T10:00:00+09:00", "2026-05-01"),
        ({"draft": False}, "draft = true", "draft = false"),
        ({"description": "one"}, '"""\ntwo\nlines"""', '"one"'),
        ({"description": None}, 'summary = """\ntwo\nlines"""\n', ""),
        ({"tags": ["c"]}, "\n[taxonomies]", '\ntags = ["c"]\n[taxonomies]'),
        ({"slug": "s"}, "\n[taxonomies]", '\nslug = "s"\n[taxonomies]'),
    ],
)
def test_only_what_changes_is_written_in_toml(
    changes: dict[str, object], old: str, new: str
) -> None:
    assert rewrite_header(TOML, changes) == TOML.replace(old, new)


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"title": 'New "one"'}, '"Old"', '"New \\"one\\""'),
        ({"date": date(2026, 5, 1)}, "2026-02-03", "2026-05-01"),
        ({"draft": False}, "true", "false"),
        ({"tags": ["b", "c"]}, '["a", "b"]', '["b", "c"]'),
        ({"tags": None}, ',\n  "tags": ["a", "b"]', ""),
        ({"title": None}, '"title": "Old",\n  ', ""),
        ({"slug": "s"}, '"b"]', '"b"],\n  "slug": "s"'),
    ],
)
def test_only_what_changes_is_written_in_json(
    changes: dict[str, object], old: str, new: str
) -> None:
    assert rewrite_header(JSON, changes) == JSON.replace(old, new)


def test_a_header_on_one_line_stays_on_it() -> None:
    assert rewrite_header('{"title": "x"}\n', {"slug": "s"}) == '{"title": "x", "slug": "s"}\n'


def test_tags_of_a_table_can_be_taken_away() -> None:
    assert parse_issue(rewrite_header(TOML, {"tags": None}).encode()).metadata.tags == ()


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(TEXTS)
def test_any_text_is_read_back_by_any_reader(text: str) -> None:
    changed = rewrite_header(TOML, {"title": text})
    assert tomllib.loads(changed.strip().strip("+"))["title"] == text
    changed = rewrite_header(JSON, {"title": text})
    assert json.loads(changed)["title"] == text
