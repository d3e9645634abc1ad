"""Which entries, groups, titles and links are found in a section."""

from __future__ import annotations

import csv
import re
import uuid
from itertools import islice

import pytest

from posts.documents import parse_issue
from posts.markdown.document import Document
from posts.publishing.itemizing import identities
from posts.rendering import Decisions, FoundItem, FoundSection, read_issue
from tests.corpus import corpus


def section(text: str) -> FoundSection:
    return read_issue(Document(text)).sections[0]


def items(text: str) -> tuple[FoundItem, ...]:
    return section(text).items


def test_the_example_issue_yields_exactly_the_items_expected_of_it() -> None:
    issue = parse_issue(corpus("seed", "2024-05-10-lmsys-llama-3.md").read_bytes())
    found = [
        [
            item.kind,
            str(position),
            read.heading or "(none)",
            item.group,
            item.title,
            item.summary,
            item.links[item.main].anchor if item.main is not None else "",
            item.links[item.main].url if item.main is not None else "",
        ]
        for position, read in enumerate(read_issue(issue.markdown).sections)
        for item in read.items
    ]
    with corpus("seed", "expected-items.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if not row[0].startswith("#")]
    assert found == rows


def test_every_list_item_with_text_is_an_item_and_knows_its_lines() -> None:
    found = items("# H\n\n* one\n  goes on\n* two [a](https://a.example/)\n\n* three\n")
    assert [(item.text, item.start, item.end) for item in found] == [
        ("one goes on", 2, 4),
        ("two a", 4, 5),
        ("three", 6, 7),
    ]


HTML_ITEMS = (
    '<h2>News</h2>\n<ul>\n<li><a href="https://a.example/">A</a> — words</li>\n'
    '<li id="x"><p><b>Bold</b>: <a href="https://b.example/">b</a></p></li>\n'
    '<li>Group<ul><li><a href="https://c.example/">C</a><li>d</ul></li>\n</ul>\n'
    '<table><tr><td><p>p <a href="https://p.example/">P</a></p>\n'
    '<h3><a href="https://h.example/">H</a></h3>\n<p>Below <i>it</i>.</p></td></tr></table>\n\n'
    '<li>\n<a href="https://e.example/">E</a></li>\n\n'
    '<figure><a href="https://f.example/"><div>Card</div></a></figure>\n'
    '<figure><img src="https://f.example/i.png"><figcaption><a href="https://f.example/c">c</a>'
    "</figcaption></figure>\n"
)


def test_lists_paragraphs_and_headings_of_raw_html_make_items_as_those_of_markdown_do() -> None:
    found = items(HTML_ITEMS)
    assert [
        (item.kind, item.group, item.title, item.summary, item.start, item.end) for item in found
    ] == [
        ("list", "", "A", "words", 2, 3),
        ("list", "", "Bold", "", 3, 4),
        ("list", "Group", "C", "", 4, 5),
        ("list", "Group", "d", "d", 4, 5),
        ("paragraph", "", "P", "", 6, 7),
        ("paragraph", "", "H", "Below it.", 7, 9),
        ("list", "", "E", "", 10, 12),
        ("paragraph", "", "Card", "", 13, 14),
    ]
    assert [item.links[0].url[8] for item in found if item.links] == [*"abcphef"]


def test_items_of_raw_html_have_anchors_are_hidden_and_read_in_mails() -> None:
    parsed = read_issue(Document(HTML_ITEMS))
    anchors = [[f"item-{number}" for number in range(8)]]
    (page,) = parsed.to_html(anchors)
    assert '<li id="item-0"><a class="title" href="https://a.example/"' in page
    assert '<li class="group">Group' in page
    assert '<h3><span id="item-5"><a class="title" href="https://h.example/"' in page
    hidden = Decisions(hidden=frozenset({(0, 0), (0, 3), (0, 5)}))
    (page,) = parsed.to_html(anchors, hidden)
    assert all(words not in page for words in ("A</a>", "words", "H</a>", "Below"))
    assert '<ul>\n<li id="item-2">' in page
    markdown = parsed.to_markdown(hidden)
    assert "words" not in markdown
    assert "Below" not in markdown
    assert "class=" not in markdown
    assert "\n\n<li>" in markdown
    text = parsed.to_text(anchors, hidden, str)
    first, entry, group, *_ = text.sections[0].split("\n")[3:]
    assert (first, entry) == ("- Bold: b <https://b.example/>", "- Group")
    assert group == "  - C <https://c.example/>"
    assert text.items["item-6"] == "E <https://e.example/>"


def test_bold_text_of_html_is_a_title_in_markdown_too() -> None:
    found = items(
        "- <b>A</b>: [a](https://a.example/) x\n- *b <b>c* d</b> [e](https://e.example/)\n"
        "- [<strong>f</strong>](https://f.example/) g\n- <b>h [i</b>](https://i.example/) j\n"
    )
    assert [(item.title, item.summary) for item in found] == [
        ("A", "a x"),
        ("e", "b c d"),
        ("f", "g"),
        ("h i j", ""),
    ]


ROWS = (
    "| Link | About |\n|---|---|\n| [A](https://a.example/) | words |\n| no link | x |\n"
    "| 1 | [B](https://b.example/) by C |\n\n"
    "<table>\n<tr><th>Link</th></tr>\n"
    '<tr><td><a href="https://d.example/">D</a></td><td>words</td></tr>\n'
    '<tr><td><a href="https://e.example/">E</a><td>e</tr>\n'
    '<tr><td><table><tr><td><a href="https://f.example/">F</a></td></tr></table></td></tr>\n'
    "</table>\n"
)


def test_rows_of_tables_that_hold_a_link_are_items() -> None:
    assert [(item.title, item.summary, item.start) for item in items(ROWS)] == [
        ("A", "words", 2),
        ("B", "by C", 4),
        ("D", "words", 8),
        ("E", "e", 9),
        ("F", "", 10),
    ]


def test_the_first_link_of_a_row_is_its_own() -> None:
    (found,) = items(
        "|a|b|\n|-|-|\n| **A** ([c](https://a.example/)) | [B](https://b.example/) |\n"
    )
    assert (found.title, found.main) == ("A", 0)


def test_rows_have_anchors_are_hidden_and_read_in_mails() -> None:
    parsed = read_issue(Document(ROWS))
    anchors = [[f"item-{number}" for number in range(5)]]
    (page,) = parsed.to_html(anchors)
    assert '<a href="#item-1" data-host="b.example"></a></td>\n</tr>' in page
    assert 'D</a><a href="#item-2" data-host="d.example"></a></td><td>words</td></tr>' in page
    hidden = Decisions(hidden=frozenset({(0, 0), (0, 2)}))
    (page,) = parsed.to_html(anchors, hidden)
    text = parsed.to_text(anchors, hidden, str)
    for shown in (page, parsed.to_markdown(hidden), text.sections[0]):
        assert "words" not in shown
        assert "no link" in shown
        assert "a.example" not in shown
    assert text.items["item-1"] == "1 | B <https://b.example/> by C"
    assert text.items["item-4"] == "F <https://f.example/>"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            "| a | b |\n|-|-|\n| [c](https://c.example/) | d |\n",
            '(link removed)</small><a href="#item-1"></a></td>\n<td>d</td>',
        ),
        (
            '<table><tr><td>a</td><td><a href="https://c.example/">c</a><td>d</tr></table>',
            '(link removed)</small><a href="#item-1"></a></td><td>d</td></tr>',
        ),
    ],
)
def test_the_own_link_of_a_row_stays_in_it_when_its_link_is_not_shown(
    source: str, line: str
) -> None:
    decided = Decisions(blocked=frozenset({"https://c.example/"}))
    (page,) = read_issue(Document(source)).to_html([["item-1"]], decided)
    assert line in page


