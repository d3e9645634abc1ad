"""Checks of links by what is known of them: decided, asked, seen before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.formats import date_format
from django.utils.timezone import localtime

from links.models import Link
from links.queue import deceptions, explain
from posts.messages import Message as _
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Written, WrittenLink, day_of, is_entry

FEW: Final = 3
_SHOWN: Final = 120


def _at(kind: str, link: WrittenLink, words: _, path: str = "") -> Finding:
    return Finding(kind, words, link.line, link.span, path=path)


def _links(written: Written, facts: Facts) -> Iterator[tuple[WrittenLink, Link]]:
    """Yield the links of the web with what is known of each."""
    for link in written.links:
        if link.canonical:
            yield link, facts.links[link.canonical]


def broken(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find links under which readers get nothing."""
    for link, known in _links(written, facts):
        if not known.is_rotten:
            continue
        if known.health == Link.Health.GONE:
            words = _("This page is gone: %(url)s", url=link.url[:_SHOWN])
        else:
            words = _("This link is broken: %(url)s", url=link.url[:_SHOWN])
        yield _at("broken-link", link, words)


def blocked(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find links that readers are not shown because somebody decided so."""
    for link, known in _links(written, facts):
        if known.standing == Link.Standing.BLOCKED:
            words = _(
                "Readers do not get this link, which is blocked: %(url)s", url=link.url[:_SHOWN]
            )
            yield _at("blocked-link", link, words)


def held(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find links that readers are not shown until somebody approves them."""
    for link, known in _links(written, facts):
        if known.standing == Link.Standing.HELD:
            words = _("This link waits for approval: %(url)s", url=link.url[:_SHOWN])
            yield _at("held-link", link, words)


def alike(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find links that a reader could take for others."""
    for link, known in _links(written, facts):
        if known.status == Link.Status.APPROVED:
            continue
        for suspicion in deceptions(link.canonical, link.words):
            said = explain(suspicion.rule, suspicion.detail)
            yield _at("look-alike", link, _("%(reason)s", reason=said))


def covered(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find items whose link an earlier issue had.

    A section of which earlier issues had a good part under the same heading is a running list, of
    events or of calls, and says nothing; nor do entries of a calendar.
    """
    for section, links in _main_links(written):
        places = [(link, facts.covered.get(link.canonical)) for link in links]
        again = [(link, place) for link, place in places if place is not None]
        same = sum(place.section == section for _link, place in again) if section else 0
        if same >= FEW and same * 4 >= len(links):
            continue
        for link, place in again:
            if place.section == section and link.item and day_of(link.item):
                continue
            day = date_format(localtime(place.date), "DATE_FORMAT")
            words = _("Covered before, in “%(title)s” (%(day)s).", title=place.title, day=day)
            yield _at("covered-before", link, words, place.path)


def _main_links(written: Written) -> Iterator[tuple[str, list[WrittenLink]]]:
    """Yield the heading of each section with the main links of its items."""
    main = [link for link in written.links if is_entry(link)]
    for section in written.sections:
        items = {id(item) for item in section.items}
        yield section.heading, [link for link in main if id(link.item) in items]
