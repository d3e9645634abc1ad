"""What an import asks of a file besides its header: whether it is an issue, public, finished."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from posts.dead_ends import Why, dead_ends
from posts.documents import Issue
from posts.documents.dates import as_moment
from posts.documents.entries import EOL
from posts.documents.headers import read_header
from posts.documents.holding import Hold, find_hold_in_text
from posts.importing.sources import SourceFile
from posts.markdown.comments import comments_in
from posts.markdown.html import hidden_words, mask_comments, without_comments
from posts.markdown.lines import with_line_feeds
from posts.markdown.spaced import SPACED_LINK, SPACED_PICTURE
from posts.markdown.templates import TEMPLATE_TAG, may_hold_tags, tag_name
from posts.markdown.tree import RAW_HTML
from posts.messages import Message
from posts.messages import Message as _
from posts.rendering import MarkdownLimitError, dead_fragments

# Files about an archive instead of in it, in any language (README.ko.md).
_ABOUT = re.compile(
    r"(?:readme|contribut(?:ing|ors)|code[-_]of[-_]conduct|change(?:s|log)|history|licen[cs]e"
    r"|copying|notice|security|authors|maintainers|support|governance|funding|citation|agents"
    r"|(?:(?:style|writing|submission|contribution)[-_])?guidelines|style[-_]guide"
    r"|(?:pull[-_]request|issue)[-_]template|todo|roadmap|summary|404|_index|_sidebar|_navbar"
    r"|_coverpage|_footer)(?:[-_.][a-z]{2}(?:[-_][a-z]{2,4})?)?\.\w+",
    re.IGNORECASE,
)
_HELD_FOLDERS = frozenset(
    "drafts draft unpublished private scheduled wip templates template archetypes layouts includes"
    " issue_template".split()
)
_HELD_NAME = re.compile(r"\.(?:drafts?|wip|unpublished|private)\.\w+\Z", re.IGNORECASE)
_TEMPLATE = re.compile(r"(?:issue|post|newsletter)?[-_]?template\.\w+", re.IGNORECASE)

_CODE = re.compile(
    r"(?:\A|(?<=\n))[ \t>]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?"
    r"(?:(?<=\n)[ \t>]*(?P=fence)[`~]*[ \t\r]*(?=\n|\Z)|\Z)"
    r"|(?<!`)(?P<ticks>`+)(?!`)[^`].{0,1000}?(?<!`)(?P=ticks)(?!`)",
    re.DOTALL,
)
_CONFLICT = tuple(re.compile(mark, re.MULTILINE) for mark in ("^<{7} ", "^={7}$", "^>{7} "))
_LINK = re.compile(r"\[[^\[\]\n]{1,200}\]\((?:https?://|/)[^\s()<>]{1,300}\)")
_HTML_CODE = re.compile(r"<(?:pre|code|script|style)\b", re.IGNORECASE)
_SPACED = (
    (
        SPACED_PICTURE,
        _("no pictures, as only < and > hold spaces together: %(names)s (line %(line)d)"),
    ),
    (SPACED_LINK, _("no links, as only < and > hold spaces together: %(names)s (line %(line)d)")),
)
_BLANK = re.compile(rf"{EOL}[ \t]*(?=\r|\n)")
FIRST_BLOCKS, FIRST_SIGNS = 3, 4_000
SHOWN = 5
LONGEST = 60


def is_no_issue(issue: Issue) -> bool:
    """Tell whether a file is one about its folder, unless something dates it like an issue."""
    name = issue.name.rsplit("/", 1)[-1]
    return issue.metadata.date is None and _ABOUT.fullmatch(name) is not None


def find_hold(issue: Issue, source: SourceFile, now: datetime) -> Hold | None:
    """Return why an issue is not to be published: what its header says, else the file."""
    if issue.metadata.hold:
        return issue.metadata.hold
    expires = issue.metadata.expires
    if expires and as_moment(expires) <= now:
        return Hold(_("it expired on %(day)s", day=f"{expires:%Y-%m-%d}"), is_strict=True)
    if not without_comments(issue.body).strip("\ufeff \t\r\n"):
        return Hold(_("it holds no text"), is_strict=True)
    said = find_hold_in_text(_first_blocks(issue.body)) or _hold_of_place(source)
    return said or _hold_of_page(issue)


def _first_blocks(body: str) -> str:
    """Return what stands where a header might: the first paragraphs of a text."""
    blocks = _BLANK.split(body[:FIRST_SIGNS], maxsplit=FIRST_BLOCKS)
    return "\n".join(blocks[:FIRST_BLOCKS])


def _hold_of_place(source: SourceFile) -> Hold | None:
    """Return what a file's name and folders say, with the folder that was imported."""
    root = source.where.removesuffix(source.name).rstrip("/:").rpartition("/")[2]
    *folders, name = [root, *source.name.split("/")]
    for folder in folders:
        if folder.lstrip("_").lower() in _HELD_FOLDERS:
            return Hold(_("it is in the folder “%(name)s”", name=folder), is_strict=True)
    if name.startswith("_") or _TEMPLATE.fullmatch(name) or _HELD_NAME.search(name):
        return Hold(_("its name is “%(name)s”", name=name), is_strict=True)
    return None


def _hold_of_page(issue: Issue) -> Hold | None:
    """Return that a text without a date is a page of its site, such as one about it."""
    values = read_header(issue.header).values if issue.metadata.date is None else {}
    for key in ("layout", "type"):
        if values.get(key) == "page":
            return Hold(_("its header says “%(key)s: %(value)s”", key=key, value="page"))
    return None


