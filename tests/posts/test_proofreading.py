"""The check for losses: silent on what is faithful, and awake to a single word, link or picture."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.documents import parse_issue
from posts.importing.proofreading import find_losses
from posts.markdown.document import Document
from posts.rendering import read_issue
from tests.corpus import corpus, issue_files

ISSUE = """Opening with **bold**text, `code <T> &amp; [x](y)` and ~~gone~~ snake_case \\*stars\\*.

# News & more

1. **First**: what [a link](https://a.example.org/x_(y)?b=1&amp;c=2 "Title") says[^n].
2. Bare https://b.example.org/path. And <https://c.example.org>.
   - [x] done ![a picture](https://d.example.org/p.png)
   - By [reference][ref], [ref] and [Ref][].

| a | b |
|---|---|
| `c\\|d` | [cell](https://e.example.org) |

```python
print("<b>not bold</b>") # [no link](https://no.example.org)
```

<div><a href="https://f.example.org">raw</a> <!-- hidden --> words<br>end</div>

[ref]: https://g.example.org "Another"
[^n]: A note with [its link](https://h.example.org).
"""


def render(text: str) -> str:
    return "".join(read_issue(Document(text)).to_html())


def test_what_is_faithful_raises_no_alarm() -> None:
    assert find_losses(ISSUE, render(ISSUE)) == ""


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_endings_raise_no_alarm(end: str) -> None:
    assert find_losses(ISSUE.replace("\n", end), render(ISSUE)) == ""


@pytest.mark.parametrize("folder", ["seed", "twir", "ainews"])
def test_no_real_issue_raises_an_alarm(folder: str) -> None:
    corpus(folder)
    for path in issue_files(folder)[:: 1 if folder == "seed" else 12]:
        issue = parse_issue(path.read_bytes(), path.name)
        html = "".join(read_issue(issue.markdown).to_html())
        assert find_losses(issue.body, html) == "", path.name


WORDS = sorted(
    set(re.findall(r"(?<![\w/.])[a-z]{4,}(?![^<]*>)", render(ISSUE))) - {"python", "snake"}
)


@pytest.mark.parametrize("word", WORDS)
def test_every_lost_word_is_noticed(word: str) -> None:
    html = re.sub(rf"\b{word}\b(?![^<]*>)", "", render(ISSUE), count=1)
    report = find_losses(ISSUE, html)
    assert re.search(rf"words are missing: “\w*{word}", report)
    assert "(line " in report


@pytest.mark.parametrize("host", list("abcefgh"))
def test_every_lost_link_is_noticed(host: str) -> None:
    html = re.sub(rf"<a[^>]* href=\"https://{host}\.[^>]*>", "<a>", render(ISSUE), count=1)
    assert re.match(rf"links are missing: https://{host}\.example\.org", find_losses(ISSUE, html))


def test_a_lost_picture_is_noticed() -> None:
    html = re.sub(r"<img[^>]*>", "a picture", render(ISSUE))
    assert find_losses(ISSUE, html) == "pictures are missing: 1"


@pytest.mark.parametrize(
    ("added", "report"),
    [
        ("<p>stowaway</p>", "words are too many: “stowaway”"),
        ("<p>note note</p>", "words are too many: “note”"),
        ('<a href="https://evil.example.org"></a>', "links are too many: https://evil.example.org"),
        (
            '<a href="https://a.example.org/x_(y)?b=1&amp;c=2"></a>',
            "links are too many: https://a.",
        ),
    ],
)
def test_what_was_added_is_noticed(added: str, report: str) -> None:
    assert find_losses(ISSUE, render(ISSUE) + added).startswith(report)


def test_a_paragraph_that_is_doubled_or_dropped_is_noticed() -> None:
    html = render(ISSUE)
    paragraph = re.search(r"<p>Opening.*?</p>", html, re.DOTALL)
    assert paragraph
    assert "too many" in find_losses(ISSUE, html + paragraph[0])
    assert "missing" in find_losses(ISSUE, html.replace(paragraph[0], ""))


TEXTS = st.text(st.sampled_from(" \nabc*_`[]()<>!#-1.|\\&;:/~^\"'"), max_size=60)


@given(TEXTS)
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert isinstance(find_losses(text, render("words")), str)


HOSTILE = (
    "[|`|<a |[a](|[^1]: x\n|&#|<!--|[a]: <|![|- |> |\\|https://a|` `` |[a][|<script>|(|<a b='|"
    "[[a]|**_|~~~\n|```x\n|1. |<https://a|<div\n|](a(|](<|a\n\n    "
)


@pytest.mark.parametrize("piece", HOSTILE.split("|"))
def test_repeated_marks_cost_time_in_proportion(piece: str) -> None:
    """A pattern that is quadratic would take minutes here, not a moment."""
    assert isinstance(find_losses(piece * (200_000 // len(piece)), "<p>x</p>"), str)


@pytest.mark.parametrize(
    "attributes",
    [
        'class="permalink" href="#x" aria-label="#"',
        'aria-label="#" class="permalink" href="#x"',  # as bleach orders them
        'href="/report/?item=1" class="report-link"',
    ],
)
def test_links_that_the_renderer_adds_do_not_count(attributes: str) -> None:
    assert find_losses(ISSUE, render(ISSUE) + f"<a {attributes}></a>") == ""


def test_words_are_named_in_the_order_of_the_text_wherever_they_are_lost() -> None:
    text = "first line keeps zeta\n\nzeta alpha lost\n\nalpha beta gone\n"
    html = "<p>first line keeps</p><p>beta gone</p>"
    report = "words are missing: “zeta”, “alpha”, “lost” and 2 more (line 3)"
    assert find_losses(text, html) == report


def test_a_cell_that_a_table_drops_is_noticed() -> None:
    text = "| a | b |\n|---|---|\n| `c|d` | cell |\n"
    assert find_losses(text, render(text)) == "words are missing: “cell” (line 3)"
