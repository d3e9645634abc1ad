"""Undoing the content codings of HTTP (RFC 9110, 8.4), never further than there is room.

A kilobyte can unfold to gigabytes; so decoders are told with every piece how much they may return,
and whoever calls them stops when it is more than wanted.
"""

import zlib
from typing import Final, Protocol

import brotli

# What fetching asks for. Zstandard is left out: Python 3.11 has no decoder for it.
ACCEPTED: Final = "gzip, deflate, br"
_GZIP: Final = 16 + zlib.MAX_WBITS
_BARE: Final = -zlib.MAX_WBITS


class CodingError(ValueError):
    """A body in a coding that was not asked for, or not in the one it claims. One line."""


class Decoder(Protocol):
    """Turns the pieces of a body, in order, into what they stand for."""

    def decode(self, data: bytes, room: int) -> bytes:
        """What `data` adds, cut at about `room` bytes; raises CodingError.

        After a piece was cut there is no going on.
        """

    def finish(self) -> None:
        """Raises CodingError if the body broke off in the middle."""


def decoder_for(codings: str) -> Decoder:
    """The decoder for the value of a Content-Encoding header; raises CodingError.

    One coding at most: no server of ours to ask needs two, and bombs are built from many.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    match [name for name in names if name not in {"", "identity"}]:
        case []:
            return _Plain()
        case ["gzip" | "x-gzip"]:
            return _Zlib(_GZIP)
        case ["deflate"]:
            return _Zlib(zlib.MAX_WBITS)
        case ["br"]:
            return _Brotli()
    raise CodingError("The body has a coding that was not asked for.")


class _Plain:
    def decode(self, data: bytes, room: int) -> bytes:
        return data[:room]

    def finish(self) -> None:
        pass


class _Zlib:
    def __init__(self, window: int) -> None:
        self._window = window
        self._engine: zlib._Decompress | None = None

    def decode(self, data: bytes, room: int) -> bytes:
        if self._engine is None:
            if not data:
                return b""
            self._engine = self._start(data[0])
        try:
            return self._engine.decompress(data, room)
        except zlib.error as error:
            raise CodingError("The body is not compressed as it claims.") from error

    def finish(self) -> None:
        if self._engine is not None and not self._engine.eof:
            raise CodingError("The compressed body breaks off.")

    def _start(self, first: int) -> "zlib._Decompress":
        # "deflate" should be wrapped (RFC 9110, 8.4.1.2), but some servers send it bare. A wrapper
        # begins with the method, 8 (RFC 1950); a bare stream practically never does.
        bare = self._window == zlib.MAX_WBITS and first & 0x0F != 8
        return zlib.decompressobj(_BARE if bare else self._window)


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()
        self._begun = False

    def decode(self, data: bytes, room: int) -> bytes:
        self._begun = True
        if self._engine.is_finished():
            return b""
        try:
            decoded: bytes = self._engine.process(data, output_buffer_limit=room)
        except brotli.error as error:
            raise CodingError("The body is not compressed as it claims.") from error
        return decoded[:room]

    def finish(self) -> None:
        if self._begun and not self._engine.is_finished():
            raise CodingError("The compressed body breaks off.")
