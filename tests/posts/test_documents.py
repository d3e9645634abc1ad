"""Issues as documents: what goes in comes out, to the byte, and sections are where they seem."""

import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from posts.documents import DocumentError, join_issue, parse_issue, split_header
from posts.markdown.document import Document
from tests.corpus import corpus, issue_files

REFERENCE = MarkdownIt("commonmark").enable("table")

# Pieces of text that mean something to the splitter, so that random documents are not just words.
STARTS = st.sampled_from(
    [
        "",
        "# ",
        "## ",
        "#",
        "- ",
        "  ",
        "    ",
        "> ",
        "1. ",
        "2) ",
        "* ",
        "\t",
        ">",
        "   - ",
        "\ufeff",
    ]
)
MARKS = "a B- - --- === ... ``` ```py ~~~ *** <!-- --> <div> </div> <pre> </pre> <b> |a|b| |-|-|"
KEYS = ["title: x", "Date: 2024-05-10", "tags: [a, b]", "[a]: b", "B ##", "한국어"]
TEXTS = st.sampled_from(["", *MARKS.split(), *KEYS, "\u2028", "\x85", "\x0c"])
ENDS = st.sampled_from(["\n", "\n", "\n", "\n\n", "\r\n", "\r", ""])
LINES = st.tuples(st.lists(STARTS, max_size=3).map("".join), TEXTS, ENDS).map("".join)
DOCUMENTS = st.lists(LINES, max_size=12).map("".join)


def headings(body: str) -> list[tuple[str, int]]:
    return [(s.heading, s.level) for s in Document(body).sections]


def cuts(body: str) -> list[tuple[int, str]]:
    return [(s.level, s.source) for s in Document(body).sections]


@given(st.one_of(st.text(), DOCUMENTS))
def test_header_and_sections_join_to_the_document(text: str) -> None:
    header, body = split_header(text)
    assert header + body == text
    assert "".join(section.source for section in Document(body).sections) == body


@given(st.one_of(st.binary(), DOCUMENTS.map(str.encode)))
def test_any_bytes_come_back_as_they_were_or_are_refused_with_one_line(data: bytes) -> None:
    try:
        issue = parse_issue(data, "2024-05-10-a.md")
    except DocumentError as error:
        assert re.fullmatch(r".+", str(error))  # noqa: PT017
    else:
        assert issue.to_bytes() == data


@given(DOCUMENTS)
def test_sections_of_a_section_are_itself(text: str) -> None:
    for level, source in cuts(text):
        assert cuts(source) == [(level, source)]


@given(DOCUMENTS)
def test_headings_are_those_of_a_commonmark_parser(text: str) -> None:
    # markdown-it deviates in white space and in definitions inside lists; tags have a test below.
    for char in "\x0c\x85\u2028\ufeff":
        text = text.replace(char, "")
    assume("]: " not in text)
    assume("<b>" not in text)
    # What is glued to a comment is read as if the comment were not there.
    assume(not re.search(r"-->[ \t]*[^ \t\r\n]", text))
    # One that never ends takes nothing with it here, and the rest of the text there.
    assume("<!--" not in re.sub(r"(?s)<!--.*?-->", "", text))
    tokens = [t for t in REFERENCE.parse(text) if t.type == "heading_open" and t.level == 0]
    expected = [(t.map[0] if t.map else -1, int(t.tag[1])) for t in tokens]
    document = Document(text)
    found = zip(document.first_lines, document.sections, strict=True)
    assert [(line, section.level) for line, section in found if section.level] == expected


@pytest.mark.parametrize("folder", ["seed", "twir", "ainews"])
def test_every_real_issue_comes_back_byte_for_byte(folder: str) -> None:
    corpus(folder)
    for path in issue_files(folder):
        data = path.read_bytes()
        issue = parse_issue(data, path.name, tag_keys=("tags", "companies", "topics"))
        assert issue.to_bytes() == data, path.name
        assert issue.metadata.title, path.name
        assert issue.metadata.date, path.name
        assert not issue.notices, path.name


def test_the_text_before_the_first_heading_is_a_section_without_heading() -> None:
    sections = parse_issue(b"opening\n\n# One\ntext\n## Two\n").sections
    assert [(s.heading, s.level, s.source) for s in sections] == [
        ("", 0, "opening\n\n"),
        ("One", 1, "# One\ntext\n"),
        ("Two", 2, "## Two\n"),
    ]


def test_a_document_that_starts_with_a_heading_has_no_section_before_it() -> None:
    assert headings("# One\n") == [("One", 1)]


def test_a_definition_above_an_underlined_heading_is_no_part_of_its_text() -> None:
    assert headings("[a]: https://example.org\nTitle\n===\n") == [("Title", 1)]
    assert headings("[a]:\n  https://example.org\n'b'\nTitle\n===\n") == [("Title", 1)]