def find_conflict(issue: Issue) -> Message | None:
    """Return where the text still has two versions, as Git leaves them."""
    if "<<<<<<<" not in issue.body:
        return None
    prose, places = _prose(issue), [0]
    for mark in _CONFLICT:
        found = mark.search(prose, places[-1])
        if found is None:
            return None
        places.append(found.start())
    line = issue.first_line + prose.count("\n", 0, places[1])
    return _("line %(line)d: a merge conflict is not resolved", line=line)


def remarks_on(issue: Issue, now: datetime) -> Iterator[Message]:
    """Yield what an author should know about a text that is taken as it is."""
    expires = issue.metadata.expires
    if expires and as_moment(expires) > now:
        yield _("expires on %(day)s: withdraw it then by hand", day=f"{expires:%Y-%m-%d}")
    if may_hold_tags(issue.body):
        yield from _template_tags(issue)
    yield from _hidden_words(issue)
    yield from _spaced(issue)
    with suppress(MarkdownLimitError):  # which says itself what is wrong
        yield from _comments(issue)
        yield from _links_in_html(issue)
        yield from _dead_ends(issue)


def _dead_ends(issue: Issue) -> Iterator[Message]:
    """Yield what was meant as a link, and leads nowhere."""
    # Issues that this one leads to may come after it.
    ends = dead_ends(issue.markdown, with_issues=False)
    without = [(reference.label, reference.line) for reference in issue.markdown.undefined]
    if empty := ends.get(Why.EMPTY):
        without += ((shown, empty.line) for shown in empty.shown)
    if without:
        labels, line = [label for label, _line in without], min(line for _label, line in without)
        yield _("no address for %(labels)s (line %(line)d)", **_said(issue, "labels", labels, line))
    if links := ends.get(Why.TEXT):
        yield _(
            "readers get no link of %(addresses)s (line %(line)d)",
            **_said(issue, "addresses", *links),
        )
    places, line = dead_fragments(issue.markdown)
    if places:
        yield _(
            "no place in this issue for %(places)s (line %(line)d)",
            **_said(issue, "places", [f"#{place}" for place in places], line),
        )
    if pages := ends.get(Why.NO_PAGE):
        yield _(
            "no page of this site for %(addresses)s (line %(line)d)",
            **_said(issue, "addresses", *pages),
        )


def _said(issue: Issue, name: str, found: Iterable[str], line: int) -> dict[str, str | int]:
    """Return what a remark says: names, and the line of the first, which counts from 0."""
    return {name: _named(found), "line": issue.first_line + line}


def _named(found: Iterable[str]) -> str:
    names = list(dict.fromkeys(found))
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _template_tags(issue: Issue) -> Iterator[Message]:
    found = list(TEMPLATE_TAG.finditer(_prose(issue)))
    if not found:
        return
    yield _(
        "template tags are shown as text: %(tags)s (line %(line)d)",
        tags=_named(map(tag_name, found)),
        line=issue.first_line + found[0].string.count("\n", 0, found[0].start()),
    )


def _comments(issue: Issue) -> Iterator[Message]:
    """Yield which comments of Obsidian readers see."""
    if found := list(comments_in(issue.markdown)):
        text = with_line_feeds(issue.body)
        shown = (" ".join(text[start:end].split()) for start, end in found)
        names = [f"{one[:LONGEST]}…" if len(one) > LONGEST else one for one in shown]
        yield _(
            "comments are shown to readers: %(comments)s (line %(line)d)",
            **_said(issue, "comments", names, text.count("\n", 0, found[0][0])),
        )


def _links_in_html(issue: Issue) -> Iterator[Message]:
    """Yield which links are text, as nothing in a block of HTML is Markdown."""
    found = [
        (leaf, link)
        for leaf in issue.markdown.leaves
        if leaf.element.tag == RAW_HTML and "](" in leaf.text and not _HTML_CODE.search(leaf.text)
        for link in _LINK.finditer(mask_comments(leaf.text, " "))
    ]
    if found:
        leaf, first = found[0]
        line = leaf.line + leaf.text.count("\n", 0, first.start())
        yield _(
            "no links, as no blank line parts Markdown from HTML: %(names)s (line %(line)d)",
            **_said(issue, "names", (link[0] for _leaf, link in found), line),
        )


def _spaced(issue: Issue) -> Iterator[Message]:
    """Yield which pictures and links are text."""
    for pattern, words in _SPACED:
        if pattern.search(issue.body) is None:
            continue
        prose = _prose(issue)
        if found := list(pattern.finditer(prose)):
            names = [one["address"] for one in found]
            said = _said(issue, "names", names, prose.count("\n", 0, found[0].start()))
            yield _(words.template, **said)


def _hidden_words(issue: Issue) -> Iterator[Message]:
    if "<svg" not in issue.body.lower() and "<template" not in issue.body.lower():
        return
    prose = _prose(issue)
    if found := list(hidden_words(prose)):
        said = _said(
            issue, "tags", (f"<{n}>" for n, _at in found), prose.count("\n", 0, found[0][1])
        )
        yield _("words in %(tags)s are not shown (line %(line)d)", **said)


def _prose(issue: Issue) -> str:
    """Return the body without its code and comments, with as many lines."""
    text = with_line_feeds(issue.body)
    prose = _CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
    return mask_comments(prose, " ")
