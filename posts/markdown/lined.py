"""HTML whose blocks say on which line they stand: for whoever sees the text beside it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Mapping
from typing import Final

from posts.markdown.marks import Marks
from posts.markdown.tree import Span
from posts.markdown.writing import Writer

_LINED: Final = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "table", "pre", "hr")
)
_TAG: Final = re.compile("<[a-z0-9]+")


class LinedWriter(Writer):
    """Writes each block with its line, counted from 0 at the ``first`` line of its section."""

    def __init__(self, marks: Marks, key: str, spans: Mapping[etree.Element, Span]) -> None:
        super().__init__(marks, key)
        self._spans = spans
        self.first = 0

    def _child(self, child: etree.Element) -> None:
        span = self._spans.get(child) if child.tag in _LINED else None
        if span is None:
            super()._child(child)
            return
        place = len(self._out)
        super()._child(child)
        opening = _TAG.match(self._out[place]) if place < len(self._out) else None
        if opening:
            end, written = opening.end(), self._out[place]
            line = self._own("data-line", str(span[0] - self.first))
            self._out[place] = written[:end] + line + written[end:]
