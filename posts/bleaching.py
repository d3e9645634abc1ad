"""Sanitising by bleach, which a setting chooses; what may stay says ``posts.sanitizing``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from functools import partial
from typing import Any

import bleach
from bleach.html5lib_shim import Filter  # type: ignore[attr-defined]

Attributes = dict[tuple[str | None, str], str]
"""Values by namespace and name, as html5lib has them."""


def clean(
    html: str,
    tags: Set[str],
    schemes: Set[str],
    allow: Callable[[str, str, str], bool],
    finish: Callable[[str, Attributes], None],
) -> str:
    """Return HTML with these elements, schemes of addresses and attributes; ``finish`` changes the
    attributes of each element that stays, which bleach itself cannot."""
    cleaner = bleach.Cleaner(
        tags=tags,
        attributes=allow,
        protocols=schemes,
        strip=True,
        filters=[partial(_Finished, finish=finish)],
    )
    return cleaner.clean(html)


class _Finished(Filter):  # type: ignore[misc] # html5lib has no types
    """Lets a function change the attributes of each element."""

    def __init__(
        self, source: Iterable[dict[str, Any]], finish: Callable[[str, Attributes], None]
    ) -> None:
        super().__init__(source)
        self._finish = finish

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            if token["type"] in ("StartTag", "EmptyTag"):
                self._finish(token["name"], token["data"])
            yield token
