"""Issues as Markdown: what was written, and nothing that readers are not to have."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.test import Client

from links.decisions import decide
from links.models import Decision, Link
from posts import following, publishing
from posts.documents import parse_issue
from posts.markdown.document import Document
from posts.markdown.source import SourceWriter
from posts.models import Post, Tag
from posts.rendering import Decisions, read_issue
from posts.retagging import rename
from tests.builders import BODY, item, make_draft, make_post, make_scheduled
from tests.corpus import corpus
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

HELD = "https://held.example.org/secret"


def markdown(client: Client, slug: str = "a-first-issue") -> str:
    response = client.get(f"/posts/{slug}.md")
    assert response.status_code == 200
    return response.content.decode()


def block(url: str) -> None:
    decide(Link.objects.filter(url=url), Decision.Action.BLOCK, by=None, reason="spam")
    for post in Post.objects.all():
        publishing.rebuild(post)


def withheld(body: str, *, hidden: tuple[tuple[int, int], ...] = (), url: str = HELD) -> str:
    """Return a body as readers get it when an address is held and items are hidden."""
    decided = Decisions(held=frozenset([url]), hidden=frozenset(hidden))
    return read_issue(Document(body)).to_markdown(decided)


def test_an_issue_is_there_as_its_author_wrote_it(client: Client) -> None:
    make_post()
    text = markdown(client)
    assert text.endswith(BODY)
    assert client.get("/posts/a-first-issue.md").headers["Content-Type"] == (
        "text/markdown; charset=utf-8"
    )


def test_a_table_whose_first_column_has_no_name_stays_a_table() -> None:
    issue = read_issue(Document(f"| | b |\n|:--|:--:|\n| [x]({HELD}) | y |\n"))
    decided = Decisions(held=frozenset([HELD]))
    issue.to_html(decisions=decided)  # as a save does before
    assert "|  | b |\n| :-- | :-: |\n" in issue.to_markdown(decided)


def test_its_header_says_what_is_public_and_nothing_of_the_authors_own(client: Client) -> None:
    make_post(tags=["Llama 3 평가"], note_to_self="do not send", description="About it")
    issue = parse_issue(markdown(client).encode())
    assert issue.metadata.title == "A first issue"
    assert issue.metadata.tags == ("Llama 3 평가",)
    assert 'canonical: "https://news.example.org/posts/a-first-issue/"' in issue.header
    assert "note_to_self" not in issue.header


def test_the_page_of_an_issue_names_its_markdown(client: Client) -> None:
    make_post()
    page = Page(client.get("/posts/a-first-issue/"))
    assert page.values('link[type="text/markdown"]', "href") == ["/posts/a-first-issue.md"]
    link = client.get("/posts/a-first-issue.md").headers["Link"]
    assert link == '<https://news.example.org/posts/a-first-issue/>; rel="canonical"'


def test_drafts_and_what_is_to_come_are_not_there(client: Client) -> None:
    make_draft()
    make_scheduled()
    for slug in ("a-draft", "to-come", "none"):
        assert client.get(f"/posts/{slug}.md").status_code == 404


def test_an_old_address_leads_to_the_new_one(client: Client) -> None:
    post = make_post()
    publishing.save_document(post, publishing.stored_issue(post), slug="새-주소")
    response = client.get("/posts/a-first-issue.md")
    assert response.status_code == 301
    assert client.get(response.headers["Location"]).status_code == 200


def test_what_is_embedded_like_a_picture_is_a_link_here_too() -> None:
    text = "![](https://youtu.be/b) and ![c](d.png)\n\n[![e](f.mp4)](/g)\n\n![h](i.mp3)\n"
    shown = read_issue(Document(text)).to_markdown()
    assert shown == "<https://youtu.be/b> and ![c](d.png)\n\n[e](/g)\n\n[h](i.mp3)\n"


def test_what_moderators_decide_holds_here_too(client: Client) -> None:
    post = make_post()
    following.set_hidden([item(post, "First find")], True, reason="spam")
    block("https://two.example.org/b")
    text = markdown(client)
    assert "First find" not in text
    assert "one.example.org" not in text
    assert "two.example.org" not in text
    assert "  - **Second find**: why it matters. Read more (link removed)\n" in text
    assert "- **Third find**: at the end. ([Paper](https://arxiv.org/abs/2405.04517))\n" in text


def test_a_renamed_tag_is_called_so_here(client: Client) -> None:
    make_post(tags=["One"])
    rename(Tag.objects.get(name="One"), "Two & three")
    assert 'tags: ["Two & three"]' in markdown(client)


@pytest.mark.parametrize(
    "body",
    [
        f"[words]({HELD})\n",
        f'[words]({HELD} "its title {HELD}")\n',
        f"[words][ref]\n\n[ref]: {HELD} 'title'\n",
        f"[ref]\n\n[ref]: <{HELD}>\n",
        f"[never used]: {HELD}\n\nText with [a link](https://e.org/).\n",
        f"<{HELD}>\n",
        f"See {HELD}.\n",
        f"A [link to it: {HELD}]({HELD})\n",
        f'<p>Raw <a href="{HELD}">words</a></p>\n',
        f'Inline <a href="{HELD}" title="x">words</a>.\n',
        f"`{HELD}` in code\n",
        f"```\ncurl {HELD}\n```\n",
        f"| a | b |\n|---|---|\n| x | [w]({HELD}) |\n",
        f"> * [w]({HELD})\n>   more\n",
        f"1. a\n   - b [w]({HELD})\n\n     more\n",
        f"A note.[^1]\n\n[^1]: See [w]({HELD}).\n",
        f"A note.\n\n[^1]: Never referred to: {HELD}\n",
        f'<iframe src="{HELD}"></iframe>\n',
        f"## [Heading]({HELD})\nText.\n",
        f"![picture]({HELD})\n",
        f"<!-- {HELD} -->\nText.\n",
        f"Text <!-- {HELD} --> more.\n",
        f"[//]: # ({HELD})\n\nText.\n",
        f"- item\n  <!-- {HELD} -->\n- [w]({HELD})\n",
        f"[a]({HELD}) [b](https://e.org/ '{HELD}')\n",
    ],
)
def test_an_address_that_is_held_stands_nowhere(body: str) -> None:
    text = withheld(body)
    assert "held.example.org" not in text
    assert "held.example.org" not in "".join(read_issue(Document(text)).to_html())


def test_an_address_that_begins_like_one_that_is_held_stays() -> None:
    body = f"[a]({HELD}) and [b]({HELD}/more) and {HELD}2\n"
    text = withheld(body)
    assert f"[b]({HELD}/more)" in text
    assert f"{HELD}2" in text


@pytest.mark.parametrize(
    ("body", "hidden", "left"),
    [
        ("- [a](https://a.org/)\n- [b](https://b.org/)\n", (0, 0), "- [b](https://b.org/)\n"),
        (
            "- [a](https://a.org/)\n  more of a\n  - [c](https://c.org/)\n- [b](https://b.org/)\n",
            (0, 0),
            "-\n  - [c](https://c.org/)\n- [b](https://b.org/)\n",
        ),
        ("A [a](https://a.org/).\n\nB [b](https://b.org/).\n", (0, 0), "B [b](https://b.org/).\n"),
        ("## [a](https://a.org/)\nWhat a is.\n\nB.\n", (0, 0), "B.\n"),
        (
            "10) [a](https://a.org/)\n11) b\n\n    more [b](https://b.org/)\n",
            (0, 0),
            "11) b\n\n    more [b](https://b.org/)\n",
        ),
    ],
)
def test_a_hidden_item_leaves_no_line(body: str, hidden: tuple[int, int], left: str) -> None:
    assert withheld(body, hidden=(hidden,)) == left


def test_a_footnote_of_a_hidden_item_goes_with_it() -> None:
    body = "- [a](https://a.org/)[^1]\n- [b](https://b.org/)[^2]\n\n[^1]: of a\n[^2]: of b\n"
    text = withheld(body, hidden=((0, 0),))
    assert "of a" not in text
    assert "of b" in text


def test_what_only_its_author_sees_is_left_out() -> None:
    body = (
        "<!-- todo -->\nOne <!-- two --> three.\n\n[//]: # (a comment)\n\n"
        "<script>alert(1)</script>\n\n<div data-note='x'>four</div>\n\n## Five {#own-id}\n"
    )
    text = read_issue(Document(body)).to_markdown()
    for word in ("todo", "two", "comment", "alert", "data-note", "own-id", "<!--"):
        assert word not in text
    assert "One" in text
    assert "three." in text
    assert "## Five\n" in text


def test_an_address_that_holds_a_bracket_stays_one() -> None:
    body = '<!-- x --> A <a href="https://e.org/a>).">link</a> in a sentence.\n'
    again = read_issue(Document(read_issue(Document(body)).to_markdown()))
    assert [unquote(link.url) for link in again.sections[0].links] == ["https://e.org/a>)."]


@pytest.mark.parametrize(("folder", "every"), [("seed", 1), ("twir", 60)])
def test_real_issues_say_the_same_when_read_again(folder: str, every: int) -> None:
    for path in sorted(corpus(folder).rglob("*.md"))[::every]:
        issue = parse_issue(path.read_bytes(), path.name)
        read = read_issue(issue.markdown, issue.metadata.title)
        again = read_issue(Document(read.to_markdown()), issue.metadata.title)
        assert [section.text for section in again.sections] == [
            section.text for section in read.sections
        ], path


def test_a_text_written_anew_says_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SourceWriter, "_is_plain", lambda *_of: False)
    body = (
        "1\\. no list, \\*no emphasis\\* & `a``b`, **(괄호)**를 snake_case [x] #1\n\n"
        "# Heading *with* emphasis\n3. three\n4. four\n\n   - [ ] open\n   - [x] done\n\n"
        "> quoted\n> > twice\n\n| a | b |\n|:--|--:|\n| 1 \\| 2 | `c` |\n\n"
        "    code\n\n```\nfenced ``` inside\n```\n\nhard\\\nbreak ![alt](p.png 'title')\n\n***\n"
    )
    read = read_issue(Document(body))
    assert "".join(read_issue(Document(read.to_markdown())).to_html()) == "".join(read.to_html())
