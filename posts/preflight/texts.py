"""Checks of the text itself: nothing of the workshop is left in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from posts.markdown.comments import comments_in
from posts.markdown.html import hidden_words
from posts.markdown.lines import FENCE, closes_fence
from posts.markdown.templates import TEMPLATE_TAG, may_hold_tags, tag_name
from posts.messages import Message as _
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Prose, Written

# What people write to be replaced later. Digests also write about work in progress and somebody
# called TK: so a mark counts in brackets, before a colon or alone in its line only. TODO and FIXME
# count as any word that is no part of a link: others' titles have them, files and names are longer.
_MARKS: Final = r"TODO|TO DO|FIXME|XXX+|TBW|TK"
_PLACEHOLDER: Final = re.compile(
    rf"[\[(<{{](?:{_MARKS})(?:[:\s][^\[\]()<>{{}}\n]{{0,60}})?[\])>}}](?![(\[])"
    rf"|(?:(?<=\n)|\A)[*_]{{0,2}}(?:{_MARKS})(?::?[*_]{{0,2}}:?[ \t]*(?=\n|\Z)|:[*_]{{0,2}}[ \t])"
    r"|(?<![\w@/#-])TK(?:TK)+(?![\w/-])"
)
_WORD: Final = re.compile(r"(?<![\w@/#.-])(?:TODO|FIXME)(?![\w/#(-]|\.\w|:? *[\[({])")
# 작성 예정, (추후 추가 예정), [여기에 내용 입력]: alone in a line, in brackets or behind a colon.
_APART: Final = r"(?:(?<=\n)|\A|(?<=[\[(<{【（])|(?<=[:：-] ))"
_SENTENCE: Final = re.compile(
    r"\blorem ipsum\b"
    r"|\[(?:insert|add|your|link|url|title|summary|description|text|date|name)"
    r"(?: [a-z ]{1,40})? here\](?!\()"
    rf"|{_APART}(?:추후 ?|곧 ?)?(?:내용 ?)?(?:작성|추가|업데이트|보완|입력|기재)(?:할)? ?"
    r"(?:예정|필요|바람|중)(?:입니다|임|이에요)?[.…]*(?=\s*(?:\n|\Z|[\])>}】）]))"
    rf"|{_APART}(?:여기에|이곳에) [^\n\])>}}】）]{{0,20}}(?:입력|작성|넣)[^\n]{{0,8}}"
    r"|[（(\[【]待[补補]充?[）)\]】]|[（(【\[]占位[符文字]*[）)】\]]",
    re.IGNORECASE,
)
_MARKERS: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
# At the start of a line they begin HTML; elsewhere their names are words.
_DROPPED: Final = re.compile(r"^[ \t]*<(script|style)\b", re.IGNORECASE | re.MULTILINE)
_SHOWN: Final = 60


def template_tags(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find tags of template languages, which readers would see."""
    for prose in written.prose:
        if not may_hold_tags(prose.text):
            continue
        for found in TEMPLATE_TAG.finditer(prose.text):
            words = _("A template tag is shown as text: %(tag)s", tag=tag_name(found)[:_SHOWN])
            line = written.line_of(prose.leaf, found.start())
            span = written.span_of(prose.leaf, *found.span())
            yield Finding("template-tag", words, line, span)


def comments(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find comments of Obsidian, which readers would see."""
    for start, end in comments_in(written.document):
        shown = " ".join(written.text[start:end].split())[:_SHOWN]
        words = _("Readers see this comment: %(text)s", text=shown)
        line = bisect_right(written.starts, start)
        yield Finding("shown-comment", words, line, (start, end))


def dropped_html(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find HTML that readers never get: scripts, style sheets, and words in drawings."""
    for prose in written.prose:
        for name, start in hidden_words(prose.text):
            words = _("Readers do not get the words in this HTML: %(tag)s", tag=f"<{name}>")
            yield Finding("dropped-html", words, written.line_of(prose.leaf, start))
        if found := _DROPPED.search(prose.text):
            words = _("Readers do not get this HTML: %(tag)s", tag=f"<{found[1].lower()}>")
            line = written.line_of(prose.leaf, found.start())
            yield Finding("dropped-html", words, line, written.span_of(prose.leaf, *found.span()))


def placeholders(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find what stands for a text that is still to be written."""
    for prose in written.prose:
        end = 0
        for found in sorted(_placeholders_in(prose), key=lambda one: one.start()):
            if found.start() < end:
                continue
            end = found.end()
            text = found[0].strip()[:_SHOWN]
            words = _("This still stands for something: “%(text)s”", text=text)
            line = written.line_of(prose.leaf, found.start())
            span = written.span_of(prose.leaf, *found.span())
            yield Finding("placeholder", words, line, span)


def _placeholders_in(prose: Prose) -> Iterator[re.Match[str]]:
    yield from _PLACEHOLDER.finditer(prose.words)
    yield from _SENTENCE.finditer(prose.words)
    yield from _WORD.finditer(prose.unlinked)


def open_fences(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find blocks of code that nothing ends: what follows is code, too."""
    spans = written.document.spans
    for tree in written.document.trees:
        for block in tree.iter("pre"):
            if block in spans and _is_open(written.lines, *spans[block]):
                words = _("Nothing ends this block of code: all that follows is code.")
                yield Finding("open-fence", words, spans[block][0] + 1)


def _is_open(lines: list[str], start: int, end: int) -> bool:
    first = _without_markers(lines[start])
    fence = FENCE.match(first)
    if fence is None:
        return False
    last = lines[end - 1].lstrip(" \t>")
    return end - 1 == start or not closes_fence(last, fence[0])


def _without_markers(line: str) -> str:
    found = _MARKERS.match(line)
    return line[found.end() :] if found else line
