"""Changing single keys of a header: their own lines change, every other byte stays.

A YAML library that writes the header anew loses what its author put there by hand: order, quotes,
comments, indents, line endings. So only the span of a value is replaced, and the result is read
again to be sure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import yaml

from posts.documents.dates import parse_date
from posts.documents.entries import Entry, Header, Value
from posts.documents.errors import DocumentError
from posts.documents.headers import read_header
from posts.documents.holding import NO, YES, closed_word, holding_keys, open_word
from posts.documents.keys import HOLDING, OPENING, PUBLICATION, STATES, plain_key
from posts.documents.literals import add_literal, remove_literal, replace_literal
from posts.documents.metadata import distinct_tags, tags_in, without_references
from posts.messages import Message as _
from posts.naming import fold

_NEW_YAML_KEYS = {"updated": "update", "translationkey": "translationKey"}
_NEW_PELICAN_KEYS = {
    "description": "Summary",
    "updated": "Modified",
    "draft": "Status",
    "language": "Lang",
}
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~]")
_NOT_PLAIN = re.compile(r": |:\Z| #|\s\Z|[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ue000-\uf8ff]")
_NOT_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}?:'\"]")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def rewrite_header(
    header: str,
    changes: Mapping[str, object],
    *,
    tag_keys: Sequence[str] = ("tags",),
    newline: str = "\n",
) -> str:
    """Return the header with some keys changed; every other byte is as it was.

    A key of `changes` is a name of Metadata or a key as it stands in the header; other spellings
    (summary, lastmod …) are found. Values: text, numbers, booleans, dates, lists of text; None
    removes the key. A value that already reads so is left as written. A document without header
    gets one in YAML, with `newline` as line ending. Raises DocumentError if the header cannot be
    read, or not be changed this way.
    """
    for name, value in changes.items():
        for key, part in _shared_out(read_header(header), name, value, tag_keys):
            header = _change(read_header(header), key, part, newline)
            entry = read_header(header).find(key)
            if not (entry is None if part is None else entry and _reads_as(entry, key, part)):
                problem = _("%(key)s: cannot be changed in a header written like this", key=key)
                raise DocumentError(problem, key)
    return header


def _shared_out(
    header: Header, name: str, value: object, tag_keys: Sequence[str]
) -> list[tuple[str, object]]:
    """Share out a change over the keys that say the same thing."""
    if name == "tags":
        return _shared_tags(header, value, tag_keys)
    if name == "date":
        keys = [key for key in ("date", *PUBLICATION) if _says_date(header.values.get(key))]
        return [(key, value) for key in keys] or [(name, value)]
    if name == "draft" and isinstance(value, bool):
        return _shared_draft(header, value)
    return [(name, value)]


def _shared_tags(
    header: Header, value: object, tag_keys: Sequence[str]
) -> list[tuple[str, object]]:
    """Share out tags over the keys that hold tags; each keeps its own, the first takes new ones."""
    entries = [entry for key in tag_keys if (entry := header.find(key)) is not None]
    if not entries and value is None and header.values.get("tags"):
        value = []  # of a table, which one above it overrides
    if len(entries) < 2 or not isinstance(value, list | tuple):
        return [("tags", value)]
    wanted = {fold(tag): tag for tag in distinct_tags(map(str, value))}
    kept = [[t for t in distinct_tags(tags_in(e.value)) if fold(t) in wanted] for e in entries]
    known = {fold(tag) for tags in kept for tag in tags}
    kept[0] += [tag for key, tag in wanted.items() if key not in known]
    return [(entry.key, tags) for entry, tags in zip(entries, kept, strict=True)]


def _says_date(value: Value) -> bool:
    try:
        return isinstance(value, str) and parse_date(value) is not None
    except DocumentError:
        return False


def _shared_draft(header: Header, value: bool) -> list[tuple[str, object]]:
    """Publish by every key that holds back; withdraw by the one that says the contrary."""
    holding = holding_keys(header.values)
    if not value:
        return [(key, value) for key in holding] or [("draft", value)]
    open_keys = [key for key in header.values if key in STATES | OPENING | {"draft"}]
    closable = [key for key in open_keys if header.values[key] in (open_word(key), "yes", "no")]
    return [] if holding else [((closable or ["draft"])[0], value)]


def _change(header: Header, name: str, value: object, newline: str) -> str:
    entry = header.find(name)
    first = min((entry.start for entry in header.entries), default=0)
    if header.form == "yaml" and header.text[:first].rstrip().endswith("{"):
        raise DocumentError(_("header: written in braces; it can only be changed by hand"))
    if entry is None:
        return header.text if value is None else _add(header, name, value, newline)
    if value is not None and _reads_as(entry, name, value):
        return header.text
    if header.form in ("toml", "json"):
        if value is None:
            return remove_literal(header, entry)
        return replace_literal(header, entry, value, _as_text(entry.key, value))
    if value is None:
        end = _line_end(header.text, _content_end(header, entry))
        return header.text[: entry.start] + header.text[end:]
    start, end, text = _replacement(header, entry, value)
    return header.text[:start] + text + header.text[end:]


# --- What a value reads as --------------------------------------------------------------------


def _reads_as(entry: Entry, name: str, value: object) -> bool:
    """Tell whether an entry already says the value."""
    if isinstance(value, list | tuple):
        return _tags_or_none(entry.value) == [str(item) for item in value]
    if not isinstance(entry.value, str):
        return False
    text = entry.value.strip()
    if isinstance(value, bool):
        return text.lower() in _words_for(entry.key, value)
    if isinstance(value, date):
        try:
            moment = parse_date(text)
        except DocumentError:
            return False
        return type(moment) is type(value) and moment == value
    if name in ("title", "description"):
        text = without_references(text)
    wanted = str(value).strip()
    return text == wanted or (name == "title" and " ".join(text.split()) == wanted)


def _tags_or_none(value: Value) -> list[str] | None:
    try:
        return list(distinct_tags(tags_in(value)))
    except DocumentError:
        return None


def _words_for(key: str, value: bool) -> tuple[str, ...]:
    """Return the words by which a key says that an issue is a draft, or is none."""
    plain = plain_key(key)
    if plain in STATES | OPENING | HOLDING:
        word = closed_word(plain) if value else open_word(plain)
    else:
        word = "true" if value else "false"
    same = YES if word in YES else NO if word in NO else ()
    return (word, *same)


def _as_text(key: str, value: object) -> str:
    if isinstance(value, bool):
        return _words_for(key, value)[0]
    if isinstance(value, datetime):
        has_zone = value.tzinfo is not None
        return value.isoformat(sep="T" if has_zone else " ")
    return value.isoformat() if isinstance(value, date) else str(value)


# --- Replacing --------------------------------------------------------------------------------


def _replacement(header: Header, entry: Entry, value: object) -> tuple[int, int, str]:
    """Return which span of the header's text to replace, and by what."""
    if entry.node is None:
        text, start = _pelican_value(entry.key, value), entry.value_start
        return start, entry.value_end, text if header.text[start - 1] in " \t" else f" {text}"
    items = [str(item) for item in value] if isinstance(value, list | tuple) else None
    if items and isinstance(entry.node, yaml.SequenceNode) and _is_plain_list(entry.node):
        if entry.node.flow_style:
            return entry.value_start, entry.value_end, _flow_list(header, entry, items)
        return _block_list(header, entry, items)
    if items is not None:
        joined = ", ".join(items)
        as_text = isinstance(entry.value, str) and "," not in "".join(items) and ";" not in joined
        text = (
            _scalar(joined, _style(entry))
            if as_text
            else _flow([_scalar(i, in_flow=True) for i in items])
        )
    else:
        is_text = isinstance(value, str)
        text = _scalar(_as_text(entry.key, value), _style(entry), keep_type=not is_text)
    return _value_span(header, entry, text)


