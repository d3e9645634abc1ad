"""The header of an issue as text: found and taken apart.

Two forms: YAML front matter between `---` lines, and Pelican's `Title: …` lines up to the first
blank line. A header runs from the first byte of the document (byte order mark included) through
the blank lines after it, so that what follows is the body and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

import yaml

from posts.documents.metadata import SPELLINGS, DocumentError, Value

MAX_HEADER: Final = 64 * 1024
MAX_DEPTH: Final = 20

_EOL = r"(?:\r\n|\r|\n)"
_BLANK_LINES = re.compile(rf"\ufeff?(?:[ \t]*{_EOL})*")
_OPENING = re.compile(rf"---[ \t]*{_EOL}")
_CLOSING = re.compile(rf"(?:(?<=\n)|(?<=\r))(?:---|\.\.\.)[ \t]*(?:{_EOL}|\Z)")
_KEY_LINE = re.compile(r"[\"']?[^\s\"':#\[\]{}&*!|>%@`-][^:\r\n]*:(?=[ \t]|$|[\r\n])")
_PELICAN_LINE = re.compile(rf" {{0,3}}([A-Za-z0-9_-]+):(?!//)([ \t]*)([^\r\n]*)({_EOL}|\Z)")
_PELICAN_MORE = re.compile(rf"(?: {{4}}|\t)[ \t]*(?=[^\s])([^\r\n]*)({_EOL}|\Z)")
_PELICAN_KEYS = frozenset(
    {
        "author",
        "authors",
        "category",
        "number",
        "template",
        *(k for ks in SPELLINGS.values() for k in ks),
    }
)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# YAML 1.1 takes these for line breaks; in a document they are text.
_YAML_BREAKS = "\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a header: where its lines and its value stand in the header's text."""

    key: str
    value: Value
    start: int
    end: int
    value_start: int
    value_end: int
    node: yaml.Node | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A header taken apart; `form` is '' if the document has none."""

    text: str
    form: Literal["yaml", "pelican", ""]
    entries: tuple[Entry, ...]
    insert_at: int

    @property
    def values(self) -> dict[str, Value]:
        """The values by key in lower case."""
        return {entry.key.lower(): entry.value for entry in self.entries}

    @property
    def newline(self) -> str:
        found = re.search(_EOL, self.text)
        return found[0] if found else "\n"

    def find(self, name: str) -> Entry | None:
        """Return the entry of a key: as spelled, else under another spelling of the same piece."""
        by_key = {entry.key.lower(): entry for entry in self.entries}
        spellings = (name.lower(), *SPELLINGS.get(name.lower(), ()))
        present = [by_key[key] for key in spellings if key in by_key]
        return next(
            (entry for entry in present if entry.value is not None), present[0] if present else None
        )


# --- Finding ----------------------------------------------------------------------------------


def split_header(text: str) -> tuple[str, str]:
    """Return header and body; together they are `text`. Without header, the first is blank."""
    start = _skip_blank(text, 0)
    block = _yaml_block(text, start)
    if block is not None:
        end = _skip_blank(text, block[2])
    else:
        lines = _pelican_lines(text, start)
        end = _skip_blank(text, lines[-1].end) if lines else start
    return text[:end], text[end:]


def _skip_blank(text: str, at: int) -> int:
    found = _BLANK_LINES.match(text, at)
    return found.end() if found else at


def _yaml_block(text: str, start: int) -> tuple[int, int, int] | None:
    """Return where the YAML begins, where it ends, and where the line that closes it ends."""
    opening = _OPENING.match(text, start)
    if opening is None:
        return None
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        return None
    block = text[opening.end() : closing.start()]
    first = block.lstrip().split("\n", 1)[0]
    # Without a key right below, `---` is a thematic break and what follows is prose.
    if block.strip() and block[0] in " \t\r\n" and not _KEY_LINE.match(first):
        return None
    return opening.end(), closing.start(), closing.end()


def is_unclosed(text: str) -> bool:
    """Tell whether the text starts a YAML header that no line ends."""
    start = _skip_blank(text, 0)
    opening = _OPENING.match(text, start)
    if opening is None or _CLOSING.search(text, opening.end()) is not None:
        return False
    first = _PELICAN_LINE.match(text, opening.end())
    return first is not None and first[1].lower() in _PELICAN_KEYS


def _pelican_lines(text: str, start: int) -> list[Entry]:
    entries: list[Entry] = []
    at = start
    while (line := _PELICAN_LINE.match(text, at)) is not None and line.end() > at:
        values, at = [line[3].strip()], line.end()
        value_end = line.end(3)
        while (more := _PELICAN_MORE.match(text, at)) is not None and more.end() > at:
            values.append(more[1].strip())
            at, value_end = more.end(), more.end(1)
        value = "\n".join(values).strip()
        entries.append(Entry(line[1], value or None, line.start(), at, line.start(3), value_end))
        if at - start > MAX_HEADER:
            break
    keys = {entry.key.lower() for entry in entries}
    # Prose may start with "Note: …"; a header has a title or a date, or known keys only.
    if keys & {"title", "date"} or (len(keys) > 1 and keys <= _PELICAN_KEYS):
        return entries
    return []


# --- Reading ----------------------------------------------------------------------------------


def read_header(header: str) -> Header:
    """Take a header apart. Raises DocumentError if it is no valid YAML or repeats a key."""
    start = _skip_blank(header, 0)
    block = _yaml_block(header, start)
    if block is not None:
        entries = _yaml_entries(header, block[0], block[1])
        parsed = Header(header, "yaml", entries, block[1])
    else:
        lines = _pelican_lines(header, start)
        parsed = Header(
            header, "pelican" if lines else "", tuple(lines), lines[-1].end if lines else start
        )
    _refuse_repeats(entry.key for entry in parsed.entries)
    return parsed


_FORBIDDEN_MARKS: tuple[tuple[Callable[[yaml.Event], bool], str], ...] = (
    (lambda event: isinstance(event, yaml.AliasEvent), "* starts a reference"),
    (lambda event: getattr(event, "anchor", None) is not None, "& starts an anchor"),
    (lambda event: getattr(event, "tag", None) not in (None, "!"), "! starts a type"),
)
_ADVICE = (
    ("mapping values are not allowed", "put a value that holds a colon in quotes"),
    ("cannot start any token", "put the value in quotes, and indent with spaces"),
    ("headers must not use", "put the value in quotes if it is text"),
)


class _Composer(yaml.SafeLoader):
    """Composes nodes without anchors, aliases and types, and not deeper than `MAX_DEPTH`."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        for is_forbidden, what in _FORBIDDEN_MARKS:
            if is_forbidden(event):
                raise _yaml_error(f"{what}, which headers must not use", event)
        if self.depth >= MAX_DEPTH:
            raise _yaml_error("nested too deeply", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _yaml_error(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark = cast("yaml.Mark | None", event.start_mark)
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _yaml_entries(header: str, start: int, end: int) -> tuple[Entry, ...]:
    block = header[start:end]
    if len(block) > MAX_HEADER:
        raise DocumentError(f"header: longer than {MAX_HEADER // 1024} KB")
    hidden, unhide = _hide_breaks(block)
    try:
        root = _Composer(hidden).get_single_node()
        if root is None:
            return ()
        if not isinstance(root, yaml.MappingNode):
            raise DocumentError("header: must be lines of `key: value`")
        return tuple(_yaml_entry(header, key, value, start, unhide) for key, value in root.value)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise DocumentError(_explain(error.problem, _line_number(header, start) + line)) from error
    except yaml.reader.ReaderError as error:
        line = _line_number(header, start + error.position)
        raise DocumentError(f"header line {line}: holds a control character") from error


def _hide_breaks(block: str) -> tuple[str, dict[int, str]]:
    """Replace what YAML wrongly takes for line breaks by stand-ins the text does not hold."""
    present = [char for char in _YAML_BREAKS if char in block]
    free = (char for char in map(chr, range(0xE000, 0xF8FF)) if char not in block)
    pairs = dict(zip(present, free, strict=False))
    hidden = block.translate({ord(char): stand_in for char, stand_in in pairs.items()})
    return hidden, {ord(stand_in): char for char, stand_in in pairs.items()}


def _explain(problem: str | None, line: int) -> str:
    text = " ".join((problem or "not valid YAML").split())
    advice = next((hint for cause, hint in _ADVICE if cause in text), "")
    return f"header line {line}: {text}" + (f" ({advice})" if advice else "")


def _line_number(header: str, at: int) -> int:
    return len(re.findall(_EOL, header[:at])) + 1


def _yaml_entry(
    header: str, key: yaml.Node, value: yaml.Node, start: int, unhide: Mapping[int, str]
) -> Entry:
    if not isinstance(key, yaml.ScalarNode):
        line = _line_number(header, start + key.start_mark.index)
        raise DocumentError(f"header line {line}: a key must be a word")
    return Entry(
        key.value.translate(unhide),
        _to_value(value, unhide),
        start + key.start_mark.index,
        start + value.end_mark.index,
        start + value.start_mark.index,
        start + value.end_mark.index,
        value,
    )


def _to_value(node: yaml.Node, unhide: Mapping[int, str]) -> Value:
    """Return the node's text as it stands: no YAML type but "nothing" is read into it.

    So `1.10` stays "1.10", `12:30` stays "12:30" and `yes` stays "yes".
    """
    if isinstance(node, yaml.SequenceNode):
        return [_to_value(item, unhide) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        keys = [str(_to_value(key, unhide)) for key, _ in node.value]
        _refuse_repeats(keys)
        return {
            key: _to_value(item, unhide) for key, (_, item) in zip(keys, node.value, strict=True)
        }
    if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NULLS:
        return None
    return str(node.value).translate(unhide)


def _refuse_repeats(keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key.lower() in seen:
            raise DocumentError(f"{key}: stands in the header twice")
        seen.add(key.lower())
