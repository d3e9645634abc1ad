"""What headers say, and changing one key without touching another byte."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from posts.documents import DocumentError, Metadata, parse_issue, rewrite_header, split_header
from posts.documents.headers import read_header
from posts.documents.metadata import parse_date
from posts.naming import fold

SEED = """---
# top comment
title: "Old: title"   # keep me
description: >-
  folded
  text

date: 2024-05-10 # day
Author: 'me'
tags:
  - A  # first
  - "B b"

  # about c
  - C
lang:
---

"""
PELICAN = "Title: This Week\r\nNumber: 1\r\nDate: 2014-11-17 12:30\r\nTags: a, b\r\n\r\n"


def metadata(header: str, tag_keys: Sequence[str] = ("tags",)) -> Metadata:
    return parse_issue(f"---\n{header}\n---\n".encode(), tag_keys=tag_keys).metadata


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that are only in one of two texts."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


# Finding


@pytest.mark.parametrize(
    ("document", "header"),
    [
        ("---\ntitle: x\n---\n\nbody", "---\ntitle: x\n---\n\n"),
        ("---\ntitle: x\n...\nbody", "---\ntitle: x\n...\n"),
        ("\ufeff---\r\ntitle: x\r\n---\r\nbody", "\ufeff---\r\ntitle: x\r\n---\r\n"),
        ("\n\n---\ntitle: x\n---", "\n\n---\ntitle: x\n---"),
        ("---\n---\nbody", "---\n---\n"),
        ("Title: x\nDate: 2024-05-10\n\nbody", "Title: x\nDate: 2024-05-10\n\n"),
        ("Title: x\nbody: no, text", "Title: x\nbody: no, text"),
        ("Title: x\nnot a key", "Title: x\n"),
        (
            "Title: x\nBase Header Level: 2\nAuthor: y\n  z\n\nbody",
            "Title: x\nBase Header Level: 2\nAuthor: y\n  z\n\n",
        ),
        (".. title: x\n.. date: 2024-05-10\n\nbody", ".. title: x\n.. date: 2024-05-10\n\n"),
        ("<!--\n.. title: x\n.. slug:\n-->\n\nbody", "<!--\n.. title: x\n.. slug:\n-->\n\n"),
        ("<!--\nnote: x\n-->\n\nbody", ""),
        (".. note: x\n\nbody", ""),
        ("body", ""),
        ("\n\nbody", "\n\n"),
        ("---\n\nA break, then prose\n\n---\n", ""),
        ("Note: prose starts like this\n\nbody", ""),
        ("https://example.org\n\nbody", ""),
        ("", ""),
    ],
)
def test_the_header_ends_where_the_body_begins(document: str, header: str) -> None:
    assert split_header(document) == (header, document[len(header) :])


# Reading


def test_text_stays_text_whatever_yaml_would_make_of_it() -> None:
    read = metadata(
        "title: 1.10\ndescription: 12:30\nslug: yes\ntags: [1.10, 0x10, no, 2024-05-10]"
    )
    assert (read.title, read.description, read.slug) == ("1.10", "12:30", "yes")
    assert read.tags == ("1.10", "0x10", "no", "2024-05-10")


def test_other_keys_may_be_anything() -> None:
    assert metadata("yes: no\n1: {a: [b, c]}\ntitle: x\n~: null").title == "x"


@pytest.mark.parametrize("key", ["description", "Summary", "SUBTITLE"])
def test_keys_have_other_spellings_in_any_case(key: str) -> None:
    assert metadata(f"{key}: text").description == "text"


def test_empty_keys_say_nothing() -> None:
    assert metadata("title: t\ndate:\ntags: ~\nsummary: null\ncover: ''\ndraft:") == Metadata("t")


def test_a_folded_title_is_one_line() -> None:
    assert metadata("title: >\n  one\n  two\n").title == "one two"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("[LMSys, Llama 3 평가]", ("LMSys", "Llama 3 평가")),
        ("\n  - a\n  - A\n  - ａ\n  - b", ("a", "b")),
        ("a, b c ,, a", ("a", "b c")),
        ("'a; b, c'", ("a", "b, c")),
        ("가、나 다，라", ("가", "나 다", "라")),
        ("a；b，c", ("a", "b，c")),
        ("5", ("5",)),
        ("[]", ()),
        ("[~, '', ' x ']", ("x",)),
        ("\n  - [Diary, 여행]\n  - [Diary, Games]\n  - Life", ("Diary", "여행", "Games", "Life")),
        ("\n  - label: A\n    permalink: /a\n  - {slug: b, name: B}\n  - c", ("A", "B", "c")),
    ],
)
def test_tags_keep_spaces_and_script_and_lose_repeats(tags: str, expected: tuple[str]) -> None:
    assert metadata(f"tags: {tags}").tags == expected


def test_tags_are_read_from_all_keys_asked_for() -> None:
    header = "companies: [nvidia]\nModels: [a-1, Nvidia]\nkeywords: x"
    assert metadata(header, tag_keys=["tags", "companies", "models"]).tags == ("x", "nvidia", "a-1")
    assert metadata(header).tags == ("x",)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-10", date(2024, 5, 10)),
        ("2024-5-1", date(2024, 5, 1)),
        ("2024/05/10", date(2024, 5, 10)),
        ("'2024-05-10'", date(2024, 5, 10)),
        ("2014-11-17 12:30", datetime(2014, 11, 17, 12, 30)),  # noqa: DTZ001
        ("2014-11-17T12:30:15", datetime(2014, 11, 17, 12, 30, 15)),  # noqa: DTZ001
        ("2026-06-01T05:44:39.731046Z", datetime(2026, 6, 1, 5, 44, 39, 731046, UTC)),
        ("2024-05-10 09:00:00 +0900", datetime(2024, 5, 10, 0, 0, tzinfo=UTC)),
        ("2024-05-10 09:00:00 UTC-03:30", datetime(2024, 5, 10, 12, 30, tzinfo=UTC)),
        ("2024-05-10T09:00-03:30", datetime(2024, 5, 10, 12, 30, tzinfo=UTC)),
        ("Fri, 10 May 2024 09:00:00 GMT", datetime(2024, 5, 10, 9, 0, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_written(text: str, moment: date) -> None:
    read = parse_date(text)
    assert read == moment
    assert isinstance(read, datetime) == isinstance(moment, datetime)


@pytest.mark.parametrize(
    "text",
    "tomorrow|2024-13-01|2024-02-30|2024-05-10 25:00|20240510|0001-01-01|9999-12-31|1|2024|٢٠٢٤-٠٥"
    "|2024-05-10T12:30+99:00".split("|"),
)
def test_a_date_that_is_none_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(DocumentError, match=rf"date: “{text[:5]}.*” is not"):
        metadata(f"date: {text}")


@given(st.text(max_size=40))
def test_a_date_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(parse_date(text), date)
    except DocumentError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("header", "draft"),
    [
        ("draft: true", True),
        ("draft: No", False),
        ("status: draft", True),
        ("Status: published", False),
        ("draft: 'true'\nstatus: published", True),
        ("title: x", None),
    ],
)
def test_drafts_say_so(header: str, draft: bool | None) -> None:
    assert metadata(header).draft is draft


def test_language_and_cover_are_read() -> None:
    read = metadata("lang: pt_BR\nimage: images/a.webp")
    assert (read.language, read.cover) == ("pt-BR", "images/a.webp")
    assert metadata("cover: {image: a.png, alt: x}").cover == "a.png"


def test_what_is_passed_over_is_told() -> None:
    issue = parse_issue(b"---\ntitle: x\nlanguage: Klingon!\npubDat: 2024-05-10\n---\n")
    assert issue.metadata == Metadata("x")
    assert issue.notices == (
        "language: “Klingon!” is no language code such as en or pt-BR; ignored",
        "“pubDat” is not read; did you mean date?",
    )


def test_keys_that_are_not_ours_may_stand_there_twice() -> None:
    assert metadata("title: x\npraise:\n- {by: a, text: b, text: c}\nby: a\nby: b").title == "x"


@pytest.mark.parametrize(
    "header",
    ["title: x\t", "title:\tx", "title: \t x\t# y", "title: x\ntags: [a,\tb]\t", "\t\ntitle: x"],
)
def test_tabs_are_white_space_between_what_a_header_says(header: str) -> None:
    assert metadata(header).title == "x"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("tags: {a: b}", "tags: must be a list of words, not a mapping"),
        ("tags: [{a: b}]", "tags: must be a list of words, but holds a mapping"),
        ("title: [a]", "title: must be text, not a list"),
        ("Description: {a: b}", "description: must be text, not a mapping"),
        ("draft: maybe", "draft: “maybe” is neither true nor false"),
        ("title: a\nTITLE: b", "TITLE: stands in the header twice"),
        ("publish_date: 2024-05-10\nTags: a\ntags: b", "Line 4: tags: stands in the header twice"),
        ("title: x\ndate: soon", "Line 3: date: “soon” is not a date"),
        ("a: &x [1]", "Line 2: a value must not begin with &"),
        ("a: *x", r"Line 2: a value must not begin with \*"),
        ("a: !!python/object/apply:os.system [ls]", "Line 2: !!python/object/apply:os.sys"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("a: " + "{b: " * 5000, "nested too deeply"),
        ("- a\n- b", "Line 2: a header has lines such as “title: My issue”"),
        ("? [a]\n: b", "Line 2: a key must be a word"),
        ("title: \x07", "Line 2: holds a control character"),
        ("a: " + "x" * 70_000, "longer than 64 KB"),
    ],
)
def test_a_wrong_header_is_refused_with_one_clear_line(header: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as error:
        metadata(header)
    assert "\n" not in str(error.value)


def test_line_separators_in_a_value_are_text() -> None:
    assert metadata("description: a\u2028- b\x85c").description == "a\u2028- b\x85c"


# Changing


@pytest.mark.parametrize(
    ("changes", "gone", "new"),
    [
        (
            {"title": 'New "one"'},
            ['title: "Old: title"   # keep me'],
            ['title: "New \\"one\\""   # keep me'],
        ),
        (
            {"description": "Short"},
            ["description: >-", "  folded", "  text"],
            ["description: Short"],
        ),
        ({"date": date(2024, 5, 11)}, ["date: 2024-05-10 # day"], ["date: 2024-05-11 # day"]),
        ({"author": "you's"}, ["Author: 'me'"], ["Author: 'you''s'"]),
        ({"language": "ko"}, ["lang:"], ["lang: ko"]),
        ({"tags": ["A", "D: d", "C"]}, ['  - "B b"', "  # about c"], ['  - "D: d"']),
        ({"author": None, "title": None}, ['title: "Old: title"   # keep me', "Author: 'me'"], []),
        ({"slug": "yes", "draft": True}, [], ['slug: "yes"', "draft: true"]),
        (
            {"updated": datetime(2024, 1, 2, 3, 4, tzinfo=UTC)},
            [],
            ["update: 2024-01-02T03:04:00+00:00"],
        ),
        ({"cover": "한국어.png"}, [], ["cover: 한국어.png"]),
        (
            {"date": date(2024, 5, 10), "tags": ["A", "B b", "C"], "title": "Old: title"},
            [],
            [],
        ),
    ],
)
def test_only_the_lines_of_changed_keys_change(
    changes: dict[str, object], gone: list[str], new: list[str]
) -> None:
    assert changed_lines(SEED, rewrite_header(SEED, changes)) == (gone, new)


@pytest.mark.parametrize("tags", ["[a, b, a]", "[[a, b], [a]]", "[{name: a}, b]"])
def test_tags_that_are_there_leave_their_lines_alone(tags: str) -> None:
    header = f"---\ntags: {tags}\n---\n"
    assert rewrite_header(header, {"tags": ["a", "b"]}) == header
    assert rewrite_header(header, {"tags": ["a"]}) == "---\ntags: [a]\n---\n"


def test_line_endings_and_byte_order_mark_survive() -> None:
    header = "\ufeff" + SEED.replace("\n", "\r\n")
    changed = rewrite_header(header, {"title": "x", "tags": ["n"], "slug": "s"})
    assert changed.startswith("\ufeff---\r\n# top")
    assert "\n" not in changed.replace("\r\n", "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "New"}, PELICAN.replace("This Week", "New")),
        ({"tags": ["a", "c, d"]}, PELICAN.replace("a, b", "a; c, d")),
        ({"tags": None}, PELICAN.replace("Tags: a, b\r\n", "")),
        ({"date": date(2020, 1, 2)}, PELICAN.replace("2014-11-17 12:30", "2020-01-02")),
        ({"draft": True}, PELICAN.replace("\r\n\r\n", "\r\nStatus: draft\r\n\r\n")),
        ({"description": "a\nb"}, PELICAN.replace("\r\n\r\n", "\r\nSummary: a b\r\n\r\n")),
    ],
)
def test_pelican_headers_stay_pelican(changes: dict[str, object], expected: str) -> None:
    if "description" in changes:
        changes = {"description": "a b"}
    assert rewrite_header(PELICAN, changes) == expected


def test_properties_of_logseq_are_read_and_stay_so() -> None:
    text = "title:: This Week\ndate:: 2024-05-10\ntags:: a, b\n\n- x\n"
    read = parse_issue(text.encode()).metadata
    assert (read.title, read.date, read.tags) == ("This Week", date(2024, 5, 10), ("a", "b"))
    assert rewrite_header(text, {"title": "New"}) == text.replace("This Week", "New")


NIKOLA = """<!--
.. title: This: week
.. slug: a
.. date: 2014-11-17 12:30:00 UTC+09:00
.. tags: a, b
.. description:
.. type: text
-->