def test_the_own_link_of_a_row_stands_at_the_end_of_a_cell() -> None:
    parsed = read_issue(Document("|a|\n|-|\n|[b](https://b.example/) <time>c</time>|\n"))
    (page,) = parsed.to_html([["item-1"]])
    assert '<time>c</time><a href="#item-1"' in page


@pytest.mark.parametrize("tag", ["p", "li", "h3"])
def test_words_around_a_hidden_item_of_html_do_not_run_together(tag: str) -> None:
    link = '<a href="https://a.example/">hidden</a>'
    parsed = read_issue(Document(f"<div>before<{tag}>{link}</{tag}>behind</div>\n"))
    decided = Decisions(hidden=frozenset({(0, 0)}))
    for shown in (*parsed.to_html(None, decided), parsed.to_markdown(decided)):
        assert shown.split() == ["<div>before", "behind</div>"]


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("<ul>a<li>b</li></ul>", "<ul>a<li>b</li></ul>"),
        ("<ol start=3 reversed><li>b</li></ol>", '<ol start="3" reversed=""><li>b</li></ol>'),
        ("<ol start=3><li>b</li></ol>", '<ol start="3"><li>b</li></ol>'),
        ("<ul><li>a<div>b</li></ul>c", "<ul><li>a<div>b</div></li></ul>c"),
        ("<p>a<p>b<b>c</b></p>", "<p>a</p><p>b<b>c</b></p>"),
        ("<div></p><ul><li>a</div>b", "<div><p></p><ul><li>a</li></ul></div>b"),
        ("<pre>\n<li>a\n\n  b</li>\n</pre>", "<pre><li>a b</li></pre>"),
        ("<li>a</li></ul>b", "<li>a</li>b"),
    ],
)
def test_raw_html_whose_tags_do_not_belong_together_reads_as_in_a_browser(
    source: str, page: str
) -> None:
    (html,) = read_issue(Document(source)).to_html()
    assert re.sub(r"\s+(?=<)|(?<=>)\s+", "", " ".join(html.split())) == page


