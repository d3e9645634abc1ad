"""Tables as CSV files that spreadsheets open as what they are, and run nothing of.

Whoever writes a link's title or chooses a host's name may begin it like a formula, and a
spreadsheet would run it on the computer of whoever opens the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

# What spreadsheets take for the beginning of a formula, full-width forms among them. Source:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# Without it Excel reads the file in the code page of the machine.
BYTE_ORDER_MARK: Final = "\ufeff"


class _Line:
    """A file that keeps nothing: what is written comes back."""

    def write(self, text: str) -> str:
        return text


def harmless(cell: object) -> object:
    """Return a cell as no spreadsheet takes it for a formula: text that looks like one is quoted.

    Spaces before it do not count, since some programs drop them. Numbers stay numbers, also
    negative ones.
    """
    if isinstance(cell, (int, float)):
        return cell
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def csv_lines(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield the lines of a table as CSV (RFC 4180), UTF-8 with a byte order mark.

    All text stands in quotes, so that no separator in it begins another cell.
    """
    writer = csv.writer(_Line(), quoting=csv.QUOTE_NONNUMERIC)
    yield (BYTE_ORDER_MARK + writer.writerow([harmless(name) for name in header])).encode()
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row]).encode()
