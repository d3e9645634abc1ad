"""The check for losses: silent on what is faithful, and awake to a single word, link or picture."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posts.documents import parse_issue
from posts.importing.losses import find_losses
from posts.markdown.document import Document
from posts.rendering import CoveredBefore, Decisions, read_issue
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


def test_a_note_that_a_link_was_covered_before_raises_no_alarm() -> None:
    parsed = read_issue(Document(ISSUE))
    items = [
        [f"item-{n}-{m}" for m, _item in enumerate(s.items)] for n, s in enumerate(parsed.sections)
    ]
    places = [(n, m) for n, anchors in enumerate(items) for m, _anchor in enumerate(anchors)]
    before = CoveredBefore("/posts/one/#item-1", "Issue before", "10 May 2024")
    html = "".join(parsed.to_html(items, Decisions(again=dict.fromkeys(places, before))))
    assert html.count("Issue before") == len(places) > 1
    assert find_losses(ISSUE, html) == ""


def test_an_empty_link_of_an_author_is_one_whatever_its_class() -> None:
    text = (
        'A [link](https://a.example.org).\n\n<a class="again" href="https://b.example.org"></a>\n'
    )
    html = render(text)
    assert find_losses(text, html) == ""
    assert find_losses(text, html.replace("https://b.", "https://c."))


# What is lost, and what is too much


WORDS = sorted(
    set(re.findall(r"(?<![\w/.])[a-z]{4,}(?![^<]*>)", render(ISSUE))) - {"https", "python", "snake"}
)


@pytest.mark.parametrize("word", WORDS)
def test_every_lost_word_is_noticed(word: str) -> None:
    html = re.sub(rf"\b{word}\b(?![^<]*>)", "", render(ISSUE), count=1)
    assert find_losses(ISSUE, html).startswith(f"words are missing: “{word}” (line ")


@pytest.mark.parametrize("host", list("abcefgh"))
def test_every_lost_link_is_noticed(host: str) -> None:
    html = re.sub(rf"<a[^>]* href=\"https://{host}\.[^>]*>", "<a>", render(ISSUE), count=1)
    report = find_losses(ISSUE, html)
    assert re.search(rf"links are missing: https://{host}\.example\.org\S* \(line \d+\)", report)


def test_a_lost_picture_is_noticed() -> None:
    html = re.sub(r"<img[^>]*>", "a picture", render(ISSUE))
    assert find_losses(ISSUE, html).endswith("pictures are missing: “a picture” (line 7)")


@pytest.mark.parametrize(
    ("added", "report"),
    [
        ("<p>stowaway</p>", "words are too many: “stowaway”"),
        ("<p>note note</p>", "words are too many: “note”"),
        ('<a href="https://evil.example.org"></a>', "links are too many: https://evil.example.org"),
        (
            '<a href="https://a.example.org/x_(y)?b=1&amp;c=2"></a>',
            "links are too many: https://a.example.org/x_(y)?b=1&c=2",
        ),
    ],
)
def test_what_was_added_is_noticed(added: str, report: str) -> None:
    assert report in find_losses(ISSUE, render(ISSUE) + added)


def test_a_paragraph_that_is_doubled_or_dropped_is_noticed() -> None:
    html = render(ISSUE)
    paragraph = re.search(r"<p>Opening.*?</p>", html, re.DOTALL)
    assert paragraph
    assert "words are too many" in find_losses(ISSUE, html + paragraph[0])
    assert "(line 1)" in find_losses(ISSUE, html + paragraph[0])
    assert "words are missing" in find_losses(ISSUE, html.replace(paragraph[0], ""))


def test_words_are_named_in_the_order_of_the_text_wherever_they_are_lost() -> None:
    text = "first line keeps zeta\n\nzeta alpha lost\n\nalpha beta gone\n"
    html = "<p>first line keeps</p><p>beta gone</p>"
    report = "words are missing: “zeta”, “alpha”, “lost” and 2 more (line 1)"
    assert find_losses(text, html) == report


def test_the_place_is_where_a_word_is_lost_and_not_where_it_stands_first() -> None:
    text = "the first\n\nbefore the second\n\nafter the third\n"
    assert find_losses(text, render(text).replace("after the", "after")) == (
        "words are missing: “the” (line 5)"
    )


# What Markdown and HTML may do to a text. Of each: how it is written, what is taken out of its HTML
# and what is reported then.

WORD_RULES = {
    "markup inside words": ("**bold**text and snake_case", "text", "“text” (line 1)"),
    "escaped marks": (r"\*stars\* \_line\_ \<b>", "stars", "“stars” (line 1)"),
    "entities": ("R&amp;D, &lt;b&gt; &#x41;", "&lt;b&gt;", "“b” (line 1)"),
    "entities without semicolon": ("It&#39s &quot; 3 &gt 2 &ampersand", " 3", "“3” (line 1)"),
    "entities in code": ("`&lt;a&gt; &amp;lt;` word", "word", "“word” (line 1)"),
    "entities in raw HTML": ("<p>`&lt;&lt;-` &quot;off&quot;</p>", "off", "“off” (line 1)"),
    "tags between backticks": ("<p>\n`a <b>bold</b>` here\n</p>", "here", "“here” (line 2)"),
    "definitions in lists": ("- [a]: https://a.org\n- [a] word", "word", "“word” (line 2)"),
    "addresses for mail": ("<mailto:a@example.org> word", "word", "“word” (line 1)"),
    "titles of links within": ('[a](#a "why") # word', "word", "“word” (line 1)"),
    "percent signs": ("50%25 of [it](a%20b.md)", "50%25", "“50” (line 1)"),
    "numbers of items": ("1. one\n2. two\n\n> 3) three", "two", "“two” (line 2)"),
    "tasks": ("- [x] x\n- [ ] undone", "undone", "“undone” (line 2)"),
    "tags": ('<span class="big">a <b>bold</b></span> word', "bold", "“bold” (line 1)"),
    "values of any form": ("<div class=a id='b>'>word</div>", "word", "“word” (line 1)"),
    "a quote that is missing": ('<p class="a>word</p>\n\nmore', "more", "“more” (line 3)"),
    "tags left out of a word": ("H<font size=1>2</font>O is wet", "wet", "“wet” (line 1)"),
    "comments in a word": ("ta<!-- y -->ble is set", "set", "“set” (line 1)"),
    "comments": ("a <!-- b c --> d\n\nend", "end", "“end” (line 3)"),
    "declarations": ("<!DOCTYPE html>\n\nat <!logo:1374>", "logo", "“logo” (line 3)"),
    "scripts": ("a\n\n<script>\nlet b\n</script>\n\nend", "end", "“end” (line 7)"),
    "names of tags": ("a <title> of <script> b", "&lt;title&gt;", "“title” (line 1)"),
    "what never ends": ("a\n\n<script> b\n\n<!-- c", " c", "“c” (line 5)"),
    "attributes": ("# a {#b}\n\n*c*{:d=e} f", " f", "“f” (line 3)"),
    "marks of contents": ("[TOC]\n\n- Contents\n{:toc}\n\na b", " b", "“b” (line 6)"),
    "tags nobody knows": ("a Vec<T> of <id:x>", "&lt;T&gt;", "“T” (line 1)"),
    "tags in code": ("write `<b>` here", "&lt;b&gt;", "“b” (line 1)"),
    "languages of code": ("```python title\nx = 1\n```", "x =", "“x” (line 2)"),
    "code in a list": ("1. a\n   ```sh\n   make run\n   ```", "run", "“run” (line 3)"),
    "labels of notes": ("a[^long-name]\n\n[^long-name]: note", "<p>note", "“note” (line 3)"),
    "notes in links": ("[a[^n]](https://example.org)\n\n[^n]: b", "<p>b</p>", "“b” (line 3)"),
    "titles": ('[a](b.html "the title")', 'title="the title"', "“the”, “title” (line 1)"),
    "titles shown twice": ('![pic](a.png "title")', 'alt="pic"', "“pic” (line 1)"),
    "definitions": ("[b][p] c\n\n[p]: <https://example.org> 'd'", "b</a> c", "“b”, “c” (line 1)"),
    "what looks like one": ("[note]: this is no address", "address", "“address” (line 1)"),
    "other schemes": ("[chat](irc://example.org/x) [call](tel:+1)", "call", "“call” (line 1)"),
}


@pytest.mark.parametrize(("text", "lost", "report"), WORD_RULES.values(), ids=WORD_RULES)
def test_markup_loses_no_word_but_one_beside_it_is_missed(
    text: str, lost: str, report: str
) -> None:
    html = render(text)
    assert find_losses(text, html) == ""
    assert lost in html
    assert find_losses(text, html.replace(lost, "", 1)) == f"words are missing: {report}"


# The first link of each is left as text.

LINK_RULES = {
    "between angle brackets": ("<https://example.org/a>", "https://example.org/a (line 1)"),
    "bare": ("a (https://example.org/a) b", "https://example.org/a) (line 1)"),
    "upper case": ("HTTPS://example.org/a", "HTTPS://example.org/a (line 1)"),
    "beside code": ("Try`npm i`https://example.org/v", "https://example.org/v (line 1)"),
    "the end of a sentence": ("At https://example.org/x- Next", "https://example.org/x- (line 1)"),
    "another script": ("「https://example.org/a」は", "https://example.org/a」は (line 1)"),
    "an international host": (
        "[a](https://bücher.example/한)",
        "https://bücher.example/한 (line 1)",
    ),
    "an address in an address": (
        "https://a.org/web/http://b.org",
        "https://a.org/web/http://b.org (line 1)",
    ),
    "escapes": (r"[a](https://example.org/a\_b)", "https://example.org/a_b (line 1)"),
    "an escaped scheme": (r"[https:\/\/a.org](https:\/\/a.org)", "https://a.org (line 1)"),
    "escaped parentheses": (
        r"[a](https://example.org/D_\(x\))",
        "https://example.org/D_(x) (line 1)",
    ),
    "parentheses": ("[a](https://example.org/D_(x)).", "https://example.org/D_(x) (line 1)"),
    "half a link": (r"[a](https://example.org/b\): c", "https://example.org/b): (line 1)"),
    "cells": ("| a |\n|---|\n| [x](https://a.org/?b=1\\|2) |", "https://a.org/?b=1|2 (line 3)"),
    "entities": ("[a](https://a.org/?b=1&amp;c=2)", "https://a.org/?b=1&c=2 (line 1)"),
    "spaces": ("[a](<https://example.org/a b>)", "https://example.org/a b (line 1)"),
    "a definition": ("[a][p]\n\n[p]: <https://example.org>", "https://example.org (line 3)"),
    "labels that are text": ("[p], [P][]\n\n[p]: https://a.org", "https://a.org (line 3)"),
    "labels with code": (
        "[`p`] [`q`]\n\n[`q`]: http://q.org\n[`p`]: http://p.org",
        "http://p.org (line 4)",
    ),
    "a picture by label": (
        "[![a][p]][q]\n\n[p]: http://p.org/p.png\n[q]: http://q.org",
        "http://q.org (line 4)",
    ),
    "an address in a link": ("[[1] see https://b.org](https://a.org)", "https://a.org (line 1)"),
    "a link in a link": ("[a [b](https://b.org)](https://c.org)", "https://b.org (line 1)"),
    "within the text": ("[a](#b) [c](https://a.org)\n\n## B", "https://a.org (line 1)"),
    "raw HTML": ('<a href="https://a.org/?b=1&c=2">a</a>', "https://a.org/?b=1&c=2 (line 1)"),
    "links in raw HTML": (
        "<p>\n[a](http://a.org) http://b.org\n</p>\n\n<http://c.org>",
        "http://c.org (line 5)",
    ),
    "links in comments": ("<!-- [a](http://a.org) -->\n\nhttp://b.org", "http://b.org (line 3)"),
    "code": (
        "`http://a.org`\n\n    http://b.org\n\n```\nhttp://c.org\n```\n\nhttp://d.org",
        "http://d.org (line 9)",
    ),
    "blank lines in raw HTML": (
        "<pre>\nhttp://a.org\n\nhttp://b.org\n</pre>\n\nhttp://c.org",
        "http://c.org (line 7)",
    ),
    "placeholders": (
        "'https://' https://... https://-b.org [a](http://localhost:PORT) http://c_d.org http://a.org",
        "http://a.org (line 1)",
    ),
}


@pytest.mark.parametrize(("text", "report"), LINK_RULES.values(), ids=LINK_RULES)
def test_links_are_known_however_written_and_missed_if_left_as_text(text: str, report: str) -> None:
    html = render(text)
    assert find_losses(text, html) == ""
    html, count = re.subn(r'(<a[^>]*) href="http[^"]*"', r"\1", html, count=1, flags=re.IGNORECASE)
    assert count
    assert find_losses(text, html).endswith(f"links are missing: {report}")


@pytest.mark.parametrize(
    "text",
    ["Ask <ann@example.org>.", "By\nAnn &lt;<ann@example.org>&gt;", "[a](mailto:ann@example.org)"],
)
def test_an_address_of_mail_may_be_a_link_but_must_be_there(text: str) -> None:
    html = render(text)
    assert "mailto:ann@example.org" in html
    assert find_losses(text, html) == ""
    assert "“ann”" in find_losses(text, re.sub("<a .*?</a>", "", html))


# Renderings that are right, though ours may differ; and what would be wrong in each.

RENDERINGS = {
    "a host in brackets": (
        "[router](http://[2001:db8::1]:8080/x)",
        '<a href="http://[2001:db8::1]:8080/x">router</a>',
        "<a>router</a>",
        "words are missing: “http”, “2001”, “db8” and 3 more (line 1); "
        "links are missing: http://[2001:db8::1]:8080/x (line 1)",
    ),
    "ends at full-width punctuation": (
        "（https://a.org/c）と「https://a.org/d」、https://a.org/e。次",
        '（<a href="https://a.org/c">https://a.org/c</a>）と「<a href="https://a.org/d">https://a.org/d'
        '</a>」、<a href="https://a.org/e">https://a.org/e</a>。次',
        '（<a href="https://a.org/c">https://a.org/c</a>）と「https://a.org/d」、'
        '<a href="https://a.org/e">https://a.org/e</a>。次',
        "links are missing: https://a.org/d」、https://a.org/e。次 (line 1)",
    ),
    "an ampersand that starts no entity": (
        '<a href="https://a.org/?id=1&noteId=2">a</a>',
        '<a href="https://a.org/?id=1&amp;noteId=2">a</a>',
        '<a href="https://a.org/?id=1¬eId=2">a</a>',
        "links are missing: https://a.org/?id=1&noteId=2 (line 1); "
        "links are too many: https://a.org/?id=1¬eId=2",
    ),
    "an empty host": (
        "see https://... or [this](https://...)",
        "see https://... or this",
        "see https://... or",
        "words are missing: “this” (line 1)",
    ),
    "a picture beside the issue": (
        "![my pic](<my pic.png>)",
        '<img src="/media/posts/images/0a1b.webp" alt="my pic">',
        "my pic",
        "pictures are missing: “my pic” (line 1)",
    ),
    "a picture on another server": (
        "![my pic](pic.png) ![other](https://a.org/b.png)",
        '<img src="https://cdn.example.org/0a1b.webp" alt="my pic"><img src="https://a.org/b.png" '
        'alt="other">',
        '<img src="https://cdn.example.org/0a1b.webp" alt="my pic"><img src="https://a.org/c.png" '
        'alt="other">',
        "words are missing: “b” (line 1); links are missing: https://a.org/b.png (line 1)",
    ),
    "a note that nobody refers to": (
        "a\n\n[^n]: note",
        "<p>a</p><p>note</p>",
        "<p>a</p>",
        "words are missing: “note” (line 3)",
    ),
    "a definition that is text": (
        "a\n[p]: https://a.org\n\n[b][p]",
        '<p>a [p]: <a href="https://a.org">https://a.org</a></p><p>[b][p]</p>',
        '<p>a [p]: <a href="https://a.org">https://a.org</a></p>',
        "words are missing: “b” (line 4)",
    ),
}


@pytest.mark.parametrize(("text", "right", "wrong", "report"), RENDERINGS.values(), ids=RENDERINGS)
def test_a_right_rendering_raises_no_alarm_and_a_wrong_one_does(
    text: str, right: str, wrong: str, report: str
) -> None:
    assert find_losses(text, right) == ""
    assert find_losses(text, wrong) == report


@pytest.mark.parametrize(
    "attributes",
    [
        'href="#item-1" data-host="example.org"',
        'data-host="example.org" href="#item-1"',  # as bleach orders them
        'class="footnote-back" href="#fnref-1" aria-label="↩"',
    ],
)
def test_links_that_the_renderer_adds_do_not_count(attributes: str) -> None:
    assert find_losses(ISSUE, render(ISSUE) + f"<a {attributes}></a>") == ""


def test_a_link_within_the_text_may_lead_by_another_name_but_must_be_there() -> None:
    text = '[a](#-b) [c][d] <a href="#f">f</a>\n\n## 🔧 B\n\n<a name="e"></a>\n\n[d]: #e\n'
    html = render(text)
    assert find_losses(text, html) == ""
    assert find_losses(text, html.replace(' href="#b"', "")) == "links are missing: # (line 1)"


def test_what_is_embedded_must_be_a_link() -> None:
    text = 'a <video src="https://a.org/b"></video>\n\n<iframe src="//player.vimeo.com/video/7">\n'
    text += '\n<iframe data-src="https://e.org/g" src="about:blank"></iframe>\n'
    text += '\n<script src="//gist.github.com/c/8.js"></script>\n'
    html = render(text)
    assert find_losses(text, html) == ""
    assert "“gist”" in find_losses(text, re.sub("<a[^>]*gist.*?</a>", "", html))
    assert "“b” (line 1)" in find_losses(text, re.sub("<a[^>]*a.org.*?</a>", "", html))
    assert "“e”" in find_losses(text, re.sub("<a[^>]*e.org.*?</a>", "", html))
    assert "“7”" in find_losses(text, re.sub("<a[^>]*vimeo.*?</a>", "", html))


EMBEDDED = {
    "![](https://youtu.be/b) ![Talk](https://vimeo.com/7)": "https://youtu.be/b",
    "![Talk][1] c\n\n[1]: https://youtu.be/b": "https://youtu.be/b",
    "![](https://www.youtube.com/embed/b?c)": "https://www.youtube.com/watch?v=b",
    "![Talk](//www.youtube.com/embed/b) c": "https://www.youtube.com/watch?v=b",
    "| a |\n|---|\n| ![](https://a.org/c.mp4) |": "https://a.org/c.mp4",
}


@pytest.mark.parametrize(("text", "address"), EMBEDDED.items())
def test_what_is_embedded_like_a_picture_must_be_a_link(text: str, address: str) -> None:
    html = render(text)
    assert find_losses(text, html) == ""
    link = re.compile(rf'<a[^>]* href="{re.escape(address)}".*?</a>')
    assert link.search(html)
    assert "missing" in find_losses(text, link.sub("", html))


@pytest.mark.parametrize(
    "text",
    [
        "[![Talk](https://youtu.be/b)](https://youtu.be/b)",
        "[![](https://youtu.be/b)](https://a.org/)",
        "[![](a.mp3)](https://a.org/) <a href='https://b.org/'>![b](c.pdf)</a>",
        "![](a b.mp3) ![](<a b.mp3>) ![a.mp3](a.mp3) ![b](c/d.mp3 'e')",
        "- [ ] ![](https://youtu.be/b)\n- ![**b** `c`](https://x.com/a/status/1)",
    ],
)
def test_what_is_embedded_like_a_picture_is_no_loss(text: str) -> None:
    assert find_losses(text, render(text)) == ""


DEFINED = "\n\nSee [r] and [s].\n\n[r]: https://a.org/r\n[s]: https://a.org/s\n"
ARCHIVES = {
    "references in indented code": f"    [x][r] ![y][s]{DEFINED}",
    "a fence left open in an item": f"- ~~~\n  code{DEFINED}",
    "signs of emphasis before a fence": f"**~~~**{DEFINED}",
    "definitions glued to a list": "- one ([s])\n- two ([s])\n[r]: https://a.org/r\n[s]: https://a.org/s\n",
    "an address encoded twice": "a\n\n[r]: https://a.org/?q=branch%253Adevelop\n",
    "a place named behind raw HTML": "2<sup>3</sup> [`c`][]\n\n[`c`]: #c\n",
    "contents in a list": "- [TOC]\n\n# A\n",
    "a list in a footnote": "a[^1]\n\n[^1]: 1. one\n",
    "a particle glued to what is no link": "[노트](obsidian://open?v=a)를 읽기\n",
    "an address in words of two lines": "[a\nhttps://a.org/b](https://a.org/c)\n",
}


@pytest.mark.parametrize("text", ARCHIVES.values(), ids=ARCHIVES)
def test_what_archives_hold_raises_no_alarm(text: str) -> None:
    assert find_losses(text, render(text)) == ""


@pytest.mark.parametrize("text", ["All news, https://a.org/news\n", "**2. All** news\n\n2. news\n"])
def test_a_word_that_also_stands_where_no_reader_sees_it_is_missed(text: str) -> None:
    html = render(text)
    assert find_losses(text, html) == ""
    lost = html.replace("All news", "All", 1).replace("</strong> news", "</strong>", 1)
    assert "“news”" in find_losses(text, lost)


def test_a_cell_that_a_table_drops_is_noticed() -> None:
    text = "| a | b |\n|---|---|\n| `c|d` | cell |\n"
    assert find_losses(text, render(text)) == "words are missing: “cell” (line 3)"


# Any text at all


TEXTS = st.text(st.sampled_from(" \nabc*_`[]()<>!#-1.|\\&;:/~^\"'"), max_size=60)


@given(TEXTS)
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert isinstance(find_losses(text, render("words")), str)


CONSTRUCTS = [
    *(
        "word",
        "말",
        "snake_case",
        "R&D",
        "&copy;",
        "&#39s",
        "1 < 2",
        r"\*a\*",
        "Vec<T>",
        "<br>",
        "{{ x }}",
    ),
    *(
        "**bold**",
        "__말__。",
        "~~old~~",
        "`<b> [x](y)`",
        "<b>b</b>",
        "<!-- c -->",
        "<!logo:1>",
        "[a]",
    ),
    *(
        "https://a.org/b.",
        "(https://a.org/c_d)",
        "「https://a.org/말」",
        "<https://a.org/e>",
        "https://...",
    ),
    *(
        "<ann@a.org>",
        "[f](https://a.org/f\\_g)",
        "[h](<https://a.org/D_(i)> 'J')",
        "[k][l]",
        "[m][no]",
    ),
    *("[n [o](https://a.org/o) p](https://a.org/p)", "[q https://a.org/q](https://a.org/r)", "[l]"),
    *(
        "![s](<t u.png>)",
        "[![v](https://a.org/v.png)](https://a.org/w)",
        "[x](#y)",
        "[z](irc://a.org)",
    ),
    *('<a href="https://a.org/?id=1&noteId=2">A</a>', '<img src="https://a.org/B.png" alt="C">'),
    *(
        "the <title> of",
        "a <select> or",
        '<video src="https://a.org/D.mp4"></video>',
        "<kbd>E</kbd>",
    ),
    *('<iframe src="https://www.youtube.com/embed/F"></iframe>', '<Card href="https://a.org/G">'),
    *(
        "http://[::1]:80/H",
        "[I](https://a.org/I){:target=_blank}",
        "[J](https://a.org/J",
        "<font>K</font>",
    ),
]
BLOCKS = [
    "{}",
    "- {}\n  - word",
    "1. {}",
    "## {}",
    "> {}",
    "| a |\n|---|\n| {} |",
    "<p>{}</p>",
    "<div>\n{}\n</div>",
]


@settings(deadline=None)
@given(st.sampled_from(BLOCKS), st.lists(st.sampled_from(CONSTRUCTS), min_size=1, max_size=5))
def test_what_authors_write_raises_no_alarm_in_any_mixture(
    block: str, constructs: list[str]
) -> None:
    text = block.replace("{}", " ".join(constructs)) + "\n\n[l]: <https://a.org/l> 'L'\n"
    assert find_losses(text, render(text)) == ""


HOSTILE = (
    "[|`|<a |[a](|[^1]: x\n|&#|<!--|[a]: <|![|- |> |\\|https://a|` `` |[a][|<script>|(|<a b='|"
    '[[a]|**_|~~~\n|```x\n|1. |<https://a|<div\n|](a(|](<|a\n\n    |x<!--|<!a|[a]: b "|&amp;|'
    "[a]: b\n\n[a]|![ [x]|<a href='https://a'>|https://a["
)


@pytest.mark.parametrize("piece", HOSTILE.split("|"))
def test_repeated_marks_cost_time_in_proportion(piece: str) -> None:
    """A pattern that is quadratic would take minutes here, not a moment."""
    assert isinstance(find_losses(piece * (200_000 // len(piece)), "<p>x</p>"), str)


def test_addresses_that_start_alike_cost_time_in_proportion() -> None:
    html = '<a href="https://ahttps://a">x</a>' + '<a href="https://a">x</a>' * 1000
    assert "words are missing" in find_losses("https://a" * 20_000, html)


def test_a_word_that_many_comments_cut_is_whole() -> None:
    source = "a" + "<!-- x -->b" * 1_500 + "\n"
    html = "".join(read_issue(Document(source)).to_html())
    assert not find_losses(source, html)