def test_a_paragraph_is_an_item_only_if_it_holds_a_link() -> None:
    found = items("plain\n\nwith [a](https://a.example/)\n\n> quoted https://b.example/\n")
    assert [(item.kind, item.title) for item in found] == [
        ("paragraph", "a"),
        ("paragraph", "https://b.example/"),
    ]


HEADINGS = {
    "with a paragraph": ("# A\n\n## 1. [Title](u) (2 min)\n\nWhat [it](v) says.\n\nMore.\n",
                         "1. Title (2 min)", "What it says.", 2, 5),
    "with a list": ("## [Title](u)\n- what\n- it says\n", "Title", "what it says", 0, 1),
    "alone": ("[Title](u)\n---\n", "Title", "", 0, 2),
    "with its own address": ("## Title (https://a.example/)\n\nWhat it says.\n", "Title",
                             "What it says.", 0, 3),
    "above its address and a sign": ("## Title\n🔗 <u>\n\nWhat it says.\n", "Title",
                                     "What it says.", 1, 2),
    "above its address": ("## Title\n<u>\n\nWhat it says.\n", "Title", "What it says.", 1, 2),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "title", "summary", "start", "end"), HEADINGS.values(), ids=HEADINGS
)
def test_a_heading_that_is_a_link_is_an_item_with_what_is_below_it(
    text: str, title: str, summary: str, start: int, end: int
) -> None:
    text = text.replace("(u)", "(https://a.example/)").replace("<u>", "<https://a.example/>")
    sections = read_issue(Document(text)).sections
    item = sections[-1].items[0]
    assert len(sections[-1].items) == (3 if "- what" in text else 1)
    first = text[: text.index("## ")].count("\n") if len(sections) > 1 else 0
    assert (item.title, item.summary) == (title, summary)
    assert (item.start + first, item.end + first) == (start, end)
    assert item.main is not None
    assert item.links[item.main].url == "https://a.example/"


def test_a_heading_over_linked_items_is_none_itself() -> None:
    found = items("## [Title](https://a.example/)\n\n* [one](https://b.example/)\n")
    assert [item.title for item in found] == ["one"]
    found = items("## Links\n\nhttps://a.example/\n\nhttps://b.example/\n")
    assert [item.title for item in found] == ["https://a.example/", "https://b.example/"]


