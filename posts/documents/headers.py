"""The header of an issue as text: found and taken apart.

YAML between `---` lines, TOML between `+++` lines, a JSON object, alone or between `;;;` lines,
`Title: …` lines of Pelican and MultiMarkdown, and `.. title: …` of Nikola, often in a comment. A
header runs from the first byte of the document (byte order mark included) through the blank lines
after it, so that what follows is the body and nothing else. What looks like a header
and cannot be read is one all the same: readers never see it.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from posts.documents.entries import EOL, Entry, Form, Header, line_number
from posts.documents.errors import DocumentError, at_line
from posts.documents.keys import is_read, plain_key
from posts.documents.literals import read_json, read_toml
from posts.documents.yaml_nodes import read_yaml
from posts.messages import Message as _

MAX_HEADER: Final = 64 * 1024

# Nobody sees marks of byte order and spaces without width, of which some programs write several.
_BLANK_LINES = re.compile(rf"[\ufeff\u200b\u2060]*(?:[ \t]*{EOL})*")
_FENCE = re.compile(rf"(?P<fence>-{{3,80}}|\+\+\+|;;;)[ \t]*(?P<kind>[A-Za-z]*)[ \t]*{EOL}")
_FENCE_KINDS = {"-": "yaml", "+": "toml", ";": "json"}
_KEY_LINE = re.compile(r"[\"']?[^\s\"':#\[\]{}&*!|>%@`-][^:\r\n]*:(?=[ \t]|$|[\r\n])")
_JSON_START = re.compile(r'\{\s*"(?:[^"\\\r\n]|\\.)*"\s*:')
_JSON_END = re.compile(rf"[ \t]*(?:{EOL}(?:;;;[ \t]*(?:{EOL}|\Z))?|\Z)")
_BRACE_LINE = re.compile(rf"(?:(?<=\n)|(?<=\r))\}}(?=[ \t]*(?:{EOL}|\Z))")
# How Pandoc, Org and MDX write what we do not read.
_FOREIGN = re.compile(
    rf"% [^\r\n]*{EOL}% |#\+[A-Za-z_]+:"
    rf"|(?:import\s[^\r\n]*{EOL}(?:[ \t]*{EOL})*)*"
    r"export\s+(?:default|(?:const|let|var)\s+\w+(?:\s*:[^=\r\n]*)?\s*=)\s*\{",
)
# And AsciiDoc and reStructuredText, perhaps below a title.
_FIELDS = re.compile(
    rf"(?:(?:[=#*~^-]{{3,}}[ \t]*{EOL})?[^\r\n:][^\r\n]*{EOL}(?:[=#*~^-]{{3,}}[ \t]*{EOL})?"
    rf"(?:[^\r\n:][^\r\n]*{EOL})?(?:[ \t]*{EOL})*)?((?::!?[A-Za-z][\w -]*!?:(?:[ \t][^\r\n]*)?"
    rf"(?:{EOL}|\Z))+)"
)
_FIELD = re.compile(r"(?:\A|(?<=\n)|(?<=\r)):!?([A-Za-z][\w -]*)!?:")
_NIKOLA_LINE = re.compile(rf"\.\. ([A-Za-z0-9_-]+):([ \t]*)([^\r\n]*)({EOL}|\Z)")
_NIKOLA_START = re.compile(rf"<!--[ \t]*(?:{EOL}[ \t]*)*(?=\.\. )")
_NIKOLA_END = re.compile(rf"(?:[ \t]*{EOL})*[ \t]*-->[ \t]*(?:{EOL}|\Z)")
# MultiMarkdown has keys of several words, which prose might have as well; Logseq two colons.
_PELICAN_LINE = re.compile(
    r" {0,3}((?:base header|(?:html|latex|odf|xhtml) header|quotes) (?:level|language)"
    r"|(?:html|latex|odf|xhtml|mmd|epub) (?:header|footer|mode|input|begin|config|title)"
    rf"|transclude base|[A-Za-z0-9_-]+)::?(?!//)([ \t]*)([^\r\n]*)({EOL}|\Z)",
    re.IGNORECASE,
)
_PELICAN_MORE = re.compile(
    rf"(?: {{2,3}}(?![ \t]|[A-Za-z0-9_-]+:)| {{4}}|\t)[ \t]*(?=\S)([^\r\n]*)({EOL}|\Z)"
)
# Prose may start with a word and a colon: these alone make lines a header.
_PELICAN_KEYS = frozenset(
    "author authors category number template title description summary subtitle date updated"
    " update modified lastmod tags keywords slug draft status language lang cover image"
    " cover_image".split()
)
# A header whose first line is missing, as Hexo allows, starts with one of these.
_HEXO_KEYS = frozenset(("title", "date", "layout"))
_HEXO_LINES = re.compile(rf"(?:(?:[\w\"'-]+[ \t]*:(?=\s)|[ \t]+\S|-[ \t]|#)[^\r\n]*{EOL})+")


class _Block(NamedTuple):
    """Where what a header says begins and ends, and where the line that closes it ends."""

    kind: str
    start: int
    end: int
    close: int


class _Lines(NamedTuple):
    """Lines of keys, and where what closes them ends."""

    form: Form
    entries: list[Entry]
    close: int


# --- Finding ----------------------------------------------------------------------------------


def split_header(text: str) -> tuple[str, str]:
    """Return header and body; together they are `text`. Without header, the first is blank."""
    start = _skip_blank(text, 0)
    block = _find_block(text, start)
    if block is not None:
        end = _skip_blank(text, block.close)
    else:
        end = _skip_blank(text, found.close) if (found := _find_lines(text, start)) else start
    return text[:end], text[end:]


def _skip_blank(text: str, at: int) -> int:
    found = _BLANK_LINES.match(text, at)
    return found.end() if found else at


def _find_block(text: str, start: int) -> _Block | None:
    opening = _FENCE.match(text, start)
    if opening is not None:
        return _fenced(text, opening)
    if _JSON_START.match(text, start):
        return _json_block(text, start)
    return _hexo_block(text, start)


def _closing(fence: str, text: str, at: int) -> re.Match[str] | None:
    lines = r"---|\.\.\." if fence == "---" else re.escape(fence)
    closing = re.compile(rf"(?:(?<=\n)|(?<=\r))(?:{lines})[ \t]*(?:{EOL}|\Z)")
    return closing.search(text, at)


def _fenced(text: str, opening: re.Match[str]) -> _Block | None:
    closing = _closing(opening["fence"], text, opening.end())
    if closing is None:
        return None
    kind = opening["kind"].lower() or _FENCE_KINDS[opening["fence"][0]]
    found = _Block(kind, opening.end(), closing.start(), closing.end())
    block = text[found.start : found.end]
    first = re.split(EOL, block.lstrip(), maxsplit=1)[0]
    if opening["fence"].startswith("----") and not _is_ours(first):
        return None  # a line, and perhaps a heading below it
    if opening["kind"] or kind != "yaml" or not block.strip():
        return found
    # Without a key right below, `---` is a thematic break and what follows is prose.
    return None if block[0] in " \t\r\n" and not _KEY_LINE.match(first) else found


def _json_block(text: str, start: int) -> _Block | None:
    end = _json_end(text, start)
    if end is None and (closing := _BRACE_LINE.search(text, start)):
        end = closing.end()
    after = _JSON_END.match(text, end) if end is not None else None
    return _Block("json", start, after.start(), after.end()) if after else None


def _json_end(text: str, start: int) -> int | None:
    try:
        return json.JSONDecoder().raw_decode(text, start)[1]
    except (json.JSONDecodeError, RecursionError):
        return None


def _hexo_block(text: str, start: int) -> _Block | None:
    """Return the block that starts with a key, above a line of dashes or, in JSON, semicolons.

    Before either no blank line stands.
    """
    first = _KEY_LINE.match(text, start)
    if first is None or plain_key(first[0].strip("\"':")) not in _HEXO_KEYS:
        return None
    fence = ";;;" if first[0].startswith('"') else "---"
    closing = _closing(fence, text, first.end())
    if closing is None or not _HEXO_LINES.fullmatch(text, start, closing.start()):
        return None
    return _Block(_FENCE_KINDS[fence[0]], start, closing.start(), closing.end())


def is_foreign(text: str) -> bool:
    """Tell whether the text starts with a header in a form that is not read."""
    start = _skip_blank(text, 0)
    fields = _FIELDS.match(text, start)
    keys = _FIELD.findall(fields[1]) if fields else ()
    return _FOREIGN.match(text, start) is not None or any(
        is_read(plain_key(key.removeprefix("page-"))) for key in keys
    )


def missing_end(text: str) -> str:
    """Return the line that should end the header the text starts; '' if none is missing."""
    start = _skip_blank(text, 0)
    opening = _FENCE.match(text, start)
    if _find_block(text, start) is not None:
        return ""
    if opening is None:
        is_open = _JSON_START.match(text, start) and _json_end(text, start) is None
        return "}" if is_open else ""
    if _closing(opening["fence"], text, opening.end()):
        return ""
    is_header = opening["kind"] or _is_ours(text[opening.end() :])
    return opening["fence"] if is_header else ""


def _is_ours(text: str) -> bool:
    """Tell whether a text starts with one of our keys."""
    first = re.match(r"[ \t{]*[\"']?([\w-]+)[\"']?[ \t]*[:=]", text)
    return first is not None and is_read(plain_key(first[1]))


def _find_lines(text: str, start: int) -> _Lines | None:
    """Return the lines of a header that nothing but its keys marks as one."""
    comment = _NIKOLA_START.match(text, start)
    entries = _entries(_NIKOLA_LINE, text, comment.end() if comment else start)
    keys = {entry.key.lower() for entry in entries}
    if keys & {"title", "date", "slug"}:
        closing = _NIKOLA_END.match(text, entries[-1].end) if comment else None
        if closing or not comment:
            return _Lines("nikola", entries, closing.end() if closing else entries[-1].end)
    entries = _entries(_PELICAN_LINE, text, start)
    keys = {entry.key.lower() for entry in entries}
    # Prose may start with "Note: …"; a header has a title or a date, or known keys only.
    if keys & {"title", "date"} or (len(keys) > 1 and keys <= _PELICAN_KEYS):
        return _Lines("pelican", entries, entries[-1].end)
    return None


def _entries(pattern: re.Pattern[str], text: str, start: int) -> list[Entry]:
    entries: list[Entry] = []
    at = start
    while (line := pattern.match(text, at)) is not None and line.end() > at:
        values, at = [line[3].strip()], line.end()
        value_end = line.end(3)
        while (more := _PELICAN_MORE.match(text, at)) is not None and more.end() > at:
            values.append(more[1].strip())
            at, value_end = more.end(), more.end(1)
        value = "\n".join(values).strip()
        entries.append(Entry(line[1], value or None, line.start(), at, line.start(3), value_end))
        if at - start > MAX_HEADER:
            break
    return entries


# --- Reading ----------------------------------------------------------------------------------

_READERS = {"yaml": read_yaml, "yml": read_yaml, "toml": read_toml, "json": read_json}


def read_header(header: str) -> Header:
    """Take a header apart. Raises DocumentError if it cannot be read or repeats a known key."""
    start = _skip_blank(header, 0)
    block = _find_block(header, start)
    if block is not None:
        parsed = _read_block(header, block)
    else:
        found = _find_lines(header, start)
        form, entries, _close = found or _Lines("", [], start)
        parsed = Header(header, form, tuple(entries), entries[-1].end if entries else start)
    _refuse_repeats(parsed)
    return parsed


def _read_block(header: str, block: _Block) -> Header:
    if block.kind not in _READERS:
        problem = _(
            "the header is written in %(kind)s, which is not read:"
            " write it as YAML between --- lines",
            kind=block.kind,
        )
        raise DocumentError(at_line(line_number(header, block.start) - 1, problem))
    if block.end - block.start > MAX_HEADER:
        raise DocumentError(_("the header is longer than %(size)d KB", size=MAX_HEADER // 1024))
    return _READERS[block.kind](header, *_content(header, block))


def _content(header: str, block: _Block) -> tuple[int, int]:
    """Return where the content of a block is; an object starts with its brace."""
    start = _skip_blank(header, block.start) if block.kind == "json" else block.start
    return start, block.end


def _refuse_repeats(header: Header) -> None:
    """Refuse a key of ours that says two things; any other may stand there twice."""
    seen: set[str] = set()
    for entry in header.entries:
        key = entry.key.lower()
        if key in seen and is_read(plain_key(key)):
            line = line_number(header.text, entry.start)
            problem = _("%(key)s: stands in the header twice", key=entry.key)
            raise DocumentError(at_line(line, problem))
        seen.add(key)