def _value_span(header: Header, entry: Entry, text: str) -> tuple[int, int, str]:
    colon = header.text.index(":", entry.start + len(entry.key))
    if (
        isinstance(entry.node, yaml.ScalarNode)
        and entry.node.style not in ("|", ">")
        and entry.value_end > entry.value_start
    ):
        return entry.value_start, entry.value_end, text
    return colon + 1, max(_content_end(header, entry), colon + 1), f" {text}"


def _content_end(header: Header, entry: Entry) -> int:
    """Return where a value ends, without the blank lines and comments below it."""
    end = entry.value_end
    text = header.text[entry.start : end].rstrip()
    node = entry.node
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        while (last := _last_line(text)).lstrip().startswith("#"):
            text = text[: len(text) - len(last)].rstrip()
    return max(entry.start + len(text), entry.start + 1)


def _last_line(text: str) -> str:
    return re.split(r"[\r\n]", text)[-1]


def _line_end(text: str, at: int) -> int:
    found = re.compile(r"\r\n|\r|\n").search(text, at)
    # A span may already end behind its line, as in Pelican headers.
    return at if at and text[at - 1] in "\r\n" else found.end() if found else len(text)


def _is_plain_list(node: yaml.SequenceNode) -> bool:
    return bool(node.value) and all(isinstance(item, yaml.ScalarNode) for item in node.value)


