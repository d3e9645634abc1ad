"""What a picture's file says of itself, before any decoder sees it: its kind, and how it is made.

Decoders walk files in the order of their parts, some of them in Python and some of them again and
again; so a file of many small parts, or of many passes over a large picture, costs minutes. Here
each is walked once, in as many steps as honest files have; what takes more is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# Honest files of 20 MB have fewer: PNG chunks of 4 KB, GIF blocks of 255 bytes, JPEG markers.
MOST_CHUNKS: Final = 20_000
MOST_BLOCKS: Final = 200_000
MOST_SEGMENTS: Final = 2_000
MOST_COMMENTS: Final = 500
# What iPhones write, and AVIF, by their brands (ISO/IEC 23008-12, section 10; AV1 Image File
# Format, section 6). Files of the second kind may name brands of the first, too.
HEIC: Final = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
AVIF: Final = frozenset({b"avif", b"avis"})
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN, _END = 0xDA, 0xD9


class ContainerError(ValueError):
    """The file has more parts than any honest one."""


def is_heic(data: bytes) -> bool:
    """Tell whether this is what iPhones keep, which only a licensed decoder reads."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    return bool(brands & HEIC) and not brands & AVIF


def is_markup(data: bytes) -> bool:
    """Tell whether this is SVG, or a page."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) or (
        start.startswith(b"<") and b"<svg" in start
    )


def check(data: bytes) -> None:
    """Walk the parts of a PNG, GIF or JPEG. Raises ContainerError."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_png(data)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        _check_gif(data)
    elif data.startswith(b"\xff\xd8"):
        count_scans(data)


def count_scans(data: bytes) -> int:
    """Walk a JPEG up to its first scan; return how many there are. Raises ContainerError."""
    at = 2
    for _step in range(MOST_SEGMENTS):
        while at < len(data) and data[at] != 0xFF:
            at += 1
        marker = data[at + 1] if at + 1 < len(data) else _END
        if marker == _SCAN:
            return _scans(data, at)
        if marker == _END:
            return 0
        if marker == 0xFF:
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    raise ContainerError


def _scans(data: bytes, at: int) -> int:
    """Count the scans from the first to the end of the picture. In what is coded no byte 0xFF is
    followed by another than zero or that of a restart, so that markers can be searched for."""
    end = data.find(b"\xff\xd9", at)
    return data.count(b"\xff\xda", at, end if end >= 0 else len(data))


def _check_png(data: bytes) -> None:
    at = 8
    for _step in range(MOST_CHUNKS):
        if at + 8 > len(data) or data[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise ContainerError


def _check_gif(data: bytes) -> None:
    """Walk the blocks of a GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt)."""
    comments = 0
    for steps, label in enumerate(_gif_blocks(data)):
        comments += label == 0xFE
        if steps > MOST_BLOCKS or comments > MOST_COMMENTS:
            raise ContainerError


def _gif_blocks(data: bytes) -> Iterator[int]:
    """Yield the label of each extension (0 for what belongs to a block), until the file ends."""
    at = 13 + _table(data, 10)
    while at < len(data):
        kind = data[at]
        if kind == 0x21:
            yield data[at + 1] if at + 1 < len(data) else 0
            at += 2
        elif kind == 0x2C:
            yield 0
            at += 11 + _table(data, at + 9)
        elif kind == 0x3B:
            return
        else:
            # What no decoder understands; more of it may follow that one passes over.
            yield 0
            at += 1
            continue
        while at < len(data) and data[at]:
            yield 0
            at += 1 + data[at]
        at += 1


def _table(data: bytes, at: int) -> int:
    """Return the bytes of the table of colours that flags announce."""
    flags = data[at] if at < len(data) else 0
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
