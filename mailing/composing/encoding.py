"""How a body travels: quoted-printable or base64 (RFC 2045, 6.7 and 6.8), whichever is smaller.

Servers take both everywhere. What is mostly Latin is smaller quoted, what is mostly Hangul in
base64; as 8bit it would be smaller still, but not all servers take that (RFC 6152).
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from typing import Final, Literal

Encoding = Literal["quoted-printable", "base64"]

LINE: Final = 57
"""So many bytes make a line of 76 letters in base64."""
_LONGEST: Final = 900
"""RFC 5322, 2.1.1: a line has at most 998 bytes, should somebody send it as it is."""
_PRE: Final = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)


def encode(data: bytes, encoding: Encoding) -> bytes:
    """Return what is sent of a body whose lines end in a line feed."""
    if encoding == "base64":
        return encodebytes(data).replace(b"\n", b"\r\n")
    return b2a_qp(data, istext=True).replace(b"\n", b"\r\n")


def best(data: bytes) -> Encoding:
    """Return the encoding in which a body is smaller."""
    return min(("quoted-printable", "base64"), key=lambda name: size(data, name))


def size(data: bytes, encoding: Encoding) -> int:
    """Return the size of a body as it is sent, in bytes.

    That of whole lines quoted is the sum of theirs.
    """
    if encoding == "base64":
        return based(len(data))
    quoted = b2a_qp(data, istext=True)
    return len(quoted) + quoted.count(b"\n")


def sent(html: str) -> int:
    """Return the size of a body in the better encoding."""
    data = html.encode()
    return size(data, best(data))


def based(length: int) -> int:
    """Return the size of so many bytes in base64."""
    return (length + 2) // 3 * 4 + 2 * -(-length // LINE)


def bytes_in(budget: int) -> int:
    """Return how many bytes in base64 stay within a budget."""
    return max(0, (budget // 78) * LINE)


def broken(html: str) -> str:
    """Return HTML with line feeds for spaces where a line would be too long."""
    if len(html) * 3 < _LONGEST or all(len(line) * 3 < _LONGEST for line in html.split("\n")):
        return html
    parts = _PRE.split(html)
    parts[::2] = ["\n".join(map(_broken, part.split("\n"))) for part in parts[::2]]
    return "".join(parts)


def _broken(line: str) -> str:
    if len(line) * 3 < _LONGEST or len(line.encode()) < _LONGEST:
        return line
    lines, length = [""], 0
    for word in line.split(" "):
        taken = len(word.encode()) + 1
        if length and length + taken > _LONGEST:
            lines.append(word)
            length = taken
        else:
            lines[-1] += f" {word}" if length else word
            length += taken
    return "\n".join(lines)
