"""What the renderer refuses: documents that no author writes, but an attacker does.

Every limit is far above anything found in more than two thousand real issues, and each one closes
an input on which the work would grow faster than the text.
"""

from __future__ import annotations

from posts.messages import Message as _

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_OPEN_BRACKETS = 200
MAX_FOOTNOTE_USES = 500
MAX_COLUMNS = 50
MAX_OPEN_TAGS = 200
MAX_UNDEFINED = 50
"""So many references without a definition are noted."""


class MarkdownLimitError(ValueError):
    """A document goes beyond a limit; ``line`` is the line of the body, counted from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"line {line}: {reason}")
        self.reason = reason
        self.line = line


def check_size(text: str) -> None:
    """Refuse a text of more than ``MAX_BYTES`` bytes of UTF-8, naming the line that crosses it."""
    if len(text) * 4 <= MAX_BYTES:
        return
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BYTES:
        line = data[:MAX_BYTES].count(b"\n") + 1
        raise MarkdownLimitError(
            _("the issue is longer than %(size)s bytes", size=f"{MAX_BYTES:,}"), line
        )
