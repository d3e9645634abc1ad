"""How far the work is: nobody looks, unless a command says otherwise."""

from __future__ import annotations

from typing import Any

from django.core.management.base import OutputWrapper
from tqdm import tqdm


class Progress:
    """Hears what was done, and says nothing."""

    def begin(self, size: int | None = None) -> None:
        """Begin a part of the work, of so many bytes."""

    def advance(self, size: int) -> None:
        """Take note of bytes."""

    def done(self, name: str) -> None:
        """Take note of a file."""

    def close(self) -> None:
        """End."""


class Shown(Progress):
    """A bar on a terminal, elsewhere a line for each file."""

    bar: tqdm[Any] | None = None

    def __init__(self, out: OutputWrapper, errors: OutputWrapper) -> None:
        self.out = out
        self.errors = errors

    def begin(self, size: int | None = None) -> None:
        """Begin the bar anew."""
        self.close()
        if self.out.isatty():
            self.bar = tqdm(total=size, unit="B", unit_scale=True, file=self.errors)

    def advance(self, size: int) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update(size)

    def done(self, name: str) -> None:
        """Write the line."""
        if self.bar is None:
            self.out.write(name)

    def close(self) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.close()
