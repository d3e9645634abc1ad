"""Results kept in the memory of a process, each by a digest of all that it follows from.

So nothing that is kept can be old, and whoever asks may find it or not: it is made again. What was
not asked for longest is forgotten first.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Any, Final

MOST: Final = 6_000_000
"""About as many bytes are kept: what an issue of 300 KB takes."""


def digest_of(*said: object) -> bytes:
    """Return a digest of plain values."""
    text = "\0".join(map(str, said))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Memory:
    """Values by their digests, of ``most`` bytes together; threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        """Keep nothing any more."""
        self._values: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self.size = 0

    def get(self, digest: bytes) -> Any:
        """Return what is kept, or None."""
        with self._lock:
            if (kept := self._values.get(digest)) is None:
                return None
            self._values.move_to_end(digest)
            return kept[0]

    def keep(self, digest: bytes, value: Any, size: int) -> None:
        """Keep a value of about so many bytes; without a digest it follows from what nobody knows,
        and is not kept."""
        if not digest or size > self._most:
            return
        with self._lock:
            _value, before = self._values.pop(digest, (None, 0))
            self._values[digest] = value, size
            self.size += size - before
            while self.size > self._most:
                _digest, (_value, gone) = self._values.popitem(last=False)
                self.size -= gone


MEMORY: Final = Memory(MOST)
