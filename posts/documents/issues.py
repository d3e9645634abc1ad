"""An issue as a document: one Markdown file, taken apart and put together byte for byte.

Everything here is a pure function of bytes and text: no database, no settings, no network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from posts.documents.dates import Moment, date_in, date_in_name, parse_date, title_in_name
from posts.documents.entries import line_number
from posts.documents.errors import DocumentError
from posts.documents.headers import is_foreign, missing_end, read_header, split_header
from posts.documents.keys import SPELLINGS, plain_key
from posts.documents.metadata import Metadata, read_metadata
from posts.markdown.document import Document, SectionSource
from posts.messages import Message as _

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
    def first_line(self) -> int:
        """The line of the file where the body starts."""
        return line_number(self.header, len(self.header))

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

    Title: the heading that opens the text, or its only one of level 1, else the file name. Date:
    the file name, else a line or the heading that opens the text. Each such choice is a notice.
    Tags are read from all of `tag_keys`. Raises DocumentError, one line, if the bytes are not
    UTF-8, hold NUL, are over 1 MB, or if the header cannot be read.
    """
    text = _decode(data)
    header, body = split_header(text)
    if end := missing_end(text):
        raise DocumentError(_("Line 1: a header starts here, but no line %(end)s ends it", end=end))
    if is_foreign(text):
        problem = _("Line 1: this header is not read: write it as YAML between --- lines")
        raise DocumentError(problem)
    metadata, notices = read_metadata(read_header(header), tag_keys)
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


# "Date: May 10, 2024", as Notion writes what it knows of a page below its title.
_DATED = re.compile(r"[ \t*_>-]*(\w[\w ]{0,30}?)[ \t*_]*:[ \t*_]*(\w[^\n]{0,60}?)[ \t*_]*")
_FIRST_LINES, _FIRST_SIGNS, _LONGEST = 12, 2_000, 120

DAY_OF_NAME = _("no date in the header: taken from the file name")


def check_size(size: int, limit: int = MAX_BYTES) -> None:
    """Raise DocumentError if a file is too large, before anybody reads it."""
    if size > limit:
        problem = _(
            "larger than %(limit)d MB (%(size)s bytes)", limit=limit // 1_000_000, size=f"{size:,}"
        )
        raise DocumentError(problem)


def _decode(data: bytes) -> str:
    check_size(len(data))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = _(
            "not UTF-8: byte %(place)d is 0x%(byte)02x", place=error.start, byte=data[error.start]
        )
        raise DocumentError(problem) from error
    if "\0" in text:
        raise DocumentError(
            _("holds a NUL byte at %(place)d: not a text file", place=data.index(0))
        )
    return text


def _complete(metadata: Metadata, markdown: Document, name: str) -> tuple[Metadata, list[str]]:
    notices: list[str] = []
    if not metadata.title and (heading := _title_heading(markdown)):
        notices.append(_("no title in the header: taken from the first heading"))
        metadata = replace(metadata, title=heading)
    elif not metadata.title:
        notices.append(_("no title in the header: taken from the file name"))
        metadata = replace(metadata, title=title_in_name(name))
    if metadata.date is None:
        day, notice = _day_in_name(name)
        if name and day is None and not notice and (day := _day_in_text(markdown)):
            notice = _("no date in the header: taken from the text")
        notices += [notice] if notice else []
        metadata = replace(metadata, date=day)
    return metadata, notices


def _day_in_text(markdown: Document) -> Moment | None:
    """Return the date that a text begins with, in a line of its own (Notion) or its heading."""
    for line in markdown.text[:_FIRST_SIGNS].replace("\r", "\n").split("\n")[:_FIRST_LINES]:
        found = _DATED.fullmatch(line) if len(line) < _LONGEST else None
        if found and plain_key(found[1]) in SPELLINGS["date"]:
            with suppress(DocumentError):
                return parse_date(found[2])
    return date_in(_title_heading(markdown))


def _day_in_name(name: str) -> tuple[Moment | None, str]:
    """Return the date in a file's name, and what to say of it."""
    try:
        day = date_in_name(name)
    except DocumentError as error:
        return None, error.message
    return day, DAY_OF_NAME if day else ""


def _title_heading(markdown: Document) -> str:
    """Return the heading that is the title; a first heading below text may be any section's."""
    sections = [section for section in markdown.sections if section.level]
    if not sections:
        return ""
    is_opening = markdown.sections[0].level > 0
    is_only = [section.level for section in sections].count(1) == 1
    return sections[0].heading if is_opening or (sections[0].level == 1 and is_only) else ""
