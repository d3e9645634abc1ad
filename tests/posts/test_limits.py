"""Documents made to be slow are refused at once, with the line named; long honest ones are not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from posts.markdown.document import Document
from posts.rendering import MarkdownLimitError, read_issue, render_markdown
from tests.posts.slow_inputs import SLOW_INPUTS

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
    text = "one\n\n# two\n\ntext\n# three\n\n" + "[" * 300 + "\n"
    with pytest.raises(MarkdownLimitError, match="line 8: "):
        read_issue(Document(text))


def test_a_footnote_names_the_line_of_its_own_definition() -> None:
    text = "a[^1]\n\n# two\n\n[^1]: note " + "[" * 300 + "\n"
    with pytest.raises(MarkdownLimitError, match="line 5: "):
        read_issue(Document(text))


SCRIPT = """
import resource, time
from posts.rendering import MarkdownLimitError, render_markdown
from tests.posts.slow_inputs import SLOW_INPUTS
_now, most = resource.getrlimit(resource.RLIMIT_CPU)
for name, text in SLOW_INPUTS.items():
    print(name, flush=True)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 5, most))
    try:
        render_markdown(text)
    except MarkdownLimitError:
        pass
"""


def test_no_input_makes_the_work_grow_faster_than_the_text() -> None:
    """One quadratic input of this size takes many seconds: the process would be stopped in it."""
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{result.stdout.splitlines()[-1:]} {result.stderr}"
    assert result.stdout.splitlines() == list(SLOW_INPUTS)


COMMENTS = """
import resource
from posts.markdown.html import without_comments
resource.setrlimit(resource.RLIMIT_CPU, (10, resource.getrlimit(resource.RLIMIT_CPU)[1]))
for text in ("<!--" * 250_000, "<!-- a -->" * 100_000 + "<!--" * 100_000):
    print(len(without_comments(text)))
"""


def test_comments_that_do_not_end_are_passed_over_once() -> None:
    result = subprocess.run(
        [sys.executable, "-c", COMMENTS], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout.split()) == (0, ["1000000", "400000"]), result.stderr


def test_an_issue_of_three_thousand_links_is_read() -> None:
    items = "".join(f"* [Link {n}](https://example.org/{n}): said\n" for n in range(3000))
    parsed = read_issue(Document(f"# Links\n\n{items}"))
    assert len(parsed.sections[0].items) == 3000
    assert parsed.to_html()[0].count("<li") == 3000