def test_definitions_stay_with_the_underlined_heading_below_them() -> None:
    text = "text\n\n[a]: https://example.org\nTitle\n===\n"
    assert cuts(text) == [(0, text[:6]), (1, text[6:])]


def test_a_heading_is_read_with_the_definitions_of_the_whole_issue() -> None:
    text = "# [News] today[^1]\n\n# Notes\n\n[news]: https://example.org\n\n[^1]: note\n"
    assert headings(text) == [("News today", 1), ("Notes", 1)]


def test_a_heading_glued_to_a_comment_starts_a_section_if_its_line_does() -> None:
    assert headings("<!-- a --># One\n") == [("One", 1)]
    assert headings("<!-- a\nb --># no\n# Yes\n") == [("", 0), ("Yes", 1)]


def test_what_the_parser_refuses_is_one_section() -> None:
    text = "# One\n\n# Two\n\n" + "> " * 30 + "deep\n"
    assert cuts(text) == [(0, text)]
    assert headings(text) == [("", 0)]
    assert parse_issue(text.encode(), "name.md").metadata.title == "name"


def test_a_heading_that_goes_beyond_a_limit_is_read_as_written() -> None:
    assert headings("# One\n\n# " + "[" * 300 + "\n") == [("One", 1), ("[" * 300, 1)]


def test_a_line_of_dashes_underlines_a_heading_also_below_pipes() -> None:
    assert headings("| One |\n---\n") == [("| One |", 2)]
    assert headings("| One |\n|---|\n") == [("", 0)]


def test_an_unknown_tag_is_text_and_hides_nothing() -> None:
    assert headings("<T>\n# Yes\n") == [("", 0), ("Yes", 1)]
    assert headings("<b>\n# no\n") == [("", 0)]


def test_an_empty_document_has_no_sections() -> None:
    issue = parse_issue(b"")
    assert issue.sections == ()
    assert issue.to_bytes() == b""


def test_headings_repeat_and_may_be_empty() -> None:
    assert headings("# News\n# News\n#\n") == [("News", 1), ("News", 1), ("", 1)]


@pytest.mark.parametrize(
    "hidden",
    [
        "```\n# no\n```\n",
        "~~~ text\n# no\n```\n# no\n~~~\n",
        "````\n```\n# no\n````\n",
        "<!--\n# no\n\n# no\n-->\n",
        "<div>\n# no\n</div>\n",
        "<pre>\n\n# no\n</pre>\n",
        "- item\n\n  # no\n",
        "1. item\n   # no\n",
        "> # no\n",
        "    # no\n",
        "\\# no\n",
        "#no\n",
        "####### no\n",
        "> quoted\n===\n",
        "- item\n---\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n---\n",
        "[a]: https://example.org\n===\n",
        "text\n\n---\n",
        "[^a]: note\nlazy\n===\n",
        "- [a]: b\n\n\n  # no\n",
    ],
)
def test_what_only_looks_like_a_heading_starts_no_section(hidden: str) -> None:
    assert headings(f"{hidden}\n## Yes\n") == [("", 0), ("Yes", 2)]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("## Today's **Preview** ##", "Today's Preview"),
        ("## [Rust](https://rust-lang.org) `1.80`", "Rust 1.80"),
        ("## ![logo](a.png) snake_case_name", "logo snake_case_name"),
        ("## <span>Über</span> C\\#", "Über C#"),
        ("## 한국어 *소식* 🤖", "한국어 소식 🤖"),
        ("Two\nlines\n---", "Two lines"),
        ("   ### three spaces", "three spaces"),
    ],
)
def test_a_heading_is_read_without_its_marks(line: str, heading: str) -> None:
    assert headings(line)[0][0] == heading


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_three_line_endings_split(end: str) -> None:
    assert headings(f"a{end}# B{end}{end}C{end}==={end}") == [("", 0), ("B", 1), ("C", 1)]


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_other_separators_are_text(char: str) -> None:
    assert headings(f"a{char}# no\n# Yes\n") == [("", 0), ("Yes", 1)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"abc\xff", "not UTF-8: byte 3 is 0xff"),
        ("안녕".encode("utf-16"), "not UTF-8: byte 0 is 0xff"),
        (b"ab\0c", "NUL byte at 2"),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"---\ntitle: x\n\nno end", "no line --- ends it"),
    ],
)
def test_what_is_no_issue_is_refused_with_one_clear_line(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as error:
        parse_issue(data)
    assert "\n" not in str(error.value)


def test_a_megabyte_is_still_an_issue() -> None:
    assert len(parse_issue(b"x" * 1_000_000).to_bytes()) == 1_000_000


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("## **Hello**\n\ntext\n\n## Later\n", "Hello"),
        ("# Hello\n\n# Later\n", "Hello"),
        ("![cover](c.png)\n\n# Hello\n\n## Later\n", "Hello"),
        ("opening\n\n## Featured\n\n# Later\n", "name"),
        ("opening\n\n# News\n\n# Tools\n", "name"),
        ("opening\n", "name"),
    ],
)
def test_a_heading_that_may_be_a_section_is_no_title(body: str, title: str) -> None:
    issue = parse_issue(body.encode(), "2024-05-10-name.md")
    assert issue.metadata.title == title
    source = "file name" if title == "name" else "first heading"
    assert f"no title in the header: taken from the {source}" in issue.notices