def _kept_items(
    header: Header, entry: Entry, span: Callable[[yaml.Node], tuple[int, int]]
) -> dict[str, str]:
    """Return the list's items as written, by what they say."""
    offset = entry.value_start - _node(entry).start_mark.index
    kept: dict[str, str] = {}
    for item in _node(entry).value:
        start, end = span(item)
        kept.setdefault(" ".join(item.value.split()), header.text[start + offset : end + offset])
    return kept


def _flow_list(header: Header, entry: Entry, items: Sequence[str]) -> str:
    kept = _kept_items(header, entry, lambda item: (item.start_mark.index, item.end_mark.index))
    style = _node(entry).value[0].style
    return _flow([kept.get(item) or _scalar(item, style, in_flow=True) for item in items])


def _block_list(header: Header, entry: Entry, items: Sequence[str]) -> tuple[int, int, str]:
    """Replace the lines of a block list; lines of items that stay are kept as written."""
    text = header.text
    offset = entry.value_start - _node(entry).start_mark.index
    nodes = _node(entry).value
    starts = [_line_start(text, item.start_mark.index + offset) for item in nodes]
    ends = [*starts[1:], _line_end(text, nodes[-1].end_mark.index + offset)]
    chunks = {
        " ".join(node.value.split()): text[start:end]
        for node, start, end in reversed(list(zip(nodes, starts, ends, strict=True)))
    }
    marker = text[starts[0] : nodes[0].start_mark.index + offset]
    style = nodes[0].style
    lines = [chunks.get(i) or f"{marker}{_scalar(i, style)}{header.newline}" for i in items]
    return starts[0], ends[-1], "".join(lines)


def _node(entry: Entry) -> yaml.Node:
    if entry.node is None:
        raise TypeError(f"{entry.key} is not written in YAML")
    return entry.node


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


# --- Writing ----------------------------------------------------------------------------------


def _add(header: Header, name: str, value: object, newline: str) -> str:
    text, at = header.text, header.insert_at
    if header.form in ("pelican", "nikola"):
        key = _NEW_PELICAN_KEYS.get(name, name.capitalize())
        line = f"{key}: {_pelican_value(key, value)}{header.newline}"
        if header.form == "nikola":
            line = f".. {line[0].lower()}{line[1:]}"
        before = text[:at] if text[at - 1] in "\r\n" else text[:at] + header.newline
        return f"{before}{line}{text[at:]}"
    if header.form in ("toml", "json"):
        return add_literal(header, name, value, _as_text(name, value))
    if header.form == "yaml":
        lines = _yaml_lines(_NEW_YAML_KEYS.get(name, name), value, header.newline)
        return text[:at] + lines + text[at:]
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = _yaml_lines(_NEW_YAML_KEYS.get(name, name), value, newline)
    blank = text[len(mark) :] or newline
    return f"{mark}---{newline}{lines}---{newline}{blank}"


def _yaml_lines(key: str, value: object, newline: str) -> str:
    if isinstance(value, list | tuple):
        if not value:
            return f"{key}: []{newline}"
        return f"{key}:{newline}" + "".join(f"  - {_scalar(str(v))}{newline}" for v in value)
    text = _scalar(_as_text(key, value), keep_type=not isinstance(value, str))
    return f"{key}: {text}{newline}"


def _pelican_value(key: str, value: object) -> str:
    if isinstance(value, list | tuple):
        items = [str(item) for item in value]
        if any("," in item for item in items):
            return "; ".join(items) + (";" if len(items) == 1 else "")
        return ", ".join(items)
    return " ".join(_as_text(key, value).split())


def _flow(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"


def _style(entry: Entry) -> str | None:
    style = entry.node.style if isinstance(entry.node, yaml.ScalarNode) else None
    return style if style in ("'", '"') else None  # a block becomes one line


def _scalar(
    text: str, style: str | None = None, in_flow: bool = False, keep_type: bool = False
) -> str:
    """Write a scalar in a style (None: plain, ', "), quoted if any YAML reader might misread it."""
    if style == "'" and not re.search(r"[^ -~\xa0-\u2027\u202a-\ufefe\uff00-\U0010ffff]", text):
        return "'" + text.replace("'", "''") + "'"
    if style is None and _may_be_plain(text, in_flow, keep_type):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _may_be_plain(text: str, in_flow: bool, keep_type: bool) -> bool:
    if not _PLAIN.match(text) or _NOT_PLAIN.search(text):
        return bool(keep_type and re.match(r"-?\d[\d.]*\Z", text))
    if in_flow and _NOT_PLAIN_IN_FLOW.search(text):
        return False
    return keep_type or isinstance(yaml.safe_load(text), str)
