"""What holds for any text at all."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from posts.markdown.document import Document
from posts.markdown.lines import with_ends
from posts.rendering import MarkdownLimitError, ParsedIssue, read_issue, render_markdown
from posts.sanitizing import sanitize

PIECES = st.sampled_from(
    [
        *("* ", "- ", "1. ", "> ", "  ", "    ", "\t", "\n", "\n\n", "\r\n", "#", "## a\n"),
        *("===\n", "---\n", "```\n", "~~~", "`", "``", "*", "**", "***", "_", "__", "~~"),
        *("[", "]", "(", ")", "](u)", "![", "[^a]", "[^a]: ", "[a]: ", "[ ] ", "[x] "),
        *("<", ">", "<b>", "</b>", "<div>", "</div>", "<T>", "<!--", "-->", "<a href='x'>", "</a>"),
        *("<script>", "<details>", "<summary>", "<li>", "<table>", "<td>", "<p>", "&amp;", "&#0;"),
        *("&", "\\", ":", '"', "'", "!", "https://a.example/b", "|", "|-|-|\n", "a|b\n", "{", "$"),
        *(
            "한국어",
            "를",
            "「",
            "」",
            "🤖",
            "a",
            "b c",
            "\u200b",
            "\u2028",
            "\x00",
            "\ud800",
            "\ue000",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200)


def read(text: str) -> ParsedIssue | None:
    """The issue, or nothing where the text is refused, which only a limit may do."""
    try:
        return read_issue(Document(text))
    except MarkdownLimitError:
        return None


def text_of(html: str) -> str:
    body = LexborHTMLParser(f"<body>{html}</body>").body
    assert body is not None
    return " ".join(body.text().split())


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("* <b>\n  * </b>")
@example("<table>*a*\n\n<td>")
def test_any_text_renders_to_html_that_the_sanitiser_leaves_alone(text: str) -> None:
    parsed = read(text)
    if parsed is None:
        return
    for html in parsed.to_html():
        once = sanitize(html)
        assert sanitize(once) == once
        assert text_of(once) == text_of(html)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_key_never_shows(text: str) -> None:
    parsed = read(text)
    if parsed is not None:
        html = "".join(parsed.to_html([["item-1"] * 99] * 99))
        assert re.search(r"k[0-9a-f]{24}-", html) is None


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_items_lie_in_their_section_one_after_another(text: str) -> None:
    parsed = read(text)
    if parsed is None:
        return
    for section, found in zip(Document(text).sections, parsed.sections, strict=True):
        ends = [0, *(item.end for item in found.items)]
        starts = [item.start for item in found.items]
        assert all(end <= start for end, start in zip(ends, starts, strict=False))
        assert ends[-1] <= len(with_ends(section.source))
        assert all(item.start < item.end for item in found.items)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example("* <a href='x'><details>")
@example("<b>*<a href='x'></b>a* b</a>")
@example("<b>[a</b> b](c) <i>d")
def test_every_link_found_is_a_link_on_the_page_and_the_other_way_round(text: str) -> None:
    parsed = read(text)
    if parsed is None:
        return
    found = sum(len(section.links) for section in parsed.sections)
    links = LexborHTMLParser("".join(parsed.to_html())).css("a[href]")
    shown = [link for link in links if not re.match(r"#fn(ref)?-\d", link.attributes["href"] or "")]
    assert found == len(shown)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_rendering_is_a_function_of_the_text(text: str) -> None:
    if read(text) is not None:
        assert render_markdown(text) == render_markdown(text)
