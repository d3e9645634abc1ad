"""CSV files of whatever program, read row by row: their encoding, separator and header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

SEPARATORS: Final = ",;\t|"
# The second is what Korean spreadsheets write.
ENCODINGS: Final = ("utf-8-sig", "cp949")
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHUNK: Final = 1 << 20
_APART: Final = re.compile(r"[\s_\-]+")


class FileError(ValueError):
    """A file that cannot be read as a table; ``code`` says why: encoding, empty, address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands in the file: its number there, its cells by the names of columns.

    ``cells`` is None for what cannot be read.
    """

    number: int
    cells: dict[str, str] | None


def lines(file: IO[bytes]) -> Iterator[Line]:
    """Yield the rows of a CSV file below its header. Raises FileError.

    Names of columns are in small letters, with single spaces for what separates their words. A
    file without header that begins with an address is a list of addresses.
    """
    encoding = encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield from _rows(text)
    finally:
        if not file.closed:
            text.detach()


def _rows(text: io.TextIOWrapper) -> Iterator[Line]:
    first, above = text.readline(), 1
    if first[:4].lower() == "sep=":  # by which Excel says what separates the cells
        first, above = text.readline(), 2
    if not first.strip():
        raise FileError("empty")
    try:
        separator = _separator(first)
        header = next(csv.reader([first], delimiter=separator), [""])
    except csv.Error as error:  # a cell that is longer than any address
        raise FileError("address") from error
    names = [name_of(cell) for cell in header]
    if "@" in header[0]:
        yield Line(above, {"email": header[0].strip()})
        names = ["email"]
    rows = csv.reader(text, delimiter=separator)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:  # a cell without end, a byte that no text has
            yield Line(rows.line_num + above, None)
            continue
        if any("\0" in cell for cell in row):
            yield Line(rows.line_num + above, None)
        elif any(map(str.strip, row)):
            cells = {name: cell.strip() for name, cell in zip(names, row, strict=False)}
            yield Line(rows.line_num + above, cells)


def name_of(cell: str) -> str:
    """Return the name of a column as all programs would write it: "Email Address" is one."""
    return _APART.sub(" ", cell.strip().strip("\ufeff\"'")).strip().casefold()


def encoding_of(file: IO[bytes]) -> str:
    """Return the encoding of a file, all of which is read in pieces. Raises FileError."""
    file.seek(0)
    is_utf_16 = file.read(2) in _UTF_16
    for encoding in ("utf-16",) if is_utf_16 else ENCODINGS:
        file.seek(0)
        if _is_encoded(file, encoding):
            return encoding
    raise FileError("encoding")


def _is_encoded(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _separator(line: str) -> str:
    """Return what separates the cells of a header: what makes most of them."""
    return max(SEPARATORS, key=lambda sign: len(next(csv.reader([line], delimiter=sign), [])))
