"""What moderators decided about the links and items of an issue, as the writer needs to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class LinkWords:
    """What readers are told about links that were decided about, in the language of the issue."""

    blocked: str = "link removed"
    held: str = "link not reviewed yet"
    replaced: str = "link replaced"
    broken: str = "link broken"
    copy: str = "archived copy"


class CoveredBefore(NamedTuple):
    """Where a link stood before: the path of the place, the title of its issue and its day."""

    path: str
    issue: str
    day: str


@dataclass(frozen=True, slots=True)
class Decisions:
    """What moderators decided: addresses as written, items as (section index, item index).

    ``blocked`` and ``held`` addresses are not shown, ``replaced`` ones give way to another, those
    that somebody found ``broken`` are marked, and beside those in ``copies`` an archived copy is
    offered; ``words`` say so. Items covered ``again`` say in which issue their link stood
    before, and lead there.
    """

    blocked: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    replaced: Mapping[str, str] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    copies: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[tuple[int, int]] = frozenset()
    again: Mapping[tuple[int, int], CoveredBefore] = field(default_factory=dict)
    words: LinkWords = LinkWords()

    @property
    def change_something(self) -> bool:
        """Whether the HTML is another than without decisions."""
        return self.change_what_it_says or bool(self.again)

    @property
    def change_what_it_says(self) -> bool:
        """Whether the HTML has other words, links or pictures than without decisions, but for the
        empty links of items that were covered before."""
        links = self.blocked, self.held, self.replaced, self.broken, self.copies
        return any((*links, self.hidden))

    def shown(self, url: str) -> str:
        """Return the address that readers get for one; "" for none."""
        return "" if url in self.blocked or url in self.held else self.replaced.get(url, url)
