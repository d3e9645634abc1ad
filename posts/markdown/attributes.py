"""What generators read beside Markdown: attribute lists and marks for a table of contents.

``## Tools {#tools .wide}`` (Pandoc, kramdown, Hugo, Docusaurus) and ``[x](y){:target="_blank"}``
and ``{-}`` (Pandoc) say nothing to a reader; of them only the id of a place counts. A page has
contents of its own.
"""

from __future__ import annotations

import re
from typing import Final

# Possessive throughout, so that each character is looked at once.
_VALUE: Final = r"(?:\"[^\"\n]*+\"|'[^'\n]*+'|[^\s\"'{}]++)"
_ID: Final = r"#(?!(?:if|each|await|key|snippet)\b)[^\s#{}.]++(?:\.\d[^\s#{}.]*+)*+"
_PART: Final = rf"(?:{_ID}|\.[A-Za-z_][\w-]*+|[\w-]++={_VALUE})"
_PLAIN: Final = rf"\{{(?:[ \t]*+{_PART})++[ \t]*+\}}"
# With a colon (kramdown) a part may be the name of a list of attributes as well.
_COLON: Final = rf"\{{:(?:[ \t]*+(?:{_PART}|[A-Za-z][\w-]*+(?!=)))++[ \t]*+\}}"
LIST: Final = re.compile(rf"{_COLON}|{_PLAIN}")
COLON_LIST: Final = re.compile(_COLON)
_IN_HEADING: Final = re.compile(
    rf"(?:^|(?<![ \t])[ \t]++)(?:({_COLON}|{_PLAIN}|\{{-\}})|\{{/\*[ \t]*(#[\w-]+)[ \t]*\*/\}})"
    r"[ \t]*$"
)
_NAMED_ID: Final = re.compile(rf"(?<![^\s{{:]){_ID}")
_CONTENTS: Final = re.compile(
    r"\[\[?_?toc_?\]\]?|@\[toc\](?:\([^()]*\))?|\$\{toc\}|\{:[ \t]*toc\b[^{}]*\}"
    r"|[^\n]{0,40}\n\{:[ \t]*toc\b[^{}]*\}",
    re.IGNORECASE,
)


def split_heading(text: str) -> tuple[str, str]:
    """The text of a heading without its attributes, and the id among them ('' for none)."""
    found = _IN_HEADING.search(text) if text.endswith("}") else None
    if found is None:
        return text, ""
    return text[: found.start()], read_id(found[1] or found[2])


def read_id(source: str) -> str:
    """The id in a list of attributes, '' for none."""
    found = _NAMED_ID.search(source)
    return found[0][1:] if found else ""


def is_contents(text: str) -> bool:
    """Whether a paragraph only says where a table of contents goes."""
    return len(text) < 100 and _CONTENTS.fullmatch(text) is not None