@pytest.mark.parametrize(
    ("name", "title", "day"),
    [
        ("2024-05-10-llama-3_news.md", "llama 3 news", date(2024, 5, 10)),
        ("issues/24-05-10-a.markdown", "a", date(2024, 5, 10)),
        ("20240510.md", "20240510", date(2024, 5, 10)),
        ("2024_05_10 무제.md", "무제", date(2024, 5, 10)),
        ("2024-13-45-a.md", "2024 13 45 a", None),
        ("1234567890.md", "1234567890", None),
        ("notes.md", "notes", None),
        ("2025-11.md", "2025-11", date(2025, 11, 1)),
        ("2016-5-3-issue-1.md", "issue 1", date(2016, 5, 3)),
        ("weekly-2025-11-03.md", "weekly 2025-11-03", date(2025, 11, 3)),
        ("newsletter_20251103.md", "newsletter 20251103", date(2025, 11, 3)),
        ("2025 11 03 links.md", "links", date(2025, 11, 3)),
        ("2025.11.03 주간.md", "주간", date(2025, 11, 3)),
        ("2025년 11월.md", "2025년 11월", date(2025, 11, 1)),
        ("2025년 11월 3일 소식.md", "소식", date(2025, 11, 3)),
        ("第12期-2019-07-05.md", "第12期 2019-07-05", date(2019, 7, 5)),
        ("周刊 2019年7月5日.md", "周刊 2019年7月5日", date(2019, 7, 5)),
        ("digest-nov-2025.md", "digest nov-2025", date(2025, 11, 1)),
        ("3-November-2025.md", "3-November-2025", date(2025, 11, 3)),
        ("2025-W45.md", "2025-W45", date(2025, 11, 3)),
        ("202511031530-notes.md", "notes", date(2025, 11, 3)),
        ("2025/11/03/links.md", "links", date(2025, 11, 3)),
        ("posts/2025/11/3-links.md", "3 links", date(2025, 11, 1)),
        ("2025/11-03-links.md", "11 03 links", date(2025, 11, 3)),
        ("posts/2025-11-03-links/index.md", "links", date(2025, 11, 3)),
        ("2025-11/links.md", "links", date(2025, 11, 1)),
        ("Links 12 (2025-11-03).md", "Links 12 (2025-11-03)", date(2025, 11, 3)),
        ("週刊2025年11月3日号.md", "週刊2025年11月3日号", date(2025, 11, 3)),
        ("3rd November 2025.md", "3rd November 2025", date(2025, 11, 3)),
        ("November 3rd, 2025.md", "November 3rd, 2025", date(2025, 11, 3)),
        ("2025/links-47.md", "links 47", None),
        ("issue-2025.md", "issue 2025", None),
        ("1024-2048.md", "1024 2048", None),
    ],
)
def test_without_heading_the_file_name_gives_title_and_date(
    name: str, title: str, day: date | None
) -> None:
    issue = parse_issue(b"text\n", name)
    assert (issue.metadata.title, issue.metadata.date) == (title, day)
    assert "no title in the header: taken from the file name" in issue.notices
    assert ("no date in the header: taken from the file name" in issue.notices) == (day is not None)


@pytest.mark.parametrize(
    "name", ["2025-02-30-t.md", "20250431-t.md", "2025/02/2025-02-30-t.md", "31 June 2025 - t.md"]
)
def test_a_day_that_does_not_exist_in_a_file_name_is_no_date(name: str) -> None:
    issue = parse_issue(b"text\n", name)
    assert (issue.metadata.date, issue.metadata.title) == (None, "t")
    assert any("in the file name is no date" in notice for notice in issue.notices)


def test_what_the_header_says_wins_and_needs_no_notice() -> None:
    issue = parse_issue(b"---\ntitle: T\ndate: 2020-01-02\n---\n# H\n", "2024-05-10-n.md")
    assert (issue.metadata.title, issue.metadata.date) == ("T", date(2020, 1, 2))
    assert issue.notices == ()


def test_joining_keeps_a_new_section_apart_from_one_without_line_ending() -> None:
    assert join_issue("---\ntitle: x\n---", ["a", "# B"]) == "---\ntitle: x\n---\na\n# B"
    assert join_issue("", ["a\r\n", "b", "# C\r\n"]) == "a\r\nb\r\n# C\r\n"
    assert join_issue("\ufeff", ["a"]) == "\ufeffa"
