"""What is wrong with a document, in the words of its author."""

from __future__ import annotations

from posts.messages import Message
from posts.messages import Message as _


class DocumentError(ValueError):
    """A document that cannot be read; the message is one line for its author.

    ``key`` is the key of the header it is about, '' for none.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.key = key


def shown(text: str) -> str:
    """Return a value as messages quote it: one line, not too long."""
    text = text.encode("utf-8", "replace").decode()
    short = text if len(text) <= 40 else text[:39] + "…"
    return " ".join(short.split())


def at_line(line: int, what: Message) -> Message:
    """Return a message about a line of the file."""
    return _("Line %(line)d: %(what)s", line=line, what=what)
