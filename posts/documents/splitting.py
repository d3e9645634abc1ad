"""Where a Markdown document falls apart into sections: at its top-level headings.

Follows the block structure of CommonMark 0.31 line by line, only as far as needed to tell a
top-level heading from a line that merely looks like one: inside a fence, a comment, raw HTML, a
list item or a quotation. Text is never changed, so joining the pieces gives the document back.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Literal, NamedTuple

from posts.markdown.lines import (
    ATX_HEADING,
    BULLET,
    FENCE,
    FOOTNOTE_DEFINITION,
    HTML_UNTIL_BLANK,
    ORDERED,
    SETEXT_UNDERLINE,
    closes_fence,
    expand_tabs,
    heading_text,
    html_block_ends,
    html_block_kind,
    is_rule,
)

_TABLE_RULE = re.compile(r" *\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$")
_DEFINITION = re.compile(r" {0,3}\[[^\]]+\]: *\S+(?: +(?:\"[^\"]*\"|'[^']*'|\([^)]*\)))? *$")

_IMAGE_OR_LINK = re.compile(
    r"!?\[((?:[^\[\]\\]|\\.)*)\](?:\((?:[^()\\]|\\.|\([^()]*\))*\)|\[[^\]]*\])"
)
_EMPHASIS = re.compile(r"(\*{1,3}|~~|(?<!\w)_{1,3})(?=\S)(.+?)(?<=\S)\1")
_CODE = re.compile(r"(`+)(.+?)\1")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->")
_MARK = re.compile(r"[\[`*~_<\\]")
"""What every mark that ``plain_heading`` takes away has in it."""
_MARKERS = frozenset("*+-0123456789")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


class Heading(NamedTuple):
    """A top-level heading: its first line (0-based), its level 1 to 6, and its raw text."""

    line: int
    level: int
    raw: str


_Leaf = Literal["", "paragraph", "fence", "html"]


def lines_with_ends(text: str) -> list[str]:
    r"""Return the lines of `text` with their endings (\n, \r\n, \r); joined they are `text`."""
    return list(StringIO(text, newline=""))


def find_headings(lines: Sequence[str]) -> Iterator[Heading]:
    """Yield the top-level ATX and setext headings of the lines, in order (CommonMark 4.2, 4.3)."""
    scanner = _Scanner()
    for index, line in enumerate(lines):
        heading = scanner.feed(index, expand_tabs(line.rstrip("\r\n")))
        if heading is not None:
            yield heading


def plain_heading(raw: str) -> str:
    """Return a heading without Markdown marks: emphasis, links, code, tags, escapes."""
    if not _MARK.search(raw):
        return " ".join(raw.split())
    text = raw
    for _ in range(3):  # a link in bold in a link: three layers are more than anybody writes
        text = _IMAGE_OR_LINK.sub(r"\1", text)
    text = _CODE.sub(r"\2", text)
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    return " ".join(_ESCAPE.sub(r"\1", _TAG.sub("", text)).split())


@dataclass(slots=True)
class _Scanner:
    """The open blocks after each line. Containers: 0 for a quotation, a width for a list item."""

    containers: list[int] = field(default_factory=list)
    leaf: _Leaf = ""
    fence: str = ""
    html_kind: int = 0
    paragraph: list[str] = field(default_factory=list)
    start: int = 0
    definitions: int = 0
    is_table: bool = False
    hollow: bool = False

    def feed(self, index: int, line: str) -> Heading | None:
        """Take the next line (tabs expanded, no line ending); return the heading it completes."""
        rest, matched = self._descend(line)
        inside = matched == len(self.containers)
        if inside and self.leaf == "fence":
            self._continue_fence(rest)
        elif inside and self.leaf == "html":
            self._continue_html(rest)
        elif not rest.strip(" "):
            # CommonMark 5.2: an item may begin with one blank line, not with two.
            self._close(matched - 1 if self.hollow and inside else matched)
        else:
            self.hollow = False
            return self._open(index, rest, matched)
        self.hollow = False
        return None

    def _descend(self, line: str) -> tuple[str, int]:
        """Return what is left of the line in the containers it continues, and their number."""
        rest = line
        for depth, width in enumerate(self.containers):
            if width == 0:
                inner = _inside_quote(rest)
                if inner is None:
                    return rest, depth
                rest = inner
            elif rest.startswith(" " * width) or not rest.strip(" "):
                rest = rest[width:]
            else:
                return rest, depth
        return rest, len(self.containers)

    def _close(self, matched: int) -> None:
        if matched < len(self.containers):
            del self.containers[matched:]
        self.leaf = ""
        self.paragraph.clear()

    def _continue_fence(self, rest: str) -> None:
        content = rest.lstrip(" ")
        if len(rest) - len(content) < 4 and closes_fence(content, self.fence):
            self.leaf = ""

    def _continue_html(self, rest: str) -> None:
        if self.html_kind < HTML_UNTIL_BLANK:
            ended = html_block_ends(self.html_kind, rest)
        else:
            ended = not rest.strip()
        if ended:
            self.leaf = ""

    def _open(self, index: int, rest: str, matched: int) -> Heading | None:
        """Open the blocks that start on this line, or add the line to the open paragraph."""
        while True:
            content = rest.lstrip(" ")
            indent = len(rest) - len(content)
            if not content:
                return None
            if indent >= 4:
                if self.leaf != "paragraph":
                    self._close(matched)  # indented code
                else:
                    self.paragraph.append(rest)
                return None
            if content[0] == ">":
                self._close(matched)
                rest = _inside_quote(content) or ""
                self.containers.append(0)
            elif (
                content[0] in _MARKERS
                and (inner := self._list_item(content, indent, matched)) is not None
            ):
                rest = inner
            else:
                return self._open_leaf(index, rest, content, matched)
            matched = len(self.containers)

    def _list_item(self, content: str, indent: int, matched: int) -> str | None:
        """Open a list item and return what follows its marker; None if no item starts here."""
        marker = BULLET.match(content) or ORDERED.match(content)
        if marker is None or is_rule(content) or self._is_underline(content, matched):
            return None
        after = content[marker.end() :]
        text = after.lstrip(" ")
        # CommonMark 5.2: only an item with text, and only number one, may interrupt a paragraph.
        interrupts = self.leaf == "paragraph" and matched == len(self.containers)
        if interrupts and (not text or (marker.lastindex and int(marker[1]) != 1)):
            return None
        padding = len(after) - len(text)
        if not text or padding > 4:
            padding = 1
        self._close(matched)
        self.hollow = not text
        self.containers.append(indent + marker.end() + padding)
        return after[padding:]

    def _is_underline(self, content: str, matched: int) -> bool:
        return (
            self.leaf == "paragraph"
            and matched == len(self.containers)
            and SETEXT_UNDERLINE.match(content) is not None
            and not self.is_table
            and self.definitions < len(self.paragraph)
        )

    def _open_leaf(self, index: int, rest: str, content: str, matched: int) -> Heading | None:
        if content[0] in "#=-_*":
            if (atx := ATX_HEADING.match(content)) is not None:
                self._close(matched)
                return self._heading(index, atx.end(), heading_text(content[atx.end() :]))
            if self._is_underline(content, matched):
                return self._underlined(matched, 1 if content[0] == "=" else 2)
            if is_rule(content):
                self._close(matched)
                return None
        if content[0] in "`~<" and self._open_verbatim(content, matched):
            return None
        self._text(index, rest, content, matched)
        return None

    def _underlined(self, matched: int, level: int) -> Heading | None:
        start = self.start  # with the definitions, so that the section splits the same way again
        raw = " ".join(line.strip(" ") for line in self.paragraph[self.definitions :])
        self._close(matched)
        return self._heading(start, level, raw)

    def _heading(self, line: int, level: int, raw: str) -> Heading | None:
        return None if self.containers else Heading(line, level, raw)

    def _open_verbatim(self, content: str, matched: int) -> bool:
        """Open a fence or a block of raw HTML, whose lines are not looked into."""
        if (fence := FENCE.match(content)) is not None:
            self._close(matched)
            self.fence, self.leaf = fence[0], "fence"
            return True
        kind = html_block_kind(content, in_paragraph=self.leaf == "paragraph")
        if not kind:
            return False
        self._close(matched)
        self.html_kind, self.leaf = kind, "html"
        self._continue_html(content[2:])
        return True

    def _text(self, index: int, rest: str, content: str, matched: int) -> None:
        if self.leaf != "paragraph":  # else also a lazy continuation, outside its container
            self._close(matched)
            self.leaf, self.start, self.definitions = "paragraph", index, 0
            # No underline makes a heading of a footnote or a table, which look like paragraphs.
            self.is_table = FOOTNOTE_DEFINITION.match(content) is not None
        elif "|" in rest and "|" in self.paragraph[-1] and _TABLE_RULE.match(rest):
            self.is_table = True
        starts_with_definitions = content[0] == "[" and self.definitions == len(self.paragraph)
        if starts_with_definitions and _DEFINITION.match(rest):
            self.definitions += 1
        self.paragraph.append(rest)


def _inside_quote(rest: str) -> str | None:
    content = rest.lstrip(" ")
    if len(rest) - len(content) > 3 or not content.startswith(">"):
        return None
    return content[2:] if content[1:2] == " " else content[1:]
