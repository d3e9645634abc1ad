"""Our extension among others of Python-Markdown: what theirs do to the tree and the HTML counts."""

from __future__ import annotations

import xml.etree.ElementTree as etree

import pytest
from markdown import Markdown, markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor

from posts.documents import parse_issue
from posts.markdown import document
from posts.markdown.blocks import DocumentParser
from posts.markdown.extension import DigestExtension, InlineTreeprocessor
from posts.rendering import read_issue, render_markdown


class Abbreviations(Treeprocessor):
    """Explains what is in code, and says at the end of the tree how much it found."""

    def run(self, root: etree.Element) -> None:
        found = list(root.iter("code"))
        for element in found:
            element.tag = "abbr"
            element.set("title", "an abbreviation")
            element.set("onclick", "alert(1)")
        etree.SubElement(root, "p").text = f"Abbreviations: {len(found)} & no more"


class Arrows(Postprocessor):
    """Turns typewriter arrows of the HTML to real ones, and adds a script."""

    def run(self, text: str) -> str:
        return text.replace("--&gt;", "→") + "<script>alert(1)</script>"


class Stash(Treeprocessor):
    """Puts HTML of its own into the place of a code block, as highlighters do."""

    def run(self, root: etree.Element) -> None:
        for block in root.iter("pre"):
            block.clear()
            block.tag = "p"
            block.text = self.md.htmlStash.store("<pre><b>if</b></pre>")


class ThirdParty(Extension):
    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(Abbreviations(md), "abbreviations", 10)
        md.treeprocessors.register(Stash(md), "stash", 9)
        md.postprocessors.register(Arrows(md), "arrows", 5)


TEXT = "a --> `b`\n\n    code\n"
HTML = '<p>a → <abbr title="an abbreviation">b</abbr></p>'
COUNT = "<p>Abbreviations: 2 &amp; no more</p>"


@pytest.fixture
def _third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "EXTENSIONS", [ThirdParty()])


@pytest.mark.usefixtures("_third_party")
def test_another_extension_changes_what_readers_get_and_is_sanitised() -> None:
    html = render_markdown(TEXT)
    assert HTML in html
    assert COUNT in html
    assert "<pre><b>if</b></pre>" in html
    assert "alert" not in html


@pytest.mark.usefixtures("_third_party")
def test_another_extension_works_in_an_issue_of_sections() -> None:
    issue = parse_issue(f"{TEXT}\n# One\n\n* [a](https://a.example/) `b`\n".encode())
    parsed = read_issue(issue.markdown)
    opening, section = parsed.to_html()
    assert HTML in opening
    assert COUNT.replace("2", "3") in section
    assert [item.title for found in parsed.sections for item in found.items] == ["a"]


@pytest.mark.parametrize(
    "extensions", [[ThirdParty(), DigestExtension()], [DigestExtension(), ThirdParty()]]
)
def test_python_markdown_itself_runs_our_extension_beside_another(
    extensions: list[Extension],
) -> None:
    html = markdown(TEXT + "* a\r\n  * **c**[^1]\n\n[^1]: d", extensions=extensions)
    assert "<p>a → <abbr" in html
    assert COUNT in html
    assert html.count("<ul>") == 2
    assert "<strong>c</strong>" in html
    assert '<section class="footnotes">' in html


def test_an_issue_is_parsed_once_for_cutting_and_for_rendering(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[str] = []
    for phase, name in ((DocumentParser, "parseDocument"), (InlineTreeprocessor, "run")):
        work = getattr(phase, name)

        def counted(self, *args, work=work, name=name):
            runs.append(name)
            return work(self, *args)

        monkeypatch.setattr(phase, name, counted)
    issue = parse_issue(b"# One\n\ntext\n\n# Two\n")
    assert len(issue.sections) == 2
    read_issue(issue.markdown).to_html()
    read_issue(issue.markdown).to_html([["item-1"], []])
    assert runs == ["parseDocument", "run"]


def test_an_issue_is_not_parsed_before_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DocumentParser, "parseDocument", None)
    issue = parse_issue(b"---\ntitle: One\n---\n# Two\n")
    assert (issue.metadata.title, issue.body) == ("One", "# Two\n")