def test_images_and_comments_make_no_items() -> None:
    text = "![a](a.png)\n\n[![a](a.png)](https://a.example/)\n\n* ![b](b.png)\n* <!-- c -->\n*\n"
    assert items(text) == ()
    assert [link.url for link in section(text).links] == ["https://a.example/"]


@pytest.mark.parametrize(
    ("item", "main"),
    [
        ("[a](u:1) then [b](u:2)", 0),
        ("see [a](u:1), then [b](u:2).", 1),
        ("see [a](u:1), then [b](u:2) said", 0),
        ("**[a](u:1)**: by [b](u:2)", 0),
        ("**Bold**: text ([a](u:1), [b](u:2))", 1),
        ("[![](u:0.png)](u:1) [a](u:2) by [b](u:3)", 1),
        ("[![](u:0.png)](u:1) words", 0),
        ("🎉 [a](u:1) and [b](u:2)", 0),
        ("1、 [a](u:1), by [b](u:2)", 0),
        ("(video) [a](u:1) by [b](u:2)", 0),
        ("**[New]** 【말】 #12 [a](u:1) by [b](u:2)", 0),
        ("2024-05-10 `v1.2` [a](u:1) by [b](u:2)", 0),
        ("`let x` is how [a](u:1) reads [b](u:2)", 1),
        ("3D [a](u:1) of [b](u:2)", 1),
        ("what [a](u:1) says of [b](u:2), by [c](u:3)", 1),
        ("what [a](u:1) says, [@b](u:2)", 0),
        ("says [@b](u:1)", 0),
        ("[@b](u:1) says [c](u:2)", 0),
        ("HT [a](u:1) and [b](u:2): words", 1),
        ("À lire : [a](u:1) par [b](u:2)", 0),
        ("기사는 [a](u:1) (출처: [b](u:2))", 0),
        ("An open source [a](u:1) is [b](u:2)", 1),
        ("no link", None),
    ],
)
def test_the_main_link_is_the_first_at_the_start_or_the_last_at_the_end(
    item: str, main: int | None
) -> None:
    text = "* " + item.replace("u:", "https://example.org/")
    assert items(text)[0].main == main


@pytest.mark.parametrize(
    ("item", "title", "summary"),
    [
        ("**Title**: what [more](u)", "Title", "what"),
        ("**Title** - what ([more](u))", "Title", "what"),
        ("[Title](u): what it says", "Title", "what it says"),
        ("**[Title](u)** what it says", "Title", "what it says"),
        ("[**Title**](u) what it says", "Title", "what it says"),
        ("What [it](u) says", "it", "What it says"),
        ("**제목(괄호)**는 요약 [보기](u)", "제목(괄호)", "는 요약"),
        ("no link at all", "no link at all", "no link at all"),
        ("(video) [Title](u) by [@b](u)", "Title", "(video) by @b"),
        ("**[New]** [Title](u): what", "Title", "[New] what"),
        ("**New:** [Title](u) via [@b](u)", "Title", "New: via @b"),
        ("**Title**: [it](u)", "Title", ""),
        ("**도구 소개：** **[Title](u)** what", "Title", "what"),
        ("**New:** what [it](u) says", "New:", "what it says"),
        ("**1.** `v2` **Title**: what", "Title", "what"),
        ("《[书名](u)》——作者", "书名", "作者"),
        ('"[Title](u)" by Ann', "Title", "by Ann"),
        ('[Title](u) "so" Ann', "Title", '"so" Ann'),
        ("[Title](u): one<br>two<br/>three", "Title", "one two three"),
        ("**Title**<br>what [it](u)", "Title", "what"),
        ("「[題](u)」、説明", "題", "説明"),
        ("一本书《[书名](u)》", "书名", "一本书"),
        ("[标题](u)，说明。", "标题", "说明。"),
        ("[مقال](u)، وصف", "مقال", "وصف"),
    ],
)
def test_title_is_the_leading_bold_text_or_the_main_links_text(
    item: str, title: str, summary: str
) -> None:
    found = items("* " + item.replace("(u)", "(https://example.org/)"))[0]
    assert (found.title, found.summary) == (title, summary)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("word " * 24 + "and more", "word word…"),
        ("a" * 112 + ", b, potentially", "a, b…"),
        ("한글로만" * 40, "한글로…"),
    ],
)
def test_a_title_of_first_words_ends_with_a_whole_one_and_says_that_it_goes_on(
    text: str, end: str
) -> None:
    (found,) = items(f"* {text}\n")
    assert found.title.endswith(end)
    assert len(found.title) <= 120
    assert text.startswith(found.title.removesuffix("…"))


