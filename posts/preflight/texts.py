"""Checks of the text itself: nothing of the workshop is left in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from posts.markdown.lines import FENCE, closes_fence
from posts.markdown.templates import TEMPLATE_TAG, tag_name
from posts.messages import Message as _
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Written

# What people write to be replaced later. Words that digests also write about (a list of to-dos,
# three stars) count only where they stand as a mark: in brackets, before a colon, alone in a line.
_ALONE: Final = r"TODO|TO DO|FIXME|XXX+|TBD|TBA|TBC|WIP"
_PLACEHOLDER: Final = re.compile(
    rf"(?P<mark>[\[(<{{](?:{_ALONE}|TK)\b[^\[\]()<>{{}}\n]{{0,60}}[\])>}}](?![(\[])"
    rf"|(?:(?<=\n)|\A)(?:[*_]{{0,2}})(?:{_ALONE})(?:[*_]{{0,2}}:?[ \t]*(?=\n|\Z)|:[*_]{{0,2}}[ \t])"
    r"|\bTK(?:TK)*\b(?![-/])"
    r"|\blorem ipsum\b"
    r"|\[(?:insert|add|your|link|url|title|summary|description|text|date|name)"
    r"(?: [a-z ]{1,40})? here\](?!\()"
    r"|[\[(<{【（]?(?:추후 ?)?(?:작성|추가|업데이트|보완|입력|기재)[ ]?(?:예정|필요|할 것|바람)"
    r"(?:입니다|임|이에요|\.{0,3})?[\])>}】）]?(?=\s*(?:\n|\Z|[\])>】）]))"
    r"|[\[(（【]?(?:여기에|이곳에)[ ](?:내용|설명|링크|제목|요약|글)[^\n]{0,12}"
    r"(?:입력|작성|넣)[^\n]{0,10}"
    r"|[○◯〇□]{2,}|[（(]?待[补補]充?[）)]?|[（(【\[]占位[符文字]*[）)】\]])",
    re.IGNORECASE,
)
_CASED: Final = re.compile(r"[A-Za-z]+")
_MARKERS: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_SHOWN: Final = 60


def template_tags(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find tags of template languages, which readers would see."""
    for prose in written.prose:
        if "{%" not in prose.text and "{{" not in prose.text:
            continue
        for found in TEMPLATE_TAG.finditer(prose.text):
            words = _("A template tag is shown as text: %(tag)s", tag=tag_name(found)[:_SHOWN])
            line = written.line_of(prose.leaf, found.start())
            span = written.span_of(prose.leaf, *found.span())
            yield Finding("template-tag", words, line, span)


def placeholders(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find what stands for a text that is still to be written."""
    for prose in written.prose:
        for found in _PLACEHOLDER.finditer(prose.words):
            if not _is_meant(found[0]):
                continue
            words = _("This still stands for something: “%(text)s”", text=found[0].strip()[:_SHOWN])
            line = written.line_of(prose.leaf, found.start())
            span = written.span_of(prose.leaf, *found.span())
            yield Finding("placeholder", words, line, span)


def _is_meant(text: str) -> bool:
    """Tell whether a mark is written as one: abbreviations in capitals."""
    first = _CASED.search(text)
    word = first[0] if first else ""
    return word.upper() not in _CAPITALS or word.isupper()


_CAPITALS: Final = frozenset("TODO TO FIXME XXX TBD TBA TBC WIP TK TKTK".split())


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
