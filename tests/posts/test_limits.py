"""Documents made to be slow are refused at once, with the line named; long honest ones are not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from posts.rendering import MarkdownLimitError, read_issue, render_markdown

REFUSED = {
    "a body of more than a megabyte": ("a\n" * 600_000, 500_001),
    "nested list on one line": ("- " * 500 + "a", 1),
    "nested quotes on one line": ("> " * 500 + "a", 1),
    "lists nested line by line": ("".join("  " * n + "- a\n" for n in range(30)), 21),
    "lists in quotes in lists": ("> - " * 15 + "a", 1),
    "open brackets": ("first line\n\n" + "[" * 4000, 3),
    "open image brackets": ("![" * 4000, 1),
    "open brackets over several lines": ("[a\n" * 300, 201),
    "uses of one footnote": ("[^1] " * 2000 + "\n\n[^1]: note", 1),
    "columns": ("|a" * 60 + "|\n" + "|-" * 60 + "|\n", 2),
    "open inline tags": ("x" + "<b>" * 1000, 1),
    "open blocks of raw HTML": ("<div>\n\n" * 300, 401),
    "open emphasis": ("*a **a " * 300 + "a** a*" * 300, 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_goes_beyond_a_limit_is_refused_with_its_line(name: str) -> None:
    text, line = REFUSED[name]
    with pytest.raises(MarkdownLimitError, match=f"line {line}: ") as caught:
        render_markdown(text)
    assert caught.value.line == line


def test_the_line_counts_from_the_start_of_the_body() -> None:
    sections = ["one\n\n", "# two\n\ntext\n", "# three\n\n" + "[" * 300 + "\n"]
    with pytest.raises(MarkdownLimitError, match="line 8: "):
        read_issue(sections)


def test_a_footnote_names_the_line_of_its_own_definition() -> None:
    sections = ["a[^1]\n\n", "# two\n\n[^1]: note " + "[" * 300 + "\n"]
    with pytest.raises(MarkdownLimitError, match="line 5: "):
        read_issue(sections)


SLOW_ELSEWHERE = {
    "brackets": "[a](" * 100,
    "closing brackets": "]" * 50_000,
    "links that do not close": "[a](<b" * 190,
    "links with titles that do not close": '[a](b "c' * 190,
    "runs of backticks of every length": " ".join("`" * n for n in range(1, 1200)),
    "emphasis that never closes": "*a " * 50_000,
    "emphasis that never opens": "a* " * 50_000,
    "emphasis of two kinds": "*a _b " * 30_000,
    "emphasis that clashes": "a**b" + "c* " * 30_000,
    "strikethrough": "~~a " * 50_000,
    "comments that do not close": "a <!-- " * 30_000,
    "instructions that do not close": "a <? " * 30_000,
    "declarations that do not close": "a <!A " * 30_000,
    "tags that do not close": "a <a b='" * 30_000,
    "tags with many attributes": "a <a " + "b " * 200_000,
    "raw tags in a block": "<div>\n" + '<a "' * 30_000,
    "hidden elements that do not close": "<p><script " * 20_000,
    "hidden elements with content": "a<script>" * 20_000,
    "entities": "&" * 200_000,
    "long entities": "&a" + "b" * 200_000,
    "escapes": "\\" * 200_000,
    "reference definitions": "[a]: b 'c\n" * 30_000,
    "labels": "[" + "a" * 200_000 + "]",
    "pairs of brackets": "[a][b] " * 30_000,
    "bare addresses": "https://a" * 30_000,
    "bare addresses with brackets": "https://a/(" * 30_000,
    "bare addresses of dots": "https://" + "a." * 100_000,
    "addresses with quotes": "https://a/'b" * 30_000,
    "destinations with parentheses": "[a](" + "(" * 30_000,
    "tables": "|a|b|\n|-|-|\n" + "|" * 200_000,
    "delimiter rows": "a|b\n" + "-|" * 100_000,
    "rules": "- " * 19 + "_ " * 100_000,
    "indented lines": "- a\n" + (" " * 1000 + "\n") * 800,
    "tabs": "\t" * 200_000 + "a",
    "empty list items": "-\n" * 50_000,
    "lazy lines": "> " * 19 + "a\n" + "a\n" * 50_000,
    "footnote definitions": "".join(f"[^{n}]: a\n" for n in range(20_000)),
    "footnotes that use each other": "[^0]\n\n"
    + "".join(f"[^{n}]: [^{n + 1}]\n\n" for n in range(5_000)),
    "headings with one name": "# a\n\n" * 20_000,
    "line breaks": "a  \n" * 50_000,
    "autolinks": "<https://a" * 30_000,
    "mail addresses": "<" + "a@" + "a." * 50_000,
    "spaces": "a" + " " * 500_000 + "b",
    "spaces before line ends": ("a" + " " * 1000 + "\n") * 500,
    "setext underlines": "a\n" + "=" * 200_000 + "b",
    "task boxes": "- [ ] " * 15 + "[ ] " * 100,
    "one long word": "a" * 900_000,
    "underscores": "_" * 200_000,
    "underscores in words": "a_" * 100_000,
    "stars with spaces": "* " * 19 + "a * " * 40_000,
    "start tags of raw blocks": "<a\n" * 50_000,
}

SCRIPT = """
import resource, sys
from posts.rendering import MarkdownLimitError, render_markdown
resource.setrlimit(resource.RLIMIT_CPU, (3, 4))
before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
try:
    render_markdown(sys.stdin.read())
except MarkdownLimitError:
    pass
sys.exit(0 if resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 2 else 1)
"""


@pytest.mark.parametrize("name", SLOW_ELSEWHERE)
def test_nothing_takes_more_than_two_cpu_seconds(name: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=SLOW_ELSEWHERE[name], text=True, check=False
    )
    assert result.returncode == 0


def test_an_issue_of_three_thousand_links_is_read() -> None:
    items = "".join(f"* [Link {n}](https://example.org/{n}): said\n" for n in range(3000))
    parsed = read_issue([f"# Links\n\n{items}"])
    assert len(parsed.sections[0].items) == 3000
    assert parsed.to_html()[0].count("<li") == 3000
