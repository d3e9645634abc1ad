"""An issue as a document: one Markdown file, taken apart and put together byte for byte.

Everything here is a pure function of bytes and text: no database, no settings, no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from posts.documents.headers import is_unclosed, read_header, split_header
from posts.documents.metadata import (
    DocumentError,
    Metadata,
    date_in_name,
    read_metadata,
    title_in_name,
)
from posts.markdown.document import Document, SectionSource

MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Issue:
    """A document taken apart. `header` and the sections' sources joined are the document again.

    `markdown` is the body as the parser reads it: once, and no sooner than somebody asks.
    """

    name: str
    header: str
    metadata: Metadata
    markdown: Document
    notices: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The Markdown below the header."""
        return self.markdown.text

    @property
    def sections(self) -> tuple[SectionSource, ...]:
        """The body cut at every top-level heading."""
        return self.markdown.sections

    @property
    def text(self) -> str:
        """The whole document."""
        return self.header + self.body

    def to_bytes(self) -> bytes:
        """Return the document as it was read, to the byte."""
        return self.text.encode()


def parse_issue(data: bytes, name: str = "", *, tag_keys: Sequence[str] = ("tags",)) -> Issue:
    """Take a document apart; what its header does not say is taken from its text and file name.

    Title: the first heading, else the file name. Date: the file name. Each such choice is a notice.
    Tags are read from all of `tag_keys`. Raises DocumentError, one line, if the bytes are not
    UTF-8, hold NUL, are over 1 MB, or if the header is not valid.
    """
    text = _decode(data)
    header, body = split_header(text)
    if is_unclosed(text):
        raise DocumentError("header: starts with --- but no line --- ends it")
    metadata, notices = read_metadata(read_header(header).values, tag_keys)
    markdown = Document(body)
    metadata, guesses = _complete(metadata, markdown, name)
    return Issue(name, header, metadata, markdown, (*notices, *guesses))


def join_issue(header: str, sources: Sequence[str]) -> str:
    """Join a header and section sources to a document, and keep each apart from the next.

    Only a piece that ends without a line ending, and is not the last, gets one: a document that was
    taken apart joins back as it was, an edited one does not lose a heading.
    """
    pieces = [piece for piece in (header, *sources) if piece]
    newline = "\r\n" if any("\r\n" in piece for piece in pieces) else "\n"
    for index, piece in enumerate(pieces[:-1]):
        if piece[-1] not in "\r\n" and piece != "\ufeff":
            pieces[index] = piece + newline
    return "".join(pieces)


def check_size(size: int, limit: int = MAX_BYTES) -> None:
    """Raise DocumentError if a file is too large, before anybody reads it."""
    if size > limit:
        raise DocumentError(f"larger than {limit // 1_000_000} MB ({size:,} bytes)")


def _decode(data: bytes) -> str:
    check_size(len(data))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"not UTF-8: byte {error.start} is 0x{data[error.start]:02x}"
        ) from error
    if "\0" in text:
        raise DocumentError(f"holds a NUL byte at {data.index(0)}: not a text file")
    return text


def _complete(metadata: Metadata, markdown: Document, name: str) -> tuple[Metadata, list[str]]:
    notices: list[str] = []
    if not metadata.title:
        heading = next((section.heading for section in markdown.sections if section.heading), "")
        title = heading or title_in_name(name)
        notices.append(
            f"no title in the header: taken from the {'first heading' if heading else 'file name'}"
        )
        metadata = replace(metadata, title=title)
    if metadata.date is None and (day := date_in_name(name)) is not None:
        notices.append("no date in the header: taken from the file name")
        metadata = replace(metadata, date=day)
    return metadata, notices
