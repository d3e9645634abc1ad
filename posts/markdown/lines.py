"""Rules that look at one line: what starts, continues or ends a block.

They follow CommonMark 0.31 (https://spec.commonmark.org/0.31.2/) and the GFM table rule.
"""

from __future__ import annotations

import re
from io import StringIO
from typing import Final

from posts.markdown.html import COMPONENTS, is_known_tag

INDENT: Final = re.compile(r" *+")
ATX_HEADING: Final = re.compile(r"#{1,6}(?=[ \t]|$)")
ATX_CLOSING: Final = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
SETEXT_UNDERLINE: Final = re.compile(r"(?:=+|-+)[ \t]*$")
_RULE: Final = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
FENCE: Final = re.compile(r"`{3,}(?=[^`]*$)|~{3,}")
BULLET: Final = re.compile(r"[*+-](?=[ ]|$)")
ORDERED: Final = re.compile(r"(\d{1,9})([.)])(?=[ ]|$)")
FOOTNOTE_DEFINITION: Final = re.compile(r"\[\^([^\]\s]{1,200})\]:[ \t]*")
GLUED_DEFINITION: Final = re.compile(r"\n *\[(?!\^)([^\[\]]{1,200})\]: *(?:<|\S+[./])")
TASK: Final = re.compile(r"\[([ xX])\](?=[ \t]+\S)")

_PREFIX_WITH_TAB: Final = re.compile(r"[ >*+\-0-9.)\t]*\t")

# https://spec.commonmark.org/0.31.2/#html-blocks, kinds 1 to 6; the end is looked for in the line.
# Of declarations and instructions only those that a page has.
_HTML_STARTS: Final = (
    re.compile(r"<(?:script|pre|textarea|style)(?:\s|>|$)", re.IGNORECASE),
    re.compile(r"<!--"),
    re.compile(r"<\?xml\b[^<>]*\?>\s*$", re.IGNORECASE),
    re.compile(r"<!doctype\b[^<>]*>\s*$", re.IGNORECASE),
    re.compile(r"<!\[CDATA\["),
    re.compile(
        rf"</?(?!(?-i:{'|'.join(sorted(COMPONENTS))})\b)"
        r"(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd"
        r"|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset"
        r"|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol"
        r"|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr"
        r"|track|ul)(?:\s|/?>|$)",
        re.IGNORECASE,
    ),
)
_HTML_ENDS: Final = (
    re.compile(r"</(?:script|pre|textarea|style)>", re.IGNORECASE),
    re.compile(r"-->"),
    re.compile(r"\?>"),
    re.compile(r">"),
    re.compile(r"\]\]>"),
)
# Around Markdown, as Notion exports what stands beside its text; CommonMark knows none in it.
ASIDE: Final = re.compile(r"</?aside>[ \t]*", re.IGNORECASE)
HTML_HEADING: Final = re.compile(
    r"<(h[1-6])((?:\s[^<>]*)?)>((?:(?!</?h[1-6]\b).)*)</\1\s*>[ \t]*$", re.IGNORECASE
)
_ANY_TAG: Final = re.compile(r"<[^<>]*>")
_WORD: Final = re.compile(r"[^\W_]")
HTML_COMMENT: Final = 2
HTML_UNTIL_BLANK: Final = 6
_HTML_WHOLE_TAG: Final = 7
_WHOLE_TAG: Final = re.compile(
    r"<(?:([A-Za-z][A-Za-z0-9-]*)"
    r"(?:\s+[A-Za-z_:][A-Za-z0-9_.:-]*(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?)*\s*/?"
    r"|/([A-Za-z][A-Za-z0-9-]*)\s*)>\s*$"
)


def is_rule(line: str, start: int = 0) -> bool:
    """Whether a thematic break stands here, at no space (CommonMark 4.1)."""
    # How the line ends is cheap to see, and enough to tell nearly every list item from a rule.
    return line.rstrip(" \t")[-1] == line[start] and _RULE.match(line, start) is not None


def end_of_spaces(line: str, start: int) -> int:
    """The first position from ``start`` that is no space."""
    match = INDENT.match(line, start)
    return match.end() if match else start


def with_line_feeds(text: str) -> str:
    """A text whose lines all end with LF, whatever ends them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def with_ends(text: str) -> list[str]:
    r"""The lines of a text; joined they are the text.

    They end at \n, \r\n and \r only: U+2028 and its kin are text, unlike in ``str.splitlines``.
    """
    return list(StringIO(text, newline=""))


def expand_tabs(line: str) -> str:
    """A line with the tabs before its text as spaces, to the next column that four divides.

    Tabs further on are text and stay.
    """
    match = _PREFIX_WITH_TAB.match(line) if "\t" in line else None
    if match is None:
        return line
    end = match.end()
    return line[:end].expandtabs(4) + line[end:]


def shows_words(source: str) -> bool:
    """Whether HTML holds a letter or digit outside of its tags."""
    return _WORD.search(_ANY_TAG.sub("", source)) is not None


def html_block_kind(line: str, *, in_paragraph: bool) -> int:
    """Which of CommonMark's seven kinds of raw HTML block a line starts, 0 for none.

    The line starts at its first character that is not a space. A tag that HTML does not know
    (``<T>``) is text and starts no block.
    """
    for kind, start in enumerate(_HTML_STARTS, 1):
        if start.match(line):
            return kind
    if not in_paragraph:
        match = _WHOLE_TAG.match(line)
        if match and is_known_tag(match[1] or match[2]):
            return _HTML_WHOLE_TAG
    return 0


def html_block_ends(kind: int, line: str) -> bool:
    """Whether a raw HTML block of the kinds 1 to 5 ends with this line."""
    return kind < HTML_UNTIL_BLANK and _HTML_ENDS[kind - 1].search(line) is not None


def closes_fence(line: str, fence: str) -> bool:
    """Whether a line, without its indent, closes the fence that was opened by ``fence``."""
    stripped = line.rstrip(" \t")
    return len(stripped) >= len(fence) and not stripped.strip(fence[0])


def heading_text(line: str) -> str:
    """The text of an ATX heading line that has lost its opening sequence."""
    if "#" in line:
        line = ATX_CLOSING.sub("", line)
    return line.strip(" \t")
