"""What is wrong with a header, in its author's words, with the line of the file."""

import pytest

from posts.documents import DocumentError, parse_issue

INDENTED = "this line is indented more or less than those it belongs to"


def problem(document: str) -> str:
    with pytest.raises(DocumentError, match=r".") as error:
        parse_issue(document.encode())
    return str(error.value)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ('title: "My issue', "Line 2: the quotation mark before *My issue* is not closed"),
        (
            'title: "My issue\ndate: 2024-05-10\ntags: ["a"]',
            "Line 2: the quotation mark before *My issue* is not closed",
        ),
        ("a: 1\ntitle: 'My issue", "Line 3: the quotation mark before *My issue* is not closed"),
        (
            "title: 'It's here'",
            "Line 2: *s here'* follows the second quotation mark:"
            " a quotation mark within a text is written ''",
        ),
        (
            'title: "The "best" of"',
            'Line 2: *best" of"* follows the second quotation mark:'
            ' a quotation mark within a text is written \\"',
        ),
        ("title: a: b", "Line 2: *a: b* holds a colon: put it between quotation marks"),
        (
            'description: "a\n  b"\ntitle: a: b',
            "Line 4: *a: b* holds a colon: put it between quotation marks",
        ),
        ("title:x\ndate: 2024-05-10", "Line 2: there is no space after the colon"),
        ("title: x\n  date: y", f"Line 3: {INDENTED}"),
        ("tags:\n  - a\n - b", f"Line 4: {INDENTED}"),
        ("title: x\n\tdate: y", "Line 3: this line is indented with a tab: use spaces"),
        ("title: @x", "Line 2: a value must not begin with @: put it between quotation marks"),
        ("title: **x**", "Line 2: a value must not begin with *: put it between quotation marks"),
        (
            "a: &base\n  b: c\ntitle: d\ne:\n  <<: *base",
            "Line 2: &base and *base repeat a value by its name, which is not read:"
            " write the value in both places",
        ),
        ("title: *x", "Line 2: a value must not begin with *: put it between quotation marks"),
        ("date: !!str x", "Line 2: !!str names a type, which is not read: leave it out"),
        ("title: > x", "Line 2: a value must not begin with >: put it between quotation marks"),
        ("title: - x", "Line 2: a value must not begin with -: put it between quotation marks"),
        (
            "title: [News] today",
            "Line 2: *today* follows the value: put all of it between quotation marks",
        ),
        (
            "tags: [a, b\ndate: x",
            "Line 2: the bracket [ is not closed, or a text in it needs quotation marks",
        ),
        ("title: x\nfoo\ndate: y", "Line 3: there is no colon after *foo*"),
        ('title: "\\d"', 'Line 2: between " marks, a backslash is written twice'),
        ("title: x\n: y", "The header cannot be read from line 3 on."),
    ],
)
def test_errors_in_yaml(header: str, message: str) -> None:
    assert problem(f"---\n{header}\n---\n\ntext\n") == message
    assert (
        problem(f"---\r\n{header}\r\n---\r\n".replace("\n", "\r\n").replace("\r\r", "\r"))
        == message
    )


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ('title = "My issue', "Line 2: the quotation mark before *My issue* is not closed"),
        (
            "title = My issue",
            "Line 2: a text stands between quotation marks, a date is like 2024-05-10",
        ),
        ('title = "a"\ntitle = "b"', "Line 3: this key or table stands in the header twice"),
        ("title: x", "Line 2: there is no = after the key"),
        ("date = 2024-13-01", "The header cannot be read from line 2 on."),
    ],
)
def test_errors_in_toml(header: str, message: str) -> None:
    assert problem(f"+++\n{header}\n+++\n\ntext\n") == message


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ('{\n"title": "a"\n"b": 1\n}', "Line 3: there is no comma at the end of the line above"),
        ('{\n"title": "a",\n}', 'Line 3: there is a comma too many, or a key without " marks'),
        ('{\n"title": "a\n}', "Line 2: a quotation mark is not closed"),
        ('{\n"title": a\n}', 'Line 2: a text stands between " marks'),
        ('{\n"a": ' + "[" * 9_000 + "\n}", "Line 1: the header is nested too deeply"),
    ],
)
def test_errors_in_json(header: str, message: str) -> None:
    assert problem(f"{header}\n\ntext\n") == message


@pytest.mark.parametrize(
    ("start", "end"),
    [("---\ntitle: x", "---"), ("+++\na = 1\ntitle='x'", "+++"), ('{"title": "x",', "}")],
)
def test_a_header_without_end_is_not_taken_for_text(start: str, end: str) -> None:
    if end == "+++":
        start = start.replace("a = 1\n", "")
    message = f"Line 1: a header starts here, but no line {end} ends it"
    assert problem(f"{start}\n\ntext\n") == message


@pytest.mark.parametrize(
    "start",
    [
        "% Title\n% Author\n",
        "#+TITLE: x\n",
        "export const metadata = {\n  title: 'x',\n  draft: true,\n}\n",
        'import A from "./a"\r\nimport {B} from "b";\r\n\r\nexport const meta: M = {title: 1}\r\n',
        "export default { title: 'x' }\n",
        "Title\n#####\n\n:date: 2024-05-10\n:status: draft\n",
        "=====\nTitle\n=====\n\n:author: x\n",
        ":title: x\n:slug: y\n",
        "= Title\nAnn <ann@example.org>\n:page-draft: true\n:toc:\n",
        "= Title\n:draft:\n",
    ],
)
def test_headers_of_other_systems_are_not_shown(start: str) -> None:
    message = "Line 1: this header is not read: write it as YAML between --- lines"
    assert problem(f"{start}\ntext\n") == message


@pytest.mark.parametrize(
    "text",
    [":tada: News\n\ntext\n", "Hello\n\n:smile: there: a\n", "export const a = 1\n", "% one\n"],
)
def test_prose_is_no_header_of_another_system(text: str) -> None:
    assert parse_issue(text.encode()).body == text


def test_marks_that_nobody_sees_may_stand_before_a_header() -> None:
    for marks in ("\ufeff\ufeff", "\u200b", "\ufeff\u2060\n"):
        issue = parse_issue(f"{marks}---\ntitle: x\ndraft: true\n---\ntext\n".encode())
        assert (issue.metadata.title, issue.metadata.draft) == ("x", True)
        assert issue.text.startswith(marks)


def test_a_header_in_toml_may_have_any_line_ends() -> None:
    issue = parse_issue(b"+++\rtitle = 'x'\rdate = 2024-05-10\r+++\rtext\r")
    assert (issue.metadata.title, issue.body) == ("x", "text\r")


def test_a_language_that_is_not_read_is_refused() -> None:
    message = (
        "Line 1: the header is written in js, which is not read: write it as YAML between --- lines"
    )
    assert problem("---js\n{title: 'x'}\n---\n") == message
