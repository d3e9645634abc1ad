"""Headers in TOML and JSON: where their top-level keys stand, and how values are written in them.

What Hugo, Zola and Eleventy read beside YAML. Keys of tables can be read but not changed in place;
one that stands above them is added instead, and wins.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from posts.documents.entries import Entry, Form, Header, Value
from posts.documents.errors import DocumentError
from posts.documents.explaining import explain_json, explain_toml
from posts.markdown.lines import with_line_feeds

_TOML_KEY = re.compile(r"""[ \t]*(?P<key>[A-Za-z0-9_-]+|"[^"\\\r\n]*"|'[^'\r\n]*')[ \t]*=[ \t]*""")
# A value ends with its line, unless a bracket or a text of many lines is open.
_TOML_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\r\n]|\\.)*"|\'[^\'\r\n]*\''
    r"|(?P<skip>#[^\r\n]*|[ \t]+)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<end>\r\n|\r|\n)|.",
    re.DOTALL,
)
_TOML_TABLE = re.compile(r"[ \t]*\[")
_JSON_SPACE = re.compile(r"[ \t\r\n,]*")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
_decode = json.JSONDecoder(parse_float=str, parse_int=str, strict=True)


# --- Reading ----------------------------------------------------------------------------------


def read_toml(text: str, start: int, end: int) -> Header:
    """Read the TOML between two places of a header. Raises DocumentError."""
    try:
        values = tomllib.loads(with_line_feeds(text[start:end]), parse_float=str)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DocumentError(explain_toml(error, text, start, end)) from error
    return _header(text, "toml", values, *_toml_places(text, start, end))


def _toml_places(text: str, at: int, end: int) -> tuple[dict[str, tuple[int, int, int, int]], int]:
    """Return (start, end, start and end of the value) of each key above the first table."""
    places: dict[str, tuple[int, int, int, int]] = {}
    while at < end and not _TOML_TABLE.match(text, at):
        key = _TOML_KEY.match(text, at)
        value_start = key.end() if key else at
        value_end, statement_end = _toml_value_end(text, value_start, end)
        if key:
            places[key["key"].strip("\"'")] = (at, statement_end, value_start, value_end)
        at = statement_end
    return places, at


def _toml_value_end(text: str, at: int, end: int) -> tuple[int, int]:
    depth, value_end = 0, at
    while at < end and (token := _TOML_TOKEN.match(text, at, end)) is not None:
        at = token.end()
        depth += (token["open"] is not None) - (token["close"] is not None)
        if token["end"] is not None and depth <= 0:
            break
        if token["skip"] is None and token["end"] is None:
            value_end = at
    return value_end, at


def read_json(text: str, start: int, end: int) -> Header:
    """Read the JSON object between two places of a header. Raises DocumentError."""
    try:
        values, _end = _decode.raw_decode(text[:end], start)
        if not isinstance(values, dict):
            raise json.JSONDecodeError("no object", text, start)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DocumentError(explain_json(error, text, start)) from error
    places: dict[str, tuple[int, int, int, int]] = {}
    at = _after_space(text, start + 1)
    while text[at] != "}":
        key, key_end = _decode.raw_decode(text, at)
        value_start = _after_space(text, text.index(":", key_end) + 1)
        _value, value_end = _decode.raw_decode(text, value_start)
        places[key] = (at, value_end, value_start, value_end)
        at = _after_space(text, value_end)
    insert_at = max((place[1] for place in places.values()), default=start + 1)
    return _header(text, "json", values, places, insert_at)


def _after_space(text: str, at: int) -> int:
    found = _JSON_SPACE.match(text, at)
    return found.end() if found else at


def _header(
    text: str,
    form: Form,
    values: Mapping[str, Any],
    places: Mapping[str, tuple[int, int, int, int]],
    insert_at: int,
) -> Header:
    read = {key: _to_value(value) for key, value in values.items()}
    entries = tuple(Entry(key, read[key], *place) for key, place in places.items() if key in read)
    tables = {key: value for key, value in read.items() if key not in places}
    return Header(text, form, entries, insert_at, tables)


def _to_value(value: Any) -> Value:
    """Return a value as text, as headers in YAML are read."""
    if isinstance(value, dict):
        return {str(key): _to_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_value(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# --- Writing ----------------------------------------------------------------------------------


def replace_literal(header: Header, entry: Entry, value: object, text: str) -> str:
    """Return the header's text with another value of a key; ``text`` is how scalars read."""
    old = header.text[entry.value_start : entry.value_end]
    is_bare = not old.startswith(("'", '"'))
    literal = _literal(header.form, value, text, is_bare)
    return header.text[: entry.value_start] + literal + header.text[entry.value_end :]


def add_literal(header: Header, key: str, value: object, text: str) -> str:
    """Return the header's text with a new key, above the tables."""
    at, literal = header.insert_at, _literal(header.form, value, text, True)
    before, after = header.text[:at], header.text[at:]
    if header.form == "toml":
        name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)
        gap = "" if before.endswith(("\n", "\r")) else header.newline
        return f"{before}{gap}{name} = {literal}{header.newline}{after}"
    first = min((entry.start for entry in header.entries), default=at)
    indent = re.search(r"[\r\n]*[ \t]*\Z", header.text[:first])
    space = (indent[0] if indent else "") or " " * bool(header.entries)
    return f"{before}{',' if header.entries else ''}{space}{_quoted(key)}: {literal}{after}"


def remove_literal(header: Header, entry: Entry) -> str:
    """Return the header's text without a key."""
    start, end = entry.start, entry.end
    if header.form == "json":
        later = [other.start for other in header.entries if other.start > start]
        earlier = [other.value_end for other in header.entries if other.start < start]
        start, end = (start, min(later)) if later else (max(earlier, default=start), end)
    return header.text[:start] + header.text[end:]


def _literal(form: str, value: object, text: str, is_bare: bool) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_quoted(str(item)) for item in value)}]"
    if isinstance(value, bool) and text in ("true", "false"):
        return text
    if isinstance(value, date | datetime) and form == "toml" and is_bare:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """Return a string that TOML and JSON both read."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