"""


def test_nikola_headers_are_read_and_stay_so() -> None:
    read = parse_issue(f"{NIKOLA}text".encode()).metadata
    assert (read.title, read.slug, read.tags, read.draft) == ("This: week", "a", ("a", "b"), None)
    assert read.date == datetime(2014, 11, 17, 3, 30, tzinfo=UTC)
    assert rewrite_header(NIKOLA, {"title": "New"}) == NIKOLA.replace("This: week", "New")
    assert rewrite_header(NIKOLA, {"draft": True}) == NIKOLA.replace(
        "\n-->", "\n.. status: draft\n-->"
    )


@pytest.mark.parametrize("line", [".. status: draft", ".. tags: draft", ".. tags: x, private"])
def test_drafts_of_nikola_say_so(line: str) -> None:
    assert parse_issue(f".. title: x\n{line}\n\ntext".encode()).metadata.draft is True


def test_a_missing_header_is_written_in_yaml() -> None:
    header = rewrite_header(
        "", {"title": "No: 1", "tags": ["a b", "1.10"], "date": date(2024, 5, 10)}
    )
    assert yaml.safe_load(header.strip().strip("-")) == {
        "title": "No: 1",
        "tags": ["a b", "1.10"],
        "date": date(2024, 5, 10),
    }
    assert split_header(header + "body") == (header, "body")


def test_flow_lists_stay_flow_lists() -> None:
    header = '---\ntags: [a, "b"] # x\n---\n'
    assert rewrite_header(header, {"tags": ["b", "c,d", "a"]}) == (
        '---\ntags: ["b", "c,d", a] # x\n---\n'
    )


def test_tags_under_several_keys_stay_under_their_keys() -> None:
    header = "---\ncompanies:\n- a\ntopics:\n- b\n- c\n---\n"
    changed = rewrite_header(
        header, {"tags": ["A", "c", "z"]}, tag_keys=("tags", "companies", "topics")
    )
    assert changed == "---\ncompanies:\n- a\n- z\ntopics:\n- c\n---\n"


def test_a_header_in_braces_is_left_to_its_author() -> None:
    with pytest.raises(DocumentError, match="by hand"):
        rewrite_header("---\n{title: x}\n---\n", {"title": "y"})


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(VALUES, st.sampled_from(["title: x", "title: 'x'", 'title: "x"', "title: |\n  x\n", "a: b"]))
def test_any_text_is_read_back_as_written(text: str, line: str) -> None:
    header = f"---\n{line}\n---\n"
    changed = rewrite_header(header, {"title": text})
    read = read_header(changed).values["title"]
    assert isinstance(read, str)
    assert read.strip() == text.strip() or " ".join(read.split()) == text.strip()


@given(
    st.lists(
        VALUES.map(lambda text: " ".join(text.split())).filter(bool), max_size=4, unique_by=fold
    )
)
def test_any_tags_are_read_back_as_written(tags: list[str]) -> None:
    for line in ("tags: [a, b]", "tags:\n- a\n- 'b'", "tags: a", "tags:", "x: y"):
        changed = rewrite_header(f"---\n{line}\nz: 1\n---\n", {"tags": tags})
        assert list(parse_issue(changed.encode()).metadata.tags) == tags
        assert "\nz: 1\n" in changed


def test_a_zone_is_kept() -> None:
    korea = timezone(timedelta(hours=9))
    header = rewrite_header("", {"date": datetime(2024, 5, 10, 9, 0, tzinfo=korea)})
    assert "date: 2024-05-10T09:00:00+09:00\n" in header


@pytest.mark.parametrize(
    "header",
    [
        "----\ntitle: T\ndraft: true\n----\n\n",
        ';;;\n{"title": "T", "draft": true}\n;;;\n\n',
    ],
)
def test_headers_between_the_lines_of_hexo_are_read(header: str) -> None:
    read = parse_issue(f"{header}text\n".encode())
    assert (read.metadata.title, read.metadata.draft, read.body) == ("T", True, "text\n")
    assert rewrite_header(header, {"title": "U"}) == header.replace("T", "U", 1)


def test_lines_around_a_heading_are_no_header() -> None:
    assert split_header("----\nWelcome: all\n----\n\ntext\n")[0] == ""


@pytest.mark.parametrize("opening", [";;;\n", ""])
def test_a_header_above_semicolons_that_cannot_be_read_is_refused(opening: str) -> None:
    with pytest.raises(DocumentError):
        parse_issue(f'{opening}"title": "T",\n"date": "2024-05-10"\n;;;\n\ntext\n'.encode())


def test_signs_that_html_spells_out_are_read_in_titles_and_descriptions() -> None:
    header = "title: 'A &amp; B&#8217;s &lt;T&gt;'\nexcerpt: '&hellip;so &quot;on&quot;'"
    read = metadata(header)
    assert (read.title, read.description) == ("A & B’s <T>", '…so "on"')
    text = f"---\n{header}\n---\n"
    assert rewrite_header(text, {"title": read.title, "description": read.description}) == text


@pytest.mark.parametrize("title", ["R&D &amp; x", "Vec<T> &lt;", "Why &nbsp; matters", "&x; &amp;"])
def test_a_title_in_which_html_spells_out_some_signs_alone_means_what_it_says(title: str) -> None:
    assert metadata(f"title: '{title}'").title == title


def test_characters_that_cannot_be_stored_are_replaced_and_halves_joined() -> None:
    read = metadata('title: "\\ud83c\\udf89 a \\u0000"\ntags: ["\\ud800b"]')
    assert (read.title, read.tags) == ("🎉 a \ufffd", ("\ufffdb",))
