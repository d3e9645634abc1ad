"""Why a header cannot be read, in its author's words: the line of the file and what is wrong there.

Parsers name the place where they gave up, which is often below the one to be mended: a quotation
mark that is not closed is told from the lines above. What is quoted stands between asterisks, since
most of this is about quotation marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

import yaml

from posts.documents.entries import EOL, line_number
from posts.documents.errors import at_line
from posts.messages import Message as _

SHOWN: Final = 30

# A value that starts with a quotation mark, to the end of its line; and how each mark is closed.
_QUOTED = re.compile(r"""\s*(?:-\s+)*(?:[^\s"'#\[{][^:=]*(?::\s+|=\s*))?(["'])(.*)""")
_CLOSED = {
    '"': re.compile(r"(?:[^\"\\]|\\.)*\"(.*)"),
    "'": re.compile(r"(?:[^']|'')*'(?!')(.*)"),
}
_AFTER_VALUE = re.compile(r"\s*(?:#.*|[,\]}:=].*)?\Z")
_NEXT_KEY = re.compile(r"\s*(?:-\s|[\w\"'-]+[ \t]*[:=](?:\s|\Z)|\[|\Z)")

# What YAML writes once and refers to, and the type of a value.
_NAMED = re.compile(r"[&*]([^\s,\[\]{}]+)")
_TYPE = re.compile(r"!!\S+")
_BEGINS = _("a value must not begin with %(sign)s: put it between quotation marks")
_INDENTED = _("this line is indented more or less than those it belongs to")
# What PyYAML says, whether its context is the place, and what that means; the first that matches.
_YAML_PROBLEMS: Final = (
    ("must not use", False, _BEGINS),
    ("nested too deeply", False, _("the header is nested too deeply")),
    ("scanning an alias", True, _BEGINS),
    ("scanning an anchor", True, _BEGINS),
    ("scanning a tag", True, _BEGINS),
    ("scanning a directive", True, _BEGINS),
    ("scanning a block scalar", True, _BEGINS),
    (r"found character '\t'", False, _("this line is indented with a tab: use spaces")),
    ("cannot start any token", False, _BEGINS),
    ("sequence entries are not allowed", False, _BEGINS),
    ("mapping keys are not allowed", False, _BEGINS),
    ("escape character", False, _('between " marks, a backslash is written twice')),
    ("expected ':'", True, _("there is no colon after *%(text)s*")),
    ("parsing a flow node", False, _("a word is missing before %(sign)s")),
    (
        "parsing a flow",
        True,
        _("the bracket %(sign)s is not closed, or a text in it needs quotation marks"),
    ),
    (
        "found '<scalar>'",
        False,
        _("*%(text)s* follows the value: put all of it between quotation marks"),
    ),
    ("found '<block", False, _INDENTED),
    ("found '-'", False, _INDENTED),
)
_TOML_PROBLEMS: Final = (
    ("overwrite", _("this key or table stands in the header twice")),
    ("Expected '='", _("there is no = after the key")),
    ("Unclosed array", _("the bracket [ is not closed")),
    ("escape", _('between " marks, a backslash is written twice')),
    ("Invalid value", _("a text stands between quotation marks, a date is like 2024-05-10")),
)
_JSON_PROBLEMS: Final = (
    ("Unterminated string", _("a quotation mark is not closed")),
    ("Invalid control character", _("a quotation mark is not closed")),
    ("Expecting ',' delimiter", _("there is no comma at the end of the line above")),
    ("Expecting property name", _('there is a comma too many, or a key without " marks')),
    ("Expecting ':' delimiter", _("there is no colon after the key")),
    ("Expecting value", _('a text stands between " marks')),
    ("escape", _('between " marks, a backslash is written twice')),
)


def unreadable(line: int) -> _:
    """Return what is said where nothing better is known."""
    return _("The header cannot be read from line %(line)d on.", line=line)


def explain_yaml(error: yaml.MarkedYAMLError, text: str, start: int, end: int) -> _:
    """Explain an error in the YAML between two places of a header."""
    lines = re.split(EOL, text[start:end])
    first = line_number(text, start)
    row = error.problem_mark.line if error.problem_mark else 0
    found = _quotation(lines[: row + 1])
    if found is not None:
        return at_line(first + found[0], found[1])
    said = f"{error.context} {error.problem}"
    if "mapping values are not allowed" in said:
        index, problem = _colon(lines, row)
        return at_line(first + index, problem)
    for sign, in_context, problem in _YAML_PROBLEMS:
        mark = error.context_mark if in_context else error.problem_mark
        if sign in said and mark is not None:
            place = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
            words = _reference(place, text[start:end]) or _filled(problem, place)
            return at_line(first + mark.line, words)
    return unreadable(first + row)


def explain_toml(error: Exception, text: str, start: int, end: int) -> _:
    """Explain an error in the TOML between two places of a header."""
    lines = re.split(EOL, text[start:end])
    first = line_number(text, start)
    found = re.search(r"at line (\d+)", str(error))
    row = int(found[1]) - 1 if found else len(lines) - 1
    if isinstance(error, RecursionError):
        return at_line(first, _("the header is nested too deeply"))
    quotation = _quotation(lines[: row + 1])
    if quotation is not None:
        return at_line(first + quotation[0], quotation[1])
    for sign, problem in _TOML_PROBLEMS:
        if sign in str(error):
            return at_line(first + row, problem)
    return unreadable(first + row)


def explain_json(error: Exception, text: str, start: int) -> _:
    """Explain an error in the JSON at a place of a header."""
    if not isinstance(error, json.JSONDecodeError):
        return at_line(line_number(text, start), _("the header is nested too deeply"))
    line = line_number(text, error.pos)
    for sign, problem in _JSON_PROBLEMS:
        if sign in error.msg:
            return at_line(line, problem)
    return unreadable(line)


def _quotation(lines: Sequence[str]) -> tuple[int, _] | None:
    """Return the first line whose quotation marks do not fit, and what is wrong with them."""
    for index, line in enumerate(lines):
        found = _QUOTED.match(line)
        if found is None:
            continue
        rest = _CLOSED[found[1]].match(found[2])
        if rest is None and _NEXT_KEY.match(lines[index + 1] if index + 1 < len(lines) else ""):
            problem = _("the quotation mark before *%(text)s* is not closed", text=_shown(found[2]))
            return index, problem
        if rest is not None and not _AFTER_VALUE.match(rest[1]):
            problem = _(
                "*%(text)s* follows the second quotation mark:"
                " a quotation mark within a text is written %(inner)s",
                text=_shown(rest[1]),
                inner='\\"' if found[1] == '"' else "''",
            )
            return index, problem
    return None


def _colon(lines: Sequence[str], row: int) -> tuple[int, _]:
    """Return where a colon, or the indent before it, is at fault."""
    above = lines[row - 1] if row else ""
    if re.match(r"\w+:[^\s/]", above):
        return row - 1, _("there is no space after the colon")
    if lines[row][:1] in (" ", "\t"):
        return row, _INDENTED
    value = lines[row].partition(": ")[2]
    return row, _("*%(text)s* holds a colon: put it between quotation marks", text=_shown(value))


def _reference(place: str, block: str) -> _ | None:
    """Return what is wrong with a place where a value is named or its type told, if one is."""
    if found := _NAMED.match(place):
        names = {name[0] for name in _NAMED.finditer(block) if name[1] == found[1]}
        if len(names) > 1:
            return _(
                "%(anchor)s and %(alias)s repeat a value by its name, which is not read:"
                " write the value in both places",
                anchor=f"&{found[1]}",
                alias=f"*{found[1]}",
            )
    if found := _TYPE.match(place):
        return _("%(text)s names a type, which is not read: leave it out", text=_shown(found[0]))
    return None


def _filled(problem: _, place: str) -> _:
    values = {"sign": place[:1], "text": _shown(place)}
    return _(problem.template, **{k: v for k, v in values.items() if f"%({k})s" in problem})


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
