"""The policy of the sanitiser by bleach, which a setting chooses (``posts.sanitizing``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import bleach
from bleach.html5lib_shim import Filter  # type: ignore[attr-defined]

from posts.sanitizing import (
    ATTRIBUTES,
    FORCED,
    OWN_ATTRIBUTES,
    TAGS,
    URL_ATTRIBUTES,
    URL_SCHEMES,
    is_safe_url,
)


def clean(html: str, key: str) -> str:
    """Return HTML with nothing in it but what the policy allows."""

    def allow(tag: str, attribute: str, value: str) -> bool:
        if attribute in OWN_ATTRIBUTES and not (key and value.startswith(key)):
            return False
        if attribute in URL_ATTRIBUTES and not is_safe_url(value):
            return False
        return attribute in ATTRIBUTES["*"] or attribute in ATTRIBUTES.get(tag, ())

    def finish(source: Iterable[dict[str, Any]]) -> Filter:
        return _PolicyFilter(source, key)

    cleaner = bleach.Cleaner(
        tags=TAGS,
        attributes=allow,
        protocols=URL_SCHEMES,
        strip=True,
        filters=[finish],
    )
    return cleaner.clean(html)


class _PolicyFilter(Filter):  # type: ignore[misc] # html5lib has no types
    """Takes the key off and sets what the policy forces, which bleach itself cannot."""

    def __init__(self, source: Iterable[dict[str, Any]], key: str) -> None:
        super().__init__(source)
        self._key = key

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            if token["type"] in ("StartTag", "EmptyTag"):
                self._finish(token["name"], token["data"])
            yield token

    def _finish(self, tag: str, attributes: dict[tuple[str | None, str], str]) -> None:
        for name in [name for name in attributes if name[1] in OWN_ATTRIBUTES]:
            attributes[name] = attributes[name].removeprefix(self._key)
        for attribute, value in FORCED.get(tag, {}).items():
            attributes[None, attribute] = value
