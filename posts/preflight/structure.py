"""Checks of headings: each with something below it, none below nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from posts.messages import Message as _
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Written
from posts.rendering import title_section

_SHOWN: Final = 80


def nothing(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find an issue that has headings at most: no text, no link, no picture."""
    for section, tree in zip(written.sections, written.document.trees, strict=True):
        if section.links or len(tree) > bool(section.level):
            return
    yield Finding("no-content", _("There is no text and no item in this issue."), field="text")


def empty_sections(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find headings with nothing below them, not even another heading of a lower level."""
    levels = [*(section.level for section in written.sections[1:]), 0]
    title = title_section(written.details.title, written.sections)
    for place, section in enumerate(written.sections):
        tree = written.document.trees[place]
        is_group = levels[place] > section.level
        is_empty = section.level and len(tree) < 2 and not section.links
        if is_empty and not is_group and place != title:
            words = _("Nothing stands below “%(heading)s”.", heading=section.heading[:_SHOWN])
            yield Finding("empty-section", words, written.document.first_lines[place] + 1)


def heading_order(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find headings that stand more than one level below the heading before them."""
    headed = [
        (section, line)
        for section, line in zip(written.sections, written.document.first_lines, strict=True)
        if section.level
    ]
    for (before, _line), (section, line) in pairwise(headed):
        if section.level > before.level + 1:
            words = _(
                "“%(heading)s” is of level %(level)d, the heading before it of level %(before)d.",
                heading=section.heading[:_SHOWN],
                level=section.level,
                before=before.level,
            )
            yield Finding("heading-order", words, line + 1)
