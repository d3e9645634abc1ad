"""Where links within an issue lead: to a heading, or to a place that its author named.

An author's id never becomes one of the page's: a link to it leads to the heading that has it, or to
a place whose id no heading can have.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import unquote

from posts.markdown.tree import NAME, places_in

PREFIX: Final = "author--"
"""No anchor of a heading has two hyphens."""
_TO_TOP: Final = frozenset(("", "top"))
"""What leads to the top of a page in any case (HTML Living Standard, 7.4.6.4)."""
_NOT_IN_GITHUB_SLUG: Final = re.compile(r"[^\w\- ]")
_VARIANTS: Final = re.compile("[\ufe0e\ufe0f\u200d]")


class Fragments:
    """The links within an issue, resolved.

    ``targets`` says where each leads, by its address as written; ``ids`` are those of the places
    that are needed for it, by the author's name; ``dead`` are the fragments that lead nowhere.
    """

    def __init__(
        self,
        trees: Iterable[etree.Element],
        headings: Mapping[etree.Element, str],
        make_anchor: Callable[[str], str],
    ) -> None:
        self.targets: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.dead: list[str] = []
        trees = list(trees)
        links = {
            link.get("href", "")
            for tree in trees
            for link in tree.iter("a")
            if link.get("href", "").startswith("#")
        }
        if links:
            self._make_anchor = make_anchor
            self._read_places(trees, headings)
            for link in sorted(links):
                self._resolve(link)

    def _read_places(
        self, trees: Iterable[etree.Element], headings: Mapping[etree.Element, str]
    ) -> None:
        self._anchors = frozenset(headings.values())
        self._named = {element.get(NAME, ""): anchor for element, anchor in headings.items()}
        self._slugs: dict[str, str] = {}
        uses: Counter[str] = Counter()
        for element, anchor in headings.items():
            slug = _github_slug("".join(element.itertext()))
            self._slugs.setdefault(f"{slug}-{uses[slug]}" if uses[slug] else slug, anchor)
            uses[slug] += 1
        for tree in trees:
            for element in places_in(tree):
                name = element.get(NAME, "")
                self._named.setdefault(name, f"{PREFIX}{len(self._named)}")
        self._folded = {name.casefold(): anchor for name, anchor in self._named.items()}

    def _resolve(self, link: str) -> None:
        fragment = unquote(link[1:])
        anchor = self._find(fragment) or self._find(fragment.removeprefix("user-content-"))
        if anchor:
            self.targets[link] = f"#{anchor}"
        elif fragment.lower() not in _TO_TOP:
            self.dead.append(link[1:])
        if anchor.startswith(PREFIX):
            self.ids |= {name: known for name, known in self._named.items() if known == anchor}

    def _find(self, fragment: str) -> str:
        """The anchor that somebody who wrote a fragment meant, '' for none."""
        if not fragment:
            return ""
        slug = _VARIANTS.sub("", fragment).lower()
        made = self._make_anchor(fragment)
        return (
            self._named.get(fragment)
            or (fragment if fragment in self._anchors else "")
            or self._slugs.get(slug)
            or self._folded.get(fragment.casefold())
            or (made if made in self._anchors else "")
        )


def _github_slug(heading: str) -> str:
    """The anchor of a heading as GitHub makes it."""
    text = _VARIANTS.sub("", " ".join(heading.split()).lower())
    return _NOT_IN_GITHUB_SLUG.sub("", text).replace(" ", "-")