def test_the_group_is_the_nearest_list_item_above_without_a_link() -> None:
    text = (
        "* Topic\n"
        "  * [a](https://a.example/)\n"
        "    * [b](https://b.example/)\n"
        "  * Inner\n"
        "    * [c](https://c.example/)\n"
    )
    found = items(text)
    assert [(item.title, item.group) for item in found] == [
        ("a", "Topic"),
        ("b", "Topic"),
        ("c", "Inner"),
    ]


def test_a_bold_paragraph_before_a_list_is_its_group() -> None:
    found = items("**Topic:**\n\n* one\n\n*  two\n\nplain\n\n1. three\n")
    assert [item.group for item in found] == ["Topic:", "Topic:", ""]


def test_an_item_with_items_below_it_ends_where_they_begin() -> None:
    found = items("* [a](https://a.example/)\n  more\n  * [b](https://b.example/)\n")
    assert [(item.text, item.start, item.end) for item in found] == [("a more", 0, 2), ("b", 2, 3)]


def test_every_occurrence_of_a_link_is_found_in_order_with_its_item() -> None:
    found = section(
        "# [h](https://h.example/)\n\n* [a](https://a.example/) and [a](https://a.example/)\n\n"
        '| [t](https://t.example/) |\n|---|\n\n<div><a href="https://r.example/?a&amp;b">r</a></div>\n'
    )
    assert [(link.url, link.anchor, link.item) for link in found.links] == [
        ("https://h.example/", "h", None),
        ("https://a.example/", "a", 0),
        ("https://a.example/", "a", 0),
        ("https://t.example/", "t", None),
        ("https://r.example/?a&b", "r", None),
    ]


def test_links_of_a_footnote_belong_to_the_section_that_defines_it() -> None:
    text = (
        "text[^n]\n\n# Notes\n\n[^n]: see [a](https://a.example/)\n[^unused]: https://b.example/\n"
    )
    first, second = read_issue(Document(text)).sections
    assert first.links == ()
    assert [link.url for link in second.links] == ["https://a.example/"]


def test_addresses_are_kept_as_written_with_entities_decoded() -> None:
    text = "[a](<https://예.example/a b?x=1&amp;y=ü>)"
    assert [link.url for link in section(text).links] == ["https://예.example/a b?x=1&y=ü"]


def test_what_becomes_no_link_on_the_page_is_no_link() -> None:
    text = "[a](irc://a.example) <b:c> [d](http://localhost:PORT/) [e](javascript:alert)"
    assert section(text).links == ()
    assert "<a" not in read_issue(Document(text)).to_html()[0]


