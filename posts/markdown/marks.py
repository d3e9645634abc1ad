"""What the elements of a tree mean beyond their tags: what whoever writes it is told."""

from __future__ import annotations

import xml.etree.ElementTree as etree
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from posts.markdown.decisions import CoveredBefore, Decisions


class ItemMark(NamedTuple):
    """What the HTML says about an item, escaped."""

    host: str = ""
    kind: str = ""
    anchor: str = ""
    hidden: bool = False
    again: CoveredBefore | None = None


class ImageSize(NamedTuple):
    """An image that is known: the address to show it from, its size in pixels, and what browsers
    may choose from instead, as (media type, ``srcset``)."""

    url: str
    width: int
    height: int
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Marks:
    """What the tree's elements mean, beyond their tags."""

    headings: Mapping[etree.Element, str] = field(default_factory=dict)
    levels: Mapping[etree.Element, int] = field(default_factory=dict)
    items: dict[etree.Element, ItemMark] = field(default_factory=dict)
    groups: set[etree.Element] = field(default_factory=set)
    titles: set[etree.Element] = field(default_factory=set)
    removed: set[etree.Element] = field(default_factory=set)
    """Blocks that belong to a heading that is hidden."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Where links within the issue lead, by their address as written."""
    places: Mapping[str, str] = field(default_factory=dict)
    """The ids of places that such links lead to, by the author's name."""
    decided: Decisions = field(default_factory=Decisions)
    images: Mapping[str, ImageSize] = field(default_factory=dict)
    foreign: bool = True
    """Whether images that are not known are shown from where they are elsewhere."""

    def withholds(self, image: etree.Element) -> bool:
        """Tell whether an image is not shown, so that no reader asks another server for it."""
        source = image.get("src", "")
        return not self.foreign and source not in self.images and is_foreign(source)


def is_foreign(address: str) -> bool:
    """Whether an image is somewhere else than beside its issue."""
    return address.lower().startswith(("https:", "http:", "//"))
