"""Headers in YAML, read into nodes that know their places.

No YAML type but "nothing" is read into a value: `1.10` stays "1.10", and `yes` stays "yes".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, cast

import yaml

from posts.documents.entries import Entry, Header, Value, line_number
from posts.documents.errors import DocumentError, at_line
from posts.documents.explaining import explain_yaml
from posts.messages import Message as _

MAX_DEPTH: Final = 20

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# YAML 1.1 takes these for line breaks; in a document they are text.
_YAML_BREAKS = "\x85\u2028\u2029"
_SPACES = re.compile(r"[ \t]+")

_FORBIDDEN: tuple[Callable[[yaml.Event], bool], ...] = (
    lambda event: isinstance(event, yaml.AliasEvent),
    lambda event: getattr(event, "anchor", None) is not None,
    lambda event: getattr(event, "tag", None) not in (None, "!"),
)


class _Composer(yaml.SafeLoader):
    """Composes nodes without anchors, aliases and types, and not deeper than `MAX_DEPTH`."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if any(is_forbidden(event) for is_forbidden in _FORBIDDEN):
            raise _error("must not use", event)
        if self.depth >= MAX_DEPTH:
            raise _error("nested too deeply", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _error(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark = cast("yaml.Mark | None", event.start_mark)
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def read_yaml(text: str, start: int, end: int) -> Header:
    """Read the YAML between two places of a header. Raises DocumentError."""
    hidden, unhide = _hide_breaks(_SPACES.sub(_without_tabs, text[start:end]))
    try:
        root = _Composer(hidden).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise DocumentError(explain_yaml(error, text, start, end)) from error
    except yaml.reader.ReaderError as error:
        line = line_number(text, start + error.position)
        raise DocumentError(at_line(line, _("holds a control character"))) from error
    if root is not None and not isinstance(root, yaml.MappingNode):
        line = line_number(text, start + root.start_mark.index)
        raise DocumentError(at_line(line, _("a header has lines such as “title: My issue”")))
    pairs = root.value if root else ()
    entries = tuple(_entry(text, key, value, start, unhide) for key, value in pairs)
    return Header(text, "yaml", entries, end)


def _without_tabs(run: re.Match[str]) -> str:
    """Return white space with spaces for tabs where YAML 1.2 allows them (6.2), but not PyYAML."""
    before = run.string[max(run.start() - 1, 0) : run.start()]
    after = run.string[run.end() : run.end() + 1]
    is_between = (before and before in ":,[{?-") or not after or after in "\r\n#"
    return " " * len(run[0]) if is_between else run[0]


def _hide_breaks(block: str) -> tuple[str, dict[int, str]]:
    """Replace what YAML wrongly takes for line breaks by stand-ins the text does not hold."""
    present = [char for char in _YAML_BREAKS if char in block]
    free = (char for char in map(chr, range(0xE000, 0xF8FF)) if char not in block)
    pairs = dict(zip(present, free, strict=False))
    hidden = block.translate({ord(char): stand_in for char, stand_in in pairs.items()})
    return hidden, {ord(stand_in): char for char, stand_in in pairs.items()}


def _entry(
    text: str, key: yaml.Node, value: yaml.Node, start: int, unhide: Mapping[int, str]
) -> Entry:
    if not isinstance(key, yaml.ScalarNode):
        line = line_number(text, start + key.start_mark.index)
        raise DocumentError(at_line(line, _("a key must be a word")))
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
    if isinstance(node, yaml.SequenceNode):
        return [_to_value(item, unhide) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(_to_value(key, unhide)): _to_value(item, unhide) for key, item in node.value}
    if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NULLS:
        return None
    return str(node.value).translate(unhide)