@pytest.mark.parametrize(
    ("entry", "title", "url", "summary"),
    [
        ("A: https://a.example/", "A", "a", ""),
        ("A — (https://a.example/).", "A", "a", ""),
        ("A [1](https://a.example/)", "A", "a", ""),
        ("Aa. [Read more →](https://a.example/)", "Aa.", "a", ""),
        ("Aa ([a.example](https://a.example/)) [(comments)](https://c.example/)", "Aa", "a", ""),
        ("Aa [www.a.example/…](https://a.example/)", "Aa", "a", ""),
        ("Aa [b.example](https://a.example/)", "b.example", "a", "Aa"),
        ("A ([link](https://a.example/)) via [B](https://b.example/)", "A", "a", ""),
        ("가 [링크](https://a.example/)", "가", "a", ""),
        ("(see https://a.example/)", "https://a.example/", "a", "(see"),
        ("A https://a.example/ b", "https://a.example/", "a", "A https://a.example/ b"),
        (f"{'a' * 130} https://a.example/", "https://a.example/", "a", "a" * 130),
        ("https://a.example/", "https://a.example/", "a", ""),
        ("A [b](https://a.example/)", "b", "a", "A"),
        ("Aa. [b](https://a.example/) | [HN](https://c.example/)", "b", "a", "Aa. b | HN"),
        (
            "A [b](https://a.example/) ([3 comments](https://c.example/))",
            "b",
            "a",
            "A b (3 comments)",
        ),
        ("“[A](https://a.example/)” b", "A", "a", "b"),
        ("« [A](https://a.example/) » : b", "A", "a", "b"),
        ("„[A](https://a.example/)“ b", "A", "a", "b"),
        ("‘[A](https://a.example/)’, b", "A", "a", "b"),
        ("[A](https://a.example/) “b” c", "A", "a", "“b” c"),
    ],
)
def test_an_entry_is_called_what_its_author_calls_it(
    entry: str, title: str, url: str, summary: str
) -> None:
    (found,) = items(f"- {entry}\n")
    assert found.main is not None
    assert found.links[found.main].url == f"https://{url}.example/"
    assert (found.title, found.summary) == (title, summary)


def test_headings_name_their_sections_once_each() -> None:
    text = "intro\n## *News* & more\n## News & more\n### 최신 동향 🤖\nItem 5\n===\n"
    found = read_issue(Document(text)).sections
    assert [(read.heading, read.level, read.anchor) for read in found] == [
        ("", 0, ""),
        ("News & more", 2, "news-more"),
        ("News & more", 2, "news-more-2"),
        ("최신 동향 🤖", 3, "최신-동향"),
        ("Item 5", 1, "section-item-5"),
    ]


def test_lines_and_blocks_of_html_part_words() -> None:
    text = (
        "## One<br>Two\n\na<br>b <b>c</b>d [e<br>f](https://example.org/)\n\n"
        "| g |\n|---|\n| h<br/>i |\n\n<ul><li>j</li><li>k<wbr>l</li></ul>\n<p>m</p><p>n</p>\n"
    )
    found = section(text)
    assert (found.heading, found.anchor) == ("One Two", "one-two")
    assert found.text.split() == "a b cd e f g h i j kl m n".split()
    assert found.items[0].links[0].anchor == "e f"


def test_search_text_is_what_a_reader_sees_below_the_heading() -> None:
    found = section(
        "# H\n\n* **a** [b](https://x.example/)\n\n| c | d |\n|---|---|\n\n<p>e</p>\n`f`\n"
    )
    assert found.text.split() == ["a", "b", "c", "d", "e", "`f`"]


@pytest.mark.parametrize(
    ("url", "host", "kind"),
    [
        ("https://www.youtube.com/watch?v=1", "youtube.com", "video"),
        ("https://arxiv.org/pdf/2405.04517.pdf", "arxiv.org", "paper"),
        ("https://github.com/a/b", "github.com", "code"),
        ("https://mobile.twitter.com/a/status/1", "x.com", "thread"),
        ("https://example.org/Report.PDF?x#y", "example.org", "pdf"),
        ("https://podcasts.apple.com/a", "podcasts.apple.com", "podcast"),
        ("https://notgithub.com/a", "notgithub.com", ""),
        ("mailto:a@example.org", "", ""),
    ],
)
def test_an_item_shows_the_source_and_kind_of_its_main_link(url: str, host: str, kind: str) -> None:
    (html,) = read_issue(Document(f"* [t]({url})\n")).to_html([["item-1"]])
    assert (f'data-host="{host}"' in html) == bool(host)
    assert (f'data-kind="{kind}"' in html) == bool(kind)
    assert ("data-" in html) == bool(host or kind)


def test_items_of_one_save_have_permalinks_of_their_own_that_lie_side_by_side() -> None:
    found = list(islice(identities(), 600))
    assert {(uid.version, uid.variant) for uid in found} == {(8, uuid.RFC_4122)}
    assert len({uid.hex[:12] for uid in found}) == 600
    runs = {uid.hex[:10] for uid in found}
    assert len(runs) == 3
    assert not runs & {uid.hex[:10] for uid in islice(identities(), 600)}
